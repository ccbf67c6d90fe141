"""What a notebook uses, and the course around it: copying, opening, running, checking."""
