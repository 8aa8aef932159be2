"""Measure search quality on judged questions."""
