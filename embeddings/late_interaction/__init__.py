"""Late interaction: compare the tokens of a question with those of a passage, each with each."""
