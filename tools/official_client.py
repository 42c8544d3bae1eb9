"""
Call everything that WASend's own Python package can call, and read every answer field by field.

    python tools/official_client.py BASE_URL API_KEY [DIALECT]

This runs where that package is installed, and Node.js with it; it needs nothing of this project, whose import name
is the same. `run_official_client.py` starts it, against a sandbox that knows `ADA` and is otherwise empty.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module, metadata
from typing import Any

VERSION = "1.3.3"
CALLS = 54

OUR_NUMBER, DESK_NUMBER = "+447700900123", "+447700900124"
ADA, BOB, EVE, STRANGER = "+447700900456", "+447700900457", "+447700900458", "+447700900999"
ADA_NAME, ADA_PUSH_NAME, ADA_PICTURE = "Ada", "ada l.", "https://pictures.example.org/ada.jpg"

GREETING, README = "See you at 10", "By the README"
PICTURE, SECOND_PICTURE = "https://pictures.example.org/crew.jpg", "https://pictures.example.org/crew-2.png"
PAUSED = "Typed for a while"

SESSIONLESS = {
    "send_text": "/sendText",
    "send_image": "/sendImage",
    "send_file": "/sendFile",
    "send_voice": "/sendVoice",
    "send_video": "/sendVideo",
    "send_link_custom_preview": "/send/link-custom-preview",
}
"""The calls in which the package has no argument for the session, and no other way to send it."""

LOCAL = {"retrieve_config", "send_message"}
"""The package's methods that are no call of the API: its own settings, and four other calls with a pause."""

TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SOME = re.compile(r".+")
NOW = range(int(time.time()), int(time.time()) + 600)
PNG = re.compile(r"iVBORw0KGgo[\w+/]+=*")
# A message goes its way while it is looked at.
ACKS, STATUSES = frozenset(range(5)), frozenset({"pending", "sent", "delivered", "read", "played"})


def fields(answer: Any) -> Any:
    """Return an answer's fields by name, each read as the attribute that it is, without those that are not given."""
    if isinstance(answer, list):
        return [fields(one) for one in answer]
    names = [name for name in dir(type(answer)) if isinstance(getattr(type(answer), name), property)]
    read = {name: fields(field(answer, name)) for name in names}
    return {name: value for name, value in read.items() if value is not None} if names else answer


def field(answer: Any, name: str) -> Any:
    """Return a field, or None where it is null: the package takes all that it declares for filled, `proxy` too."""
    try:
        return getattr(answer, name)
    except AssertionError:
        return None


def differences(read: Any, wanted: Any, at: str) -> Iterator[str]:
    """Say where an answer is not what it should be: a value, one of several, or what a pattern matches."""
    if isinstance(wanted, dict) and isinstance(read, dict):
        for name in sorted(wanted.keys() | read.keys()):
            yield from differences(read.get(name), wanted.get(name), f"{at}.{name}")
    elif isinstance(wanted, list) and isinstance(read, list) and len(wanted) == len(read):
        for index, (one, other) in enumerate(zip(read, wanted, strict=True)):
            yield from differences(one, other, f"{at}[{index}]")
    elif isinstance(wanted, re.Pattern):
        if not (isinstance(read, str) and wanted.fullmatch(read)):
            yield f"{at} is {read!r}, not like {wanted.pattern}"
    elif isinstance(wanted, frozenset | range):
        if read not in wanted:
            yield f"{at} is {read!r}, none of {wanted}"
    elif type(read) is not type(wanted) or read != wanted:
        yield f"{at} is {read!r}, not {wanted!r}"


