"""Webhooks out: what each event says, the outbox, and who sends what is in it."""

from __future__ import annotations

from wasend.sandbox.webhooks.outbox import Outbox, Webhook, WebhookAttempt
from wasend.sandbox.webhooks.sender import Sender

__all__ = ["Outbox", "Sender", "Webhook", "WebhookAttempt"]
