"""Meaning: from passages to a Searcher. Knows no web framework."""
