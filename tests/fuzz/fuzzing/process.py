"""The program that carries out cases, one after another: `python -m fuzzing.process CHANNEL here|apart`.

It reads a case as a line of JSON from its standard input, runs the command as a user's process does, and answers by a
line of JSON on the file of the number CHANNEL. `here` is one process for all cases, `apart` a new one for each, which
starts with everything imported and nothing done.

Why not in the process that tests: a decoder that crashes or never comes back should be a finding, not the end of the
tests; and only what has a process for itself can be told the most that it may take.
"""

import contextlib
import functools
import importlib
import json
import os
import resource
import sys
import tempfile
import traceback
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

#: Where the peak of memory is forgotten, and read; Linux alone tells it of a moment.
_FORGET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")

#: A case that takes more is stopped at once, to spare the machine; what it may really take is judged afterwards.
_MOST_BYTES = 6 << 30

#: Pixels of the largest picture that is accepted from a case that was drawn.
_MOST_PIXELS = 16_000_000

#: What most cases need: no case is to pay for it.
_COMMON = (
    *("camsim.cli.main", "scielab.cli.main", "enhance.cli.main", "camsim.pipeline", "camsim.io.image", "fuzzing.doors"),
    *("camsim.dataset.folder", "camsim.scene.cube", "scielab.comparison.pair", "scielab.model_grid.planning", "h5py"),
    *("scipy.io", "imagecodecs", "tifffile", "PIL.GifImagePlugin", "PIL.WebPImagePlugin", "enhance.card", "urllib3"),
)

_TEMPORARY, _NOWHERE = tempfile.gettempdir(), os.open(os.devnull, os.O_WRONLY)


def _peak_bytes() -> int:
    """The most memory since it was forgotten; 0 where the system does not tell."""
    lines = _STATUS.read_text(encoding="ascii").splitlines() if _STATUS.exists() else []
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def _spent_s() -> float:
    used = os.times()
    return used.user + used.system


def _carry_out(case: dict) -> dict:
    """Run one command in the folder of its case; gives the exit code, what it said, its time and its memory."""
    os.chdir(case["folder"])
    os.environ |= {"TMPDIR": str(Path("tmp").absolute()), "CAM2EYE_HOME": str(Path("home").absolute())}
    tempfile.tempdir, sys.argv = None, case["words"]
    if case["drawn"]:
        from camsim.io import image

        image.MAX_PIXELS = min(image.MAX_PIXELS, _MOST_PIXELS)
    spent = _spent_s()
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + 1 + case["most_s"], resource.RLIM_INFINITY))
    with contextlib.suppress(OSError):
        _FORGET.write_text("5", encoding="ascii")
    with _captured() as said:
        code = _exit_code(sys.argv[0])
    return {"code": code, "out": said[0], "err": said[1], "cpu_s": _spent_s() - spent, "peak": _peak_bytes()}


def _exit_code(name: str) -> int | None:
    """The exit code of a command; None where something else than an exit comes out of it."""
    module = "fuzzing.doors" if name == "doors" else f"{name}.cli.main"
    try:
        importlib.import_module(module).main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else None
    except BaseException:  # noqa: BLE001  whatever it is, it is what is looked for
        traceback.print_exc()
    return None


@contextlib.contextmanager
def _captured() -> Iterator[list[str]]:
    """What is written to both outputs, by Python or past it: known once the block has ended."""
    said: list[str] = []
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile(dir=_TEMPORARY)) for _ in range(2)]
        for number, file in enumerate(files, start=1):
            os.dup2(file.fileno(), number)
        yield said
        for number, (stream, file) in enumerate(zip((sys.stdout, sys.stderr), files, strict=True), start=1):
            stream.flush()
            os.dup2(_NOWHERE, number)
            file.seek(0)
            said.append(file.read(1 << 20).decode("utf-8", errors="replace"))


def _carry_out_apart(case: dict) -> dict:
    """The same in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        with open(writer, "w", encoding="utf-8") as answer:  # noqa: PTH123  it has no path
            json.dump(_carry_out(case), answer)
        sys.exit()
    os.close(writer)
    with open(reader, encoding="utf-8") as answer:  # noqa: PTH123
        text = answer.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"died": ended} if ended or not text else json.loads(text)


def main() -> None:
    """Answer until nobody asks any more."""
    channel, kind = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, resource.RLIM_INFINITY))
    # It reads the metadata of all that is installed, for every error anew
    metadata.packages_distributions = functools.cache(metadata.packages_distributions)
    metadata.packages_distributions()
    for module in _COMMON:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    carry_out = _carry_out_apart if kind == "apart" else _carry_out
    asked, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    with open(asked, encoding="utf-8") as cases, open(int(channel), "w", encoding="utf-8") as answers:  # noqa: PTH123
        print("ready", file=answers, flush=True)
        for line in cases:
            print(json.dumps(carry_out(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