class Tour:
    """A client whose every call is checked and told in one line."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.called: set[str] = set()
        self.wrong = 0

    def read(self, name: str, /, *positional: Any, wanted: Any = None, **named: Any) -> Any:
        """Call a method, compare its answer with what is wanted, and return it."""
        self.called.add(name)
        answer = getattr(self._client, name)(*positional, **named)
        read = fields(answer)
        wrong = list(differences(read, wanted, "answer"))
        self._tell(name, wrong, "(nothing, as declared)" if answer is None else json.dumps(read, ensure_ascii=False))
        return answer

    def refused(self, name: str, /, **named: Any) -> None:
        """Call a method that cannot name the session, and expect the package's error for a status of 400."""
        self.called.add(name)
        try:
            getattr(self._client, name)(to=ADA, content=GREETING, **named)
        except RuntimeError as error:
            text = str(error)
        else:
            text = "no error"
        expected = text == "AxiosError: Request failed with status code 400"
        self._tell(name, [] if expected else [text], f"unable, as documented: it takes no session; {text}")

    def _tell(self, name: str, wrong: list[str], read: str) -> None:
        self.wrong += bool(wrong)
        told = "; ".join(wrong) or (read if len(read) <= 110 else f"{read[:109]}…")
        print(f"{name:32} {'WRONG' if wrong else 'ok':5}  {told}", flush=True)


def jid(number: str) -> str:
    """Return the chat id of a person."""
    return f"{number[1:]}@c.us"


def session_details(name: str, number: str, **known: Any) -> dict[str, Any]:
    """Return the fields of a stored session; `known` are those that are no default."""
    flags = dict.fromkeys(("enable_account_protection", "enable_message_logging", "enable_webhook"), False)
    texts = {"id": SOME, "unique_session_id": SOME, "user_id": SOME, "created_at": TIME, "updated_at": TIME}
    return {**flags, **texts, "session_name": name, "phone_number": number, **known}


def engine(session: Any, status: str, *, connected: bool) -> dict[str, Any]:
    """Return the fields that the engine adds to a session."""
    return {
        "name": session,
        "status": status,
        "config": {
            "debug": False,
            "metadata": {"user_id": SOME, "user_email": SOME},
            "noweb": {"mark_online": True, "store": {"enabled": True, "full_sync": False}},
            "webhooks": [],
        },
        "engine": {"grpc": {"client": SOME, "stream": SOME}, "gows": {"found": True, "connected": connected}},
    }


def sent(type: str, content: str) -> dict[str, Any]:
    """Return the fields of the answer to a message sent to Ada."""
    ends = {"to": ADA, "recipient": ADA, "sender": OUR_NUMBER, "from_me": True}
    return {"id": SOME, "type": type, "content": content, "timestamp": TIME, "status": STATUSES, **ends}


def participant(number: str, *, admin: bool = False, owner: bool = False) -> dict[str, Any]:
    """Return the fields of a group's participant."""
    return {
        "jid": jid(number),
        "phone_number": number,
        "is_admin": admin or owner,
        "is_super_admin": owner,
        "display_name": ADA_NAME if number == ADA else "",
    }


def group(participants: list[dict[str, Any]], **known: Any) -> dict[str, Any]:
    """Return the thirty fields of our group; `known` are those that are not as it was created."""
    us = {"jid": jid(OUR_NUMBER), "pn": OUR_NUMBER}
    return {
        "jid": SOME,
        "owner_jid": us["jid"],
        "owner_pn": us["pn"],
        "name": "Launch crew",
        "name_set_at": TIME,
        "name_set_by": us["jid"],
        "name_set_by_pn": us["pn"],
        "topic": "Q3",
        "topic_id": SOME,
        "topic_set_at": TIME,
        "topic_set_by": us["jid"],
        "topic_set_by_pn": us["pn"],
        "topic_deleted": False,
        "is_locked": False,
        "is_announce": False,
        "announce_version_id": "",
        "is_ephemeral": False,
        "disappearing_timer": 0,
        "is_incognito": False,
        "is_parent": False,
        "default_membership_approval_mode": "",
        "linked_parent_jid": "",
        "is_default_sub_group": False,
        "is_join_approval_required": False,
        "addressing_mode": "pn",
        "group_created": TIME,
        "creator_country_code": "",
        "participant_version_id": "",
        "participants": participants,
        "member_add_mode": "admin_add",
        **known,
    }


