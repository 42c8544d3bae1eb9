"""What became of a call that was left behind: it is looked for by its intent, and never made again from here."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import math
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

import attrs

from .._core.engine import Engine
from .._core.http import DETACHED
from ..api.chats import Chat
from ..delivery.normalize import message_key
from ..delivery.reader import ServiceReader
from ..delivery.sends import send_of
from ..delivery.settle import Settlement
from ..delivery.settle.created import NewGroup, NewSession
from ..delivery.settle.ledger import ledger_of
from ..delivery.settle.messages import SentMessage
from ..delivery.settle.search import LONGEST_PAUSE, WINDOW, Lost, search, target_of
from ..delivery.settle.target import Findings, Match, Target, first_of
from ..delivery.settle.times import Bounds, Skew, is_since
from ..errors import ClientClosedError, InvalidRequestError, NotFoundError, OutcomeUnknownError, WasendError
from . import rules
from .entry import OPEN, Change, Entry, Query, Record, State, View
from .identity import number_of
from .intent import Intent
from .outbox import Outbox
from .results import result_text
from .rules import Account

_LEAST_WINDOW: Final = 1.0
"""Seconds for which one that should be there by now is looked for: a read may fail."""
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two looks, at most, where it may take minutes until it must be there."""
_DAY: Final = 86_400.0
_BACK: Final = 600.0
"""
Seconds before a send in which another's message may be what is found: the clocks of the store, of its users and of the
service may be so far apart, or a slow answer may leave it so unclear.
"""
_CHATS: Final = 5
"""Other chats that are read to see that messages are shown at all."""
_HIDDEN: Final = 20
"""Chats by hidden ids that are read to see that a message is in none of them, at most."""
_PAUSES: Final = (0.05, 1.0)
_GIVING_UP: Final = (0.0, 0.5, 2.0, 5.0, 10.0, 30.0)
"""Seconds after which it is tried again to tell the store that a call is nobody's; in the end again and again."""
_AT_ONCE: Final = 8
"""Calls that are looked for at once."""
_PAGE: Final = 100
_STATES: Final[Mapping[State, Literal["waiting", "sending", "sent", "refused", "not_sent", "unknown"]]] = {
    "claimed": "waiting",
    "sending": "sending",
    "settling": "sending",
    "sent": "sent",
    "refused": "refused",
    "released": "not_sent",
    "unknown": "unknown",
}

logger: Final = logging.getLogger("wasend")


