"""One picture against its reference: the record that is printed and kept."""

from pathlib import Path

import numpy as np

import camsim
from camsim import colour, files, image
from scielab import metric


def read_pair(ref: Path, test: Path) -> tuple[np.ndarray, np.ndarray]:
    """Both pictures, (H, W, 3) sRGB values in [0, 1]; ValueError where their sizes differ."""
    pictures = image.read(ref), image.read(test)
    if pictures[0].shape != pictures[1].shape:
        sizes = [f"{path} is {p.shape[1]}×{p.shape[0]}" for path, p in zip((ref, test), pictures, strict=True)]
        raise ValueError(f"the pictures differ in size: {', '.join(sizes)} pixels; nothing is resized")
    return pictures


def measure(
    ref: Path, test: Path, pictures: tuple[np.ndarray, np.ndarray], rate: float, formula: int
) -> tuple[dict, np.ndarray]:
    """Compare two pictures at `rate` samples per degree; the record, ready for JSON, and the map (H, W) in ΔE."""
    differences = metric.delta_e(*pictures, samples_per_degree=rate, formula=formula)
    record = {
        "metric": metric.VERSION,
        "formula": formula,
        "samples_per_degree": rate,
        "white_xyz": colour.SRGB_WHITE_XYZ.tolist(),
        "border_rule": metric.border_rule(differences.shape, rate),
        "width": differences.shape[1],
        "height": differences.shape[0],
        "delta_e": metric.summary(differences),
        "reference": str(ref),
        "reference_sha256": files.sha256(ref),
        "test": str(test),
        "test_sha256": files.sha256(test),
        "version": camsim.__version__,
    }
    return record, differences


def _formula_name(formula: int) -> str:
    return "CIEDE2000" if formula == 2000 else f"CIE{formula}"


def viewing_words(record: dict) -> str:
    """Formula and viewing conditions of a record, in words."""
    return f"{_formula_name(record['formula'])}, {record['samples_per_degree']:.6g} samples per degree"


def table(record: dict) -> str:
    """The record as text: the numbers, then what they depend on."""
    pooled = record["delta_e"]
    lines = [f"{record['metric']}, colour difference {viewing_words(record)}"]
    lines += [f"  {name:<10}{pooled[name]:9.4f}" for name in ("mean", "median", "p90", "p95", "p99", "max")]
    for name, value in pooled.items():
        if name.startswith("percent_above_"):
            limit = name.removeprefix("percent_above_")
            convention = limit == "2.3" and record["formula"] == 76
            note = "   just noticeable, by a convention made for CIE76" if convention else ""
            lines.append(f"  {'above ' + limit:<10}{value:9.2f} %{note}")
    white = " ".join(f"{value:g}" for value in record["white_xyz"])
    lines.append(f"white XYZ {white}; border: {record['border_rule']}; {record['width']} x {record['height']} pixels")
    return "\n".join(lines)
