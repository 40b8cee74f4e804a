"""Who accepted which licence of which models, and when: one line of JSON for each acceptance, appended."""

import hashlib
import json
import os
import sys
from pathlib import Path

from inference.pulling.manifest import Manifest, PullError

FILE = "accepted-licences.jsonl"


def record_acceptance(manifest: Manifest, folder: Path, at: str, by: str) -> Path:
    """Append the acceptance by `by` at `at` (UTC, ISO 8601) to the file in `folder`. Raises PullError."""
    entry = {
        "accepted_at": at,
        "accepted_by": by,
        "pack": manifest.name,
        "version": manifest.version,
        "licences": manifest.licences,
        "terms": manifest.terms.url,
        "files": {file.name: file.sha256 for file in manifest.files},
        "manifest_sha256": hashlib.sha256(manifest.text).hexdigest(),
    }
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise PullError(f"the acceptance of the licence cannot be recorded in {path}: {error.strerror}") from error
    return path


def system_user() -> str:
    """The account that runs this, from the system: the environment could claim any name."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
