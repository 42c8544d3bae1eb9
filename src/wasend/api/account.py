"""The account behind the API key."""

from __future__ import annotations

from .._core.call import Call
from .._core.calls import Calls
from .._core.model import Model, model


@model
class Account(Model):
    """
    An account.

    Attributes:
        id: Its id.
        name: Whose it is.
        plan: What is paid for.
    """

    id: str | None = None
    name: str | None = None
    plan: str | None = None


class AccountCalls(Calls):
    """Get the account."""

    async def retrieve_account(self) -> Account:
        """
        Get the account that the API key belongs to.

        Raises:
            AuthenticationError: The key is not valid.
        """
        return await self._send(Call("GET", "/account", Account, envelope=("account",)))
