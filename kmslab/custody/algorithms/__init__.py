"""One module for each family of keys."""
