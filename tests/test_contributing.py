"""The recipe of CONTRIBUTING.md, followed to the letter in a copy of the source."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHECK = """
import asyncio
from datetime import datetime
from typing import Any
import httpx
from tests.calls import Row, Shape
from wasend import AsyncWasendClient, WasendClient, WasendError
from wasend.api.account import Usage

(row,) = [
{row}
]

def answer(request: httpx.Request) -> httpx.Response:
    assert f"{{request.method}} {{request.url.raw_path.decode()}}" == row.sent
    return httpx.Response(200, content=shape.content, headers={{"content-type": shape.content_type}})

async def awaited() -> Any:
    return await getattr(AsyncWasendClient("key", http_client=service()), row.call)(*row.ids, **row.given)

def service() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))

for shape in row.answers:
    assert asyncio.run(awaited()) == shape.value
    with WasendClient("key", http_client=service()) as client:
        assert getattr(client, row.call)(*row.ids, **row.given) == shape.value
print(WasendClient.__module__, WasendClient.retrieve_usage.__doc__.split(".")[0].strip())
"""


def test_recipe(tmp_path: Path) -> None:
    """One model, one method and one row make a call that works in both colours."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    model, method, row = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src", source)
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    room = source / "wasend" / "api" / "account.py"
    code = room.read_text(encoding="utf-8").replace("class AccountCalls", f"{model}\n\nclass AccountCalls")
    code = code.replace(
        "from __future__ import annotations\n", "from __future__ import annotations\n\nfrom datetime import datetime\n"
    )
    room.write_text(f"{code}\n{method}", encoding="utf-8")

    generate = [sys.executable, str(ROOT / "tools" / "generate_sync.py"), "--package", str(source / "wasend")]
    assert subprocess.run(generate, check=False).returncode == 0
    program = f"import sys; sys.path[:0] = [{str(source)!r}, {str(tmp_path)!r}]\n{CHECK.format(row=row)}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    told = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.strip() == "wasend._sync Look at what the account has used"
