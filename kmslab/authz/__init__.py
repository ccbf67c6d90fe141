"""May this principal do this? Pure decisions that carry their reasons."""