class Recovery:
    """
    Settles calls of an outbox.

    Args:
        outbox: The outbox.
        engine: By which to look: a client's, without middleware.
    """

    def __init__(self, outbox: Outbox, engine: Engine) -> None:
        self._outbox = outbox
        self._engine = attrs.evolve(engine, middleware=())
        self._ledger = ledger_of(engine)
        self._account = outbox.account_of(engine.options)

    async def settle(
        self, record: Record, *, error: OutcomeUnknownError | None = None, patience: float = math.inf
    ) -> Record | None:
        """
        Settle a call whose sender has ended.

        Args:
            record: The call, as it was seen.
            patience: Seconds for which to look at most: it may be unknown then until it would certainly be there.
            error: What its sender itself has got in place of an answer: then it is looked for only for as long as
                settling takes, and taken for lost by nobody.

        Returns:
            The call as it stands now; `None` where somebody else is at it.

        Raises:
            StoreError: The store cannot be used.
            ClientClosedError: The client is closed.
        """
        intent = Intent.load(record.intent) if record.intent else None
        holder = self._outbox.holder()
        turn = await holder.begin()
        try:
            beyond = self._outbox.visible_within - (0.0 if intent is None else intent.lease)
            held = await self._outbox.store.update(
                Query(record.key),
                lambda view: rules.take(
                    view,
                    record,
                    account=self._account,
                    holder=holder.id,
                    turn=turn,
                    beyond=beyond,
                    own=error is not None,
                ),
            )
            return None if held is None else await self._settle(held, intent, error, patience)
        except BaseException:  # it may be taken over even where that was not answered
            self._give_up(record.key, holder.id, turn)
            raise
        finally:
            holder.end(turn)

    async def settle_when_over(self, record: Record, *, wait: bool, at_once: asyncio.Semaphore) -> Record | None:
        """
        Settle a call, once its sender has ended.

        Args:
            record: The call, as it was seen.
            wait: Whether to wait for that, and until it would certainly be there.
            at_once: Held while it is looked for.

        Returns:
            The call as it stands then; `None` where it is forgotten.
        """
        pause = _PAUSES[0]
        seen: Record | None = record
        looked = False
        while seen is not None and seen.state in OPEN:
            if not seen.is_held and not (looked and seen.lease > 0):
                async with at_once:
                    settled = await self.settle(seen, patience=WINDOW)
                if settled is not None and not (settled.state == "unknown" and settled.lease > 0 and wait):
                    return settled
                looked = settled is not None
            elif not wait:
                return seen
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSES[1])
            seen = await self._outbox.store.read(
                Query(record.key),
                lambda view: Change(next((one for one in view.records if one.id == record.id), None)),
            )
        return seen

    async def _settle(
        self, held: Record, intent: Intent | None, error: OutcomeUnknownError | None, patience: float
    ) -> Record | None:
        if intent is not None and intent.takes_own_id:  # as its sender knew, and this process may not know yet
            own_id = str(intent.call.own_id)
            self._ledger.ids.learn(held.session, own_id, own_id)
        target = None if intent is None else target_of(intent.call, self._ledger)
        if intent is None or target is None:
            name = "it" if intent is None else intent.call.name
            return await self._lost(held, Settlement("unknown", reason=f"what {name} does cannot be looked up"), None)
        accounts = _Accounts(self._outbox, held, target, lambda: intent.skew or Skew.told_by(self._engine.http.date))
        excluded: set[str] = set()
        window = WINDOW if error is not None else min(patience, max(held.lease, _LEAST_WINDOW))
        while True:
            await accounts.others_over()
            lost = Lost(
                target,
                held.since or 0.0,
                owner=owner_of(held),
                exclude=frozenset(excluded),
                error=error,
                skew=intent.skew,
                accounts=accounts,
                read_from=accounts.read_from,
                longest_pause=LONGEST_PAUSE if error is not None else _LONGEST_PAUSE,
            )
            settlement = await search(self._engine, self._ledger, lost, window)
            key = target.key(settlement.result)
            if settlement.outcome == "unknown" or key in excluded:
                break
            done, record = await self._found(held, target, accounts, str(key), settlement, intent)
            if done == "gone":
                return None
            if done == "done":
                if error is not None:
                    error.settlement = settlement
                return record
            if done == "taken":
                excluded.add(str(key))
        settlement = attrs.evolve(settlement, outcome="unknown", result=None)
        if error is not None:
            error.settlement = settlement
            return await self._lost(held, settlement, None)
        if held.lease > window:  # it may be on its way yet
            early = await self._lost(held, settlement, None)
            # However long that took, nobody has looked since it would certainly be there.
            return early and attrs.evolve(early, lease=max(early.lease, held.lease - window))
        return await self._lost(held, *await self._verdict(held, target, accounts, settlement))

    async def _found(
        self,
        held: Record,
        target: Target,
        accounts: _Accounts,
        key: str,
        settlement: Settlement,
        intent: Intent,
    ) -> tuple[Literal["done", "taken", "busy", "gone"], Record]:
        claim = f"{target.scope} {key}"
        text = result_text(settlement.result, intent.call)
        reason = json.dumps(settlement.reason)
        details = f'{{"reason":{reason}}}' if text is None else f'{{"result":{text},"reason":{reason}}}'
        query = attrs.evolve(accounts.query, claims=(claim,))

        def decide(view: View) -> Change[tuple[Literal["done", "taken", "busy", "gone"], Record]]:
            change = rules.found(view, held, claim=claim, details=details)
            return Change((change.answer, change.record or held), change.record)

        return await self._outbox.store.update(query, decide)

    async def _verdict(
        self, held: Record, target: Target, accounts: _Accounts, settlement: Settlement
    ) -> tuple[Settlement, Literal[False] | None]:
        """Whether what was not found was not sent: only where it would certainly have been found."""
        missing = await accounts.is_missing()
        if missing and await self._may_be_older(target, accounts):
            reason = "it may be there, if a clock was hours off: something like it seems to be older"
            return attrs.evolve(settlement, reason=reason), None
        if missing and await self._may_be_hidden(held, target, accounts):
            reason = "it may be there, in a chat by a hidden id (…@lid), of which the service does not say whose it is"
            return attrs.evolve(settlement, reason=reason), None
        if missing and await self._is_shown(held, target, accounts):
            return attrs.evolve(settlement, reason="it is not there, where it would be if it had been sent"), False
        if missing:
            reason = "it was not found, but neither was any other message of the last day that the outbox knows of"
            reason += ": that it was not sent is certain only once another one, with a key, is shown"
            settlement = attrs.evolve(settlement, reason=reason)
        return settlement, None

    async def _may_be_older(self, target: Target, accounts: _Accounts) -> bool:
        """Whether it is there, if the clock of its sender or of the service was off."""
        since = accounts.since - _DAY
        if isinstance(target, SentMessage):
            target = attrs.evolve(target, everywhere=True)
        try:
            findings = await target.find(ServiceReader(self._engine), lambda: Bounds(since, since))
        except NotFoundError:
            return False
        except ClientClosedError:
            raise
        except WasendError:
            return True
        return await accounts.may_hold(findings)

    async def _may_be_hidden(self, held: Record, target: Target, accounts: _Accounts) -> bool:
        """Whether it is there, if the service files the chat under an id that it does not tell for the number."""
        if not isinstance(target, SentMessage) or not target.send.chat.endswith("@c.us"):
            return False
        if await accounts.knows(accounts.read):
            return False  # this is the chat
        reader, since = ServiceReader(self._engine), accounts.since - _DAY
        try:
            chats, whole = await first_of(
                lambda limit, offset: reader.get_chats_overview(held.session, limit=limit, offset=offset)
            )
            hidden = [one for one in chats if one.id.endswith("@lid") and not self._ledger.names.is_learnt(one.id)]
            hidden = [one for one in hidden if _may_hold(one, accounts.since - _BACK)]
            if len(hidden) > _HIDDEN or (hidden and not whole):
                return True
            for chat in hidden:
                there = attrs.evolve(target, send=attrs.evolve(target.send, to=chat.id), everywhere=False)
                if await accounts.may_hold(await there.find(reader, lambda: Bounds(since, since))):
                    return True
        except ClientClosedError:
            raise
        except WasendError as failure:
            logger.info("other chats could not be read: %s", type(failure).__name__)
            return True
        return False

    async def _is_shown(self, held: Record, target: Target, accounts: _Accounts) -> bool:
        """Whether anything is shown that the outbox knows was sent: else nothing is told by what is not there."""
        if isinstance(target, NewSession):
            return True  # the list was read
        reader = ServiceReader(self._engine)
        try:
            if isinstance(target, NewGroup):
                return len(await reader.get_groups(target.session, limit=1)) > 0
            assert isinstance(target, SentMessage)  # noqa: S101
            if await accounts.knows(accounts.read):
                return True

            async def shows(chat: str) -> bool:
                messages = await reader.get_messages(held.session, chat, download_media=False)
                return await accounts.knows([key for one in messages if (key := message_key(one.id))])

            with suppress(NotFoundError):  # there may be no such chat yet
                if await shows(target.send.chat):  # which was read from when it left on
                    return True
            chats = await reader.get_chats_overview(held.session, limit=4 * _CHATS)
            last = [key for one in chats if one.last_message and (key := message_key(one.last_message.id))]
            if await accounts.knows(last):
                return True
            for chat in chats[:_CHATS]:
                if await shows(chat.id):
                    return True
        except ClientClosedError:
            raise
        except WasendError as failure:
            logger.info("no other message could be read: %s", type(failure).__name__)
        return False

    async def _lost(self, held: Record, settlement: Settlement, sent: Literal[False] | None) -> Record | None:
        seen = [key for one in settlement.seen if (key := _id_of(one))]
        details = json.dumps({"reason": settlement.reason, "seen": seen[:20]})

        def decide(view: View) -> Change[Record | None]:
            change = rules.lost(view, held, sent=sent, details=details)
            return Change(change.record, change.record)

        record = await self._outbox.store.update(Query(held.key), decide)
        if record is not None:
            logger.info("a call that was left behind was settled as %s: %s", record.state, settlement.reason)
        return record

    def _give_up(self, key: str, holder: str, turn: int) -> None:
        """Let others settle it, as soon as the store can be told: until then it is held by a process that is alive."""

        async def write() -> None:
            for seconds in itertools.chain(_GIVING_UP, itertools.repeat(_GIVING_UP[-1])):
                await asyncio.sleep(seconds)
                try:
                    await self._outbox.store.update(Query(key), lambda view: rules.let_go(view, holder, turn))
                except Exception as error:  # noqa: BLE001 - tried again
                    logger.warning("%s: the outbox cannot be written to: %s", DETACHED, type(error).__name__)
                else:
                    return

        self._engine.http.detach(write())


