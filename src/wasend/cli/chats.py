"""``wasend chats`` and ``wasend messages``."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wasend.cli.context import opened
from wasend.cli.options import group
from wasend.cli.output import Column

if TYPE_CHECKING:
    from wasend import ChatMessage

app: Final = group("Chats.")
messages: Final = group("Messages of a chat.")

_CHATS: Final = (
    Column("CHAT", "id"),
    Column("NAME", "name", cut=True),
    Column("UNREAD", "unread_count"),
    Column("LAST", "timestamp"),
    Column("MESSAGE", lambda chat: None if chat.last_message is None else _text(chat.last_message), cut=True),
)


def _text(message: ChatMessage) -> Any:
    return message.body if isinstance(message.body, str) and message.body else message.caption


_MESSAGES: Final = (
    Column("SENT", "timestamp"),
    Column("FROM", lambda one: "me" if one.from_me else one.participant or one.from_),
    Column("TYPE", "type"),
    Column("TEXT", _text, cut=True),
    Column("ACK", "ack"),
    Column("MESSAGE", "id"),
)

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")]
_Chat = Annotated[str, typer.Argument(metavar="CHAT", help="International number, chat id or group id.")]
_Id = Annotated[str, typer.Argument(metavar="MESSAGE", help="Id of the message.")]


@app.command("list")
def list_(context: typer.Context, limit: Limit = 30) -> None:
    """List chats."""
    with opened(context) as run:
        found = itertools.islice(run.client.iter_chats(run.session(), page_size=min(limit, 100)), limit)
        run.out.items(found, _CHATS, none="There is no chat yet.")


@app.command()
def overview(context: typer.Context, limit: Limit = 20) -> None:
    """List chats with their last messages."""
    with opened(context) as run:
        found = run.client.get_chats_overview(run.session(), limit=limit)
        run.out.items(found, _CHATS, none="There is no chat yet.")


@app.command()
def read(
    context: typer.Context,
    chat: _Chat,
    days: Annotated[int | None, typer.Option(min=1, help="Messages of how many days.")] = None,
    messages: Annotated[int | None, typer.Option(min=1, help="How many messages, the newest.")] = None,
) -> None:
    """Mark the messages of a chat as read."""
    with opened(context) as run:
        result = run.client.read_messages(run.session(), chat, days=days, messages=messages)
        run.out.done(result, "The chat is marked as read.")


@messages.command("list")
def list_messages(context: typer.Context, chat: _Chat, limit: Limit = 20) -> None:
    """List the messages of a chat, in the service's order."""
    with opened(context) as run:
        found = itertools.islice(run.client.iter_messages(run.session(), chat, page_size=min(limit, 50)), limit)
        run.out.items(found, _MESSAGES, none="There is no message yet.")


@messages.command("show")
def show_message(context: typer.Context, chat: _Chat, message_id: _Id) -> None:
    """Show a message."""
    with opened(context) as run:
        run.out.item(run.client.get_message_by_id(run.session(), chat, message_id), _MESSAGES)


@messages.command()
def download(
    context: typer.Context,
    chat: _Chat,
    message_id: _Id,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where the file goes.")] = None,
) -> None:
    """Fetch the media of a message into a file, which only you may read."""
    with opened(context) as run:
        message = run.client.get_message_by_id(run.session(), chat, message_id, download_media=True)
        # The name is the sender's: only its last part counts, and a folder it cannot name.
        named = Path((message.filename or "").replace("\\", "/")).name.lstrip(".")
        target = output or Path(named or f"{message.id.rpartition('_')[2]}.bin")
        written = run.client.download_to(message, target)
        run.out.done({"path": str(written)}, str(written))