def sessions(tour: Tour, phone: Phone) -> tuple[str, str]:
    """Go through a session's life, and return the ids of two that are connected."""
    ours = session_details("Front", OUR_NUMBER, enable_account_protection=True, enable_message_logging=True)
    made = tour.read(
        "create_session",
        session_name="Front",
        phone_number=OUR_NUMBER,
        enable_account_protection=True,
        enable_message_logging=True,
        wanted={**ours, **engine(SOME, "CREATED", connected=False)},
    )
    front: str = made.unique_session_id
    ours.update(unique_session_id=front, id=made.id, created_at=made.created_at)

    def at(status: str, *, connected: bool = False) -> dict[str, Any]:
        return {**ours, **engine(front, status, connected=connected)}

    tour.read("start_session", front, wanted=at("STARTING"))
    tour.read("retrieve_session_info", front, wanted=at("SCAN_QR_CODE"))
    tour.read("retrieve_qr_code", front, wanted={"data": PNG})
    phone.scan(front)
    tour.read("retrieve_session_info", front, wanted=at("WORKING", connected=True))
    tour.read("stop_session", front, wanted=at("STOPPED"))
    tour.read("restart_session", front, wanted=at("STARTING"))
    tour.read("retrieve_session_info", front, wanted=at("WORKING", connected=True))

    theirs = session_details("Desk", DESK_NUMBER)
    made = tour.read(
        "create_session",
        session_name="Desk",
        phone_number=DESK_NUMBER,
        wanted={**theirs, **engine(SOME, "CREATED", connected=False)},
    )
    desk: str = made.unique_session_id
    theirs.update(unique_session_id=desk, id=made.id, created_at=made.created_at)
    listed = [
        {"session": ours, "downstream": engine(front, "WORKING", connected=True)},
        {"session": theirs, "downstream": engine(desk, "STOPPED", connected=False)},
    ]
    tour.read("retrieve_all_sessions", wanted={"sessions": listed})
    tour.read("start_session", desk, wanted={**theirs, **engine(desk, "STARTING", connected=False)})
    phone.scan(desk)
    tour.read("retrieve_account", wanted={"success": True, "data": {"id": SOME, "name": SOME, "plan": SOME}})
    return front, desk


def readme(client: Any, phone: Phone, official: Any) -> None:
    """Go the way of the package's own README: create, QR code, information, start, groups, stop, delete."""
    made = client.create_session(session_name="Readme", phone_number=OUR_NUMBER)
    session = made.unique_session_id
    if not PNG.fullmatch(client.retrieve_qr_code(session).data):
        raise ValueError("no QR code before the start")
    phone.scan(session)
    told = [client.retrieve_session_info(session).status, client.start_session(session).status]
    if told != ["WORKING", "WORKING"]:
        raise ValueError(f"the session is {told}")
    if client.get_groups(session, status=official.GroupStatus.ACTIVE):
        raise ValueError("there are groups")
    client.send(session=session, to=ADA, text=README)
    client.stop_session(session)
    client.restart_session(session)
    client.delete_session(session)
    print("README                           ok     create, QR code, info, start, groups, send, stop, restart, delete")


def knock(client: Any) -> None:
    """
    Make the calls whose answers the package reads in no shape but its own, and let it fail at that: what counts is
    that each is taken, which the sandbox's side of the story shows.
    """
    ids: dict[str, Any] = {
        "session": "ses_none",
        "session_id": "ses_none",
        "group_id": "1@g.us",
        "chat_id": "1@c.us",
        "to": ADA,
    }
    ids |= {"message_id": "m", "contact_id": jid(ADA), "phone": ADA[1:], "code": "c", "limit": 5, "text": "t"}
    ids |= {"session_name": "Knock", "phone_number": OUR_NUMBER, "name": "n", "participants": [ADA], "reaction": "x"}
    ids |= {"url": PICTURE, "subject": "s", "description": "d", "enabled": True, "content": "c", "filename": "f"}
    ids |= {"mimetype": "m", "preview": {"title": "t"}, "invite_code": "c"}
    for name in sorted(name for name in dir(client) if not name.startswith("_") and name not in LOCAL):
        method = getattr(client, name)
        known = inspect.signature(method).parameters
        given = {key: ids[key] for key, one in known.items() if one.default is one.empty and key in ids}
        if name == "create_group":
            given["participants"] = []
        with suppress(RuntimeError, AssertionError, TypeError):
            method(**given)
    print("every call                       made   read in the documentation's shape")


