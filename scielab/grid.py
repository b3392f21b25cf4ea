"""The cross-model grid: every model on every camera's pictures, judged by S-CIELAB, PSNR and SSIM.

Models are plain callables, (h, w, 3) → (H, W, 3), sRGB values in [0, 1]: nothing here knows how they were made.

References: X. Zhang and B. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID 1996;
Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13, 2004.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
from skimage.metrics import structural_similarity

from camsim.image import quantise, resize
from scielab import metric

Model = Callable[[np.ndarray], np.ndarray]

#: Camera setting → the model trained to undo it. Column and row order of the grid.
TRAINED_FOR = {"ideal": "sr", "underexposed": "color", "pixel25": "pixel", "f22": "deblur"}
BASELINE = "bicubic"

#: ΔE at the upper end of the maps' common colour scale: a model on the wrong camera is easily 30 off.
MAP_TOP = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A reference and what each camera made of it."""

    name: str
    reference: np.ndarray  #: (H, W, 3) sRGB values in [0, 1]
    inputs: dict[str, np.ndarray]  #: setting → (h, w, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One model on one input, against the reference."""

    model: str
    setting: str
    picture: str
    output: np.ndarray | None  #: (H, W, 3), rounded to 8 bits as it would be stored
    delta_e: np.ndarray | None  #: (H, W), the S-CIELAB map
    delta_e_mean: float
    delta_e_p95: float
    psnr_db: float
    ssim: float

    def without_pictures(self) -> "Result":
        """The numbers alone: pictures that are not shown need no memory."""
        return replace(self, output=None, delta_e=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One model on one setting: means over the pictures."""

    model: str
    setting: str
    delta_e_mean: float
    delta_e_p95: float
    psnr_db: float
    ssim: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the model trained for a setting is the best of all rows there, the baseline included.

    Margins are against the best other row; positive means the trained model is better.
    """

    setting: str
    model: str
    wins_delta_e: bool
    margin_delta_e: float
    rival_delta_e: str
    wins_psnr: bool
    margin_psnr_db: float
    rival_psnr: str


def bicubic(size: tuple[int, int]) -> Model:
    """The baseline: bicubic enlargement to `size`."""
    return lambda picture: resize(picture, size)


def psnr_db(reference: np.ndarray, test: np.ndarray) -> float:
    """PSNR of (H, W, 3) sRGB values in [0, 1] in dB, over all channels and pixels.

    At most 100 dB, which equal pictures get: a mean over pictures stays a number.
    """
    error = float(np.mean((reference - test) ** 2))
    return -10.0 * float(np.log10(max(error, 1e-10)))


def ssim(reference: np.ndarray, test: np.ndarray) -> float:
    """SSIM of (H, W, 3) sRGB values in [0, 1], mean of the channels, with the Gaussian window of the 2004 paper."""
    return float(
        structural_similarity(
            reference,
            test,
            channel_axis=-1,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def evaluate(
    models: dict[str, Model], pictures: Iterable[Picture], settings: Iterable[str], *, samples_per_degree: float
) -> Iterator[Result]:
    """Run every model on every input of every picture.

    Raises ValueError where a model's output has another size than the reference (a model for another scale).
    """
    for picture in pictures:
        for setting in settings:
            for name, model in models.items():
                output = quantise(model(picture.inputs[setting])) / 255.0
                if output.shape != picture.reference.shape:
                    (rows, columns), (h, w) = picture.reference.shape[:2], output.shape[:2]
                    raise ValueError(
                        f"model {name}: its output is {w}×{h} where the reference is {columns}×{rows}: "
                        "it was made for another scale"
                    )
                delta_e = metric.delta_e(picture.reference, output, samples_per_degree=samples_per_degree)
                yield Result(
                    model=name,
                    setting=setting,
                    picture=picture.name,
                    output=output,
                    delta_e=delta_e,
                    delta_e_mean=float(delta_e.mean()),
                    delta_e_p95=float(np.percentile(delta_e, 95)),
                    psnr_db=psnr_db(picture.reference, output),
                    ssim=ssim(picture.reference, output),
                )


def summarise(results: Iterable[Result]) -> list[Cell]:
    """Mean of every number over the pictures, one cell per model and setting, in order of appearance."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.model, result.setting), []).append(result)
    numbers = ("delta_e_mean", "delta_e_p95", "psnr_db", "ssim")
    return [
        Cell(model=model, setting=setting, **{n: float(np.mean([getattr(r, n) for r in group])) for n in numbers})
        for (model, setting), group in groups.items()
    ]


def judge(cells: Iterable[Cell]) -> list[Verdict]:
    """For each setting with a model trained for it, whether that model is the best row."""
    by_setting: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        by_setting.setdefault(cell.setting, {})[cell.model] = cell
    verdicts = []
    for setting, column in by_setting.items():
        own = TRAINED_FOR.get(setting)
        if own not in column or len(column) < 2:
            continue
        others = [cell for name, cell in column.items() if name != own]
        least = min(others, key=lambda cell: cell.delta_e_mean)
        most = max(others, key=lambda cell: cell.psnr_db)
        margin_delta_e = least.delta_e_mean - column[own].delta_e_mean
        margin_psnr = column[own].psnr_db - most.psnr_db
        verdicts.append(
            Verdict(
                setting=setting,
                model=own,
                wins_delta_e=margin_delta_e > 0,
                margin_delta_e=margin_delta_e,
                rival_delta_e=least.model,
                wins_psnr=margin_psnr > 0,
                margin_psnr_db=margin_psnr,
                rival_psnr=most.model,
            )
        )
    return verdicts


def describe(verdict: Verdict) -> str:
    """A verdict as a sentence."""

    def part(wins, margin, unit, rival):
        return f"{'wins' if wins else 'loses'} by {abs(margin):.2f} {unit} ({'next' if wins else 'best'}: {rival})"

    return (
        f"{verdict.setting}: {verdict.model} "
        f"{part(verdict.wins_delta_e, verdict.margin_delta_e, 'ΔE', verdict.rival_delta_e)}, "
        f"{part(verdict.wins_psnr, verdict.margin_psnr_db, 'dB', verdict.rival_psnr)}"
    )


def table(cells: list[Cell]) -> str:
    """The grid as text: rows are models, columns are settings, each cell mean ΔE and PSNR."""
    models = list(dict.fromkeys(cell.model for cell in cells))
    settings = list(dict.fromkeys(cell.setting for cell in cells))
    at = {(cell.model, cell.setting): cell for cell in cells}
    lines = [f"{'ΔE mean / PSNR dB':18}" + "".join(f"{setting:>16}" for setting in settings)]
    for model in models:
        row = f"{model:18}"
        for setting in settings:
            cell = at[model, setting]
            mark = "*" if TRAINED_FOR.get(setting) == model else " "
            row += f"{cell.delta_e_mean:7.2f} /{cell.psnr_db:6.2f}{mark}".rjust(16)
        lines.append(row)
    lines.append("* trained for this setting")
    return "\n".join(lines)


def as_dict(cells: list[Cell], verdicts: list[Verdict]) -> dict:
    """Cells and verdicts for JSON."""
    return {"cells": [asdict(cell) for cell in cells], "columns": [asdict(verdict) for verdict in verdicts]}


def as_csv(cells: list[Cell]) -> str:
    """Cells as CSV with a header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [field.name for field in fields(Cell)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, cells))
    return text.getvalue()