def owner_of(record: Record) -> str:
    """What the ledger of this process calls a call: the same whoever looks for it."""
    return f"{record.key} {record.sending_attempt}"


class _Accounts:
    """What the outbox knows of other calls, while one is looked for."""

    def __init__(self, outbox: Outbox, held: Record, target: Target, skew: Callable[[], Skew]) -> None:
        self._store = outbox.store
        self._skew = skew
        self._held = held
        self._target = target
        self._findings: Findings | None = None
        self._failure: WasendError | None = None
        self._everywhere = False
        self.read_from = held.since or 0.0

    @property
    def query(self) -> Query:
        """What to see of it, and of the identical ones that may own what is found."""
        fingerprints = tuple(map(number_of, self._target.fingerprints))
        return Query(self._held.key, fingerprints, self.since - _BACK)

    @property
    def since(self) -> float:
        """When it left at the earliest, by the service's clock, too: the sender's may be far ahead of it."""
        return (self._held.since or 0.0) + min(0.0, self._skew().least)

    async def others_over(self) -> None:
        """Wait until no identical call is under way."""
        pause = _PAUSES[0]
        while True:
            busy, began = await self._store.read(self.query, self._look_around)
            if not busy:
                self.read_from = min([self._held.since or 0.0, *began])
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSES[1])

    def _look_around(self, view: View) -> Change[tuple[bool, list[float]]]:
        began = [one.since for one in view.identical if one.state == "sent" and one.since is not None]
        return Change((rules.is_busy(view, self._held), began))

    # What settling asks

    async def unowned(self, findings: Findings) -> Sequence[Match]:
        """Those of the matches that belong to no other send, nor may."""
        read = {self._claim(key) for key in findings.keys}
        claims = {self._claim(match.key): match for match in findings.matches}
        query = attrs.evolve(self.query, claims=tuple(claims))

        def decide(view: View) -> Change[tuple[set[str | None], int]]:
            owned = {one.claim for one in view.claimed if (one.account, one.key) != self._me}
            return Change((owned, rules.unshown(view, self._held, read)))

        owned, unshown = await self._store.read(query, decide)
        free = [match for claim, match in claims.items() if claim not in owned]
        return free if len(free) > unshown else []

    def looked(self, findings: Findings | None, failure: WasendError | None, *, everywhere: bool) -> None:
        """Take the findings of a look."""
        self._findings, self._failure, self._everywhere = findings, failure, everywhere

    # What was found

    @property
    def read(self) -> Collection[str]:
        """The ids of all that was read at the last look."""
        return () if self._findings is None else self._findings.keys

    async def is_missing(self) -> bool:
        """Whether it is not there by the last look, under no name of its chat, and nothing that may be it."""
        if not self._everywhere and isinstance(self._target, SentMessage):
            return False
        if self._findings is None:
            return isinstance(self._failure, NotFoundError)
        return not await self.may_hold(self._findings)

    async def may_hold(self, findings: Findings) -> bool:
        """Whether it may be among what is there: something that is like it belongs to no call that is known."""
        keys = {*(match.key for match in findings.matches), *findings.unclear, *findings.doubtful}
        claims = tuple(map(self._claim, keys))
        owned = await self._owners(claims, lambda one: (one.account, one.key) != self._me)
        return not findings.complete or not owned.issuperset(claims)

    async def knows(self, keys: Collection[str]) -> bool:
        """Whether one of these messages is known to have been sent, since or not long before."""
        recent = self.since - _DAY
        claims = tuple(f"{self._held.session} {key}" for key in keys)
        return bool(await self._owners(claims, lambda one: one.changed >= recent))

    async def _owners(self, claims: tuple[str, ...], of: Callable[[Record], bool]) -> set[str | None]:
        if not claims:
            return set()
        return await self._store.read(
            Query(self._held.key, claims=claims), lambda view: Change({one.claim for one in view.claimed if of(one)})
        )

    @property
    def _me(self) -> tuple[str, str]:
        return self._held.account, self._held.key

    def _claim(self, key: str) -> str:
        return f"{self._target.scope} {key}"


