"""Two folders of pictures: who belongs to whom, and the numbers of all pairs together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from camsim.io import arrays, atomic, outputs
from scielab.comparison import map_figure, map_scale, pair, record
from scielab.eye import picture_file
from scielab.metrics import lpips
from scielab.viewing import Viewing

#: The file beside the maps that holds every pair's record.
RECORD = "compare.json"

_NAMED = 3  # pictures named in a message


@dataclass(frozen=True, slots=True)
class FilePair:
    """The files of a reference and of the picture compared with it."""

    name: str  #: path of the reference below its folder, with "/"
    ref: Path
    test: Path


@dataclass(frozen=True, slots=True)
class Pairing:
    """What two folders hold; `without_test` and `without_ref` are names of pictures that have no partner."""

    pairs: tuple[FilePair, ...]
    without_test: tuple[str, ...]
    without_ref: tuple[str, ...]


def match(ref_folder: Path, test_folder: Path) -> Pairing:
    """Pair the pictures of two folders, searched through, by path below the folder; sorted by name.

    What has no namesake is paired without its suffix, so that `a.png` meets `a.jpg`. Hidden files are left out.

    Raises ValueError where a folder holds no pictures, or where without suffix one name means several pictures.
    """
    refs, tests = _pictures(ref_folder), _pictures(test_folder)
    partner = {name: name for name in refs if name in tests}
    loose_refs, loose_tests = _by_stem(refs.keys() - partner), _by_stem(tests.keys() - partner)
    for stem in sorted(loose_refs.keys() & loose_tests.keys()):
        names = [*loose_refs[stem], *loose_tests[stem]]
        if len(names) > 2:
            raise ValueError(f"{', '.join(names)}: which of these belong together cannot be told from their names")
        partner[names[0]] = names[1]
    return Pairing(
        tuple(FilePair(name, refs[name], tests[partner[name]]) for name in sorted(partner)),
        tuple(sorted(refs.keys() - partner)),
        tuple(sorted(tests.keys() - set(partner.values()))),
    )


def _pictures(folder: Path) -> dict[str, Path]:
    """Pictures and arrays of a folder by their path below it."""
    found = {}
    for path in folder.rglob("*"):
        below = path.relative_to(folder)
        hidden = any(part[0] == "." for part in below.parts)
        if path.suffix.lower() in picture_file.SUFFIXES and path.is_file() and not hidden:
            found[below.as_posix()] = path
    if not found:
        raise ValueError(f"{folder}: no pictures in this folder")
    return found


def _by_stem(names: set[str]) -> dict[str, list[str]]:
    stems: dict[str, list[str]] = {}
    for name in sorted(names):
        stems.setdefault(str(PurePosixPath(name).with_suffix("")), []).append(name)
    return stems


def missing_words(pairing: Pairing) -> str:
    """Pictures without partner in words, the first few by name; nothing where all have one."""
    parts = []
    for names, what in ((pairing.without_test, "in the test folder"), (pairing.without_ref, "among the references")):
        if names:
            some = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
            parts.append(f"no partner {what} for {some}")
    return "; ".join(parts)


def map_names(pairs: Sequence[FilePair], suffix: str) -> list[str]:
    """File names of the maps of all pairs: that of the reference with `suffix`, which its own precedes if two clash."""
    short = [str(PurePosixPath(files.name).with_suffix(suffix)) for files in pairs]
    return short if len(set(short)) == len(short) else [files.name + suffix for files in pairs]


def check_target(folder: Path, inputs: Iterable[Path], *, force: bool) -> None:
    """Refuse a folder for maps that holds something: without `force` anything, with it all but earlier maps.

    Nor may it lie within one of the folders `inputs` or hold one of them.
    """
    atomic.check_writable(folder)
    place = outputs.real(folder)
    for path in inputs:
        source = outputs.real(path)
        if place == source or source in place.parents or place in source.parents:
            raise ValueError(f"{folder} and the input {path} lie within each other: name another output")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file; two folders are compared into a folder")
    atomic.check_replaceable(folder)
    if any(folder.iterdir()):
        if not force:
            outputs.refuse_existing(folder)
        if not (folder / RECORD).is_file():
            raise ValueError(f"{folder} holds something other than maps of an earlier comparison; it is not replaced")


def compare_all(
    pairing: Pairing,
    viewing: Viewing,
    *,
    plain: bool = False,
    networks: Sequence[lpips.Network] = (),
    limits: Sequence[tuple[str, float]] = (),
    maps: Path | None = None,
) -> Iterator[dict]:
    """The record of every pair, as `pair.compare` gives it and with the pair's `name`, one after the other.

    Parameters
    ----------
    pairing : Pairing
        Which files belong together.
    viewing : Viewing
        How all of them are viewed.
    plain : bool
        Whether every record gets the numbers of plain CIELAB as well.
    networks : sequence of lpips.Network
        With which LPIPS is measured as well.
    limits : sequence of (str, float)
        Of `record.parse_limit`; every record says which are exceeded.
    maps : Path, optional
        A folder; the numbers of every pair's map are written there, for `draw_maps`.
    """
    names = map_names(pairing.pairs, ".png")
    for files, name in zip(pairing.pairs, names, strict=True):
        comparison = pair.compare(files.ref, files.test, viewing, plain=plain, networks=networks)
        found = {"name": files.name} | comparison.record
        if limits:
            found["limits"] = record.check_limits(comparison.summary, limits)
        if maps is not None:
            found["output"] = name
            comparison.save((maps / name).with_suffix(".npy"))
        yield found


def draw_maps(maps: Path, records: Iterable[dict], *, top: float | None = None) -> None:
    """Draw the maps that `compare_all` left in a folder, all on one scale, which every record then names.

    It ends at `top` ΔE, by default where that of the map with the largest differences does.
    """
    raw = {(maps / found["output"]).with_suffix(".npy"): found for found in records}
    if top is None:
        top = max(map_scale.top_of([arrays.read_npy(path)]) for path in raw)
    for path, found in raw.items():
        found["output_top_delta_e"] = top
        map_figure.save_map(maps / found["output"], arrays.read_npy(path), top=top, title=record.title(found))
        path.unlink()


def _means(records: Sequence[dict]) -> dict:
    """The means over all records of every number, and the pair with the largest mean ΔE."""
    together = {
        key: {name: float(np.mean([found[key][name] for found in records])) for name in records[0][key]}
        for key in ("delta_e", "plain_delta_e")
        if key in records[0]
    }
    together |= {name: float(np.mean([found[name] for found in records])) for name in records[0].get("lpips", ())}
    worst = max(records, key=lambda found: found["delta_e"]["mean"])
    return {"mean": together, "worst": {"name": worst["name"], "mean": worst["delta_e"]["mean"]}}


def report(records: Sequence[dict], pairing: Pairing) -> dict:
    """Every pair's record and their summary as one, ready for JSON."""
    shared = ("metric", "preset", "formula", "input", "white_xyz", "geometry", "version")
    left_out = {"reference": list(pairing.without_test), "test": list(pairing.without_ref)}
    rates = {found["samples_per_degree"] for found in records}
    return (
        {key: records[0][key] for key in shared}
        | {"samples_per_degree": rates.pop() if len(rates) == 1 else None}  # None: the pairs' own differ
        | {"border_rule": "; ".join(sorted({found["border_rule"] for found in records}))}
        | {"pictures": len(records)}
        | _means(records)
        | {"left_out": left_out, "pairs": list(records)}
    )


