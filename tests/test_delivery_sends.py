"""What counts as a send, and which sends nobody can tell apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasend import Message
from wasend._core.call import Call
from wasend.delivery.normalize import normalized_text
from wasend.delivery.sends import Send, send_of

NUMBER = "+447700900456"
URL = "https://example.org/a"


def sent(route: str = "/sendText", method: str = "POST", **body: Any) -> Send | None:
    return send_of(Call(method, route, Message, body={"session": "ses_1", "to": NUMBER, **body}))


def the(send: Send | None) -> Send:
    assert send is not None
    return send


@pytest.mark.parametrize(
    ("route", "body", "type", "text"),
    [
        ("/sendText", {"text": "Hi"}, "text", "Hi"),
        ("/sendImage", {"url": URL, "caption": "Hi"}, "image", "Hi"),
        ("/sendImage", {"url": URL}, "image", None),
        ("/sendVideo", {"data": "AAAA", "caption": "Hi"}, "video", "Hi"),
        ("/sendVoice", {"url": URL, "text": "not a field of it"}, "ptt", None),
        ("/sendFile", {"url": URL, "fileName": "a.pdf"}, "document", None),
        ("/send", {"text": "Hi"}, "text", "Hi"),
        ("/send", {"text": "Hi", "imageUrl": URL, "audioUrl": URL}, "image", "Hi"),
        ("/send", {"videoUrl": URL}, "video", None),
        ("/send", {"documentUrl": URL}, "document", None),
        ("/send", {"audioUrl": URL, "videoUrl": None}, "ptt", None),
        ("/send/link-custom-preview", {"text": "Hi", "preview": {"title": "x"}}, "text", "Hi"),
        ("/sendLinkCustomPreview", {"text": "Hi", "preview": {"title": "x"}}, "text", "Hi"),
        ("/sendText", {"text": ""}, "text", None),
        ("/sendText", {"text": 3}, "text", None),
    ],
)
def test_type_and_words(route: str, body: dict[str, Any], type: str, text: str | None) -> None:
    """Each route's type, and its text or caption where there is one."""
    send = the(sent(route, **body))
    assert (send.session, send.to, send.type, send.text) == ("ses_1", NUMBER, type, text)


@pytest.mark.parametrize("route", ["/sendSeen", "/startTyping", "/stopTyping", "/sendseen"])
def test_no_send(route: str) -> None:
    """A raw request that shows a sign sends no message, and neither does a call that says so of itself."""
    assert sent(route, text="Hi") is None
    assert send_of(Call("POST", "/sendText", Message, body={"session": "s", "to": NUMBER}, sends=False)) is None


@pytest.mark.parametrize(
    ("body", "to"),
    [
        ({"to": NUMBER}, NUMBER),
        ({"chatId": "447700900456@c.us"}, "447700900456@c.us"),
        ({"chat_id": NUMBER}, NUMBER),
        ({"To": NUMBER}, NUMBER),
        ({"to": 447700900456}, "447700900456"),
        ({"to": [NUMBER, "+447700900457"]}, NUMBER),
    ],
)
@pytest.mark.parametrize("route", ["/sendPoll", "/sendtext", "/{session}/messages", "/v2/anything"])
def test_unknown_route(route: str, body: dict[str, Any], to: str) -> None:
    """Whatever POST names somebody is a send, of which more is not known."""
    send = the(send_of(Call("POST", route, Message, body=body, path_params={"session": "ses_1"})))
    assert (send.session, send.to, send.type, send.text) == ("ses_1", to, "other", None)
    assert send.recipients[0] == to


def test_what_a_call_says_of_itself() -> None:
    """A call that says what it sends is known by that, and not by its route."""
    call = Call("POST", "/new/route", Message, body={"session": "s", "to": NUMBER, "text": "Hi"}, sends="text")
    assert (the(send_of(call)).type, the(send_of(call)).text) == ("text", "Hi")


@pytest.mark.parametrize("body", [{"to": None}, {"to": True}, {"to": [None]}, {"to": ""}, {"to": {}}])
def test_not_addressed(body: dict[str, Any]) -> None:
    """A call made by hand that names no recipient is no send, and breaks nothing."""
    assert sent(text="Hi", **body) is None
    assert send_of(Call("POST", "/sendText", Message)) is None
    assert sent(method="GET", text="Hi") is None


@pytest.mark.parametrize(
    ("to", "chat"),
    [
        (NUMBER, "447700900456@c.us"),
        ("447700900456", "447700900456@c.us"),
        ("447700900456@c.us", "447700900456@c.us"),
        ("0044 7700 900456", "447700900456@c.us"),
        ("447700900456@s.whatsapp.net", "447700900456@c.us"),
        ("120363041234567890@g.us", "120363041234567890@g.us"),
        ("whoever", "whoever"),
    ],
)
def test_chat(to: str, chat: str) -> None:
    """All spellings of a recipient are one chat; what is no recipient is left as it is."""
    assert the(sent(to=to, text="Hi")).chat == chat


def test_alike() -> None:
    """The same words to the same chat are alike, however they are spelt and whatever carries them."""
    first = the(sent(text="Café\nHi")).fingerprint
    alike = [
        sent(text="Cafe\u0301\r\nHi "),
        sent(text="Café\nHi", to="447700900456@c.us"),
        sent(text="Café\nHi", replyTo="x"),
        sent("/sendImage", url=URL, caption="Café\nHi"),
    ]
    assert {the(send).fingerprint for send in alike} == {first}
    others = [sent(text="Hi"), sent(text="Café\nHi", to="+447700900457"), sent(text="Café\nHi", session="ses_2")]
    assert first not in {the(send).fingerprint for send in others}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab"), st.text(alphabet="ab\0 ", min_size=1))))
def test_fingerprint_is_what_can_be_told(sends: list[tuple[str, str, str]]) -> None:
    """Two sends have one fingerprint exactly if session, chat and words are the same."""
    known = [
        (the(sent(session=s, to=to, text=text)).fingerprint, (s, to, normalized_text(text))) for s, to, text in sends
    ]
    assert all((one == other) == (mine == theirs) for one, mine in known for other, theirs in known)


def test_secrecy() -> None:
    """Neither the printed form nor the fingerprint shows the words."""
    send = the(sent(text="swordfish"))
    assert "swordfish" not in repr(send)
    assert "swordfish" not in send.fingerprint
