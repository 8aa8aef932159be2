"""Decide whether a new snapshot may be served: by what it is made of, and by how it answers."""