def table(whole: dict) -> str:
    """A report as text: a row per pair, their mean, the worst, then what the numbers depend on."""
    rows = [(found["name"], found) for found in whole["pairs"]]
    count = f"{whole['pictures']} picture{'s' if whole['pictures'] > 1 else ''}"
    rows.append((f"mean of {count}", whole["mean"]))
    wide = max(len(name) for name, _ in rows)
    plain = "plain_delta_e" in whole["mean"]
    numbers, measured = ("mean", "p95", "max"), [name for name in whole["mean"] if name in record.LPIPS]
    lines = [
        f"{whole['metric']}, colour difference {record.formula_name(whole['formula'])}, {record.rate_words(whole)}",
        f"  {'':<{wide}}"
        + "".join(f"{number:>11}" for number in numbers)
        + "   plain: mean" * plain
        + "".join(f"{name:>15}" for name in measured),
    ]
    for name, row in rows:
        cells = "".join(f"{row['delta_e'][number]:11.4f}" for number in numbers)
        lines.append(f"  {name:<{wide}}{cells}" + (f"{row['plain_delta_e']['mean']:14.4f}" if plain else ""))
        lines[-1] += "".join(f"{row[name]:15.4f}" for name in measured)
    lines.append(f"worst: {whole['worst']['name']}, mean {whole['worst']['mean']:.4f}")
    lines.append(f"white {record.white_words(whole)}; border: {whole['border_rule']}")
    return "\n".join(lines)