def messages(tour: Tour, front: str) -> None:
    """Send what the package can send, and try what it cannot."""
    to_ada = {"session": front, "to": ADA}
    text = tour.read("send", **to_ada, text=GREETING, wanted=sent("text", GREETING))
    stored = {"id": text.id, "to": ADA, "content": GREETING, "sentAt": text.timestamp, "status": STATUSES}
    tour.read("get_message", text.id, wanted={"success": True, "data": stored})
    tour.read("send", **to_ada, text="Look", image_url=PICTURE, wanted=sent("image", PICTURE))
    tour.read("start_typing", **to_ada)
    tour.read("stop_typing", **to_ada)
    # Its pause is 3 seconds unless said otherwise, and any text but the empty one means yes.
    pause = {"minTypingDuration": "0", "maxTypingDuration": "0", "sendSeen": ""}
    tour.read("send_message", {**to_ada, "text": PAUSED}, pause, wanted=sent("text", PAUSED))

    tour.refused("send_text", text=GREETING)
    tour.refused("send_image", url=PICTURE, caption="Look")
    tour.refused("send_file", url=PICTURE, file_name="crew.jpg", mime_type="image/jpeg")
    tour.refused("send_voice", url="https://sounds.example.org/a.ogg", duration=3)
    tour.refused("send_video", url="https://videos.example.org/a.mp4")
    tour.refused("send_link_custom_preview", text="https://example.org", preview={"title": "Example"})


def chats(tour: Tour, phone: Phone, front: str) -> None:
    """Read the chat with Ada, who writes three times."""
    ada, us = jid(ADA), jid(OUR_NUMBER)
    chat = {"id": ada, "name": ADA_NAME, "isGroup": False, "timestamp": NOW}

    def message(id: Any, *, from_me: bool, **told: Any) -> dict[str, Any]:
        ends = {"from": us, "to": ada} if from_me else {"from": ada, "to": us}
        common = {"id": id, "chatId": ada, **ends, "fromMe": from_me, "timestamp": NOW, "ack": ACKS}
        return {**common, "type": "chat", "hasMedia": False, **told}

    def data(value: Any) -> dict[str, Any]:
        return {"success": True, "data": value}

    texts = ("one", "two", "three")
    ids = [phone.receive(front, ADA, text) for text in texts]
    received = [message(known, from_me=False, body=text) for known, text in zip(ids, texts, strict=True)]
    image = {"type": "image", "hasMedia": True, "body": "Look", "caption": "Look"}

    tour.read("get_all_chats", front, wanted=data([{**chat, "unreadCount": 3, "archived": False, "pinned": False}]))
    tour.read("send_seen", session=front, to=ADA, message_id=ids[0])
    tour.read("get_chats_overview", front, ids=[ada], limit=5, wanted=data([{**chat, "unreadCount": 2}]))
    tour.read("read_messages", front, ada, messages=1, wanted={"success": True, "message": SOME})
    tour.read("get_chats_overview", front, wanted=data([{**chat, "unreadCount": 1}]))
    tour.read("read_messages", front, ada, wanted={"success": True, "message": SOME})
    tour.read(
        "get_all_chats",
        front,
        limit=5,
        offset=0,
        sort_by="name",
        sort_order="asc",
        wanted=data([{**chat, "unreadCount": 0, "archived": False, "pinned": False}]),
    )
    tour.read("get_messages", front, ada, limit=2, offset=1, wanted=data([received[1], received[0]]))
    own = [
        message(SOME, from_me=True, body=PAUSED),
        message(SOME, from_me=True, **image, mediaUrl=PICTURE),
        message(SOME, from_me=True, body=GREETING),
    ]
    ours = {"from_me": True, "timestamp_gte": 0, "ack": [0, 1, 2, 3]}
    tour.read("get_messages", front, ada, limit=9, download_media=True, filter=ours, wanted=data(own))
    tour.read("get_message_by_id", front, ada, ids[2], download_media=False, wanted=data(received[2]))
    tour.read("get_chat_picture", front, ada, refresh=True, wanted=data({"url": ADA_PICTURE}))
    tour.read("send_reaction", session=front, message_id=ids[2], reaction="👍", wanted={"success": True})
    tour.read("send_reaction", session=front, message_id=ids[2], reaction="", wanted={"success": True})


