"""
A web service that tells customers that their order is ready, each of them once, however often it is asked to.

It needs FastAPI (``pip install fastapi uvicorn``). Without ``WASEND_BASE_URL`` it plays its own callers, against a
sandbox on this machine that loses an answer. With it (and ``WASEND_API_KEY`` and ``WASEND_SESSION``) uvicorn serves it:

    python examples/order_service.py                             # sandbox
    uvicorn --app-dir examples order_service:app                 # the service

    curl -X POST 'http://127.0.0.1:8000/orders/17/ready?phone=%2B447700900456'
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI, HTTPException, Request

from wasend import AsyncWasendClient, Outbox, OutcomeUnknownError, WasendError
from wasend.sandbox import Sandbox


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """One client as long as the service runs; what an earlier process left behind is settled meanwhile."""
    outbox = Outbox(os.environ.get("OUTBOX", "outbox.db"), on_unknown="look")  # whenever somebody asks again
    async with AsyncWasendClient(outbox=outbox) as client:
        app.state.desk = client.session()
        recovering = asyncio.create_task(client.outbox.recover())
        try:
            yield
        finally:
            recovering.cancel()
            await asyncio.gather(recovering, return_exceptions=True)


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{order}/ready")
async def ready(request: Request, order: int, phone: str) -> dict[str, str]:
    """Tell a customer. Who gets no answer, or 503 or 504, asks again."""
    desk = request.app.state.desk
    try:
        message = await desk.send_text(to=phone, text=f"Order {order} is ready.", key=f"ready-{order}")
    except OutcomeUnknownError as error:
        raise HTTPException(504, "nobody knows whether it was sent; asking again is safe") from error
    except WasendError as error:
        wait = {} if error.retry_after is None else {"Retry-After": str(math.ceil(error.retry_after))}
        raise HTTPException(503 if error.retryable else 422, str(error), wait) from error
    return {"message": message.id}


async def play() -> None:
    """Ask as careless callers do: twice at once, again after a restart, and for another number."""
    transport = httpx.ASGITransport(app=app)
    for number in (1, 2):
        print(f"process {number}:")
        async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://shop") as shop:
            url, phone = "/orders/17/ready", {"phone": "+447700900456"}
            for answer in await asyncio.gather(shop.post(url, params=phone), shop.post(url, params=phone)):
                print(f"answered {answer.status_code}: {answer.json()['message']}")
            other = await shop.post(url, params={"phone": "+447700900457"})
            print(f"refused {other.status_code}: {other.json()['detail']}")


if __name__ == "__main__":
    if "WASEND_BASE_URL" in os.environ:
        raise SystemExit("usage: uvicorn --app-dir examples order_service:app")
    sandbox = Sandbox(faults=["reset_after POST /sendText #1"])  # delivered, and the answer is lost
    with tempfile.TemporaryDirectory() as folder, sandbox.serve() as server:
        os.environ |= {"WASEND_API_KEY": "any", "WASEND_BASE_URL": server.url, "OUTBOX": str(Path(folder, "outbox.db"))}
        os.environ["WASEND_SESSION"] = sandbox.add_session().id
        asyncio.run(play())
    print(f"delivered: {len(sandbox.deliveries())}")
