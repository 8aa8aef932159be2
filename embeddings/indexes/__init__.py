"""Vector indexes: nearest neighbours of a vector."""
