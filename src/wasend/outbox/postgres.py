"""The outbox in a PostgreSQL database. Needs the extra ``postgres``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .._storage.postgres import PostgresDatabase
from .entry import OPEN, Change, Decision, Query, Record, View

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

_MIGRATIONS: Final = (
    """
    CREATE TABLE wasend_calls (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key text NOT NULL,
        account text NOT NULL,
        session text NOT NULL,
        identity bytea NOT NULL,
        fingerprint bigint NOT NULL,
        state text NOT NULL,
        attempt int NOT NULL,
        sending_attempt int NOT NULL,
        changed timestamptz NOT NULL,
        since double precision,
        holder text,
        turn int,
        lease timestamptz,
        claim text,
        details text,
        intent text
    );
    CREATE UNIQUE INDEX wasend_calls_by_key ON wasend_calls (key, account);
    CREATE UNIQUE INDEX wasend_calls_by_claim ON wasend_calls (claim) WHERE claim IS NOT NULL;
    CREATE INDEX wasend_calls_by_fingerprint ON wasend_calls (fingerprint);
    CREATE INDEX wasend_calls_by_change ON wasend_calls (changed);
    CREATE INDEX wasend_calls_unsettled ON wasend_calls (id) WHERE state IN ('sending', 'settling', 'unknown');
    CREATE TABLE wasend_holders (holder text PRIMARY KEY, lease timestamptz NOT NULL);
    """,
)
_OPEN: Final = f"state IN ({', '.join(map(repr, OPEN))})"
_READ: Final = (
    "id, key, account, session, identity, fingerprint, state, attempt, sending_attempt,"
    " extract(epoch FROM changed)::float8, since, holder, turn,"
    " coalesce(extract(epoch FROM calls.lease - clock_timestamp())::float8, 0), claim, details,"
    " intent, coalesce(extract(epoch FROM holders.lease - clock_timestamp())::float8, 0)"
)
_FROM: Final = "FROM wasend_calls AS calls LEFT JOIN wasend_holders AS holders USING (holder)"
_WRITTEN: Final = (
    "key, account, session, identity, fingerprint, state, attempt, sending_attempt, changed, since, holder, turn,"
    " lease, claim, details, intent"
)
_VALUES: Final = (
    "%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp(), %s, %s, %s, clock_timestamp() + make_interval(secs => %s),"
    " %s, %s, %s"
)
_INSERT: Final = f"INSERT INTO wasend_calls ({_WRITTEN}) VALUES ({_VALUES})"  # noqa: S608 - no values in it
_UPDATE: Final = f"UPDATE wasend_calls SET ({_WRITTEN}) = ROW({_VALUES}) WHERE id = %s"  # noqa: S608 - likewise


class PostgresOutboxStore:
    """
    An outbox in a PostgreSQL database, which several machines may share. Its clock is the database's.

    Its tables, ``wasend_calls`` and ``wasend_holders``, are made when it is first used.

    Args:
        dsn: The address, ``postgresql://…`` or what else libpq takes. Its password is shown nowhere.
        timeout: Seconds to try to connect, and to wait where others hold a lock.
        connections: How many there may be at once.

    Raises:
        ConfigurationError: psycopg is not installed, or the address cannot be read.
    """

    def __init__(self, dsn: str, *, timeout: float = 5.0, connections: int = 5) -> None:
        self._database = PostgresDatabase(
            dsn,
            application="outbox",
            migrations=_MIGRATIONS,
            name="Outbox",
            timeout=timeout,
            connections=connections,
        )

    def __repr__(self) -> str:
        return repr(self._database)

    async def update(self, query: Query, decide: Decision[T]) -> T:
        """Decide and write; see `OutboxStore`."""
        # What is not there yet cannot be locked but by its name. In one order, so that nobody waits for one who waits.
        names = {*query.fingerprints, *map(_lock, (query.key, *query.claims))}
        locks = "SELECT pg_advisory_xact_lock(name) FROM unnest(%s::bigint[]) AS name"

        def write(connection: psycopg.Connection[Any]) -> T:
            # The locks first, in a statement of their own: the next one sees what they have waited for.
            with connection.pipeline():
                connection.execute(locks, (sorted(names),))
                found = connection.execute(*_select(query))
            change: Change[T] = decide(_view(found.fetchall()))
            if change.record is not None:
                _put(connection, change.record)
            return change.answer

        return await self._database.run(write)

    async def read(self, query: Query, decide: Decision[T]) -> T:
        """Decide where nothing is to be written; see `OutboxStore`."""
        return await self._database.run(
            lambda connection: decide(_view(connection.execute(*_select(query)).fetchall())).answer, durable=False
        )

    async def beat(self, holder: str, seconds: float) -> None:
        """Say that a holder is alive; see `OutboxStore`."""
        until = "clock_timestamp() + make_interval(secs => %s)"
        sql = f"INSERT INTO wasend_holders VALUES (%s, {until})"  # noqa: S608 - no values in it
        await self._database.run(
            lambda connection: connection.execute(
                f"{sql} ON CONFLICT (holder) DO UPDATE SET lease = excluded.lease", (holder, seconds)
            ),
            durable=False,
        )

    async def unsettled(self, session: str | None, after: Any, limit: int) -> list[Record]:
        """The records that are open; see `OutboxStore`."""
        where = f"{_OPEN} AND id > %s AND (%s::text IS NULL OR session = %s)"
        sql = f"SELECT {_READ} {_FROM} WHERE {where} ORDER BY id LIMIT %s"
        values = (after or 0, session, session, limit)
        rows = await self._database.run(
            lambda connection: connection.execute(sql.encode(), values).fetchall(), durable=False
        )
        return [_record(*row) for row in rows]

    async def forget(self, age: float, limit: int) -> int:
        """Remove what is old; see `OutboxStore`."""
        old = f"changed < clock_timestamp() - make_interval(secs => %s) AND NOT ({_OPEN})"
        # Whoever is at one of them goes first.
        some = f"SELECT id FROM wasend_calls WHERE {old} ORDER BY changed LIMIT %s FOR UPDATE SKIP LOCKED"  # noqa: S608
        sql = f"DELETE FROM wasend_calls WHERE id IN ({some})"  # noqa: S608 - no values in it

        def write(connection: psycopg.Connection[Any]) -> int:
            connection.execute("DELETE FROM wasend_holders WHERE lease < clock_timestamp() - interval '1 day'")
            return connection.execute(sql.encode(), (age, limit)).rowcount

        return await self._database.run(write, durable=False)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._database.aclose()


def _select(query: Query) -> tuple[bytes, list[Any]]:
    parts: list[tuple[str, list[Any]]] = [("key = %s", [query.key])]
    if query.fingerprints:
        since = min(query.changed_since, 2.0**40)
        alike = f"fingerprint = ANY(%s::bigint[]) AND ({_OPEN} OR changed >= to_timestamp(%s))"
        parts.append((alike, [list(query.fingerprints), since]))
    if query.claims:
        parts.append(("claim = ANY(%s)", [list(query.claims)]))
    numbers = [0, *([1] if query.fingerprints else []), *([2] if query.claims else [])]
    selects = [
        f"SELECT {number}, {_READ} {_FROM} WHERE {where}" for number, (where, _) in zip(numbers, parts, strict=True)
    ]
    return " UNION ALL ".join(selects).encode(), [value for _, values in parts for value in values]


def _view(rows: Sequence[tuple[Any, ...]]) -> View:
    parts: list[list[Record]] = [[], [], []]
    for row in rows:
        number: int = row[0]
        parts[number].append(_record(*row[1:]))
    return View(*parts)


def _record(
    id: int,
    key: str,
    account: str,
    session: str,
    identity: bytes,
    fingerprint: int,
    state: Any,
    attempt: int,
    sending_attempt: int,
    changed: float,
    since: float | None,
    holder: str | None,
    turn: int | None,
    lease: float,
    claim: str | None,
    details: str | None,
    intent: str | None,
    holder_lease: float,
) -> Record:
    return Record(
        id=id,
        key=key,
        account=account,
        session=session,
        identity=bytes(identity),
        fingerprint=fingerprint,
        state=state,
        attempt=attempt,
        sending_attempt=sending_attempt,
        changed=changed,
        since=since,
        holder=holder or "",
        turn=turn or 0,
        lease=lease,
        holder_lease=holder_lease,
        claim=claim,
        details=details,
        intent=intent,
    )


def _put(connection: psycopg.Connection[Any], record: Record) -> None:
    values = (
        record.key,
        record.account,
        record.session,
        record.identity,
        record.fingerprint,
        record.state,
        record.attempt,
        record.sending_attempt,
        record.since,
        record.holder or None,
        record.turn or None,
        record.lease if record.state in OPEN else None,
        record.claim,
        record.details,
        record.intent,
    )
    if record.id is None:
        connection.execute(_INSERT.encode(), values)
    else:
        connection.execute(_UPDATE.encode(), (*values, record.id))


def _lock(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, person=b"wasend").digest(), signed=True)
