"""Readers: one file for each format that articles come in."""
