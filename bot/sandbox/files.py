"""Files that the bot or a user sent: kept in memory, handed out by their id."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.sandbox.refusal import Refusal, bad_request

MAX_DOWNLOAD = 20 * 1024 * 1024  # bytes that a bot may fetch
MAX_NAME = 60  # characters


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a form."""

    name: str
    mime_type: str
    content: bytes


class Files:
    """Every file by its id; the id is the same for the same content and name."""

    def __init__(self) -> None:
        self._files: dict[str, Upload] = {}

    def keep(self, upload: Upload) -> dict[str, Any]:
        """Stores a file and returns the API's Document; Refusal for an empty one."""
        if not upload.content:
            raise bad_request("file must be non-empty")
        unique = sha256(upload.name.encode() + b"\0" + upload.content).hexdigest()[:16]
        self._files[f"BQ{unique}"] = upload
        return self.document(f"BQ{unique}")

    def document(self, file_id: str) -> dict[str, Any]:
        """The API's Document of a file that is there; raises Refusal."""
        upload = self._get(file_id)
        return {
            "file_id": file_id,
            "file_unique_id": file_id.removeprefix("BQ"),
            "file_name": upload.name[:MAX_NAME],
            "mime_type": upload.mime_type,
            "file_size": len(upload.content),
        }

    def file(self, file_id: str) -> dict[str, Any]:
        """The API's File, with the path to fetch it by; Refusal for one too big for bots."""
        document = self.document(file_id)
        if document["file_size"] > MAX_DOWNLOAD:
            raise bad_request("file is too big")
        kept = {name: document[name] for name in ("file_id", "file_unique_id", "file_size")}
        return kept | {"file_path": f"documents/{file_id}"}

    def at(self, path: str) -> Upload:
        """What stands at a `file_path`; Refusal 404 for nothing."""
        found = self._files.get(path.removeprefix("documents/"))
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def _get(self, file_id: str) -> Upload:
        if file_id not in self._files:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return self._files[file_id]
