"""
Where the sandbox's answers differ from what is documented: the fields of both, compared, make the table of its page.

What WASend's pages and the types of its SDK name is written here by hand, and not taken from the sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from wasend.sandbox import Clock, Sandbox

PAGE: Final = Path(__file__).parent.parent / "docs" / "sandbox.md"

SIX: Final = "uniqueSessionId sessionName phoneNumber status createdAt updatedAt"
FLAGS: Final = "enableAccountProtection enableMessageLogging enableWebhook webhookUrl"
MESSAGE: Final = "id to content type timestamp status fromMe sender recipient"
ENGINE: Final = (
    "name status config.metadata.user.id config.metadata.user.email config.proxy config.debug config.noweb.markOnline "
    "config.noweb.store.enabled config.noweb.store.fullSync config.webhooks.url config.webhooks.events "
    "config.webhooks.hmac config.webhooks.retries.policy config.webhooks.retries.delaySeconds "
    "config.webhooks.retries.attempts config.webhooks.customHeaders engine.grpc.client engine.grpc.stream "
    "engine.gows.found engine.gows.connected"
)
DETAILS: Final = f"id userId {SIX.replace('status ', '')} {FLAGS}"
SESSION: Final = f"{DETAILS} {ENGINE}"
DOCS_GROUP: Final = (
    "jid name ownerJid ownerPn participants.jid participants.phoneNumber participants.isAdmin participants.displayName "
    "description isAnnounce isLocked createdAt settings.infoAdminOnly settings.messagesAdminOnly"
)
SDK_MEMBERS: Final = "jid phoneNumber isAdmin isSuperAdmin displayName"
SDK_GROUP: Final = (
    "jid ownerJid ownerPn name nameSetAt nameSetBy nameSetByPn topic topicId topicSetAt topicSetBy topicSetByPn "
    "topicDeleted isLocked isAnnounce announceVersionId isEphemeral disappearingTimer isIncognito isParent "
    "defaultMembershipApprovalMode linkedParentJid isDefaultSubGroup isJoinApprovalRequired addressingMode groupCreated "
    "creatorCountryCode participantVersionId memberAddMode "
    + " ".join(f"participants.{name}" for name in SDK_MEMBERS.split())
)
INFO: Final = (
    "id name subject description creation owner.jid owner.phoneNumber participants.jid participants.phoneNumber "
    "participants.isAdmin participants.isSuperAdmin settings.announce settings.restrict settings.ephemeral "
    "settings.noFrequentlyForwarded"
)
SETTINGS: Final = "infoAdminOnly messagesAdminOnly ephemeralDuration noFrequentlyForwarded"
CONTACT: Final = "id phoneNumber name pushName profilePictureUrl status"
CHAT: Final = "id name isGroup timestamp unreadCount archived pinned"
CHAT_MESSAGE: Final = "id chatId from to body type timestamp fromMe ack hasMedia mediaUrl"


def under(prefix: str, fields: str) -> str:
    return " ".join(f"{prefix}.{name}" for name in fields.split())


CALLS: Final[dict[str, tuple[str, str]]] = {
    "POST /sessions": (SIX, SESSION),
    "GET /sessions": (
        under("sessions.session", SIX),
        f"{under('sessions.session', DETAILS)} {under('sessions.downstream', ENGINE)}",
    ),
    "GET /sessions/{s}": (f"{SIX} {under('config', FLAGS)}", SESSION),
    "POST /sessions/{s}/stop": (SIX, SESSION),
    "GET /sessions/{new}/qr": ("data", "data"),
    "POST /sendText": (MESSAGE, MESSAGE),
    "POST /sendImage": (MESSAGE, MESSAGE),
    "POST /startTyping": ("success", ""),
    "GET /contacts/all?session={s}": ("", CONTACT),
    "GET /contacts/check-exists?session={s}&phone=447700900456": ("", "exists phone jid"),
    "GET /{s}/chats": ("", CHAT),
    "GET /{s}/chats/447700900456@c.us/messages": ("", CHAT_MESSAGE),
    "POST /{s}/groups": (DOCS_GROUP, SDK_GROUP),
    "GET /{s}/groups": (
        f"{under('groups', DOCS_GROUP)} pagination.total pagination.limit pagination.offset pagination.hasMore",
        SDK_GROUP,
    ),
    "GET /{s}/groups/count": (
        "total byStatus.active byStatus.archived byStatus.deleted",
        "total byStatus.ACTIVE byStatus.ARCHIVED byStatus.DELETED",
    ),
    "GET /{s}/groups/{g}": ("", SDK_GROUP),
    "GET /{s}/groups/{g}/info": (
        under("info", INFO) + " success",
        "",
    ),
    "GET /{s}/groups/{g}/participants": (
        "success error participants.joinedAt " + under("participants", SDK_MEMBERS),
        SDK_MEMBERS,
    ),
    "GET /{s}/groups/{g}/picture": ("success picture.url picture.type picture.size", "url format size dimensions"),
    "GET /{s}/groups/{g}/invite-code": ("success inviteCode", ""),
    "GET /{s}/groups/{g}/invite-link": ("success inviteLink expiresAt", ""),
    "GET /{s}/groups/{g}/subject": ("success subject error", ""),
    "GET /{s}/groups/{g}/description": ("success description", ""),
    "GET /{s}/groups/{g}/settings": ("success error " + under("settings", SETTINGS), ""),
}
"""What each call is documented to answer: by WASend's pages, and by its SDK; nothing where they do not say."""

BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /sessions": {
        "sessionName": "New",
        "phoneNumber": "+447700900125",
        "enableWebhook": True,
        "webhookUrl": "http://127.0.0.1:9/",
    },
    "POST /sendText": {"to": "+447700900456", "text": "Hello"},
    "POST /sendImage": {"to": "+447700900456", "url": "https://example.org/a.jpg"},
    "POST /startTyping": {"to": "+447700900456"},
    "POST /{s}/groups": {"name": "Crew", "participants": [{"id": "+447700900456"}]},
}


def fields(document: Any, at: str = "") -> Iterator[str]:
    """The names of all fields in a document, each with those that it is in."""
    if isinstance(document, dict) and document:
        for name, value in document.items():
            yield from fields(value, f"{at}.{name}" if at else name)
    elif isinstance(document, list) and any(isinstance(one, dict) for one in document):
        for one in document:
            yield from fields(one, at)
    elif at and document != []:
        yield at


def answers(dialect: Any) -> dict[str, set[str]]:
    """The fields that the sandbox answers, by call."""
    sandbox = Sandbox(dialect=dialect, seed=0, clock=Clock(stopped=True, at=1_750_000_000))
    sandbox.add_contact("+447700900456", "Ada", push_name="ada l.", picture_url="https://example.org/ada.jpg")
    found: dict[str, set[str]] = {}
    with sandbox.serve() as server:
        headers = {"Authorization": "Bearer k"}
        with httpx.Client(base_url=server.url, headers=headers) as client:
            new = client.post("/sessions", json={"sessionName": "QR", "phoneNumber": "+447700900126"}).json()
            desk = sandbox.add_session("Desk", "+447700900123", webhook_url="http://127.0.0.1:9/")
            crew = sandbox.add_group("First", owner="+447700900123", participants=["+447700900456"])
            client.put(f"/{desk.id}/groups/{crew.id}/picture", json={"url": "https://example.org/crew.jpg"})
            for call in [*(one for one in CALLS if not one.endswith("/stop")), "POST /sessions/{s}/stop"]:
                verb, path = call.split(" ")
                path = path.replace("{s}", desk.id).replace("{g}", crew.id).replace("{new}", new["uniqueSessionId"])
                body = None if verb == "GET" else {"session": desk.id, **BODIES.get(call, {})}
                answer = client.request(verb, path, json=body)
                assert answer.is_success, (call, answer.text)
                found[call] = set(fields(answer.json())) if answer.content else set()
    return found


def table() -> list[str]:
    """The differences, a row each: what is documented and not answered, what is answered and not documented."""
    rows = []
    for number, dialect in enumerate(("docs", "sdk")):
        found = answers(dialect)
        for call, documented in CALLS.items():
            known = set(documented[number].split())
            if not known:
                continue
            cells = [
                ", ".join(f"`{name}`" for name in sorted(one)) for one in (known - found[call], found[call] - known)
            ]
            if any(cells):
                rows.append(f"| `{dialect}` | `{call}` | {cells[0]} | {cells[1]} |")
    return rows


def test_table_of_differences() -> None:
    """The page's table is the comparison as it comes out now, no row more and none less."""
    text = PAGE.read_text(encoding="utf-8").partition("| documented, not answered | answered, not documented |\n")[2]
    shown = [line for line in text.partition("\n\n")[0].splitlines() if not line.startswith("|---")]
    assert shown == table()


if __name__ == "__main__":
    print("\n".join(table()))
