"""Text: from article files to passages."""
