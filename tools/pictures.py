"""
Take the pictures in docs/: of commands on a terminal, and of the site's first page.

    python -m tools.pictures CHROMIUM SITE

CHROMIUM is the browser's program, SITE the folder that `nox -s docs` has built; `nox -s pictures` does both.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.text import Text

from wasend.sandbox import Sandbox

DOCS: Final = Path(__file__).parent.parent / "docs"
COLUMNS: Final = 100
STYLE: Final = """
body { margin: 0; background: #111614; }
pre { margin: 0; padding: 1.2rem 1.5rem; display: inline-block; color: #dfe7e3; background: #111614;
      font: 15px/1.15 "DejaVu Sans Mono", "Liberation Mono", monospace; }
"""


def on_a_terminal(command: Sequence[str], environment: dict[str, str]) -> str:
    """What a command prints on a terminal, with its colours."""
    ours, theirs = pty.openpty()
    env = {**environment, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": "80"}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    printed = b""
    with process, os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while block := terminal.read(1 << 16):
                printed += block
        except OSError:  # Linux says so where the last one has left the terminal
            pass
    if process.returncode:
        raise SystemExit(printed.decode())
    return printed.decode().replace("\r\n", "\n")


def take(browser: Browser, printed: str, title: str, to: Path) -> None:
    """Take the picture of a terminal."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-HJKSTfhl]", "", printed)
    # What is written over a line replaces it.
    lines = [next((part for part in reversed(line.split("\r")) if part), "") for line in plain.split("\n")]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {title}", style="bold green"))
    console.print(Text.from_ansi("\n".join(lines).rstrip()))
    body = console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")
    page = browser.new_page(viewport={"width": 1100, "height": 700}, device_scale_factor=1)
    page.set_content(f"<style>{STYLE}</style>{body}")
    page.locator("pre").screenshot(path=to)
    page.close()


def main(chromium: str, site: str) -> None:
    """Take all."""
    wasend = (sys.executable, "-m", "wasend")
    with sync_playwright() as playwright, TemporaryDirectory() as home:
        browser = playwright.chromium.launch(executable_path=chromium)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WASEND_")} | {"HOME": home}
        take(browser, on_a_terminal((*wasend, "demo"), clean), "wasend demo", DOCS / "demo.png")
        sandbox = Sandbox(scan_after=3)
        with sandbox.serve() as server:
            env = {**clean, "WASEND_API_KEY": "any-key", "WASEND_BASE_URL": server.url}
            command = ("login", "Front Desk", "--phone-number", "+447700900123")
            # While it waits: when the code was scanned, it is taken off the screen.
            printed, _, _ = on_a_terminal((*wasend, *command), env).partition("\x1b[29A")
        take(browser, printed, 'wasend login "Front Desk" --phone-number +447700900123', DOCS / "login.png")
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(Path(site, "index.html").absolute().as_uri())
        page.screenshot(path=DOCS / "site.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
