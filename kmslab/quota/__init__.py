"""How often and how many: request rates and resource limits."""
