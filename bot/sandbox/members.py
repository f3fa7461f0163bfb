"""Who is what in a group or a channel: status, rights, and how the API tells of them."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Whom everybody sees as the writer of what an anonymous administrator writes.
ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}

_ADMIN_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip
# What an administrator may be allowed besides, by the kind of chat.
_KIND_RIGHTS = {
    "group": ("can_pin_messages",),
    "supergroup": ("can_pin_messages", "can_manage_topics"),
    "channel": ("can_post_messages", "can_edit_messages"),
}
# What a restricted member may be left with.
_PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip


def admin_rights(kind: str) -> frozenset[str]:
    """All that an administrator of such a chat may be allowed; the chat's owner is allowed all."""
    return frozenset(_ADMIN_RIGHTS + _KIND_RIGHTS[kind])


@dataclass(frozen=True, slots=True)
class Member:
    """`status` as in the API; `rights`: an administrator's, or what a restricted member is left with."""

    user: Json
    status: str = "left"
    rights: frozenset[str] = frozenset()
    is_anonymous: bool = False

    @property
    def is_admin(self) -> bool:
        return self.status in ("creator", "administrator")

    @property
    def is_in(self) -> bool:
        return self.status not in ("left", "kicked")

    def may(self, right: str) -> bool:
        """An administrator's right, or a permission that only restricted members lack."""
        if self.status in ("administrator", "restricted"):
            return right in self.rights
        return self.status == "creator" or (self.status == "member" and right.startswith("can_send_"))

    def may_send(self, content: str) -> bool:
        """`content`: "messages" (texts), "photos" or "documents"."""
        return self.is_admin or self.may(f"can_send_{content}")

    def as_json(self, kind: str) -> Json:
        """The API's ChatMember."""
        told: Json = {"user": self.user, "status": self.status}
        match self.status:
            case "creator":
                return told | {"is_anonymous": self.is_anonymous}
            case "administrator":
                rights = {name: name in self.rights for name in _ADMIN_RIGHTS + _KIND_RIGHTS[kind]}
                return told | {"can_be_edited": False, "is_anonymous": self.is_anonymous} | rights
            case "restricted":
                permissions = {name: name in self.rights for name in _PERMISSIONS}
                return told | {"is_member": True, "until_date": 0} | permissions
            case "kicked":
                return told | {"until_date": 0}
        return told
