"""How the site is built: `nox -s docs`."""  # noqa: INP001

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, Final

from wasend import __version__

sys.path.insert(0, str(Path(__file__).parent.parent))
from hatch_build import repository

project = "wasend"
author = "the wasend authors"
copyright = author  # noqa: A001 - Sphinx's name
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_llms_txt",
]
exclude_patterns = ["_build"]
nitpicky = False
default_role = "py:obj"  # what docstrings have in backticks

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3

autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "show-inheritance": True, "exclude-members": "__init__, __new__"}
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signatures say them
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"wasend {release}"
html_theme_options = {"navigation_with_keys": True}
html_copy_source = True  # of which llms.txt is made
html_show_sourcelink = False
html_show_sphinx = False

copybutton_exclude = ".linenos, .gp, .go"
llms_txt_title = "wasend"
llms_txt_summary = (
    "A Python SDK for WASend, the hosted WhatsApp gateway: async and sync clients, sends that say sent, not sent or"
    " unknown, an outbox with idempotency keys, webhooks, and a local WASend for tests."
)

_OUTSIDE: Final = re.compile(r"\[([^\]\n]+)\]\(\.\./([^)\s]+)\)")
_FENCE: Final = re.compile(r"^( *)```(\w+)$")


def with_code_blocks(_app: Any, _what: str, _name: str, _of: Any, _options: Any, lines: list[str]) -> None:
    """Turn the fenced code of docstrings into what reStructuredText has for it."""
    text: list[str] = []
    margin: str | None = None
    for line in lines:
        if margin is None and (fence := _FENCE.match(line)):
            margin = fence[1]
            text += ["", f"{margin}.. code-block:: {fence[2]}", ""]
        elif margin is not None and line.strip() == "```":
            margin = None
            text.append("")
        else:
            text.append(line if margin is None or not line.strip() else f"    {line}")
    lines[:] = text


def with_repository(_app: Any, _name: str, source: list[str]) -> None:
    """Let links to files that are not in this folder lead to the repository, or be plain text where it is not known."""
    address, revision = repository(), os.environ.get("GITHUB_REF_NAME", "main")
    source[0] = _OUTSIDE.sub(rf"[\1]({address}/blob/{revision}/\2)" if address else r"\1", source[0])


def setup(app: Any) -> None:
    """Have Sphinx call what is above, before napoleon reads the sections."""
    app.connect("source-read", with_repository)
    app.connect("autodoc-process-docstring", with_code_blocks, priority=100)
