"""The calls about contacts, chats and the account, as rows of the table in `tests.calls`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from tests.calls import Row, Shape
from tests.calls_groups import KeywordRow
from wasend import Page
from wasend.api.account import Account
from wasend.api.chats import Ack, Chat, ChatMessage, ChatPicture, ReadResult
from wasend.api.contacts import Contact, ContactExistence, ProfilePicture

ADA: Final = "447700900456@c.us"
CREW: Final = "120363041234567890@g.us"
CHATS: Final = "/ses_1/chats"
CHAT: Final = f"{CHATS}/447700900456%40c.us"
LIKE_OFFICIAL: Final = f"{CHATS}/{ADA}"  # the official SDK leaves the @ as it is; encoded, it means the same
AT: Final = datetime(2025, 6, 11, 9, 41, 33, tzinfo=UTC)
NONE: Final = (Shape("none", "[]", Page(())),)

CONTACT: Final = (
    Shape(
        "sdk",
        f'{{"id":"{ADA}","phoneNumber":"+447700900456","name":"Ada","pushName":"ada l.",'
        '"profilePictureUrl":"https://e.org/a.jpg","status":"Busy","businessProfile":{"category":["x"]}}',
        Contact(
            id=ADA,
            phone_number="+447700900456",
            name="Ada",
            push_name="ada l.",
            profile_picture_url="https://e.org/a.jpg",
            status="Busy",
            business_profile={"category": ["x"]},
        ),
    ),
    Shape(
        "engine",
        f'{{"id":"{ADA}","number":"447700900456","name":"Ada","pushname":"ada l.","shortName":"A","isMe":false,'
        '"isGroup":false,"isWAContact":true,"isMyContact":true,"isBlocked":false}',
        Contact(
            id=ADA,
            phone_number="447700900456",
            name="Ada",
            push_name="ada l.",
            short_name="A",
            is_me=False,
            is_group=False,
            is_wa_contact=True,
            is_my_contact=True,
            is_blocked=False,
        ),
    ),
    Shape(
        "whatsmeow",
        f'{{"JID":"{ADA}","PushName":"ada l.","BusinessName":""}}',
        Contact(id=ADA, push_name="ada l.", extra={"BusinessName": ""}),
    ),
)


def listed(shape: Shape, key: str = "") -> Shape:
    """A list of the one thing, bare or under a key."""
    content = f"[{shape.content!s}]"
    return Shape(
        f"{shape.dialect}-{key}" if key else shape.dialect,
        f'{{"success":true,"{key}":{content}}}' if key else content,
        Page((shape.value,), extra={"success": True} if key else {}),
    )


def wrapped(shape: Shape, key: str) -> Shape:
    """One thing under a key."""
    return Shape(f"{shape.dialect}-{key}", f'{{"success":true,"{key}":{shape.content!s}}}', shape.value)


PICTURES: Final = (
    Shape(
        "sdk",
        '{"url":"https://e.org/a.jpg","format":"jpeg","size":9,"dimensions":{"width":"640"}}',
        ProfilePicture(url="https://e.org/a.jpg", format="jpeg", size=9, dimensions={"width": 640}),
    ),
    Shape("engine", '{"profilePictureURL":"https://e.org/a.jpg"}', ProfilePicture(url="https://e.org/a.jpg")),
    Shape("engine-none", '{"profilePictureURL":null}', ProfilePicture()),
)
CHAT_SHAPES: Final = (
    Shape(
        "sdk",
        f'{{"id":"{ADA}","name":"Ada","isGroup":false,"timestamp":1749634893,"unreadCount":2,"archived":false,'
        '"pinned":true}',
        Chat(id=ADA, name="Ada", is_group=False, timestamp=AT, unread_count=2, archived=False, pinned=True),
    ),
    Shape(
        "engine",
        f'{{"id":{{"server":"c.us","user":"447700900456","_serialized":"{ADA}"}},"conversationTimestamp":"1749634893"}}',
        Chat(id=ADA, timestamp=AT),
    ),
    Shape(
        "whatsmeow",
        f'{{"JID":"{ADA}","ConversationTimestamp":1749634893,"UnreadCount":0}}',
        Chat(id=ADA, timestamp=AT, unread_count=0),
    ),
)
MESSAGE_ID: Final = f"false_{ADA}_3EB0AA"
MEDIA: Final[dict[str, Any]] = {"url": "https://e.org/m", "mimetype": "image/png", "filename": None, "error": None}
MESSAGE_SHAPES: Final = (
    Shape(
        "sdk",
        f'{{"id":"{MESSAGE_ID}","chatId":"{ADA}","from":"{ADA}","to":"447700900123@c.us","body":"ok","type":"chat",'
        '"timestamp":1749634893,"fromMe":false,"ack":3,"hasMedia":false,"quotedMsgId":"q"}',
        ChatMessage(
            id=MESSAGE_ID,
            chat_id=ADA,
            from_=ADA,
            to="447700900123@c.us",
            body="ok",
            type="chat",
            timestamp=AT,
            from_me=False,
            ack=3,
            has_media=False,
            quoted_msg_id="q",
        ),
    ),
    Shape(
        "engine",
        f'{{"id":"{MESSAGE_ID}","timestamp":1749634893,"from":"{CREW}","fromMe":false,"participant":"{ADA}",'
        '"to":null,"body":"ok","hasMedia":true,"media":{"url":"https://e.org/m","mimetype":"image/png",'
        '"filename":null,"error":null},"ackName":"DEVICE","replyTo":{"id":"q","body":"?"},"source":"app","_data":{}}',
        ChatMessage(
            id=MESSAGE_ID,
            timestamp=AT,
            from_=CREW,
            from_me=False,
            participant=ADA,
            body="ok",
            has_media=True,
            media_url="https://e.org/m",
            mimetype="image/png",
            ack=2,
            quoted_msg_id="q",
            source="app",
            extra={"media": MEDIA, "ackName": "DEVICE", "replyTo": {"id": "q", "body": "?"}, "_data": {}},
        ),
    ),
    Shape(
        "whatsmeow",
        f'{{"ID":"{MESSAGE_ID}","From":"{ADA}","FromMe":true,"Timestamp":"2025-06-11T09:41:33Z"}}',
        ChatMessage(id=MESSAGE_ID, from_=ADA, from_me=True, timestamp=AT),
    ),
)

ROWS: Final = (
    KeywordRow(
        call="get_contacts",
        ids=("ses_1",),
        sent="GET /contacts/all?session=ses_1",
        answers=(
            *map(listed, CONTACT),
            listed(CONTACT[0], "data"),
            listed(CONTACT[0], "contacts"),
            *NONE,
        ),
    ),
    KeywordRow(
        call="get_contacts",
        tag="everything",
        ids=("ses_1",),
        given={"limit": 0, "offset": 10, "sort_by": "Name", "sort_order": "asc"},
        sent="GET /contacts/all?session=ses_1&limit=0&offset=10&sortBy=name&sortOrder=asc",
        answers=NONE,
    ),
    Row(
        call="get_contact",
        ids=("ses_1",),
        given={"contact_id": ADA},
        sent="GET /contacts?session=ses_1&contactId=447700900456%40c.us",
        official=("GET /contacts?session=ses_1&contactId=447700900456%40c.us", None),
        answers=(*CONTACT, wrapped(CONTACT[0], "data"), wrapped(CONTACT[0], "contact")),
    ),
    Row(
        call="get_contact",
        tag="by-number",
        ids=("ses_1",),
        # The official SDK sends a number as it is written. The engine knows ids alone.
        given={"contact_id": "+44 7700 900456"},
        sent="GET /contacts?session=ses_1&contactId=447700900456%40c.us",
        answers=CONTACT[:1],
    ),
    Row(
        call="check_contact_exists",
        ids=("ses_1",),
        # The official SDK leaves the plus in, although its own documentation asks for digits alone.
        given={"phone": "+44 7700 900456"},
        sent="GET /contacts/check-exists?session=ses_1&phone=447700900456",
        answers=(
            Shape(
                "sdk",
                f'{{"exists":true,"phone":"447700900456","jid":"{ADA}"}}',
                ContactExistence(exists=True, phone="447700900456", jid=ADA),
            ),
            Shape(
                "sdk-not",
                '{"success":true,"data":{"exists":false,"phone":"447700900456"}}',
                ContactExistence(exists=False, phone="447700900456"),
            ),
            Shape("engine", f'{{"numberExists":true,"chatId":"{ADA}"}}', ContactExistence(exists=True, jid=ADA)),
            Shape("engine-not", '{"numberExists":false,"chatId":null}', ContactExistence(exists=False)),
        ),
    ),
    Row(
        call="get_contact_profile_picture",
        ids=("ses_1",),
        given={"contact_id": ADA, "refresh": False},
        sent="GET /contacts/profile-picture?session=ses_1&contactId=447700900456%40c.us&refresh=false",
        official=("GET /contacts/profile-picture?session=ses_1&contactId=447700900456%40c.us&refresh=false", None),
        answers=PICTURES,
    ),
    KeywordRow(
        call="get_all_chats",
        ids=("ses_1",),
        sent=f"GET {CHATS}",
        answers=(
            *map(listed, CHAT_SHAPES),
            listed(CHAT_SHAPES[0], "data"),
            listed(CHAT_SHAPES[0], "chats"),
            *NONE,
        ),
    ),
    KeywordRow(
        call="get_all_chats",
        tag="everything",
        ids=("ses_1",),
        # The official SDK drops a limit of 0.
        given={"limit": 0, "offset": 0, "sort_by": "timestamp", "sort_order": "desc"},
        sent=f"GET {CHATS}?limit=0&offset=0&sortBy=timestamp&sortOrder=desc",
        answers=NONE,
    ),
    KeywordRow(
        call="get_all_chats",
        tag="as-official",
        ids=("ses_1",),
        given={"offset": 0, "sort_by": "timestamp"},
        sent=f"GET {CHATS}?offset=0&sortBy=timestamp",
        official=(f"GET {CHATS}?offset=0&sortBy=timestamp", None),
        answers=NONE,
    ),
    KeywordRow(
        call="get_chats_overview",
        ids=("ses_1",),
        sent=f"GET {CHATS}/overview",
        answers=(
            listed(CHAT_SHAPES[0]),
            listed(
                Shape(
                    "engine",
                    f'{{"id":"{ADA}","name":"Ada","picture":null,"lastMessage":{{"id":"{MESSAGE_ID}",'
                    '"timestamp":1749634893,"fromMe":false,"body":"ok"},"_chat":{}}',
                    Chat(
                        id=ADA,
                        name="Ada",
                        last_message=ChatMessage(id=MESSAGE_ID, timestamp=AT, from_me=False, body="ok"),
                        extra={"_chat": {}},
                    ),
                )
            ),
            listed(CHAT_SHAPES[2]),
        ),
    ),
    KeywordRow(
        call="get_chats_overview",
        tag="everything",
        ids=("ses_1",),
        given={"ids": ["+44 7700 900456", CREW], "limit": 5, "offset": 0},
        sent=f"GET {CHATS}/overview?limit=5&offset=0&ids=447700900456%40c.us%2C120363041234567890%40g.us",
        answers=NONE,
    ),
    KeywordRow(
        call="get_chats_overview",
        tag="as-official",
        ids=("ses_1",),
        given={"ids": (ADA, CREW), "limit": 5},
        sent=f"GET {CHATS}/overview?limit=5&ids=447700900456%40c.us%2C120363041234567890%40g.us",
        official=(f"GET {CHATS}/overview?limit=5&ids=447700900456%40c.us,120363041234567890%40g.us", None),
        answers=NONE,
    ),
    KeywordRow(
        call="get_messages",
        ids=("ses_1", "+44 7700 900456"),
        sent=f"GET {CHAT}/messages?limit=50",
        answers=(
            *map(listed, MESSAGE_SHAPES),
            listed(MESSAGE_SHAPES[0], "data"),
            listed(MESSAGE_SHAPES[0], "messages"),
            *NONE,
        ),
    ),
    KeywordRow(
        call="get_messages",
        tag="everything",
        ids=("ses_1", CREW),
        given={
            "limit": 0,
            "offset": 0,
            "download_media": True,
            "filter": {
                "timestampLte": AT,
                "timestamp.gte": 1749634893.9,
                "from_me": False,
                "ack": [Ack.READ, "server", "-1", 4],
            },
        },
        sent=f"GET {CHATS}/120363041234567890%40g.us/messages?limit=0&offset=0&downloadMedia=true"
        "&filter.timestamp.lte=1749634893&filter.timestamp.gte=1749634893&filter.fromMe=false&filter.ack=3%2C1%2C-1%2C4",
        answers=NONE,
    ),
    KeywordRow(
        call="get_messages",
        tag="as-official",
        ids=("ses_1", ADA),
        given={
            "limit": 10,
            "download_media": False,
            "filter": {"timestamp_gte": 0, "from_me": True, "ack": "1,2", "timestamp_lte": None},
        },
        sent=f"GET {CHAT}/messages?limit=10&downloadMedia=false&filter.timestamp.gte=0&filter.fromMe=true"
        "&filter.ack=1%2C2",
        official=(
            f"GET {LIKE_OFFICIAL}/messages?limit=10&downloadMedia=false&filter.timestamp.gte=0&filter.fromMe=true&filter.ack=1,2",
            None,
        ),
        answers=NONE,
    ),
    KeywordRow(
        call="get_message_by_id",
        ids=("ses_1", ADA, MESSAGE_ID),
        given={"download_media": False},
        sent=f"GET {CHAT}/messages/false_447700900456%40c.us_3EB0AA?downloadMedia=false",
        answers=(*MESSAGE_SHAPES, wrapped(MESSAGE_SHAPES[0], "data"), wrapped(MESSAGE_SHAPES[0], "message")),
    ),
    Row(
        call="read_messages",
        ids=("ses_1", ADA),
        given={"days": 0, "messages": 5},
        # The official SDK says it in the query alone, and the engine's documentation in the body: ours does both.
        sent=f"POST {CHAT}/messages/read?messages=5&days=0",
        body='{"messages":5,"days":0}',
        answers=(
            Shape("sdk", '{"success":true,"message":"marked"}', ReadResult(message="marked")),
            Shape("engine", f'{{"ids":["{MESSAGE_ID}"]}}', ReadResult(ids=(MESSAGE_ID,))),
            Shape("engine-none", '{"ids":null}', ReadResult()),
            Shape("empty", "", ReadResult()),
        ),
    ),
    Row(
        call="read_messages",
        tag="all",
        ids=("ses_1", CREW),
        sent=f"POST {CHATS}/120363041234567890%40g.us/messages/read",
        body="{}",
        answers=(Shape("empty", "", ReadResult()),),
    ),
    KeywordRow(
        call="get_chat_picture",
        ids=("ses_1", ADA),
        # The official SDK drops a refresh that is false.
        given={"refresh": False},
        sent=f"GET {CHAT}/picture?refresh=false",
        answers=(
            Shape(
                "sdk",
                '{"url":"https://e.org/a.jpg","file":"aGk=","mimetype":"image/jpeg"}',
                ChatPicture(url="https://e.org/a.jpg", file="aGk=", mimetype="image/jpeg"),
            ),
            Shape("engine", '{"url":null}', ChatPicture()),
            Shape(
                "data", '{"success":true,"data":{"url":"https://e.org/a.jpg"}}', ChatPicture(url="https://e.org/a.jpg")
            ),
        ),
    ),
    Row(
        call="retrieve_account",
        sent="GET /account",
        answers=(
            Shape(
                "sdk",
                '{"id":"acc_19","name":"Riverside Dental","plan":"starter"}',
                Account(id="acc_19", name="Riverside Dental", plan="starter"),
            ),
            Shape(
                "sdk-data",
                '{"success":true,"data":{"id":"acc_19","name":"Riverside Dental","plan":"starter"}}',
                Account(id="acc_19", name="Riverside Dental", plan="starter"),
            ),
            Shape("account", '{"account":{"Id":19,"Plan":"starter"}}', Account(id="19", plan="starter")),
        ),
    ),
)
"""All calls about contacts, chats and the account that are one request."""
