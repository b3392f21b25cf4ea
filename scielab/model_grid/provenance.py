"""What a grid's numbers rest on: who was judged, on which pictures, how it was measured, and what to beware of."""

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

from camsim._version import __version__
from camsim.io import weights_folder
from scielab.comparison.record import viewing_words
from scielab.eye import presets
from scielab.metrics import lpips
from scielab.model_grid import bootstrap, checkpoint
from scielab.model_grid.pictures import PictureSet
from scielab.model_grid.rows import BASELINE, HASH_DIGITS, Row
from scielab.viewing import Viewing


def lpips_networks(names: str | Iterable[str], place: Path | str | None) -> list[lpips.Network]:
    """The networks for LPIPS: those that are named, else the usual one.

    Where neither a network nor a place of weights is given, the place is that of the variable; there LPIPS may be
    missing. Errors as for `lpips.load`.
    """
    found = lpips.load_named(names, place)
    if found or weights_folder.chosen() is None:
        return found
    try:
        return [lpips.load()]
    except weights_folder.NoWeightsError:
        return []


def dependencies(rows: list[Row], data: PictureSet, viewing: Viewing, lpips_facts: dict) -> dict:
    """All that the numbers depend on, as JSON takes it."""
    return {
        "version": __version__,
        "packages": checkpoint.packages(),
        "backend": os.environ.get("KERAS_BACKEND", ""),
        "metric": presets.PRESETS[viewing.preset].title,
        "viewing": dataclasses.asdict(viewing),
        "lpips": lpips_facts,
        "models": {row.name: row.sha256 for row in rows},
        "pictures": [[picture.name, checkpoint.picture_sha256(picture)] for picture in data.pictures],
    }


def _metric(data: PictureSet, viewing: Viewing) -> dict:
    rates = {viewing.rate(picture.reference.shape[1]) for picture in data.pictures}
    return {
        "name": presets.PRESETS[viewing.preset].title,
        "formula": viewing.formula,
        "samples_per_degree": rates.pop() if len(rates) == 1 else None,  # None: the pictures' own differ
        "geometry": viewing.geometry,
    }


def seen_in_training(rows: list[Row], data: PictureSet) -> list[str]:
    """Warnings for pictures whose photograph a model was trained on: they prove nothing."""
    names: dict[int, list[str]] = {}
    photographs = [picture.photograph[:HASH_DIGITS] for picture in data.pictures]
    for row in rows:
        seen = {digest[:HASH_DIGITS] for digest in row.seen or ()}
        if count := sum(photograph in seen for photograph in photographs):
            names.setdefault(count, []).append(row.name)
    return [
        f"{count} of {len(data.pictures)} pictures are of photographs that the model for {', '.join(named)} was "
        "trained on"
        for count, named in names.items()
    ]


def notes(data: PictureSet, lpips_facts: dict) -> list[str]:
    """What else has to be known before the numbers are believed."""
    found = []
    if 1 < len(data.pictures) != data.photographs:
        found.append(
            f"{len(data.pictures)} pictures are cut from {data.photographs} photographs: "
            "the intervals are for more scenes like these, and too narrow for other photographs"
        )
    found += [
        f"the weights of {name} give {facts['noise_check']:.4f} where the published ones give {facts['published']}: "
        "their numbers cannot be compared with LPIPS elsewhere"
        for name, facts in lpips_facts.items()
        if not facts["published_weights"]
    ]
    return found


def record(rows: list[Row], data: PictureSet, viewing: Viewing, lpips_facts: dict, seen: list[str]) -> dict:
    """How it was measured, for grid.json; `seen` as of `seen_in_training`."""
    return {
        "pictures": [picture.name for picture in data.pictures],
        "photographs": data.photographs,
        "source": data.source,
        "seen_in_training": seen,
        "metric": _metric(data, viewing),
        "intervals": {"percent": 95, "resamples": bootstrap.RESAMPLES, "seed": bootstrap.SEED},
        "lpips": lpips_facts,
        "models": {row.name: dict(row.facts) | {"from": row.origin} for row in rows},
        "version": __version__,
    }


def in_words(rows: list[Row], data: PictureSet, viewing: Viewing, lpips_facts: dict, seen: list[str]) -> dict[str, str]:
    """The same in words, for the page."""
    height, width = data.pictures[0].reference.shape[:2]
    metric = _metric(data, viewing)
    unknown = [row.name for row in rows if row.seen is None]
    trained = [*seen, *([f"not known of {', '.join(unknown)}"] if unknown else [])]
    words = {
        "Pictures": f"{len(data.pictures)} of {data.photographs} photographs, {width}×{height}, from {data.source}",
        "Trained on them": "; ".join(trained) or "no: no model was trained on any of these photographs",
        "ΔE": f"{metric['name']}, {viewing_words(metric)}, "
        "sRGB white; mean over pictures of the map's mean and 95th percentile",
        "PSNR, SSIM": "on sRGB values, all channels, whole picture; SSIM with the Gaussian window of Wang et al. 2004",
        "Mesh, hatch": "patterns of the enlargement's period in the flattest and the busiest 15 % of the "
        "references' windows, all pictures together: power there over power near by; hatch over the references' own",
        "Intervals": f"95 %, percentile bootstrap: {bootstrap.RESAMPLES} resamples of the pictures, the same for "
        "all cells; a margin is to whichever other row is best in each resample",
        BASELINE: "enlargement of the camera picture by Pillow's antialiased bicubic (a = −0.5), nothing else; "
        "MATLAB's, of the papers and `enhance evaluate`, differs",
    }
    words |= {name: lpips.words(about) for name, about in lpips_facts.items()}
    return words | {f"model {row.name}": ", ".join(filter(None, (row.words, row.origin))) for row in rows}
