"""What each API operation does beyond what all of them share."""
