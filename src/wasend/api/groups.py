"""Groups: their members, their settings, their pictures and the invitations to them."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import attrs

from .._core.call import Call
from .._core.calls import Calls
from .._core.checks import count, flag, texts, word
from .._core.documents import is_list, is_object, is_url, member
from .._core.model import Model, Page, Result, adapts, id_of, model, wire
from .._core.paging import pages
from ..errors import BadRequestError, InvalidRequestError
from ..media import web_url
from ..recipients import ChatIdentity, chat_id
from .service import keyword_aliases, mapping_form
from .sessions import SessionRef, session_ref

logger: Final = logging.getLogger("wasend")

INVITE_HOST: Final = "chat.whatsapp.com"
_SETTING: Final = "/{{session}}/groups/{{group_id}}/settings/security/{}-admin-only"
_SUBJECT_LENGTH: Final = 100  # WhatsApp's own limit; WASend's page says 25, which is older


@model
class GroupParticipant(ChatIdentity):
    """
    A member of a group.

    Attributes:
        jid: WhatsApp id, such as ``447700900456@c.us``.
        phone_number: International number, where the service gives it.
        lid: The id that hides the number, where there is one.
        is_admin: Whether an admin.
        is_super_admin: Whether the admin that no other can remove.
        display_name: Name shown in the group.
        joined_at: Since when a member.
        error: The engine's code for a member that could not be added; 0 or `None` is none.
        add_request: The engine's invitation in place of adding, as it came.
    """

    jid: str = wire("jid", "id", default="")
    phone_number: str | None = None
    lid: str | None = None
    is_admin: bool | None = None
    is_super_admin: bool | None = None
    display_name: str | None = None
    joined_at: datetime | None = None
    error: int | None = None
    add_request: Any = attrs.field(default=None, hash=False)

    @classmethod
    @adapts("role", "admin")
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Two engines give the role as a word."""
        role = document.get("role", document.get("admin"))
        if isinstance(role, str) and "isAdmin" not in document:
            word = role.lower()
            document["isAdmin"] = word in ("admin", "superadmin", "owner")
            document["isSuperAdmin"] = word in ("superadmin", "owner")
        return document

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One engine lists the ids alone."""
        return {"jid": value} if isinstance(value, str) and value.strip() else None


@model
class GroupSettings(Model):
    """
    Who may do what in a group.

    Attributes:
        info_admin_only: Whether only admins change name, description and picture.
        messages_admin_only: Whether only admins write.
        ephemeral_duration: Seconds after which messages disappear; 0 is never.
        no_frequently_forwarded: Whether often forwarded messages are kept out.
    """

    info_admin_only: bool | None = wire("infoAdminOnly", "restrict")
    messages_admin_only: bool | None = wire("messagesAdminOnly", "announce")
    ephemeral_duration: int | None = wire("ephemeralDuration", "ephemeral")
    no_frequently_forwarded: bool | None = None


@model
class Group(ChatIdentity):
    """
    A group. Documentation and engine describe it differently; the same fact has the same name here.

    Attributes:
        jid: WhatsApp id, such as ``120363041234567890@g.us``.
        name: Its name, also called subject.
        topic: Its description.
        owner_jid: WhatsApp id of its owner.
        owner_pn: Number of its owner.
        participants: Its members, where the service lists them.
        participants_count: How many it has.
        picture_url: URL of its picture.
        settings: Who may do what, where the service groups that.
        is_announce: Whether only admins write.
        is_locked: Whether only admins change name, description and picture.
        group_created: When it was created.
        name_set_at: When its name was last set.
        name_set_by: By whom.
        name_set_by_pn: That person's number.
        topic_id: Id of the description.
        topic_set_at: When the description was last set.
        topic_set_by: By whom.
        topic_set_by_pn: That person's number.
        topic_deleted: Whether the description was removed.
        announce_version_id: Version of the setting.
        is_ephemeral: Whether messages disappear.
        disappearing_timer: After how many seconds.
        is_incognito: Whether members' numbers are hidden.
        is_parent: Whether it is a community.
        default_membership_approval_mode: How new members of a community are approved.
        linked_parent_jid: The community it belongs to.
        is_default_sub_group: Whether it is the community's announcement group.
        is_join_approval_required: Whether admins approve new members.
        addressing_mode: ``pn`` or ``lid``.
        creator_country_code: Country of the creator's number.
        participant_version_id: Version of the list of members.
        member_add_mode: Who may add members.
    """

    jid: str = wire("jid", "id", default="")
    name: str | None = wire("name", "subject")
    topic: str | None = wire("topic", "description", "desc")
    owner_jid: str | None = wire("ownerJid", "owner")
    owner_pn: str | None = None
    participants: tuple[GroupParticipant, ...] | None = None
    participants_count: int | None = wire("participantsCount", "size")
    picture_url: str | None = None
    settings: GroupSettings | None = None
    is_announce: bool | None = None
    is_locked: bool | None = None
    group_created: datetime | None = wire("groupCreated", "createdAt", "creation")
    name_set_at: datetime | None = None
    name_set_by: str | None = None
    name_set_by_pn: str | None = None
    topic_id: str | None = None
    topic_set_at: datetime | None = None
    topic_set_by: str | None = None
    topic_set_by_pn: str | None = None
    topic_deleted: bool | None = None
    announce_version_id: str | None = None
    is_ephemeral: bool | None = None
    disappearing_timer: int | None = None
    is_incognito: bool | None = None
    is_parent: bool | None = None
    default_membership_approval_mode: str | None = None
    linked_parent_jid: str | None = None
    is_default_sub_group: bool | None = None
    is_join_approval_required: bool | None = None
    addressing_mode: str | None = None
    creator_country_code: str | None = None
    participant_version_id: str | None = None
    member_add_mode: str | None = None

    @classmethod
    @adapts("owner")
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """One page gives the owner as an object."""
        owner = document.get("owner")
        if is_object(owner) and "_serialized" not in owner:
            rest = {key: value for key, value in document.items() if key != "owner"}
            fields = {"ownerJid": member(owner, "jid", "id"), "ownerPn": member(owner, "phoneNumber")}
            document = {**fields, **rest}
        return document

    @property
    def failed(self) -> tuple[GroupParticipant, ...]:
        """The members that could not be added."""
        return tuple(person for person in self.participants or () if person.error)

    @property
    def description(self) -> str | None:
        """Its description; the engine calls it `topic`."""
        return self.topic

    @property
    def subject(self) -> str | None:
        """Its name; WhatsApp calls it the subject."""
        return self.name


@model
class GroupCount(Model):
    """
    How many groups a session is in.

    Attributes:
        total: All of them.
        by_status: How many are ``active``, ``archived``, ``deleted``.
    """

    total: int | None = wire("total", "count")
    by_status: Mapping[str, int] | None = attrs.field(default=None, hash=False)

    @classmethod
    @adapts("byStatus")
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """One page writes the keys in upper case."""
        counts = document.get("byStatus")
        if is_object(counts):
            document["byStatus"] = {str(key).lower(): value for key, value in counts.items()}
        return document


@model
class GroupPicture(Model):
    """
    A group's picture.

    Attributes:
        url: Where it is; `None` where there is none.
        format: Its type, such as ``jpeg`` or ``image/jpeg``.
        size: Its size in bytes.
        dimensions: Its width and height in pixels.
    """

    url: str | None = None
    format: str | None = wire("format", "type")
    size: int | None = None
    dimensions: Mapping[str, int] | None = attrs.field(default=None, hash=False)

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One engine answers the bare URL."""
        return {"url": value} if is_url(value) else None


