"""Packages each of whose names is imported when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def lazily(
    namespace: dict[str, Any], modules: Mapping[str, Collection[str]], submodules: Collection[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """
    Make a package's ``__getattr__`` and ``__dir__``.

    Args:
        namespace: The package's ``globals()``.
        modules: Its public names, by the module of the package that has them.
        submodules: Modules of it that are public names themselves.
    """
    package: str = namespace["__name__"]
    module_of = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        if name in submodules:
            return import_module(f"{package}.{name}")
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = namespace[name] = getattr(import_module(f"{package}.{module_of[name]}"), name)
        return found

    def names() -> list[str]:
        return [*namespace, *namespace["__all__"], *submodules]

    return get, names