def contacts(tour: Tour, front: str) -> None:
    """Look Ada up, and somebody who is not on WhatsApp."""
    ada = {
        "id": jid(ADA),
        "phone_number": ADA,
        "name": ADA_NAME,
        "push_name": ADA_PUSH_NAME,
        "profile_picture_url": ADA_PICTURE,
    }
    tour.read("get_contacts", front, limit=10, offset=0, sort_by="name", sort_order="asc", wanted=[ada])
    tour.read("get_contact", front, contact_id=ADA, wanted=ada)
    known = {"exists": True, "phone": ADA[1:], "jid": jid(ADA)}
    tour.read("check_contact_exists", front, phone=ADA[1:], wanted=known)
    tour.read("check_contact_exists", front, phone=STRANGER[1:], wanted={"exists": False, "phone": STRANGER[1:]})
    tour.read("get_contact_profile_picture", front, contact_id=jid(ADA), refresh=False, wanted={"url": ADA_PICTURE})


def groups(tour: Tour, front: str, desk: str, official: Any) -> None:
    """Found a group, change all that can be changed, and let another session in and out."""
    us, ada, bob = participant(OUR_NUMBER, owner=True), participant(ADA), participant(BOB, admin=True)
    # Objects of its own and no mappings: those it would send with its Python names, `is_admin`.
    asked = [official.CreateGroupParticipant(id=ADA), official.CreateGroupParticipant(id=BOB, is_admin=True)]
    inside = [us, ada, bob]
    told = {"name": "Launch crew", "description": "Q3", "picture_url": PICTURE, "tags": ["launch"]}
    crew: str = tour.read("create_group", front, participants=asked, **told, wanted=group(inside)).jid
    first = group(inside, jid=crew)

    tour.read("get_groups", front, wanted=[first])
    page = {"limit": 5, "offset": 0, "sort_by": "subject", "sort_order": "desc"}
    active = official.GroupStatus.ACTIVE
    tour.read("get_groups", front, **page, status=active, search="launch", tags=["launch"], wanted=[first])
    tour.read("get_groups", front, search="nothing like it", wanted=[])
    tour.read("get_groups", front, exclude=["participants"], wanted=[{**first, "participants": []}])
    by_status = {"ACTIVE": "1", "ARCHIVED": "0", "DELETED": "0"}
    tour.read("get_groups_count", front, wanted={"total": 1, "by_status": by_status})
    tour.read("get_group", front, crew, wanted=first)

    tour.read("get_group_picture", front, crew, wanted={"url": PICTURE})
    tour.read("set_group_picture", front, crew, url=SECOND_PICTURE, format="png", crop_to_square=False)
    tour.read("get_group_picture", front, crew, True, wanted={"url": SECOND_PICTURE})
    tour.read("delete_group_picture", front, crew)
    tour.read("get_chat_picture", front, crew, wanted={"success": True, "data": {}})
    tour.read("set_group_subject", front, crew, subject="Landing crew")
    tour.read("set_group_description", front, crew, description="Q4")
    tour.read("get_group", front, crew, wanted={**first, "name": "Landing crew", "topic": "Q4"})

    on = {"enabled": True, "changed_at": TIME, "changed_by": jid(OUR_NUMBER)}
    for about in ("info", "messages"):
        tour.read(f"get_group_{about}_admin_only", front, crew, wanted={"enabled": False})
        tour.read(f"set_group_{about}_admin_only", front, crew, enabled=True)
        tour.read(f"get_group_{about}_admin_only", front, crew, wanted=on)
    last = {**first, "name": "Landing crew", "topic": "Q4", "is_locked": True, "is_announce": True}

    old = tour.read("get_group_invite_code", front, crew, wanted=SOME)
    code = tour.read("revoke_group_invite_code", front, crew, wanted=re.compile(rf"(?!{old}).+"))
    tour.read("get_group_invite_code", front, crew, wanted=code)
    tour.read("get_group_join_info", desk, f"https://chat.whatsapp.com/{code}", wanted=last)
    joined = {"id": crew, "name": "Landing crew", "description": "Q4", "participants_count": 4}
    tour.read("join_group", desk, code=code, wanted=joined)

    inside.append(participant(DESK_NUMBER))
    tour.read("get_group_participants", desk, crew, wanted=inside)
    tour.read("leave_group", desk, crew)
    inside.pop()
    tour.read("add_group_participants", front, crew, participants=[EVE], notify=False)
    inside.append(participant(EVE))
    tour.read("get_group_participants", front, crew, wanted=inside)
    tour.read("promote_group_participants", front, crew, participants=[EVE])
    tour.read("demote_group_participants", front, crew, participants=[BOB], notify=True)
    inside[2:] = [participant(BOB), participant(EVE, admin=True)]
    tour.read("get_group_participants", front, crew, wanted=inside)
    tour.read("remove_group_participants", front, crew, participants=[BOB])
    del inside[2]
    tour.read("get_group", front, crew, wanted={**last, "participants": inside})


