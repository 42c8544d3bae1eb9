"""The rules of delivery over PostgreSQL, by processes that are killed."""

from __future__ import annotations

from pathlib import Path

from tests.test_delivery_processes import share_and_be_killed


def test_processes_that_share_a_database(tmp_path: Path, postgres: str) -> None:
    """Processes that share a database send by turns, none too close to another, though some are killed."""
    share_and_be_killed(postgres, tmp_path)
