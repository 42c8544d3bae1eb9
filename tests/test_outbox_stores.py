"""The outbox's stores: both do what any must."""

from __future__ import annotations

from pathlib import Path

import pytest

from wasend.outbox import OutboxStore
from wasend.outbox.conformance import OutboxStoreConformance
from wasend.outbox.postgres import PostgresOutboxStore
from wasend.outbox.sqlite import SqliteOutboxStore


class TestPostgres(OutboxStoreConformance):
    """A database does."""

    @pytest.fixture(autouse=True)
    def _database(self, postgres: str) -> None:
        self.dsn = postgres

    async def open(self) -> OutboxStore:
        return PostgresOutboxStore(self.dsn, connections=4)


class TestSqlite(OutboxStoreConformance):
    """A file does."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    async def open(self) -> OutboxStore:
        return SqliteOutboxStore(self.folder / f"{self.name}.db")
