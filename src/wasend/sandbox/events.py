"""What the sandbox tells the world: the webhook that each event makes, in the engine's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wasend.sandbox.agenda import Agenda
from wasend.sandbox.chat_ids import is_group
from wasend.sandbox.chat_store import StoredMessage
from wasend.sandbox.dialects import Json, Sdk
from wasend.sandbox.group_store import StoredGroup
from wasend.sandbox.message_shapes import engine_message
from wasend.sandbox.refusals import Unknown
from wasend.sandbox.session_store import SessionStore, StoredSession
from wasend.sandbox.webhooks import Outbox


class Events:
    """Turns what the stores tell into webhooks, for the sessions that asked for them."""

    def __init__(self, sessions: SessionStore, agenda: Agenda, outbox: Outbox) -> None:
        self._sessions = sessions
        self._agenda = agenda
        self._outbox = outbox

    def __call__(self, event: str, session_id: str, about: Any) -> None:
        """Post what has happened, if the session wants to hear of it."""
        session: StoredSession
        if isinstance(about, StoredSession):
            session = about
        else:
            try:
                session = self._sessions.get(session_id)
            except Unknown:
                return
        url = session.settings.webhook_url
        if not session.settings.enable_webhook or url is None:
            return
        self._outbox.post(
            session_id=session.id,
            url=url,
            event=_name(event, about),
            payload=self._payload(event, session, about),
            me={"id": session.own_id, "pushName": session.settings.name},
            at=about.updated_at if isinstance(about, StoredSession) else self._agenda.now(),
        )

    def _payload(self, event: str, session: StoredSession, about: Any) -> Json:
        match event:
            case "session.status":
                return _status(session)
            case "message.ack":
                return _ack(about, session.own_id)
            case "message.reaction":
                return _reaction(*about, own_id=session.own_id, at=self._agenda.now())
            case "message" | "message.any":
                return engine_message(about, session.own_id)
            case _:
                return _group(event, *about, at=self._agenda.now())


def _name(event: str, about: Any) -> str:
    """Return the name of an event in webhooks: acks in groups have one of their own."""
    in_group = isinstance(about, StoredMessage) and is_group(about.chat)
    return f"{event}.group" if event == "message.ack" and in_group else event


def _status(session: StoredSession) -> Json:
    word = Sdk().word(session.status)
    return {
        "name": session.id,
        "status": word,
        "statuses": [{"status": word, "timestamp": int(session.updated_at * 1000)}],
    }


def _ack(message: StoredMessage, own_id: str) -> Json:
    told = engine_message(message, own_id)
    return {key: told[key] for key in ("id", "from", "to", "participant", "fromMe", "ack", "ackName")}


def _reaction(message: StoredMessage, by: str, reaction: str, *, own_id: str, at: float) -> Json:
    mine = by == own_id
    return {
        "id": f"{'true' if mine else 'false'}_{message.chat}_{message.id.split('_')[2]}R",
        "timestamp": at,
        "from": by,
        "fromMe": mine,
        "to": message.chat if mine else own_id,
        "participant": by if is_group(message.chat) else None,
        "source": "api" if mine else "app",
        "reaction": {"text": reaction, "messageId": message.id},
    }


def _group(event: str, group: StoredGroup, more: Mapping[str, Any], *, at: float) -> Json:
    told: dict[str, Json] = {"id": group.id}
    if event == "group.v2.participants":
        roles = {one: "admin" if group.participants[one].is_admin else "participant" for one in more["people"]}
        people = [{"id": one, "role": "left" if more["type"] == "leave" else role} for one, role in roles.items()]
        return {"type": more["type"], "group": told, "participants": people, "timestamp": int(at)}
    told |= {
        "subject": group.name,
        "description": group.description,
        "membersCanSendMessages": not group.messages_admin_only,
        "membersCanAddNewMember": False,
        "newMembersApprovalRequired": False,
        "participants": [
            {"id": one.id, "role": "superadmin" if one.is_super_admin else "admin" if one.is_admin else "participant"}
            for one in group.participants.values()
        ],
    }
    return {"group": told, "timestamp": int(at)}
