"""``wasend send``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import attrs
import typer

from wasend.cli.asking import text_of
from wasend.cli.context import Run, opened, outbox_of, settings_of
from wasend.cli.errors import PARTLY, UsageError, said, status_of
from wasend.cli.options import group
from wasend.cli.output import Column, in_words

if TYPE_CHECKING:
    from wasend import Message

app: Final = group("Send messages.")

_COLUMNS: Final = (Column("MESSAGE", "id"), Column("TO", "to"), Column("TYPE", "type"), Column("SENT", "timestamp"))

_To = Annotated[
    list[str], typer.Option("--to", metavar="CHAT", help="International number, chat id or group id. Repeatable.")
]
_Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="Your own key of this message, such as order-17: by one key it is sent once, however often you run this.",
    ),
]
_Outbox = Annotated[
    str | None,
    typer.Option(
        "--outbox",
        metavar="FILE",
        envvar="WASEND_OUTBOX",
        help="Where keys are kept, or postgresql://…; by default a file of yours.",
    ),
]
_ReplyTo = Annotated[str | None, typer.Option("--reply-to", metavar="MESSAGE", help="Id of the message to quote.")]
_Caption = Annotated[str | None, typer.Option("--caption", help="Text below it.")]
_Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A file, a URL, or - for standard input.")]
_Send: TypeAlias = Callable[[Any, str], "Message"]


@attrs.frozen
class _Outcome:
    """What became of one message of several."""

    to: str
    outcome: str
    message: Any = None
    error: str | None = None


def _send(context: typer.Context, to: list[str], key: str | None, outbox: str | None, send: _Send) -> None:
    settings = settings_of(context)
    if key is not None and len(to) > 1:
        raise UsageError("--key is for one message: run the command once for each --to, each with a key of its own")
    if outbox is not None and key is None and context.get_parameter_source("outbox").name != "ENVIRONMENT":  # type: ignore[union-attr]
        raise UsageError("--outbox keeps keys: pass --key as well")
    with ExitStack() as stack:
        more = {} if key is None else {"outbox": outbox_of(settings, outbox, stack)}
        run = stack.enter_context(opened(context, **more))
        desk = run.client.session(run.session())
        if len(to) == 1:
            run.out.item(send(desk, to[0]), _COLUMNS)
        else:
            _send_each(run, desk, to, send)


def _send_each(run: Run, desk: Any, to: list[str], send: _Send) -> None:
    from wasend import WasendError

    statuses: list[int] = []
    for recipient in to:
        try:
            message = send(desk, recipient)
        except WasendError as error:
            text = said(error, run.settings.spelling)
            statuses.append(status_of(error))
            line = f"{in_words(recipient)}  {error.outcome}: {text}"
            run.out.line(_Outcome(recipient, error.outcome, error=text), line, "-")
            if run.out.ids:
                typer.echo(f"wasend: {line}", err=True)
        else:
            statuses.append(0)
            run.out.line(_Outcome(recipient, "sent", message), f"{in_words(recipient)}  {message.id}", message.id)
    if any(statuses):
        raise typer.Exit(statuses[0] if len(set(statuses)) == 1 else PARTLY)


def _media(source: str) -> dict[str, Any]:
    if source == "-":
        return {"data": sys.stdin.buffer.read()}
    if source.startswith(("http://", "https://")):
        return {"url": source}
    return {"data": Path(source)}


@app.command()
def text(
    context: typer.Context,
    to: _To,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What to say; - or nothing for standard input.")
    ] = None,
    reply_to: _ReplyTo = None,
    typing: Annotated[
        bool, typer.Option("--typing", help='Show "typing…" for a few seconds first, as a person would.')
    ] = False,
    key: _Key = None,
    outbox: _Outbox = None,
) -> None:
    """Send a text."""
    if typing and reply_to is not None:
        raise UsageError("--typing and --reply-to cannot be had together; leave one out")
    words = text_of(text)

    def send(desk: Any, to: str) -> Message:
        if typing:
            shown: Message = desk.send_message(to=to, text=words, key=key)
            return shown
        sent: Message = desk.send_text(to=to, text=words, reply_to=reply_to, key=key)
        return sent

    _send(context, to, key, outbox, send)


def _send_media(
    context: typer.Context, call: str, to: list[str], key: str | None, outbox: str | None, source: str, **fields: Any
) -> None:
    media = _media(source)

    def send(desk: Any, to: str) -> Message:
        sent: Message = getattr(desk, call)(to=to, key=key, **media, **fields)
        return sent

    _send(context, to, key, outbox, send)


def _with_caption(name: str, help: str) -> None:
    """A command for media of a kind that may have a caption."""

    @app.command(name, help=help)
    def _(
        context: typer.Context,
        source: _Source,
        to: _To,
        caption: _Caption = None,
        reply_to: _ReplyTo = None,
        key: _Key = None,
        outbox: _Outbox = None,
    ) -> None:
        _send_media(context, f"send_{name}", to, key, outbox, source, caption=caption, reply_to=reply_to)


_with_caption("image", "Send a picture.")
_with_caption("video", "Send a video.")


@app.command()
def voice(
    context: typer.Context,
    source: _Source,
    to: _To,
    duration: Annotated[float | None, typer.Option(metavar="SECONDS", help="Its length.")] = None,
    reply_to: _ReplyTo = None,
    key: _Key = None,
    outbox: _Outbox = None,
) -> None:
    """Send a voice message."""
    _send_media(context, "send_voice", to, key, outbox, source, duration=duration, reply_to=reply_to)


@app.command()
def file(
    context: typer.Context,
    source: _Source,
    to: _To,
    file_name: Annotated[str | None, typer.Option(metavar="NAME", help="Its name for the recipient.")] = None,
    mime_type: Annotated[str | None, typer.Option(metavar="TYPE", help="Its type, such as application/pdf.")] = None,
    reply_to: _ReplyTo = None,
    key: _Key = None,
    outbox: _Outbox = None,
) -> None:
    """Send a file as a document."""
    if source == "-" and file_name is None:
        raise UsageError("--file-name is missing: what comes by standard input has no name")
    _send_media(
        context, "send_file", to, key, outbox, source, file_name=file_name, mime_type=mime_type, reply_to=reply_to
    )


@app.command()
def link(
    context: typer.Context,
    to: _To,
    title: Annotated[str, typer.Option(help="Title of the link's preview.")],
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="What to say; it contains the URL. - or nothing for standard input."),
    ] = None,
    description: Annotated[str | None, typer.Option(help="Text of the preview.")] = None,
    thumbnail_url: Annotated[str | None, typer.Option(metavar="URL", help="Picture of the preview.")] = None,
    reply_to: _ReplyTo = None,
    key: _Key = None,
    outbox: _Outbox = None,
) -> None:
    """Send a text with a link, and a preview of your own."""
    from wasend import LinkPreview

    words = text_of(text)
    preview = LinkPreview(title=title, description=description, thumbnail_url=thumbnail_url)

    def send(desk: Any, to: str) -> Message:
        sent: Message = desk.send_link_custom_preview(to=to, text=words, preview=preview, reply_to=reply_to, key=key)
        return sent

    _send(context, to, key, outbox, send)


_MessageId = Annotated[
    str, typer.Argument(metavar="MESSAGE", help="Id of the message, such as false_447700900456@c.us_3EB0AA.")
]


@app.command()
def react(
    context: typer.Context,
    message_id: _MessageId,
    reaction: Annotated[str, typer.Argument(metavar="EMOJI", help='An emoji; "" takes the reaction back.')],
) -> None:
    """React to a message."""
    with opened(context) as run:
        result = run.client.send_reaction(session=run.session(), message_id=message_id, reaction=reaction)
        run.out.done(result, "The reaction is sent." if reaction else "The reaction is taken back.")


@app.command()
def seen(
    context: typer.Context,
    message_id: _MessageId,
    to: Annotated[
        str | None, typer.Option("--to", metavar="CHAT", help="Its chat; by default the one that its id names.")
    ] = None,
) -> None:
    """Mark a message as seen: its sender sees blue ticks."""
    parts = message_id.split("_")
    chat = to or next((part for part in parts if "@" in part), None)
    if chat is None:
        raise UsageError("--to is missing: the id does not name the message's chat")
    with opened(context) as run:
        result = run.client.send_seen(session=run.session(), to=chat, message_id=message_id)
        run.out.done(result, "The message is marked as seen.")
