"""The servers of the tests themselves: tests that rely on one fail clearly, and not in the middle."""

from __future__ import annotations

import psycopg
from redis import Redis

from tests.services import Proxy


def test_postgres(postgres: str, proxy: Proxy) -> None:
    """A database is there, and empty; a proxy leads to it, loses what it is told to lose, and works again."""
    for dsn in (postgres, proxy.before(postgres)):
        with psycopg.connect(dsn) as connection:
            tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            assert connection.execute(tables.encode()).fetchone() == (0,)
            if dsn != postgres:
                proxy.cut()
                try:
                    connection.execute("SELECT 1")
                except psycopg.OperationalError:
                    proxy.mend()
    with psycopg.connect(proxy.before(postgres)) as connection:
        connection.execute("SELECT 1")


def test_redis(redis: str) -> None:
    """It answers, and is empty."""
    with Redis.from_url(redis) as client:
        assert client.dbsize() == 0
