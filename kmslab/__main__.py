"""`python -m kmslab` is the `kmslab` command."""

from kmslab.cli import main

main()
