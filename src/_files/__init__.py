"""Files that are written while they come from the network: the work that blocks, and where it is done.

``async_offload`` runs it in a worker thread, so that the loop runs on; its twin ``offload`` is a plain call.
"""

from __future__ import annotations

from .offload import async_offload as async_offload
from .offload import offload as offload
from .part_file import PartFile as PartFile
from .progress import bytes_progress as bytes_progress

__all__ = ["PartFile", "async_offload", "bytes_progress", "offload"]
