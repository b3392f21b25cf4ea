"""What must hold of every case, whatever was in its files."""

import re
from collections.abc import Mapping
from pathlib import Path

from fuzzing.runner import MOST_S, Outcome

#: Memory of one case, bytes.
MOST_BYTES = 2 << 30

#: What a command may say on stderr beside an error.
_NOTE = re.compile(r"(note: |warning: |no input given: |no source given: |model[ :]|wrote |scielab compare: ).*")

#: Folders of a case: of its inputs, of results, of the user's own small files, of what is only for a while.
INPUTS, OUTPUTS, HOME, TEMPORARY = "in/", "out/", "home/", "tmp/"


def check(
    outcome: Outcome, before: Mapping[str, bytes], after: Mapping[str, bytes], *, force: bool, verbose: bool
) -> bool:
    """Whether a case was accepted; AssertionError where a command did what none may.

    `before` and `after` are all that lay in its folder, by path; with `force` outputs may be replaced, and a `verbose`
    command may say on stderr what it likes.
    """
    assert not outcome.died, f"the process {outcome.died}"
    assert outcome.code in (0, 1, 2), f"exit code {outcome.code}"
    assert outcome.cpu_s <= MOST_S, f"{outcome.cpu_s:.1f} s of processor time"
    assert outcome.peak <= MOST_BYTES, f"{outcome.peak / 1e9:.2f} GB of memory"
    accepted = outcome.code != 2
    _check_words(outcome, accepted=accepted, verbose=verbose)
    mutable = ((HOME, OUTPUTS) if force else (HOME,)) if accepted else ()
    for path, content in before.items():
        if not path.startswith(mutable):
            assert after.get(path) == content, f"{path} was changed"
    new = sorted(set(after) - set(before))
    assert accepted or not new, f"{new[0]} was left behind"
    strange = [path for path in new if path.startswith((INPUTS, TEMPORARY, ".")) or "/." in path]
    assert not strange, f"{strange[0]} was left behind"
    return accepted


def _check_words(outcome: Outcome, *, accepted: bool, verbose: bool) -> None:
    """One line of error where there is one, notes, and nothing of the libraries."""
    said = outcome.err.splitlines()
    assert "Traceback" not in outcome.err, "a traceback"
    assert "a fault of this program" not in outcome.err, "a fault"
    errors = [line for line in said if re.match(r"\w+( \w+)*: error: ", line)]
    if accepted:
        assert not errors, "an error, and no exit code 2"
    else:
        assert len(errors) == 1 and said[-1] == errors[0], "not one line of error, the last"
        assert len(errors[0]) < 2000, "an error of endless length"
        assert not outcome.out, "an error, and a result"
    for line in said:
        assert verbose or line in errors or _NOTE.fullmatch(line), f"chatter: {line[:200]!r}"
        assert line.isprintable(), "control characters"


def tree(folder: Path) -> dict[str, bytes]:
    """All that lies in a folder, by path: of files the bytes, of links where they lead, of folders nothing."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = b"-> " + str(path.readlink()).encode()
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[f"{name}/"] = b""
    return found
