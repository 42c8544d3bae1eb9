"""The calls about groups, as rows of the table in `tests.calls`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from tests.calls import Row, Shape
from wasend import Page, Result
from wasend.api.groups import (
    AdminOnly,
    Group,
    GroupCount,
    GroupInvite,
    GroupParticipant,
    GroupPicture,
    GroupSettings,
    ParticipantChange,
    ParticipantChanges,
)


@attrs.frozen(kw_only=True)
class KeywordRow(Row):
    """A call that takes its fields as keywords alone."""

    def forms(self) -> Mapping[str, tuple[tuple[Any, ...], Mapping[str, Any]]]:
        """The one form."""
        return {"keywords": (self.ids, self.given)}


JID: Final = "120363041234567890@g.us"
IN: Final = ("ses_1", JID)
GROUPS: Final = "/ses_1/groups"
GROUP: Final = f"{GROUPS}/120363041234567890%40g.us"
LIKE_OFFICIAL: Final = f"{GROUPS}/{JID}"  # the official SDK leaves the @ as it is; encoded, it means the same
ADA, BOB = "447700900456@c.us", "447700900999@c.us"
CODE: Final = "K9fQ2mZx7LrB4tVw8YcDsE"
LINK: Final = f"https://chat.whatsapp.com/{CODE}"
AT: Final = datetime(2025, 6, 11, 9, 30, tzinfo=UTC)
OK: Final = {"success": True}

OF_DOCS: Final = Shape(
    "docs",
    f'{{"jid":"{JID}","name":"Launch crew","ownerJid":"447700900123@c.us","ownerPn":"+447700900123",'
    f'"participants":[{{"jid":"{ADA}","phoneNumber":"+447700900456","isAdmin":false,"displayName":"Ada"}}],'
    '"description":"Q3","isAnnounce":false,"isLocked":false,"createdAt":"2025-06-11T09:30:00Z",'
    '"settings":{"infoAdminOnly":false,"messagesAdminOnly":true}}',
    Group(
        jid=JID,
        name="Launch crew",
        owner_jid="447700900123@c.us",
        owner_pn="+447700900123",
        participants=(GroupParticipant(jid=ADA, phone_number="+447700900456", is_admin=False, display_name="Ada"),),
        topic="Q3",
        is_announce=False,
        is_locked=False,
        group_created=AT,
        settings=GroupSettings(info_admin_only=False, messages_admin_only=True),
    ),
)
OF_SDK: Final = Shape(
    "sdk",
    f'{{"jid":"{JID}","ownerJid":"447700900123@c.us","ownerPn":"447700900123@c.us","name":"Launch crew",'
    '"nameSetAt":"2025-06-11T09:30:00Z","nameSetBy":"447700900123@c.us","nameSetByPn":"","topic":"Q3",'
    '"topicId":"3EB0","topicSetAt":"0001-01-01T00:00:00Z","topicSetBy":"","topicSetByPn":"","topicDeleted":false,'
    '"isLocked":true,"isAnnounce":false,"announceVersionId":"v1","isEphemeral":true,"disappearingTimer":86400,'
    '"isIncognito":false,"isParent":false,"defaultMembershipApprovalMode":"","linkedParentJid":"",'
    '"isDefaultSubGroup":false,"isJoinApprovalRequired":true,"addressingMode":"pn",'
    '"groupCreated":"2025-06-11T09:30:00Z","creatorCountryCode":"GB","participantVersionId":"v2",'
    f'"participants":[{{"jid":"{ADA}","phoneNumber":"{ADA}","lid":"77001@lid","isAdmin":true,"isSuperAdmin":false,'
    '"displayName":"","error":0,"addRequest":null}],"memberAddMode":"all_member_add"}',
    Group(
        jid=JID,
        owner_jid="447700900123@c.us",
        owner_pn="447700900123@c.us",
        name="Launch crew",
        name_set_at=AT,
        name_set_by="447700900123@c.us",
        name_set_by_pn="",
        topic="Q3",
        topic_id="3EB0",
        topic_set_by="",
        topic_set_by_pn="",
        topic_deleted=False,
        is_locked=True,
        is_announce=False,
        announce_version_id="v1",
        is_ephemeral=True,
        disappearing_timer=86400,
        is_incognito=False,
        is_parent=False,
        default_membership_approval_mode="",
        linked_parent_jid="",
        is_default_sub_group=False,
        is_join_approval_required=True,
        addressing_mode="pn",
        group_created=AT,
        creator_country_code="GB",
        participant_version_id="v2",
        participants=(
            GroupParticipant(
                jid=ADA,
                phone_number=ADA,
                lid="77001@lid",
                is_admin=True,
                is_super_admin=False,
                display_name="",
                error=0,
            ),
        ),
        member_add_mode="all_member_add",
    ),
)
OF_WHATSMEOW: Final = Shape(
    "whatsmeow",
    f'{{"JID":"{JID}","OwnerJID":"447700900123@s.whatsapp.net","OwnerPN":"","Name":"Launch crew","Topic":"Q3",'
    '"TopicID":"3EB0","TopicSetByPN":"","IsLocked":false,"IsAnnounce":false,"AnnounceVersionID":"1",'
    '"LinkedParentJID":"","GroupCreated":"2025-06-11T09:30:00Z","NameSetAt":"0001-01-01T00:00:00Z",'
    '"ParticipantVersionID":"2","Participants":[{"JID":"447700900456@s.whatsapp.net",'
    '"PhoneNumber":"447700900456@s.whatsapp.net","LID":"","IsAdmin":true,"IsSuperAdmin":true,"DisplayName":"",'
    '"Error":0,"AddRequest":null}],"MemberAddMode":"all_member_add"}',
    Group(
        jid=JID,
        owner_jid="447700900123@s.whatsapp.net",
        owner_pn="",
        name="Launch crew",
        topic="Q3",
        topic_id="3EB0",
        topic_set_by_pn="",
        is_locked=False,
        is_announce=False,
        announce_version_id="1",
        linked_parent_jid="",
        group_created=AT,
        participant_version_id="2",
        participants=(
            GroupParticipant(
                jid="447700900456@s.whatsapp.net",
                phone_number="447700900456@s.whatsapp.net",
                lid="",
                is_admin=True,
                is_super_admin=True,
                display_name="",
                error=0,
            ),
        ),
        member_add_mode="all_member_add",
    ),
)
OF_ENGINE: Final = Shape(
    "engine",
    f'{{"id":"{JID}","subject":"Launch crew","desc":"Q3","creation":1749634200,"owner":"447700900123@c.us","size":2,'
    f'"participants":[{{"id":"{ADA}","admin":"superadmin"}},{{"id":"{BOB}","role":"participant"}}]}}',
    Group(
        jid=JID,
        name="Launch crew",
        topic="Q3",
        group_created=AT,
        owner_jid="447700900123@c.us",
        participants_count=2,
        participants=(
            GroupParticipant(jid=ADA, is_admin=True, is_super_admin=True, extra={"admin": "superadmin"}),
            GroupParticipant(jid=BOB, is_admin=False, is_super_admin=False, extra={"role": "participant"}),
        ),
    ),
)
GROUP_SHAPES: Final = (OF_DOCS, OF_SDK, OF_WHATSMEOW, OF_ENGINE)
WRAPPED: Final = tuple(
    Shape(f"{shape.dialect}-{key}", f'{{"success":true,"{key}":{shape.content!s},"error":null}}', shape.value)
    for shape, key in ((OF_SDK, "data"), (OF_DOCS, "group"))
)
INFO: Final = Shape(
    "docs-info",
    f'{{"success":true,"info":{{"id":"{JID}","name":"Launch crew","subject":"Launch crew","description":"Q3",'
    '"creation":"2025-06-11T09:30:00Z","owner":{"jid":"447700900123@c.us","phoneNumber":"+447700900123"},'
    f'"participants":[{{"jid":"{ADA}","phoneNumber":"+447700900456","isAdmin":true,"isSuperAdmin":false}}],'
    '"settings":{"announce":false,"restrict":true,"ephemeral":0,"noFrequentlyForwarded":true}}}',
    Group(
        jid=JID,
        name="Launch crew",
        topic="Q3",
        group_created=AT,
        owner_jid="447700900123@c.us",
        owner_pn="+447700900123",
        participants=(GroupParticipant(jid=ADA, phone_number="+447700900456", is_admin=True, is_super_admin=False),),
        settings=GroupSettings(
            info_admin_only=True, messages_admin_only=False, ephemeral_duration=0, no_frequently_forwarded=True
        ),
    ),
)
DONE: Final = (
    Shape("docs", '{"success":true,"message":"updated"}', Result(message="updated")),
    Shape("docs-bare", '{"success":true}', Result()),
    Shape("sdk", "", Result()),
    Shape("engine", "true", Result()),
)
INVITE_CODE: Final = (
    Shape("docs", f'{{"success":true,"inviteCode":"{CODE}"}}', CODE),
    Shape("sdk", f'"{CODE}"', CODE),
    Shape("sdk-data", f'{{"success":true,"data":"{CODE}"}}', CODE),
    Shape("engine", f"{CODE}\n", CODE, "text/plain; charset=utf-8"),
    Shape("engine-link", f'"{LINK}"', CODE),
    Shape("whatsmeow", f'{{"InviteLink":"{LINK}"}}', CODE),
)
INVITE_LINK: Final = (
    Shape(
        "docs",
        f'{{"success":true,"inviteLink":"{LINK}","expiresAt":"2025-06-11T09:30:00Z"}}',
        GroupInvite(invite_code=LINK, expires_at=AT, extra=OK),
    ),
    Shape("docs-never", f'{{"inviteLink":"{LINK}","expiresAt":null}}', GroupInvite(invite_code=LINK)),
    Shape("engine", f'"{LINK}"', GroupInvite(invite_code=LINK)),
)
MEMBER: Final = GroupParticipant(
    jid=ADA,
    phone_number="+447700900456",
    is_admin=True,
    is_super_admin=False,
    joined_at=datetime(2025, 1, 15, 12, tzinfo=UTC),
    display_name="Ada",
)
MEMBER_TEXT: Final = (
    f'{{"jid":"{ADA}","phoneNumber":"+447700900456","isAdmin":true,"isSuperAdmin":false,'
    '"joinedAt":"2025-01-15T12:00:00Z","displayName":"Ada"}'
)
EMPTY: Final = Shape("sdk", "", ParticipantChanges())
LISTED: Final = Shape(
    "whatsmeow",
    f'[{{"JID":"{ADA}","LID":"","IsAdmin":false,"Error":0}},{{"JID":"{BOB}","LID":"","IsAdmin":false,"Error":403}}]',
    ParticipantChanges(
        succeeded=(ParticipantChange(id=ADA, reason="0", is_admin=False, extra={"LID": ""}),),
        failed=(ParticipantChange(id=BOB, reason="403", is_admin=False, extra={"LID": ""}),),
    ),
)


def changes(verb: str, reason: str) -> Shape:
    """How the documentation tells that one change was made, and one not."""
    return Shape(
        "docs",
        f'{{"success":true,"data":{{"{verb}":[{{"id":"{ADA}","reason":"SUCCESS"}}],'
        f'"failed":[{{"id":"{BOB}","reason":"{reason}"}}]}}}}',
        ParticipantChanges(
            succeeded=(ParticipantChange(id=ADA, reason="SUCCESS"),),
            failed=(ParticipantChange(id=BOB, reason=reason),),
        ),
    )


BOTH: Final = {"participants": ["+44 7700 900456", "447700900999@s.whatsapp.net"]}
BOTH_TEXT: Final = f'"participants":["+447700900456","{BOB}"]'


def setting(call: str, setting: str) -> tuple[Row, ...]:
    """Reading and writing a setting."""
    target = f"{GROUP}/settings/security/{setting}-admin-only"
    return (
        Row(
            call=f"get_{call}",
            ids=IN,
            sent=f"GET {target}",
            answers=(
                Shape(
                    "docs",
                    '{"enabled":true,"changedAt":"2025-06-11T09:30:00Z","changedBy":"447700900123@c.us"}',
                    AdminOnly(enabled=True, changed_at=AT, changed_by="447700900123@c.us"),
                ),
                Shape("sdk", '{"enabled":false}', AdminOnly(enabled=False)),
                Shape("engine", '{"adminsOnly":true}', AdminOnly(enabled=True)),
            ),
        ),
        Row(
            call=f"set_{call}",
            ids=IN,
            given={"enabled": False},
            sent=f"PUT {target}",
            body='{"enabled":false}',
            official=(f"PUT {LIKE_OFFICIAL}/settings/security/{setting}-admin-only", '{"enabled":false}'),
            answers=(
                Shape(
                    "docs",
                    '{"success":true,"enabled":false,"message":"updated"}',
                    AdminOnly(enabled=False, extra={**OK, "message": "updated"}),
                ),
                Shape("sdk", "", AdminOnly(enabled=False)),
            ),
        ),
    )


ROWS: Final = (
    Row(
        call="create_group",
        ids=("ses_1",),
        given={"name": "Launch crew", "participants": ["+44 7700 900456", {"id": BOB, "isAdmin": True}]},
        sent=f"POST {GROUPS}",
        body=f'{{"name":"Launch crew","participants":[{{"id":"+447700900456"}},{{"id":"{BOB}","isAdmin":true}}]}}',
        answers=(
            *GROUP_SHAPES,
            *WRAPPED,
            Shape(
                "empty",
                "",
                Group(
                    name="Launch crew",
                    participants=(GroupParticipant(jid="+447700900456"), GroupParticipant(jid=BOB, is_admin=True)),
                ),
            ),
        ),
        safe=False,
    ),
    Row(
        call="create_group",
        tag="everything",
        ids=("ses_1",),
        given={
            "name": "Büro ☎",
            "participants": [MEMBER, {"id": BOB, "is_admin": False}, "77001@lid"],
            "description": "",
            "picture_url": "https://example.org/g.jpg?a=1&b=2",
            "tags": ["a", "b"],
        },
        sent=f"POST {GROUPS}",
        body=f'{{"name":"Büro ☎","participants":[{{"id":"{ADA}","isAdmin":true}},{{"id":"{BOB}","isAdmin":false}},'
        '{"id":"77001@lid"}],"description":"","pictureUrl":"https://example.org/g.jpg?a=1&b=2","tags":["a","b"]}',
        answers=(OF_DOCS,),
        safe=False,
    ),
    KeywordRow(
        call="get_groups",
        ids=("ses_1",),
        sent=f"GET {GROUPS}",
        answers=(
            Shape(
                "docs",
                f'{{"groups":[{OF_DOCS.content!s}],"pagination":{{"total":12,"limit":10,"offset":0,"hasMore":true}}}}',
                Page(
                    (OF_DOCS.value,),
                    extra={"pagination": {"total": 12, "limit": 10, "offset": 0, "hasMore": True}},
                ),
            ),
            Shape("sdk", f"[{OF_SDK.content!s},{OF_DOCS.content!s}]", Page((OF_SDK.value, OF_DOCS.value))),
            Shape("whatsmeow", f"[{OF_WHATSMEOW.content!s}]", Page((OF_WHATSMEOW.value,))),
            Shape("engine", f"[{OF_ENGINE.content!s}]", Page((OF_ENGINE.value,))),
            Shape(
                "data",
                f'{{"success":true,"data":{{"groups":[{OF_DOCS.content!s}]}}}}',
                Page((OF_DOCS.value,), extra={}),
            ),
            Shape("none", "[]", Page(())),
            Shape("null", '{"groups":null}', Page(())),
        ),
    ),
    KeywordRow(
        call="get_groups",
        tag="everything",
        ids=("ses_1",),
        given={
            "exclude": ["participants"],
            "limit": 0,
            "offset": 0,
            "search": "a b&c",
            "sort_by": "participantsCount",
            "sort_order": "DESC",
            "status": "ACTIVE",
            "tags": ["a", "b"],
        },
        sent=f"GET {GROUPS}?exclude%5B%5D=participants&limit=0&offset=0&search=a+b%26c&sortBy=participantsCount"
        "&sortOrder=desc&status=active&tags%5B%5D=a&tags%5B%5D=b",
        answers=(Shape("none", "[]", Page(())),),
    ),
    KeywordRow(
        call="get_groups",
        tag="as-official",
        ids=("ses_1",),
        given={
            "exclude": ["participants"],
            "limit": 0,
            "offset": 0,
            "search": "a b&c",
            "status": "active",
            "tags": ("a", "b"),
        },
        sent=f"GET {GROUPS}?exclude%5B%5D=participants&limit=0&offset=0&search=a+b%26c&status=active"
        "&tags%5B%5D=a&tags%5B%5D=b",
        official=(
            f"GET {GROUPS}?exclude[]=participants&limit=0&offset=0&search=a+b%26c&status=active&tags[]=a&tags[]=b",
            None,
        ),
        answers=(Shape("none", "[]", Page(())),),
    ),
    Row(
        call="get_groups_count",
        ids=("ses_1",),
        sent=f"GET {GROUPS}/count",
        answers=(
            Shape(
                "docs",
                '{"total":12,"byStatus":{"active":9,"archived":2,"deleted":1}}',
                GroupCount(total=12, by_status={"active": 9, "archived": 2, "deleted": 1}),
            ),
            Shape("sdk", '{"total":12,"byStatus":{"ACTIVE":"9"}}', GroupCount(total=12, by_status={"active": 9})),
            Shape("engine", '{"count":12}', GroupCount(total=12)),
        ),
    ),
    *(
        Row(
            call=call,
            ids=IN,
            sent=f"GET {GROUP}",
            answers=(*GROUP_SHAPES, *WRAPPED, INFO),
        )
        for call in ("get_group", "get_group_info")
    ),
    Row(call="leave_group", ids=IN, sent=f"POST {GROUP}/leave", answers=DONE, safe=False),
    Row(
        call="get_group_join_info",
        ids=("ses_1",),
        given={"code": f"{LINK}?mode=wwt"},
        # The official SDK passes a link on as it is. The code alone is what every engine takes.
        sent=f"GET {GROUPS}/join-info?code={CODE}",
        answers=(
            Shape(
                "docs",
                f'{{"success":true,"data":{{"jid":"{JID}","name":"Launch crew","topic":"Q3",'
                '"groupCreated":"2025-06-11T09:30:00Z","ownerJid":"447700900123@c.us","participantsCount":14,'
                '"isAnnounce":false,"isLocked":false},"error":null}',
                Group(
                    jid=JID,
                    name="Launch crew",
                    topic="Q3",
                    group_created=AT,
                    owner_jid="447700900123@c.us",
                    participants_count=14,
                    is_announce=False,
                    is_locked=False,
                ),
            ),
            *GROUP_SHAPES[1:],
        ),
    ),
    Row(
        call="join_group",
        ids=("ses_1",),
        given={"code": LINK},
        sent=f"POST {GROUPS}/join",
        body=f'{{"code":"{CODE}"}}',
        answers=(
            Shape(
                "docs",
                f'{{"success":true,"group":{{"id":"{JID}","name":"Launch crew","description":"Q3",'
                '"ownerJid":"447700900123@c.us","participantsCount":14,"createdAt":"2025-06-11T09:30:00Z",'
                '"settings":{},"participants":[{"id":"447700900456@s.whatsapp.net","isAdmin":true,'
                '"isSuperAdmin":false}]}}',
                Group(
                    jid=JID,
                    name="Launch crew",
                    topic="Q3",
                    owner_jid="447700900123@c.us",
                    participants_count=14,
                    group_created=AT,
                    settings=GroupSettings(),
                    participants=(
                        GroupParticipant(jid="447700900456@s.whatsapp.net", is_admin=True, is_super_admin=False),
                    ),
                ),
            ),
            Shape(
                "sdk",
                f'{{"id":"{JID}","name":"Launch crew","participantsCount":14,"pictureUrl":"https://e.org/g.jpg"}}',
                Group(jid=JID, name="Launch crew", participants_count=14, picture_url="https://e.org/g.jpg"),
            ),
            Shape("engine", f'{{"id":"{JID}"}}', Group(jid=JID)),
            Shape("whatsmeow", f'{{"JID":"{JID}"}}', Group(jid=JID)),
            Shape("empty", "", Group()),
        ),
        safe=False,
    ),
    KeywordRow(
        call="get_group_picture",
        ids=IN,
        sent=f"GET {GROUP}/picture",
        official=(f"GET {LIKE_OFFICIAL}/picture", None),
        answers=(
            Shape(
                "docs",
                '{"success":true,"picture":{"url":"https://e.org/g.jpg","type":"image/jpeg","size":20480}}',
                GroupPicture(url="https://e.org/g.jpg", format="image/jpeg", size=20480),
            ),
            Shape(
                "sdk",
                '{"url":"https://e.org/g.jpg","format":"jpeg","size":"9","dimensions":{"width":"640","height":480}}',
                GroupPicture(
                    url="https://e.org/g.jpg", format="jpeg", size=9, dimensions={"width": 640, "height": 480}
                ),
            ),
            Shape("engine", '{"url":null}', GroupPicture()),
        ),
    ),
    *(
        KeywordRow(
            call="get_group_picture",
            tag=f"refresh-{refresh}",
            ids=IN,
            given={"refresh": refresh == "true"},
            sent=f"GET {GROUP}/picture?refresh={refresh}",
            official=(f"GET {LIKE_OFFICIAL}/picture?refresh={refresh}", None),
            answers=(Shape("engine", '{"url":null}', GroupPicture()),),
        )
        for refresh in ("true", "false")
    ),
    Row(
        call="set_group_picture",
        ids=IN,
        given={"url": "https://example.org/a%20b.jpg", "crop_to_square": False, "format": "PNG"},
        sent=f"PUT {GROUP}/picture",
        body='{"url":"https://example.org/a%20b.jpg","cropToSquare":false,"format":"png"}',
        answers=(
            Shape(
                "docs",
                '{"success":true,"url":"https://e.org/g.jpg","message":"updated"}',
                Result(message="updated", extra={"url": "https://e.org/g.jpg"}),
            ),
            *DONE[1:],
        ),
    ),
    Row(call="delete_group_picture", ids=IN, sent=f"DELETE {GROUP}/picture", answers=DONE),
    Row(
        call="get_group_description",
        ids=IN,
        sent=f"GET {GROUP}/description",
        answers=(
            Shape("docs", '{"success":true,"description":"Q3"}', "Q3"),
            Shape("docs-none", '{"success":true,"description":null}', None),
            Shape("docs-data", '{"success":true,"data":{"description":""}}', ""),
        ),
    ),
    Row(
        call="set_group_description",
        ids=IN,
        given={"description": ""},
        sent=f"PUT {GROUP}/description",
        body='{"description":""}',
        answers=DONE,
    ),
    Row(
        call="get_group_subject",
        ids=IN,
        sent=f"GET {GROUP}/subject",
        answers=(
            Shape("docs", '{"success":true,"subject":"Launch crew","error":null}', "Launch crew"),
            Shape("docs-none", '{"success":true}', None),
        ),
    ),
    *(
        Row(
            call=f"set_group_{name}",
            ids=IN,
            given={name: "New crew"},
            sent=f"PUT {GROUP}/subject",
            body='{"subject":"New crew"}',
            answers=(
                Shape(
                    "docs",
                    f'{{"success":true,"{name}":"New crew","message":"updated"}}',
                    Result(message="updated", extra={name: "New crew"}),
                ),
                *DONE[1:],
            ),
        )
        for name in ("subject", "name")
    ),
    Row(
        call="get_group_settings",
        ids=IN,
        sent=f"GET {GROUP}/settings",
        answers=(
            Shape(
                "docs",
                '{"success":true,"settings":{"infoAdminOnly":true,"messagesAdminOnly":false,"ephemeralDuration":86400,'
                '"noFrequentlyForwarded":false},"error":null}',
                GroupSettings(
                    info_admin_only=True,
                    messages_admin_only=False,
                    ephemeral_duration=86400,
                    no_frequently_forwarded=False,
                ),
            ),
            Shape(
                "docs-info",
                '{"announce":1,"restrict":0}',
                GroupSettings(info_admin_only=False, messages_admin_only=True),
            ),
        ),
    ),
    Row(
        call="set_group_settings",
        ids=IN,
        given={"info_admin_only": True, "messages_admin_only": False},
        sent=f"PUT {GROUP}/settings",
        body='{"infoAdminOnly":true,"messagesAdminOnly":false}',
        answers=(
            Shape(
                "docs",
                '{"success":true,"settings":{"infoAdminOnly":true,"messagesAdminOnly":false},"message":"updated"}',
                GroupSettings(info_admin_only=True, messages_admin_only=False),
            ),
            Shape("empty", "", GroupSettings(info_admin_only=True, messages_admin_only=False)),
        ),
    ),
    *setting("group_info_admin_only", "info"),
    *setting("group_messages_admin_only", "messages"),
    Row(call="get_group_invite_code", ids=IN, sent=f"GET {GROUP}/invite-code", answers=INVITE_CODE),
    Row(
        call="revoke_group_invite_code",
        ids=IN,
        sent=f"POST {GROUP}/invite-code/revoke",
        answers=(*INVITE_CODE, Shape("empty", "", "")),
    ),
    Row(call="get_group_invite_link", ids=IN, sent=f"GET {GROUP}/invite-link", answers=INVITE_LINK),
    Row(
        call="revoke_group_invite_link",
        ids=IN,
        sent=f"POST {GROUP}/invite-link/revoke",
        answers=(*INVITE_LINK, Shape("empty", "", GroupInvite())),
    ),
    Row(
        call="get_group_participants",
        ids=IN,
        sent=f"GET {GROUP}/participants",
        answers=(
            Shape(
                "docs",
                f'{{"success":true,"participants":[{MEMBER_TEXT}],"error":null}}',
                Page((MEMBER,), extra={**OK, "error": None}),
            ),
            Shape("sdk", f"[{MEMBER_TEXT}]", Page((MEMBER,))),
            Shape(
                "whatsmeow",
                f'[{{"JID":"{ADA}","PhoneNumber":"{ADA}","LID":"77001@lid","IsAdmin":true,"IsSuperAdmin":true,'
                '"DisplayName":"","Error":0,"AddRequest":{"Code":"x"}}]',
                Page(
                    (
                        GroupParticipant(
                            jid=ADA,
                            phone_number=ADA,
                            lid="77001@lid",
                            is_admin=True,
                            is_super_admin=True,
                            display_name="",
                            error=0,
                            add_request={"Code": "x"},
                        ),
                    )
                ),
            ),
            Shape(
                "engine",
                f'[{{"id":"{ADA}","role":"ADMIN"}}]',
                Page((GroupParticipant(jid=ADA, is_admin=True, is_super_admin=False, extra={"role": "ADMIN"}),)),
            ),
        ),
    ),
    Row(
        call="add_group_participants",
        ids=IN,
        given={**BOTH, "notify": False},
        sent=f"POST {GROUP}/participants/add",
        body=f'{{{BOTH_TEXT},"notify":false}}',
        official=(f"POST {LIKE_OFFICIAL}/participants/add", f'{{{BOTH_TEXT},"notify":false}}'),
        answers=(changes("added", "NOT_FOUND"), LISTED, EMPTY),
    ),
    Row(
        call="add_group_participants",
        tag="a-member",
        ids=IN,
        given={"participants": (MEMBER, {"phoneNumber": "+447700900999"})},
        sent=f"POST {GROUP}/participants/add",
        body=f'{{"participants":["{ADA}","+447700900999"]}}',
        answers=(changes("added", "ALREADY_IN_GROUP"),),
    ),
    Row(
        call="remove_group_participants",
        ids=IN,
        given=BOTH,
        sent=f"POST {GROUP}/participants/remove",
        body=f"{{{BOTH_TEXT}}}",
        answers=(
            Shape(
                "docs",
                f'{{"success":true,"removed":[{{"id":"{ADA}"}}],"message":"removed"}}',
                ParticipantChanges(succeeded=(ParticipantChange(id=ADA),), message="removed", extra=OK),
            ),
            LISTED,
            EMPTY,
        ),
    ),
    Row(
        call="promote_group_participants",
        ids=IN,
        given={**BOTH, "notify": True},
        sent=f"POST {GROUP}/admin/promote",
        body=f'{{{BOTH_TEXT},"notify":true}}',
        answers=(
            Shape(
                "docs",
                f'{{"success":true,"promoted":[{{"id":"{ADA}","isAdmin":true,"isSuperAdmin":false}}],"message":"done"}}',
                ParticipantChanges(
                    succeeded=(ParticipantChange(id=ADA, is_admin=True, is_super_admin=False),),
                    message="done",
                    extra=OK,
                ),
            ),
            LISTED,
            EMPTY,
        ),
    ),
    Row(
        call="demote_group_participants",
        ids=IN,
        given=BOTH,
        sent=f"POST {GROUP}/admin/demote",
        body=f"{{{BOTH_TEXT}}}",
        answers=(changes("demoted", "NOT_ADMIN"), LISTED, EMPTY),
    ),
)
"""All calls about groups that are one request."""
