"""The ways in: a server, a transport without a socket, the control API, the page, and scenario files."""

from __future__ import annotations

from wasend.sandbox.interfaces.control import PREFIX as PREFIX
from wasend.sandbox.interfaces.control import control_endpoints as control_endpoints
from wasend.sandbox.interfaces.in_process import Exchange as Exchange
from wasend.sandbox.interfaces.in_process import InProcess as InProcess
from wasend.sandbox.interfaces.page import page_routes as page_routes
from wasend.sandbox.interfaces.scenario import play_scenario as play_scenario
from wasend.sandbox.interfaces.server import SandboxServer as SandboxServer
