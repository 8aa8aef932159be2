"""HTTP: questions in, passages out."""
