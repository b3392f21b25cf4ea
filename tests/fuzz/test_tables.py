"""Tables as text: spectra of a camera, and CSV files that a command adds rows to."""

import dataclasses

import pytest
from fuzzing import edits, picture_files
from fuzzing.door import Case
from hypothesis import strategies as st

from enhance.evaluation import results
from scielab.comparison import record

pytestmark = pytest.mark.slow

SPECTRA = "nm,r,g,b\n" + "".join(f"{nm},{nm / 1000},0.5,{1 - nm / 1000}\n" for nm in range(400, 701, 20))
LENS = "# words\nnm,transmittance\n" + "".join(f"{nm},0.9\n" for nm in (400, 500, 600, 700))

COMPARED = ",".join(record.csv_columns(plain=False)) + "\n"

_SCORED = [field.name for field in dataclasses.fields(results.PictureScores)]
_KNOWN = {"scale": "2", "channel": "Y", "crop_px": "2", "data_range": "255.0"}
SCORED = ",".join(_SCORED) + "\n" + ",".join(_KNOWN.get(name, "1") for name in _SCORED) + "\n"

_RENDER = ("camsim", "render", "in/ref.png", "--dry-run", "-o", "out/a.png", "--set")
_EVALUATE = ("enhance", "evaluate", "--bench", "in/hr", "--scale", "2", "--csv", "in/a.csv", "--dry-run")

USES = {
    "qe": (SPECTRA, (*_RENDER, "sensor.qe_file=in/a.csv")),
    "transmittance": (LENS, (*_RENDER, "optics.transmittance_file=in/a.csv")),
    "compare": (COMPARED, ("scielab", "compare", "in/ref.png", "in/ref.png", "--csv", "in/a.csv", "--dry-run")),
    "evaluate": (SCORED, _EVALUATE),
}

WORDS = [
    "",
    "nan",
    "inf",
    "-1",
    "1e400",
    "9" * 400,
    "9" * 5000,
    "x",
    '"',
    "'",
    "=1+1",
    "\0",
    "\x1b[2J",
    "0x1",
    "1_0",
    ",",
]

CELL = st.tuples(
    st.sampled_from(["cell", "cell", "cell", "line", "repeat", "column", "swap"]),
    *(st.integers(0, 63), st.integers(0, 63), st.integers(0, len(WORDS) - 1)),
)

TABLES = st.tuples(
    st.sampled_from([*USES]),
    edits.few(CELL),
    st.one_of(st.just([]), st.just([]), edits.few(edits.byte_edit)),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)


def case(use, content, *, accepted=None):
    rgb = picture_files.sound()["rgb.png"][0]
    files = {"in/a.csv": content, "in/ref.png": rgb, "in/hr/a.png": rgb}
    return Case(words=USES[use][1], files=files, accepted=accepted)


def damaged(drawn):
    use, cells, byte_edits, end = drawn
    lines = [line.split(",") for line in USES[use][0].splitlines()]
    for what, row, column, word in cells:
        row, column = row % len(lines), column % len(lines[0])
        if what == "line" and len(lines) > 1:
            del lines[row]
        elif what == "repeat":
            lines.insert(row, lines[row])
        elif what == "swap":
            lines[0], lines[row] = lines[row], lines[0]
        elif what == "column":
            lines = [line[:column] + line[column + 1 :] for line in lines]
        else:
            lines[row] = [*lines[row][:column], WORDS[word], *lines[row][column + 1 :]]
        lines = [line or [""] for line in lines]
    text = "".join(",".join(line) + end for line in lines)
    return case(use, edits.edit_bytes(text.encode(), byte_edits))


CORPUS = [
    *(case(use, text.encode(), accepted=True) for use, (text, _) in USES.items()),
    *(
        case(use, content)
        for use in ("qe", "transmittance")
        for content in (
            b"",
            b"\n",
            b"\n\n\n",
            b"# only words\n",
            b"nm\n400\n700\n",
            b"nm,r\n400,1\n",
            b"nm,r\n700,1\n400,1\n",
            b"nm,r\n400,nan\n700,1\n",
            b"nm,r\n400,1\n700\n",
            b"nm,,g\n400,1,1\n700,1,1\n",  # a column without a name
            b"nm,r\n400,1\n700," + b"9" * 400 + b"\n",
            b"nm,r\n400,1\n700,1e999\n",
            b"nm,r\n500,1\n600,1\n",
            b"nm,r\n\xff\xfe\n",
            b"," * 100_000 + b"\n",
        )
    ),
    *(case(use, content) for use in ("compare", "evaluate") for content in (b"x\n", b"\xff\n", b'"\n', b"a" * 100_000)),
    *(case(use, b"", accepted=True) for use in ("compare", "evaluate")),
    *(
        case("evaluate", SCORED.replace("255.0", value).encode())
        for value in ("nan", "inf", "1e400", "", "x", "9" * 400, "-255", '"')
    ),
    case("evaluate", SCORED.replace(",2,", ",x,").encode()),
]


def test_tables(fuzz):
    fuzz("tables", TABLES, damaged, corpus=CORPUS, count=300)