class Phone:
    """The hand on the other side: the sandbox's own endpoints."""

    def __init__(self, url: str) -> None:
        self._url = url

    def scan(self, session: str) -> None:
        """Scan a session's QR code."""
        self._post(session, "scan", {})

    def receive(self, session: str, sender: str, text: str) -> str:
        """Let a message arrive, and return its id."""
        return str(self._post(session, "receive", {"from": sender, "text": text})["id"])

    def _post(self, session: str, what: str, body: dict[str, str]) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the caller's
            f"{self._url}/_sandbox/sessions/{session}/{what}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)


def main(url: str, key: str, dialect: str = "sdk") -> int:
    """Call everything, and return the exit status; in the dialect ``docs`` without reading what is answered."""
    if (found := metadata.version("wasend")) != VERSION:
        print(f"wasend {found} is installed here, and not WASend's own {VERSION}", file=sys.stderr)
        return 1
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    # Its runtime writes a banner for every Node.js that has grown old, and keeps files in the user's folder.
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = node.strip().removeprefix("v").partition(".")[0]
    os.environ["JSII_RUNTIME_PACKAGE_CACHE"] = "disabled"
    official: Any = import_module("wasend")

    if dialect == "docs":
        knock(official.WasendClient(api_key=key, base_url=url, timeout=10_000))
        return 0
    readme(official.WasendClient(api_key=key, base_url=url, timeout=10_000), Phone(url), official)
    tour, phone = Tour(official.WasendClient(api_key=key, base_url=url, timeout=10_000)), Phone(url)
    tour.read("retrieve_config", wanted={"base_url": url, "timeout": 10_000})
    front, desk = sessions(tour, phone)
    messages(tour, front)
    chats(tour, phone, front)
    contacts(tour, front)
    groups(tour, front, desk, official)
    for session in (front, desk):
        tour.read("delete_session", session)
    tour.read("retrieve_all_sessions", wanted={"sessions": []})

    calls = {name for name in dir(official.WasendClient) if not name.startswith("_")} - LOCAL
    made = calls & tour.called
    print(f"{len(made)} of the {len(calls)} calls made, {tour.wrong} answers wrong, on Node.js {node.strip()}")
    if len(made) != CALLS or made != calls:
        print(f"{CALLS} calls were expected; not made: {', '.join(calls - made) or 'none'}", file=sys.stderr)
        return 1
    return 1 if tour.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
