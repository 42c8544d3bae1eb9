"""Webhooks out: what each event says, the outbox, and who sends what is in it."""

from __future__ import annotations

from wasend.sandbox.webhooks.outbox import Outbox as Outbox
from wasend.sandbox.webhooks.outbox import Webhook as Webhook
from wasend.sandbox.webhooks.outbox import WebhookAttempt as WebhookAttempt
from wasend.sandbox.webhooks.payloads import EVENTS as EVENTS
from wasend.sandbox.webhooks.payloads import complete as complete
from wasend.sandbox.webhooks.payloads import join_request_payload as join_request_payload
from wasend.sandbox.webhooks.sender import Sender as Sender
