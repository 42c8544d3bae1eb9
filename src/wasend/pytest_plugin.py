"""The plugin's place in environments installed before it moved; goes once those are made anew."""

from __future__ import annotations

from _wasend_pytest import *  # noqa: F403