def _may_hold(chat: Chat, since: float) -> bool:
    """Whether a message that was sent since then may be in a chat, by its last one."""
    moment = None if chat.last_message is None else chat.last_message.timestamp
    return moment is None or is_since(moment, since)


def _id_of(seen: Any) -> str | None:
    found = getattr(seen, "id", None) or getattr(seen, "jid", None) or getattr(seen, "unique_session_id", None)
    return (message_key(found) or found) if isinstance(found, str) else None


@attrs.frozen
class Recovered:
    """
    What the sends that were open turned out as.

    Attributes:
        sent: They were found.
        not_sent: They were certainly not sent; the next call with their key sends them.
        unknown: Nobody knows.
        under_way: Somebody is at them.
    """

    sent: tuple[Entry, ...] = ()
    not_sent: tuple[Entry, ...] = ()
    unknown: tuple[Entry, ...] = ()
    under_way: tuple[Entry, ...] = ()


async def recover(outbox: Outbox, engine: Engine, session: str | None, *, wait: bool) -> Recovered:
    """
    Settle all that is open.

    Args:
        outbox: The outbox.
        engine: By which to look.
        session: Of this session only.
        wait: Whether to wait for those that may be under way.
    """
    account, recovery = outbox.account_of(engine.options), Recovery(outbox, engine)
    at_once = asyncio.Semaphore(_AT_ONCE)
    found: dict[str, list[Entry]] = {}

    async def settle(record: Record) -> None:
        ended = await recovery.settle_when_over(record, wait=wait, at_once=at_once)
        if ended is not None:
            found.setdefault(entry_of(ended).state, []).append(entry_of(ended))

    mine = _Mine(account, engine)
    async for page in _unsettled(outbox, session):
        theirs = [one for one in page if await mine.has(one)]
        for failure in await asyncio.gather(*map(settle, theirs), return_exceptions=True):
            if failure is not None:
                raise failure
    return Recovered(
        sent=tuple(found.get("sent", ())),
        not_sent=tuple(found.get("not_sent", ())),
        unknown=tuple(found.get("unknown", ())),
        under_way=tuple(found.get("sending", ())),
    )


