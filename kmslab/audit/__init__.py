"""What happened, in CloudTrail's shape."""
