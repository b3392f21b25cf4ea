"""The record of a comparison as text, as facts and as a row of a CSV file; limits on its numbers."""

from collections.abc import Sequence
from pathlib import Path

from camsim.io import csv_file
from scielab.metrics import lpips

#: What a CSV row says of a comparison beside its numbers.
CSV_HEAD = (
    "reference",
    "test",
    "preset",
    "formula",
    "samples_per_degree",
    "input",
    "white_x",
    "white_y",
    "white_z",
    "border_rule",
    "width",
    "height",
)

_INPUT_WORDS = {
    "srgb": "sRGB",
    "linear": "linear sRGB",
    "xyz": "XYZ",
    "xyz10": "XYZ of the 10° observer",
    "lms": "cone responses",
    "lms10": "cone responses of the 10° observer",
}

#: Numbers of a map in the order in which they are shown; the keys of `scielab.summary`.
POOLED = ("mean", "median", "p90", "p95", "p99", "max")
SHARES = ("percent_above_1", "percent_above_2.3", "percent_above_5", "percent_above_10")

#: Names of LPIPS with one network and another.
LPIPS = tuple(f"lpips-{name}" for name in lpips.KINDS)

#: Name of a number in a limit → its key in the record.
LIMITABLE = {name: name for name in POOLED} | {name.replace("percent_", "").replace("_", ""): name for name in SHARES}


def number_name(number: str) -> str:
    """The name of a number for people, as "above 2.3"."""
    return number.removeprefix("percent_").replace("_", " ")


def number_text(number: str, value: float) -> str:
    """A number with its unit, if it has one."""
    return f"{value:.2f} %" if number in SHARES else f"{value:.4f}"


def number_note(number: str, formula: int) -> str:
    """What has to be said beside a number, or nothing."""
    if number == "percent_above_2.3":
        return "just noticeable, by a convention made for CIE76" if formula == 76 else "a convention made for CIE76"
    return ""


def formula_name(formula: int) -> str:
    """The name of a colour difference: CIE76, CIE94 or CIEDE2000."""
    return "CIEDE2000" if formula == 2000 else f"CIE{formula}"


def viewing_words(record: dict) -> str:
    """Formula and viewing conditions of a record, in words."""
    return f"{formula_name(record['formula'])}, {rate_words(record)}"


def rate_words(record: dict) -> str:
    """Samples per degree of a record, in words; of one of many pictures whose own differ, where these are from."""
    rate = record["samples_per_degree"]
    return record["geometry"] if rate is None else f"{rate:.6g} samples per degree"


def title(record: dict) -> str:
    """What stands above a record's numbers and map: metric, formula, viewing conditions."""
    return f"{record['metric']}, {viewing_words(record)}"


def white_words(record: dict) -> str:
    """White of a record, in words."""
    return "XYZ " + " ".join(f"{value:.6g}" for value in record["white_xyz"])


def input_words(record: dict) -> str:
    """What the values of a record's pictures are, in words."""
    if record["input"] == "matrix":
        return "linear RGB, to XYZ by " + " ".join(f"{value:.6g}" for value in record["matrix"])
    if record["input"] == "display":
        if record["display"] is None:
            return "values of a display that was given as arrays"
        return f"values of the display {record['display']}, SHA-256 {record['display_sha256']}"
    return _INPUT_WORDS[record["input"]]


def table(record: dict) -> str:
    """The record of one pair as text: the numbers, then what they depend on."""
    columns = [record[key] for key in ("delta_e", "plain_delta_e") if key in record]
    lines = [f"{record['metric']}, colour difference {viewing_words(record)}"]
    if len(columns) > 1:
        lines.append(f"  {'':<10}{'S-CIELAB':>9}{'plain CIELAB':>14}")
    for number in (*POOLED, *SHARES):
        digits, unit = (2, " %") if number in SHARES else (4, "  ")
        cells = "".join(f"{c[number]:{9 if c is columns[0] else 12}.{digits}f}{unit}" for c in columns)
        note = number_note(number, record["formula"])
        lines.append(f"  {number_name(number):<10}{cells}" + f"   {note}" * bool(note))
        lines[-1] = lines[-1].rstrip()
    for name, about in record.get("lpips", {}).items():
        lines.append(f"  {name:<10} {record[name]:.4f}   {about['name']}")
    size = f"{record['width']} x {record['height']} pixels"
    lines.append(f"white {white_words(record)}; border: {record['border_rule']}; {size}")
    return "\n".join(lines)


