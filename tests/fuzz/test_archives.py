"""Archives: what zip lets a file say of its members, wherever one is read; state dicts and the pickles in them."""

import collections
import io
import pickle
import struct
import zipfile
from pathlib import Path

import pytest
from fuzzing import array_files, containers, edits, picture_files
from fuzzing.door import Case
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden"

ZIPPED, STREAM = ((GOLDEN / f"tensors-{form}.pth").read_bytes() for form in ("zip", "stream"))


def npz(held, *, compressed=True):
    _, join, _ = containers.ZIP
    return join(array_files.parts(held, compressed=compressed))


#: By what it holds: a file's name, its content and the command that reads it.
USES = {
    "state dict": ("a.pth", ZIPPED, ("doors", "tensors", "in/a.pth")),
    "stream": ("a.pth", STREAM, ("doors", "tensors", "in/a.pth")),
    "weights": ("a.npz", npz(array_files.weights()), ("doors", "weights", "in/a.npz")),
    "cube": (
        "a.npz",
        npz(array_files.cube(), compressed=False),
        ("camsim", "render", "in/a.npz", "--setting", "ideal", "-o", "out/a.png"),
    ),
    "display": (
        "a.npz",
        npz(array_files.display()),
        ("scielab", "compare", "in/ref.png", "in/ref.png", "--display", "in/a.npz"),
    ),
}

PARTS, BYTES = edits.few(edits.part_edit), edits.few(edits.byte_edit)

#: What is changed of a field of a member's record at the end, or of its head: offset, width, value.
RECORD = st.tuples(
    st.booleans(),
    st.integers(0, 7),
    st.sampled_from([4, 6, 8, 10, 14, 16, 18, 20, 22, 24, 26, 28, 42]),
    st.integers(0, 9),
)

ARCHIVES = st.tuples(
    st.sampled_from([*USES]),
    st.one_of(
        st.tuples(st.just("parts"), PARTS),
        st.tuples(st.just("records"), edits.few(RECORD)),
        st.tuples(st.just("bytes"), BYTES),
    ),
    st.sampled_from([b"", b"", b"x" * 99, b"\xff\xd8\xff"]),  # what stands before it
)

VALUES = [0, 1, 8, 9, 12, 14, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]


def case(use, content, *, accepted=None):
    name, _, words = USES[use]
    return Case(
        words=words, files={f"in/{name}": content, "in/ref.png": picture_files.sound()["rgb.png"][0]}, accepted=accepted
    )


def with_record(content, at_end, which, offset, value):
    """An archive whose directory, or the head of a member, says something else of a member."""
    mark, places, start = (b"PK\x01\x02" if at_end else b"PK\x03\x04"), [], 0
    while (start := content.find(mark, start)) >= 0:
        places.append(start)
        start += 4
    if not places:
        return content
    place = places[which % len(places)] + offset
    return edits._over(content, place, struct.pack("<I" if value > 7 else "<H", VALUES[value] & 0xFFFFFFFF))


def damaged(drawn):
    use, (how, changes), before = drawn
    content = USES[use][1]
    if how == "parts" and use != "stream":
        split, join, names = containers.ZIP
        content = join(edits.edit_parts(split(content), changes, names))
    elif how == "records":
        for change in changes:
            content = with_record(content, *change)
    else:
        content = edits.edit_bytes(content, changes if how == "bytes" else [])
    return case(use, before + content if use != "stream" else content)


class Attack:
    def __reduce__(self):
        return (open, ("out/code-was-run", "w"))


def stream(*objects):
    return b"".join(pickle.dumps(thing, protocol=2) for thing in objects)


def state_dict(pickled):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", pickled)
        archive.writestr("x/data/0", bytes(24))
    return content.getvalue()


CORPUS = [
    *(case(use, content, accepted=True) for use, (_, content, _) in USES.items()),
    *(
        case("stream", content)
        for content in (
            b"",
            b"PK",
            b"PK\x05\x06" + bytes(18),
            b"\x80\x02",
            b"\x80\x02K\x01.",
            b"\x80\x02" + b"(" * 100_000,
            b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",  # lists in lists
            b"\x80\x02Nr\xff\xff\xff\x7f.",  # a place to remember that takes a table of gigabytes
            b"\x80\x02\x8b\xff\xff\xff\x7f",  # a whole number of two gigabytes
            b"\x80\x02X\xff\xff\xff\x7fa",
            b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
            stream(1, 2, 3, {"a": Attack()}),
            stream(1, 2, 3, collections.OrderedDict(a=1), []),
            stream(1, 2, 3, [], []),
            STREAM[:-8],
            state_dict(stream({"a": Attack()})),
            state_dict(bytes(32 << 20)),
            state_dict(b""),
        )
    ),
    case("cube", with_record(USES["cube"][1], True, 0, 24, 9)),  # a size of four gigabytes
    case("cube", with_record(USES["cube"][1], True, 0, 42, 9)),  # that begins behind the end
    case("cube", with_record(USES["cube"][1], True, 0, 10, 4)),  # and is compressed as no one does
    case("weights", with_record(USES["weights"][1], True, 0, 8, 1)),  # encrypted
]


def test_archives(fuzz):
    fuzz("archives", ARCHIVES, damaged, corpus=CORPUS, count=350)
