"""The ways in: a server, a transport without a socket, the control API, the page, and scenario files."""

from __future__ import annotations

from wasend.sandbox.interfaces.control import PREFIX, control_endpoints
from wasend.sandbox.interfaces.in_process import Exchange, InProcess
from wasend.sandbox.interfaces.page import page_routes
from wasend.sandbox.interfaces.scenario import play_scenario
from wasend.sandbox.interfaces.server import SandboxServer

__all__ = ["PREFIX", "Exchange", "InProcess", "SandboxServer", "control_endpoints", "page_routes", "play_scenario"]
