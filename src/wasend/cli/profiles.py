"""Profiles: addresses and sessions in the platform's directory; keys in its keyring, else in a file of the owner's."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, Final, cast

import attrs
from platformdirs import user_config_path

from wasend._core.files import replacing
from wasend.cli.errors import UsageError

DEFAULT: Final = "default"
_KEYRING: Final = "wasend"


@attrs.frozen
class Profile:
    """
    How to reach one account.

    Attributes:
        name: Its name.
        base_url: Where the service is; `None` for the service's own address.
        session: The session that is meant where none is named.
        key_in: Where its key is.
    """

    name: str
    base_url: str | None = None
    session: str | None = None
    key_in: str = "file"


@attrs.define
class Profiles:
    """
    All profiles.

    Attributes:
        file: Where they are.
        profiles: By their names.
        default: The one that is taken where none is named.
    """

    file: Path
    profiles: dict[str, Profile] = attrs.field(factory=dict[str, Profile])
    default: str | None = None

    @property
    def key_file(self) -> Path:
        """The file of the keys that are in no keyring."""
        return self.file.with_name("keys.json")

    @classmethod
    def load(cls) -> Profiles:
        """
        Read them.

        Raises:
            UsageError: The file is not what was written.
        """
        file = user_config_path("wasend", appauthor=False) / "config.json"
        document = _read(file)
        try:
            found = {
                name: Profile(name, one.get("base_url"), one.get("session"), one.get("key_in", "file"))
                for name, one in document.get("profiles", {}).items()
            }
        except AttributeError:
            raise UsageError(f"{file} is no configuration; correct it, or remove it") from None
        return cls(file, found, document.get("default"))

    def get(self, name: str | None) -> Profile | None:
        """The profile of a name, or the default one."""
        return self.profiles.get(name or self.default or DEFAULT)

    def key_of(self, profile: Profile) -> str | None:
        """The key of a profile, if it is there."""
        if profile.key_in == "keyring":
            return _from_keyring(profile.name)
        key = _read(self.key_file).get(profile.name)
        return key if isinstance(key, str) else None

    def add(self, profile: Profile, key: str) -> Profile:
        """
        Add a profile, or replace it.

        Returns:
            It, with where its key is now.
        """
        where = "keyring" if _into_keyring(profile.name, key) else "file"
        profile = attrs.evolve(profile, key_in=where)
        self.profiles[profile.name] = profile
        if self.default is None:
            self.default = profile.name
        if where == "file":
            self._write_keys({**_read(self.key_file), profile.name: key})
        else:
            self._forget_in_file(profile.name)
        self.save()
        return profile

    def remove(self, name: str) -> None:
        """Remove a profile and its key."""
        profile = self.profiles.pop(name)
        if profile.key_in == "keyring":
            _out_of_keyring(name)
        self._forget_in_file(name)
        if self.default == name:
            self.default = next(iter(self.profiles), None)
        self.save()

    def save(self) -> None:
        """Write them down."""
        fields = ("base_url", "session", "key_in")
        profiles = {
            name: {field: value for field in fields if (value := getattr(one, field)) is not None}
            for name, one in self.profiles.items()
        }
        self._write(self.file, {"default": self.default, "profiles": profiles})

    def _forget_in_file(self, name: str) -> None:
        keys = _read(self.key_file)
        if keys.pop(name, None) is not None:
            self._write_keys(keys)

    def _write_keys(self, keys: dict[str, Any]) -> None:
        self._write(self.key_file, keys)

    def _write(self, file: Path, document: dict[str, Any]) -> None:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replacing(file) as part:  # it is its owner's alone
                part.write(json.dumps(document, indent=2).encode() + b"\n")
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}; check its folder") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise UsageError(f"{file} is no configuration; correct it, or remove it")
    return cast("dict[str, Any]", document)


# A keyring is there or not, by what is installed and by what the machine has; whatever it raises, there is none.


def _keyring() -> Any:
    try:
        return importlib.import_module("keyring")
    except ImportError:
        return None


def _into_keyring(name: str, key: str) -> bool:
    if (keyring := _keyring()) is None:
        return False
    try:
        keyring.set_password(_KEYRING, name, key)
        return bool(keyring.get_password(_KEYRING, name) == key)  # some take it and forget it
    except Exception:  # noqa: BLE001 - each backend has errors of its own
        return False


def _from_keyring(name: str) -> str | None:
    if (keyring := _keyring()) is None:
        raise UsageError(f"the key of profile {name} is in a keyring; pip install 'wasend-sdk[keyring]'")
    try:
        key: str | None = keyring.get_password(_KEYRING, name)
    except Exception as error:  # noqa: BLE001 - each backend has errors of its own
        raise UsageError(f"the keyring does not give the key of profile {name}: {type(error).__name__}") from None
    return key


def _out_of_keyring(name: str) -> None:
    if (keyring := _keyring()) is not None:
        try:
            keyring.delete_password(_KEYRING, name)
        except Exception:  # noqa: BLE001 - it is gone, or cannot be reached
            return