@model
class AdminOnly(Model):
    """
    Whether something in a group is for admins only.

    Attributes:
        enabled: Whether it is.
        changed_at: Since when.
        changed_by: By whom.
    """

    enabled: bool | None = wire("enabled", "adminsOnly")
    changed_at: datetime | None = None
    changed_by: str | None = None

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One engine answers a bare ``true``."""
        flags = ("true", "false", "0", "1")
        return {"enabled": value} if str(value).strip().lower() in flags else None


@model
class ParticipantChange(Model):
    """
    What became of one member in a change of several.

    Attributes:
        id: Whom it is about.
        reason: ``SUCCESS``, ``NOT_FOUND``, ``ALREADY_IN_GROUP``, ``NOT_ADMIN``, or what else the service says.
        is_admin: Whether now an admin, where the service says.
        is_super_admin: Whether now the admin that no other can remove.
    """

    id: str = wire("id", "jid", default="")
    reason: str | None = wire("reason", "error", "message", "code")
    is_admin: bool | None = None
    is_super_admin: bool | None = None

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One engine lists the ids alone."""
        return {"id": value} if isinstance(value, str) and value.strip() else None


@model
class ParticipantChanges(Model):
    """
    What became of a change of several members. Some may have failed although the call succeeded: look at `failed`.

    Attributes:
        succeeded: For whom it worked, where the service lists them.
        failed: For whom not, and why.
        message: What the service says about it.
    """

    succeeded: tuple[ParticipantChange, ...] = wire("succeeded", "added", "removed", "promoted", "demoted", default=())
    failed: tuple[ParticipantChange, ...] = ()
    message: str | None = None

    @classmethod
    @adapts("participants")
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """The engine lists all of them, those that failed with an ``error`` other than 0."""
        people = document.get("participants")
        if is_list(people) and all(is_object(person) for person in people):
            failed = [person for person in people if member(person, "error")]
            document = {
                "succeeded": [person for person in people if person not in failed],
                "failed": failed,
                **document,
            }
            del document["participants"]
        return document

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """The engine answers the bare list."""
        return {"participants": value} if is_list(value) else None