async def unknown(outbox: Outbox, engine: Engine, session: str | None) -> list[Entry]:
    """The calls of which nobody knows what became of them."""
    account = outbox.account_of(engine.options)
    pages = _unsettled(outbox, session)
    return [
        entry_of(one) async for page in pages for one in page if one.state == "unknown" and one.account == account.name
    ]


async def entry(outbox: Outbox, engine: Engine, key: str) -> Entry | None:
    """What is recorded of a key."""
    record = await _recorded(outbox, engine, key)
    return None if record is None else entry_of(record)


async def resolve(outbox: Outbox, engine: Engine, key: str, outcome: Literal["sent", "not_sent"]) -> Entry:
    """
    Record a person's word.

    Raises:
        InvalidRequestError: There is no such key, or it is not open.
    """
    record, done = await _recorded(outbox, engine, key), False
    if record is not None:
        account, details = Account(record.account), json.dumps({"reason": "a person has said so"})
        record, done = await outbox.store.update(Query(key), lambda view: rules.decree(view, account, outcome, details))
    if record is None:
        raise InvalidRequestError("key", "is not in the outbox", "pass one as the send had it")
    if not done:
        now = entry_of(record).state
        remedy = "wait until that is over" if now in ("sending", "waiting") else "see client.outbox.unknown()"
        raise InvalidRequestError("key", f"is {now}, and not unknown", remedy)
    return entry_of(record)


