"""The rules of cleaning, one file per family."""
