"""Memory that is free, and refusing beforehand what would not fit in it.

Where the system says nothing of it (macOS, Windows) only what the machine has counts, or nothing is refused.
"""

import os
from pathlib import Path

#: What needs less than this is not worth a look.
SMALL = 256 << 20

_MEMINFO = Path("/proc/meminfo")

#: Folders of a control group, such as a container's, with the names of its limit and of what is used of it.
_GROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def free_bytes() -> int | None:
    """How many bytes this machine, or the container that it is, has left; None where the system does not say."""
    left = [number for number in (_of_machine(), *(_of_group(*group) for group in _GROUPS)) if number is not None]
    if not left and "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ()):
        left.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(left, default=None)


def _of_machine() -> int | None:
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None


def _of_group(folder: Path, limit: str, used: str) -> int | None:
    try:
        most, now = (int((folder / name).read_text(encoding="ascii")) for name in (limit, used))
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        counted = {name: int(value) for name, value in (line.split() for line in lines)}
    except (OSError, ValueError):  # no group, or no limit ("max")
        return None
    # Copies of files are given up when memory is needed: those looked at once wholly; of those looked at again some are
    # in use, programs that run among them, and would be read again and again. Of the latter half counts.
    cache = counted.get("inactive_file", 0) + counted.get("active_file", 0) // 2
    return max(0, most - now + cache)


def check(needed: float, what: str) -> None:
    """Raise ValueError, in one line that starts with `what`, for more bytes than are free."""
    if needed < SMALL:
        return
    free = free_bytes()
    if free is not None and needed > free:
        raise ValueError(f"{what} needs about {_words(needed)} of memory, and {_words(free)} are free")


def _words(count: float) -> str:
    return f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
