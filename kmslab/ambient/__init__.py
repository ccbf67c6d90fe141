"""The only doors to the machine: time, randomness, ids."""
