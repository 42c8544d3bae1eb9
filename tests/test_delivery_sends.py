"""What counts as a send, and which sends nobody can tell apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasend import Message
from wasend._core.call import Call
from wasend.api.reach import judged, normalized
from wasend.delivery.normalize import normalized_text
from wasend.delivery.sends import Send, recipients_of, send_of

NUMBER = "+447700900456"
URL = "https://example.org/a"


def sent(route: str = "/sendText", method: str = "POST", **body: Any) -> Send | None:
    return send_of(judged(Call(method, route, Message, body={"session": "ses_1", "to": NUMBER, **body})))


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
@pytest.mark.parametrize("route", ["/sendPoll", "/forwardMessage", "/{session}/messages", "/v2/anything"])
def test_unknown_route(route: str, body: dict[str, Any], to: str) -> None:
    """Whatever POST names somebody is a send, of which more is not known."""
    send = the(send_of(judged(Call("POST", route, Message, body=body, path_params={"session": "ses_1"}))))
    assert (send.session, send.to, send.type, send.text) == ("ses_1", to, "other", None)
    assert send.recipients[0] == to


SPELLINGS = st.lists(
    st.tuples(
        st.sampled_from(["/", "//", "/./", "/x/../", "/%2e/", "/%2F", "\\"]),
        st.booleans(),
        st.sampled_from(["", ";a=1", "%20", "%00"]),
    ),
    min_size=1,
    max_size=1,
)


def spelt(name: str, flags: list[int], decoration: tuple[str, bool, str]) -> str:
    """A route's name in another spelling: each letter as it is, in the other case, or percent-encoded once or twice."""
    before, slash, after = decoration
    letters = [
        letter
        if flag == 0
        else letter.swapcase()
        if flag == 1
        else ("%" if flag == 2 else "%25") + f"{ord(letter):02x}"
        for letter, flag in zip(name, flags, strict=False)
    ]
    return before + "".join(letters) + name[len(letters) :] + after + "/" * slash


@given(
    name=st.sampled_from(["sendText", "sendImage", "sendVoice", "send", "sendPoll", "forwardMessage"]),
    flags=st.lists(st.integers(0, 3), max_size=14),
    decoration=SPELLINGS.map(lambda one: one[0]),
    placeholder=st.booleans(),
)
def test_every_spelling_of_a_path(
    name: str, flags: list[int], decoration: tuple[str, bool, str], placeholder: bool
) -> None:
    """However a path is written, it is the send that it is written plainly, also where a placeholder holds it."""
    written = spelt(name, flags, decoration)
    body = {"session": "ses_1", "to": NUMBER, "text": "Hi", "caption": "Hi"}
    route, params = ("/{x}", {"x": written}) if placeholder else (written, {})
    call = judged(Call("POST", route, Message, body=body, path_params=params))
    assert normalized(route, params) == name.lower()
    plain = judged(Call("POST", f"/{name}", Message, body=body))
    assert (call.sends, call.reaches, call.evidence, call.repeatable) == (plain.sends, (NUMBER,), Message, False)
    assert send_of(call) == send_of(plain)


@pytest.mark.parametrize(
    ("route", "fields", "reached"),
    [
        ("/sendText", {"body": {"to": 447700900456, "text": "Hi"}}, ["447700900456"]),
        ("/sendText", {"body": {"to": 447700900456.0}}, ["447700900456"]),
        ("/sendText", {"params": {"to": NUMBER, "text": "Hi"}}, [NUMBER]),
        ("/sendText", {"params": {"chatIds[]": [NUMBER, "+447700900457"]}}, [NUMBER, "+447700900457"]),
        ("/sendPoll", {"body": {"chatId": "447700900456@c.us", "poll": {}}}, ["447700900456@c.us"]),
        ("/sendPoll", {"body": {"message": {"To": [{"id": NUMBER, "name": "Ada"}]}}}, [NUMBER]),
        ("/forwardMessage", {"body": {"recipients": [[NUMBER]]}}, [NUMBER]),
        ("/forwardMessage", {"body": {"dest": "447700900456@c.us"}}, ["447700900456@c.us"]),
        ("/forwardMessage", {"body": {"dest": {"where": ["+447700900456"]}}}, ["+447700900456"]),
        (
            "/{s}/chats/447700900456%40c.us/messages",
            {"path_params": {"s": "1"}, "body": {"text": "x"}},
            ["447700900456@c.us"],
        ),
        ("/{s}/groups", {"path_params": {"s": "1"}, "body": {"name": "x", "participants": [{"id": NUMBER}]}}, [NUMBER]),
        (
            "/{s}//Groups/1-2@g.us/participants/add/",
            {"path_params": {"s": "1"}, "body": {"participants": [[NUMBER], {"phoneNumber": "+447700900457"}]}},
            [NUMBER, "+447700900457", "1-2@g.us"],
        ),
    ],
)
def test_everybody_whom_it_reaches(route: str, fields: dict[str, Any], reached: list[str]) -> None:
    """Recipients are found in the body, the query and the path, in any spelling of a field, however deep."""
    call = judged(Call("POST", route, Message, **fields))
    assert sorted(recipients_of(call)) == sorted(reached)
    assert call.unclear is None
    assert bool(send_of(call)) == ("participants" not in str(fields))


