"""Webhooks out: what each event says, the outbox, and who sends what is in it."""

from __future__ import annotations

from wasend.sandbox.webhooks.outbox import Outbox, Webhook, WebhookAttempt
from wasend.sandbox.webhooks.payloads import join_request_payload
from wasend.sandbox.webhooks.samples import EVENTS, complete
from wasend.sandbox.webhooks.sender import Sender

__all__ = ["EVENTS", "Outbox", "Sender", "Webhook", "WebhookAttempt", "complete", "join_request_payload"]
