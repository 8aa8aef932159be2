"""Commands: one thin file each, behind the one entry point `zhaiwen`."""