@pytest.mark.parametrize(
    ("route", "fields", "session"),
    [
        ("/sendText", {"params": {"sessionId": "Ses_1"}}, "Ses_1"),
        ("/{session}/messages", {"path_params": {"session": "Ses_1"}}, "Ses_1"),
        ("/{s}/messages", {"path_params": {"s": "Ses_1"}}, "Ses_1"),
        ("//Ses_1/send%54ext", {}, "Ses_1"),
        ("/sessions/Ses_1/sendText", {}, "Ses_1"),
        ("/sendText", {}, ""),
    ],
)
def test_whose_send_it_is(route: str, fields: dict[str, Any], session: str) -> None:
    """The session is found in body, query or path, so that a raw send is paced with the others of its session."""
    call = judged(Call("POST", route, Message, body={"to": NUMBER, "text": "Hi"}, **fields))
    assert the(send_of(call)).session == session


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("GET", "/{x}/chats/447700900456@c.us/messages", None),
        ("DELETE", "/{x}/chats/447700900456@c.us", None),
        ("POST", "/{x}/chats/447700900456@c.us/messages/read", {}),
        ("POST", "/sessions", {"sessionName": "x", "phoneNumber": NUMBER}),
        ("POST", "/sessions/{x}/start", None),
        ("POST", "/{x}/groups/1-2@g.us/participants/remove", {"participants": [NUMBER]}),
        ("PUT", "/reaction", {"session": "s", "messageId": f"true_{NUMBER}@c.us_3EB0", "reaction": "x"}),
        ("POST", "/startTyping", {"session": "s", "to": NUMBER}),
    ],
)
def test_nobody_is_reached(method: str, route: str, body: dict[str, Any] | None) -> None:
    """What the package has a method for that reaches nobody, reads and removals are clear, and reach nobody."""
    call = judged(Call(method, route, Message, body=body, path_params={"x": "ses_1"}))
    assert (recipients_of(call), call.unclear, send_of(call)) == ((), None, None)


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("POST", "/sendText", {"text": "Hi"}),
        ("GET", "/sendText", None),
        ("POST", "/broadcast", {"list": "customers"}),
        ("PUT", "/{x}/labels/5", {"name": NUMBER}),
        ("POST", "/forwardMessage", {"to": {"whom": True}}),
        ("PATCH", "/x", {"message": f"Call {NUMBER}"}),
    ],
)
def test_what_cannot_be_told(method: str, route: str, body: dict[str, Any] | None) -> None:
    """A write that names nobody in a way that is understood is not clear; the caller may say whom it reaches."""
    call = Call(method, route, Message, body=body, path_params={"x": "ses_1"})
    assert judged(call).unclear == "nobody can tell whom this request reaches"
    assert judged(call, ()).unclear is None
    told = judged(call, [NUMBER])
    assert (told.unclear, recipients_of(told)) == (None, (NUMBER,))


def test_what_a_call_says_of_itself() -> None:
    """A call that says what it sends is known by that, and not by its route."""
    call = Call("POST", "/new/route", Message, body={"session": "s", "to": NUMBER, "text": "Hi"}, sends="text")
    assert (the(send_of(call)).type, the(send_of(call)).text) == ("text", "Hi")


@pytest.mark.parametrize("body", [{"to": None}, {"to": True}, {"to": [None]}, {"to": ""}, {"to": {}}])
def test_not_addressed(body: dict[str, Any]) -> None:
    """A call made by hand that names no recipient is no send, and breaks nothing."""
    assert sent(text="Hi", **body) is None
    assert send_of(Call("POST", "/sendText", Message)) is None
    assert sent("/{session}/messages", method="GET", text="Hi") is None


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


def mark(send: Send) -> str:
    return send.fingerprint_in(send.chat)


def test_alike() -> None:
    """The same words to the same chat are alike, however they are spelt and whatever carries them."""
    first = mark(the(sent(text="Café\nHi")))
    alike = [
        sent(text="Cafe\u0301\r\nHi "),
        sent(text="Café\nHi", to="447700900456@c.us"),
        sent(text="Café\nHi", replyTo="x"),
        sent("/sendImage", url=URL, caption="Café\nHi"),
    ]
    assert {mark(the(send)) for send in alike} == {first}
    others = [sent(text="Hi"), sent(text="Café\nHi", to="+447700900457"), sent(text="Café\nHi", session="ses_2")]
    assert first not in {mark(the(send)) for send in others}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab"), st.text(alphabet="ab\0 ", min_size=1))))
def test_fingerprint_is_what_can_be_told(sends: list[tuple[str, str, str]]) -> None:
    """Two sends have one fingerprint exactly if session, chat and words are the same."""
    known = [(mark(the(sent(session=s, to=to, text=text))), (s, to, normalized_text(text))) for s, to, text in sends]
    assert all((one == other) == (mine == theirs) for one, mine in known for other, theirs in known)


def test_secrecy() -> None:
    """Neither the printed form nor the fingerprint shows the words."""
    send = the(sent(text="swordfish"))
    assert "swordfish" not in repr(send)
    assert "swordfish" not in mark(send)
