"""Lend the index folder with two snapshots that tests of reloading use."""

from tests.service.conftest import built_snapshots

__all__ = ["built_snapshots"]