@model
class GroupInvite(Model):
    """
    An invitation to a group.

    Attributes:
        invite_code: The code, or the link, as it came.
        expires_at: Until when it is valid, where the service says.
    """

    invite_code: str | None = wire("inviteCode", "inviteLink", "code", "link")
    expires_at: datetime | None = None

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """The engine answers the bare code, or the bare link."""
        return {"inviteCode": value} if isinstance(value, str) and len(value.split()) == 1 else None

    @property
    def code(self) -> str:
        """The code alone; ``""`` where the service did not give it."""
        return urlsplit(self.invite_code or "").path.rstrip("/").rpartition("/")[2]

    @property
    def invite_link(self) -> str:
        """The whole link; ``""`` where the service did not give it."""
        return self.code and f"https://{INVITE_HOST}/{self.code}"


GroupRef: TypeAlias = str | ChatIdentity
"""A group: its id, or a `Group` or `Chat`."""

ParticipantRef: TypeAlias = str | ChatIdentity | Mapping[str, Any]
"""
A person to add to a group, or a member of it: number, WhatsApp id, `GroupParticipant`, `Contact`, or a mapping with
``id``.
"""


class GroupCalls(Calls):
    """Create, list, change, join and leave groups."""

    @mapping_form
    async def create_group(
        self,
        session: SessionRef,
        *,
        name: str,
        participants: Sequence[ParticipantRef],
        description: str | None = None,
        picture_url: str | None = None,
        tags: Sequence[str] | None = None,
        key: str | None = None,
    ) -> Group:
        """
        Create a group.

        Args:
            session: The session that owns it: its ``uniqueSessionId``, or a `Session`.
            name: Its name. Above 100 characters it is sent, with a warning: WhatsApp refuses it.
            participants: Its members: numbers, WhatsApp ids, `GroupParticipant` or mappings with ``id`` and, if wanted,
                ``isAdmin``. At least one.
            description: Its description.
            picture_url: URL of its picture.
            tags: Labels of your own, for `get_groups`.
            key: Your own key of this group, for a client with an `outbox`: by one key it is created once.

        Returns:
            The group. A member that could not be added carries its ``error``.

        Raises:
            InvalidRequestError: There are no participants, or one has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the group may exist: look for its name before creating it again.
        """
        _check_subject(name, "name")
        people = [_new_participant(person, index) for index, person in enumerate(_people(participants))]
        body = {
            "name": name,
            "participants": people,
            "description": description,
            "pictureUrl": picture_url,
            "tags": texts(tags, "tags"),
        }
        reaches = tuple(person["id"] for person in people)
        call = Call("POST", "/{session}/groups", Group, path_params=_at(session), body=body, envelope=("group",))
        return await self._send(attrs.evolve(call, reaches=reaches, key=key))

    @mapping_form
    async def get_groups(
        self,
        session: SessionRef,
        *,
        exclude: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        search: str | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        status: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Page[Group]:
        """
        List groups, a page at a time; see `iter_groups` for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            exclude: Parts to leave out, such as ``["participants"]``.
            limit: How many at most; the service's default is 50.
            offset: How many to pass over.
            search: Text to find in name or description.
            sort_by: ``id``, ``subject``, ``creation``, ``participantsCount``, or what else the service knows.
            sort_order: ``asc`` or ``desc``.
            status: ``active``, ``archived`` or ``deleted``.
            tags: Labels that the groups must have.

        Returns:
            The groups; ``.extra["pagination"]`` holds the total, where the service tells.
        """
        params = {
            "exclude[]": texts(exclude, "exclude"),
            "limit": count(limit, "limit"),
            "offset": count(offset, "offset"),
            "search": search,
            "sortBy": sort_by,
            "sortOrder": word(sort_order, "sort_order", "asc", "desc"),
            "status": word(status, "status", "active", "archived", "deleted"),
            "tags[]": texts(tags, "tags"),
        }
        call = Call(
            "GET", "/{session}/groups", Page[Group], path_params=_at(session), params=params, envelope=("groups",)
        )
        return await self._send(call)

    def iter_groups(
        self,
        session: SessionRef,
        *,
        exclude: Sequence[str] | None = None,
        page_size: int = 50,
        search: str | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        status: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> AsyncIterator[Group]:
        """
        Iterate over all groups, which are fetched page by page.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            exclude: Parts to leave out, such as ``["participants"]``.
            page_size: How many to fetch at a time.
            search: Text to find in name or description.
            sort_by: As for `get_groups`.
            sort_order: ``asc`` or ``desc``.
            status: ``active``, ``archived`` or ``deleted``.
            tags: Labels that the groups must have.

        Yields:
            The groups.
        """

        async def page(limit: int, offset: int) -> Page[Group]:
            return await self.get_groups(
                session,
                exclude=exclude,
                limit=limit,
                offset=offset,
                search=search,
                sort_by=sort_by,
                sort_order=sort_order,
                status=status,
                tags=tags,
            )

        return pages(page, page_size)

    @keyword_aliases
    async def get_groups_count(self, session: SessionRef) -> GroupCount:
        """
        Count groups.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
        """
        return await self._send(Call("GET", "/{session}/groups/count", GroupCount, path_params=_at(session)))

    @keyword_aliases
    async def get_group(self, session: SessionRef, group_id: GroupRef) -> Group:
        """
        Get a group.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: Its id, ``…@g.us``, or the `Group`.

        Raises:
            NotFoundError: There is no such group.
        """
        call = Call(
            "GET",
            "/{session}/groups/{group_id}",
            Group,
            path_params=_in(session, group_id),
            envelope=("info", "group"),
        )
        return await self._send(call.or_route("GET", "/{session}/groups/{group_id}/info"))

    @keyword_aliases
    async def get_group_info(self, session: SessionRef, group_id: GroupRef) -> Group:
        """
        Get a group; the documentation's name for `get_group`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: Its id, ``…@g.us``, or the `Group`.

        Raises:
            NotFoundError: There is no such group.
        """
        return await self.get_group(session, group_id)

    @keyword_aliases
    async def leave_group(self, session: SessionRef, group_id: GroupRef) -> Result:
        """
        Leave a group.

        Args:
            session: The session that leaves: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.

        Raises:
            OutcomeUnknownError: No answer came; the session may have left.
        """
        return await self._send(
            Call("POST", "/{session}/groups/{group_id}/leave", Result, path_params=_in(session, group_id))
        )

    @mapping_form
    async def get_group_join_info(self, session: SessionRef, code: str) -> Group:
        """
        Preview a group by its invite code, before joining it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """
        route, params = "/{session}/groups/join-info", {"code": _invite_code(code)}
        return await self._send(Call("GET", route, Group, path_params=_at(session), params=params, envelope=("group",)))

    @mapping_form
    async def join_group(self, session: SessionRef, *, code: str) -> Group:
        """
        Join a group by its invite code.

        Args:
            session: The session that joins: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Returns:
            The group, as far as the service describes it.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
            OutcomeUnknownError: No answer came; the session may have joined.
        """
        call = Call("POST", "/{session}/groups/join", Group, path_params=_at(session), envelope=("group",))
        code = _invite_code(code)
        try:
            return await self._send(attrs.evolve(call, body={"code": code}))
        except BadRequestError as error:  # a 400 had no effect; the documentation calls the field otherwise
            try:
                return await self._send(attrs.evolve(call, body={"inviteCode": code}))
            except BadRequestError:
                raise error from None

    @mapping_form
    async def get_group_picture(
        self, session: SessionRef, group_id: GroupRef, refresh: bool | None = None
    ) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        route = "/{session}/groups/{group_id}/picture"
        call = Call(
            "GET",
            route,
            GroupPicture,
            path_params=_in(session, group_id),
            params={"refresh": flag(refresh, "refresh")},
            envelope=("picture",),
        )
        return await self._send(call)

    @mapping_form
    async def set_group_picture(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        url: str,
        crop_to_square: bool | None = None,
        format: str | None = None,
    ) -> Result:
        """
        Set a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            url: Where the service finds the picture; publicly reachable.
            crop_to_square: Cut it to a square.
            format: ``jpeg``, ``png`` or ``webp``.
        """
        body = {
            "url": web_url(url),
            "cropToSquare": crop_to_square,
            "format": word(format, "format", "jpeg", "png", "webp"),
        }
        route = "/{session}/groups/{group_id}/picture"
        return await self._send(Call("PUT", route, Result, path_params=_in(session, group_id), body=body))

    @keyword_aliases
    async def delete_group_picture(self, session: SessionRef, group_id: GroupRef) -> Result:
        """
        Remove a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        route = "/{session}/groups/{group_id}/picture"
        return await self._send(Call("DELETE", route, Result, path_params=_in(session, group_id)))

    @keyword_aliases
    async def get_group_description(self, session: SessionRef, group_id: GroupRef) -> str | None:
        """
        Get a group's description, from `get_group` where the service has no call of its own for it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        call = Call("GET", "/{session}/groups/{group_id}/description", Group, path_params=_in(session, group_id))
        return (await self._send_or(call, lambda: self.get_group(session, group_id))).topic

    @mapping_form
    async def set_group_description(self, session: SessionRef, group_id: GroupRef, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            description: The description; ``""`` removes it.
        """
        route = "/{session}/groups/{group_id}/description"
        return await self._send(
            Call("PUT", route, Result, path_params=_in(session, group_id), body={"description": description})
        )

    @keyword_aliases
    async def get_group_subject(self, session: SessionRef, group_id: GroupRef) -> str | None:
        """
        Get a group's name, from `get_group` where the service has no call of its own for it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        call = Call("GET", "/{session}/groups/{group_id}/subject", Group, path_params=_in(session, group_id))
        return (await self._send_or(call, lambda: self.get_group(session, group_id))).name

    @mapping_form
    async def set_group_subject(self, session: SessionRef, group_id: GroupRef, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """
        _check_subject(subject, "subject")
        route = "/{session}/groups/{group_id}/subject"
        call = Call("PUT", route, Result, path_params=_in(session, group_id), body={"subject": subject})
        return await self._send(call.or_route("PUT", "/{session}/groups/{group_id}/name", body={"name": subject}))

    @mapping_form
    async def set_group_name(self, session: SessionRef, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            name: The name, as for `set_group_subject`.
        """
        return await self.set_group_subject(session, group_id, subject=name)

    @keyword_aliases
    async def get_group_settings(self, session: SessionRef, group_id: GroupRef) -> GroupSettings:
        """
        Get who may do what in a group, from the single settings where the service has no call for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """

        async def both() -> GroupSettings:
            info = await self.get_group_info_admin_only(session, group_id)
            messages = await self.get_group_messages_admin_only(session, group_id)
            return GroupSettings(info_admin_only=info.enabled, messages_admin_only=messages.enabled)

        route = "/{session}/groups/{group_id}/settings"
        call = Call("GET", route, GroupSettings, path_params=_in(session, group_id), envelope=("settings",))
        return await self._send_or(call, both)

    @mapping_form
    async def set_group_settings(
        self, session: SessionRef, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
    ) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            info_admin_only: Only admins change name, description and picture.
            messages_admin_only: Only admins write.
        """

        async def both() -> GroupSettings:
            await self.set_group_info_admin_only(session, group_id, enabled=info_admin_only)
            await self.set_group_messages_admin_only(session, group_id, enabled=messages_admin_only)
            return GroupSettings(info_admin_only=info_admin_only, messages_admin_only=messages_admin_only)

        body = {"infoAdminOnly": info_admin_only, "messagesAdminOnly": messages_admin_only}
        route = "/{session}/groups/{group_id}/settings"
        call = Call("PUT", route, GroupSettings, path_params=_in(session, group_id), body=body, envelope=("settings",))
        return await self._send_or(call, both)

    @keyword_aliases
    async def get_group_info_admin_only(self, session: SessionRef, group_id: GroupRef) -> AdminOnly:
        """
        Get whether only admins may change the name, description and picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return await self._send(Call("GET", _SETTING.format("info"), AdminOnly, path_params=_in(session, group_id)))

    @mapping_form
    async def set_group_info_admin_only(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        enabled: bool,
        changed_at: str | None = None,
        changed_by: str | None = None,
    ) -> AdminOnly:
        """
        Let only admins, or every member, change the name, description and picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        body = {"enabled": enabled}
        return await self._send(
            Call("PUT", _SETTING.format("info"), AdminOnly, path_params=_in(session, group_id), body=body)
        )

    @keyword_aliases
    async def get_group_messages_admin_only(self, session: SessionRef, group_id: GroupRef) -> AdminOnly:
        """
        Get whether only admins may send messages.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return await self._send(Call("GET", _SETTING.format("messages"), AdminOnly, path_params=_in(session, group_id)))

    @mapping_form
    async def set_group_messages_admin_only(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        enabled: bool,
        changed_at: str | None = None,
        changed_by: str | None = None,
    ) -> AdminOnly:
        """
        Let only admins, or every member, send messages.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        body = {"enabled": enabled}
        return await self._send(
            Call("PUT", _SETTING.format("messages"), AdminOnly, path_params=_in(session, group_id), body=body)
        )

    @keyword_aliases
    async def get_group_invite_code(self, session: SessionRef, group_id: GroupRef) -> str:
        """
        Get the invite code; with ``https://chat.whatsapp.com/`` before it, it is the link.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        route = "/{session}/groups/{group_id}/invite-code"
        return (await self._send(Call("GET", route, GroupInvite, path_params=_in(session, group_id)))).code

    @keyword_aliases
    async def revoke_group_invite_code(self, session: SessionRef, group_id: GroupRef) -> str:
        """
        Replace the invite code; the old one stops working at once.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.

        Returns:
            The new code; ``""`` where the service does not tell it, but `get_group_invite_code` will.
        """
        route = "/{session}/groups/{group_id}/invite-code/revoke"
        return (
            await self._send(Call("POST", route, GroupInvite, path_params=_in(session, group_id), repeatable=True))
        ).code

    @keyword_aliases
    async def get_group_invite_link(self, session: SessionRef, group_id: GroupRef) -> GroupInvite:
        """
        Get the link that lets people join, made from the code where the service has no call of its own for it.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        route = "/{session}/groups/{group_id}/invite-link"
        call = Call("GET", route, GroupInvite, path_params=_in(session, group_id))

        async def from_code() -> GroupInvite:
            return GroupInvite(invite_code=await self.get_group_invite_code(session, group_id))

        return await self._send_or(call, from_code)

    @keyword_aliases
    async def revoke_group_invite_link(self, session: SessionRef, group_id: GroupRef) -> GroupInvite:
        """
        Replace the invite link; the old one stops working at once.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.

        Returns:
            The new link.
        """
        route = "/{session}/groups/{group_id}/invite-link/revoke"
        call = Call("POST", route, GroupInvite, path_params=_in(session, group_id), repeatable=True)

        async def from_code() -> GroupInvite:
            return GroupInvite(invite_code=await self.revoke_group_invite_code(session, group_id))

        return await self._send_or(call, from_code)

    @keyword_aliases
    async def get_group_participants(self, session: SessionRef, group_id: GroupRef) -> Page[GroupParticipant]:
        """
        List the members of a group.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        route = "/{session}/groups/{group_id}/participants"
        call = Call(
            "GET", route, Page[GroupParticipant], path_params=_in(session, group_id), envelope=("participants",)
        )
        return await self._send(call)

    @mapping_form
    async def add_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Add members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return await self._change("add", session, group_id, participants, notify)

    @mapping_form
    async def remove_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Remove members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        also = ("DELETE", "/{session}/groups/{group_id}/participants")
        return await self._change("remove", session, group_id, participants, notify, also)

    @mapping_form
    async def promote_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Make members admins. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return await self._change("promote", session, group_id, participants, notify)

    @mapping_form
    async def demote_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Make admins plain members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return await self._change("demote", session, group_id, participants, notify)

    async def _change(
        self,
        change: str,
        session: SessionRef,
        group_id: GroupRef,
        participants: Sequence[ParticipantRef],
        notify: bool | None,
        also: tuple[str, str] | None = None,
    ) -> ParticipantChanges:
        part = "admin" if change in ("promote", "demote") else "participants"
        also = also or ("POST", f"/{{session}}/groups/{{group_id}}/participants/{change}")
        people = [_person(person, index) for index, person in enumerate(_people(participants))]
        call = Call(
            "POST",
            f"/{{session}}/groups/{{group_id}}/{part}/{change}",
            ParticipantChanges,
            path_params=_in(session, group_id),
            body={"participants": people, "notify": notify},
            repeatable=True,
            reaches=tuple(people) if change == "add" else (),
        )
        return await self._send(call if also == (call.method, call.route) else call.or_route(*also))


def _at(session: SessionRef) -> dict[str, str]:
    return {"session": session_ref(session)}


def _in(session: SessionRef, group_id: GroupRef) -> dict[str, str]:
    given = id_of(group_id)
    found = chat_id(given, "group_id") if isinstance(given, str) and "@" in given else ""
    if not found.endswith("@g.us"):
        raise InvalidRequestError("group_id", "is not a group id", "pass one such as 120363041234567890@g.us")
    return {**_at(session), "group_id": found}


def _people(participants: Iterable[ParticipantRef]) -> list[ParticipantRef]:
    single = isinstance(participants, str | Mapping) or not isinstance(participants, Iterable)
    people = [] if single else [*participants]
    if not people:
        problem = "expected a list, got a single value" if single else "is empty"
        raise InvalidRequestError("participants", problem, "pass a list of at least one")
    return people


def _person(person: ParticipantRef, index: int) -> str:
    field = f"participants[{index}]"
    value = (
        person.get("jid") or person.get("id") or person.get("phoneNumber") if isinstance(person, Mapping) else person
    )
    found = chat_id(value, field)  # type: ignore[arg-type]
    if found.endswith(("@g.us", "@newsletter", "@broadcast")):
        raise InvalidRequestError(field, "is not a person", "pass a number or an id such as 447700900456@c.us")
    return found


def _new_participant(person: ParticipantRef, index: int) -> dict[str, Any]:
    is_admin = person.get("isAdmin", person.get("is_admin")) if isinstance(person, Mapping) else None
    return {"id": _person(person, index)} | ({} if is_admin is None else {"isAdmin": is_admin})


def _check_subject(subject: str, field: str) -> None:
    if not isinstance(subject, str) or not subject.strip():
        raise InvalidRequestError(field, "is empty", "pass a name for the group")
    if len(subject) > _SUBJECT_LENGTH:
        logger.warning(
            "%s has %d characters: WhatsApp allows %d in a group's name", field, len(subject), _SUBJECT_LENGTH
        )


def _invite_code(code: str) -> str:
    """The code in an invite link, or the code itself."""
    text = code.strip() if isinstance(code, str) else ""
    host = rf"(?i:(?:https?://)?{re.escape(INVITE_HOST)})/(?:invite/)?"
    found = re.fullmatch(rf"(?:{host})?([A-Za-z0-9_-]{{4,64}})/?(?:[?#].*)?", text)
    if found is None:
        problem = f"is not a link to {INVITE_HOST}" if "/" in text else "is not an invite code"
        raise InvalidRequestError("code", problem, f"pass https://{INVITE_HOST}/… or the code at its end")
    return found[1]
