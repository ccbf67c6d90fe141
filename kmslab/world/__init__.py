"""A start state as a file: read with faults that have a place, put into a world, written from one."""
