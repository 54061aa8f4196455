"""Files of contacts: uploaded, previewed, imported turn by turn, their faults for download."""

from flashsms.services.imports.running import run
from flashsms.services.imports.starting import Preview, preview, start
from flashsms.services.imports.uploading import MAX_UPLOAD, upload
from flashsms.services.imports.viewing import Progress, every, find, problems_csv, progress
from flashsms.services.imports.waking import wake_due

__all__ = [
    "MAX_UPLOAD",
    "Preview",
    "Progress",
    "every",
    "find",
    "preview",
    "problems_csv",
    "progress",
    "run",
    "start",
    "upload",
    "wake_due",
]
