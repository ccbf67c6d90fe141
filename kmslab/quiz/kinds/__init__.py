"""The kinds of item, one module each; `catalog.py` beside this package has a row for each."""