def facts(record: dict) -> list[tuple[str, str]]:
    """How a comparison was measured, as (name, value)."""
    found = [
        ("Metric", f"{record['metric']} (preset {record['preset']})"),
        ("Viewing", f"{record['samples_per_degree']:.6g} samples per degree ({record['geometry']})"),
        ("Colour difference", formula_name(record["formula"])),
        ("Input", input_words(record)),
        ("White", white_words(record)),
        ("Border", record["border_rule"]),
        ("Size", f"{record['width']} × {record['height']} pixels, not resized"),
        ("Reference", f"{record['reference']}, SHA-256 {record['reference_sha256']}"),
        ("Test", f"{record['test']}, SHA-256 {record['test_sha256']}"),
    ]
    found += [(name, f"{record[name]:.4f}, {lpips.words(about)}") for name, about in record.get("lpips", {}).items()]
    found += [("Limit", limit_words(limit)) for limit in record.get("limits", ())]
    return [*found, ("Made by", f"cam2eye {record['version']}")]


def parse_limit(text: str) -> tuple[str, float]:
    """Read a limit such as "p95=2.3" or "above1=25" (per cent); the record's key and the largest value allowed.

    Raises ValueError for another name than those of `LIMITABLE`, or a limit that is not a number from 0.
    """
    name, _, value = text.partition("=")
    if name.strip() not in LIMITABLE:
        raise ValueError(f"{text}: give NAME=LIMIT, NAME one of {', '.join(LIMITABLE)}")
    try:
        limit = float(value)
    except ValueError:
        limit = -1.0
    if not limit >= 0:
        raise ValueError(f"{text}: the limit must be a number, 0 or more")
    return LIMITABLE[name.strip()], limit


def check_limits(numbers: dict[str, float], limits: Sequence[tuple[str, float]]) -> list[dict]:
    """Which of the limits are exceeded, ready for JSON; a value equal to its limit does not exceed it."""
    return [
        {"number": number, "limit": limit, "value": numbers[number], "exceeded": numbers[number] > limit}
        for number, limit in limits
    ]


def limit_words(limit: dict) -> str:
    """A limit of `check_limits` as a sentence."""
    number, unit = limit["number"], " %" if limit["number"] in SHARES else ""
    relation = "above" if limit["exceeded"] else "within"
    return f"{number_name(number)} is {limit['value']:.6g}{unit}, {relation} the limit of {limit['limit']:g}{unit}"


def csv_columns(*, plain: bool, measured: Sequence[str] = ()) -> list[str]:
    """Header of a CSV of comparisons; `measured` are names of `LPIPS`."""
    numbers = [*POOLED, *SHARES]
    return [*CSV_HEAD, *numbers, *([f"plain_{name}" for name in numbers] if plain else []), *measured, "version"]


def csv_row(record: dict) -> list:
    """One comparison as the values of `csv_columns`."""
    head = record | dict(zip(("white_x", "white_y", "white_z"), record["white_xyz"], strict=True))
    numbers = [*record["delta_e"].values(), *record.get("plain_delta_e", {}).values()]
    numbers += [record[name] for name in record.get("lpips", ())]
    return [head[name] for name in CSV_HEAD] + numbers + [record["version"]]


def check_csv(path: Path, *, plain: bool, measured: Sequence[str] = ()) -> None:
    """Raise ValueError unless `path` can be a CSV that rows are appended to: new, empty, or with these columns."""
    header = csv_file.header(path)
    if header is not None and header != csv_columns(plain=plain, measured=measured):
        ours = {*csv_columns(plain=False)} <= {*header} <= {*csv_columns(plain=True, measured=LPIPS)}
        hint = " (numbers of plain CIELAB, and LPIPS, add columns)" if ours else ""
        raise ValueError(f"{path}: has other columns than this comparison; nothing is appended to it{hint}")


def append_csv(path: Path, records: list[dict], *, plain: bool) -> None:
    """Append one row per record, after a header where the file is new; several comparisons may do so at once.

    Raises ValueError as `check_csv` does, and where the disk is full.
    """
    rows, measured = [csv_row(record) for record in records], list(records[0].get("lpips", ()))
    columns = csv_columns(plain=plain, measured=measured)
    csv_file.append(path, columns, rows, check=lambda path: check_csv(path, plain=plain, measured=measured))
