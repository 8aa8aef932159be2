"""The index on disk: snapshots, written once and verified before use."""
