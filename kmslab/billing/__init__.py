"""What a session would have cost on AWS."""