async def _recorded(outbox: Outbox, engine: Engine, key: str) -> Record | None:
    """The record of a key; one that was made with another API key, where there is none by this one."""
    account = outbox.account_of(engine.options)
    records = await outbox.store.read(Query(key), lambda view: Change(view.records))
    mine = _Mine(account, engine)
    for one in sorted(records, key=lambda one: one.account != account.name):
        if await mine.has(one):
            return one
    return None


async def _unsettled(outbox: Outbox, session: str | None) -> AsyncIterator[list[Record]]:
    after: int | str | None = None
    while page := await outbox.store.unsettled(session, after, _PAGE):
        after = page[-1].id
        yield page


class _Mine:
    """Which calls are an account's; those by another API key, if they are of one of its sessions."""

    def __init__(self, account: Account, engine: Engine) -> None:
        self._account = account
        self._reader = ServiceReader(attrs.evolve(engine, middleware=()))
        self._sessions: frozenset[str] | None = None

    async def has(self, record: Record) -> bool:
        if record.account == self._account.name:
            return True
        if not self._account.has(record, record.session):
            return False
        if self._sessions is None:
            self._sessions = frozenset[str]()
            try:
                sessions = await self._reader.retrieve_all_sessions()
                self._sessions = frozenset(one.unique_session_id for one in sessions)
            except ClientClosedError:
                raise
            except WasendError as failure:
                logger.warning(
                    "calls made with another API key are not recovered: the sessions cannot be listed (%s)", failure
                )
        return record.session in self._sessions


def entry_of(record: Record) -> Entry:
    """A record as a person sees it."""
    details = json.loads(record.details or "{}")
    intent = Intent.load(record.intent) if record.intent else None
    send = None if intent is None else send_of(intent.call)
    reason = details.get("reason") or next(iter(details.get("args", ())), "")
    return Entry(
        key=record.key,
        state=_STATES[record.state],
        session=record.session,
        changed=datetime.fromtimestamp(record.changed, UTC),
        message_id=None if record.claim is None else record.claim.rpartition(" ")[2],
        since=None if record.since is None else datetime.fromtimestamp(record.since, UTC),
        route=None if intent is None else intent.call.name,
        to=None if send is None else send.to,
        text=None if send is None else send.text,
        reason=reason,
        seen=tuple(details.get("seen", ())),
    )
