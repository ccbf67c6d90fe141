"""The road of a request, and the wiring of its stages."""
