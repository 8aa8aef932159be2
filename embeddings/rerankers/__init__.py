"""Rerankers: look again at the first candidates of a search."""
