"""Importing this fails where the files of WASend's own package, which is imported as `wasend` too, lie among ours."""

from __future__ import annotations

from os.path import dirname, exists  # pathlib would be a third of what importing the package costs

_FOLDER = dirname(__file__)  # noqa: PTH120

# A folder that only the other package has. Each of the two has replaced files of the other there, and uninstalling
# one removes what both need.
if exists(f"{_FOLDER}/_jsii"):  # noqa: PTH110
    raise ImportError(
        f"wasend-sdk and WASend's own package, wasend, are installed in the same folder, {_FOLDER}, and have replaced "
        "files of each other; run `pip uninstall -y wasend wasend-sdk`, then `pip install wasend-sdk`",
        name="wasend",
    )
