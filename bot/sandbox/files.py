"""Files that the bot or a user sent: kept in memory, handed out by their id."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.sandbox.refusal import Refusal, bad_request

MAX_DOWNLOAD = 20 * 1024 * 1024  # bytes that a bot may fetch
MAX_PHOTO = 10 * 1024 * 1024  # bytes
MAX_SIDES = 10_000  # width and height of a photo together, pixels
MAX_RATIO = 20  # of its longer side to its shorter
MAX_NAME = 60  # characters


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a form."""

    name: str
    mime_type: str
    content: bytes


class Files:
    """Every file by its id; the id is the same for the same content and name. Ids of photos begin with AgAC."""

    def __init__(self) -> None:
        self._files: dict[str, Upload] = {}

    def keep(self, upload: Upload) -> dict[str, Any]:
        """Stores a file and returns the API's Document; Refusal for an empty one."""
        return self.document(self._kept("BQ", upload))

    def keep_photo(self, upload: Upload) -> list[dict[str, Any]]:
        """Stores a picture and returns the API's PhotoSizes; Refusal for what Telegram does not take as a photo."""
        if len(upload.content) > MAX_PHOTO:
            raise bad_request("file is too big")
        width, height = picture_size(upload.content)
        if width + height > MAX_SIDES or max(width, height) > MAX_RATIO * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return self.photo(self._kept("AgAC", upload))

    def _kept(self, prefix: str, upload: Upload) -> str:
        if not upload.content:
            raise bad_request("file must be non-empty")
        unique = sha256(upload.name.encode() + b"\0" + upload.content).hexdigest()[:16]
        self._files[prefix + unique] = upload
        return prefix + unique

    def document(self, file_id: str) -> dict[str, Any]:
        """The API's Document of a file that is there; raises Refusal."""
        upload = self._get(file_id)
        told = self._told(file_id, upload)
        return told | {"file_name": upload.name[:MAX_NAME], "mime_type": upload.mime_type}

    def photo(self, file_id: str) -> list[dict[str, Any]]:
        """The API's PhotoSizes (here one) of a photo that is there; raises Refusal."""
        upload = self._get(file_id)
        if not file_id.startswith("AgAC"):
            raise bad_request("can't use file of type Document as Photo")
        width, height = picture_size(upload.content)
        return [self._told(file_id, upload) | {"width": width, "height": height}]

    def file(self, file_id: str) -> dict[str, Any]:
        """The API's File, with the path to fetch it by; Refusal for one too big for bots."""
        told = self._told(file_id, self._get(file_id))
        if told["file_size"] > MAX_DOWNLOAD:
            raise bad_request("file is too big")
        return told | {"file_path": f"{'photos' if file_id.startswith('AgAC') else 'documents'}/{file_id}"}

    def at(self, path: str) -> Upload:
        """What stands at a `file_path`; Refusal 404 for nothing."""
        found = self._files.get(path.rpartition("/")[2])
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def _get(self, file_id: str) -> Upload:
        if file_id not in self._files:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return self._files[file_id]

    def _told(self, file_id: str, upload: Upload) -> dict[str, Any]:
        return {"file_id": file_id, "file_unique_id": file_id[-16:], "file_size": len(upload.content)}


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG in pixels; raises Refusal for anything else."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and content[12:16] == b"IHDR":
        width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    else:
        width, height = _jpeg_size(content)
    if not (width and height):
        raise bad_request("IMAGE_PROCESS_FAILED")
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """From the frame header (markers C0 to CF but C4, C8 and CC); (0, 0) without one."""
    at = 2 if content[:2] == b"\xff\xd8" else len(content)
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + length
    return 0, 0
