"""Every model on every camera's pictures, measured by S-CIELAB, PSNR, SSIM, LPIPS, and for mesh and hatch.

Models are plain callables, (h, w, 3) → (H, W, 3), sRGB values in [0, 1]: nothing here knows how they were made.
Pictures are uint8; they become numbers for a model and for measuring, and what a model gives is rounded to uint8 once.

References: X. Zhang and B. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID 1996;
those of `scielab.metrics.fidelity`, `scielab.metrics.lpips` and `scielab.metrics.mesh`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from camsim.io.image import quantise
from scielab.metrics import lpips, mesh, s_cielab
from scielab.metrics.catalogue import METRICS
from scielab.model_grid.pictures import Picture
from scielab.model_grid.rows import Entrant, Model, model_for
from scielab.viewing import DEFAULT_VIEWING, Viewing


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One model on one input, against the reference."""

    model: str
    setting: str
    picture: str
    output: np.ndarray | None  #: (H, W, 3) uint8, as it would be stored
    delta_e: np.ndarray | None  #: (H, W), the S-CIELAB map
    numbers: dict[str, float]  #: by the metric's name, in the order of `METRICS`; LPIPS only where networks were given
    #: (3, P, 5), what mesh and hatch of the whole set are made of; only where the set has flat and busy windows
    powers: np.ndarray | None = field(default=None, compare=False)

    def without_pictures(self) -> "Result":
        """The numbers alone: pictures that are not shown need no memory."""
        return Result(
            model=self.model,
            setting=self.setting,
            picture=self.picture,
            output=None,
            delta_e=None,
            numbers=self.numbers,
            powers=self.powers,
        )

    def shown(self, output: np.ndarray, delta_e: np.ndarray) -> "ShownResult":
        """The same with its output (H, W, 3) and its map (H, W)."""
        return ShownResult(
            model=self.model,
            setting=self.setting,
            picture=self.picture,
            output=output,
            delta_e=delta_e,
            numbers=self.numbers,
            powers=self.powers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownResult(Result):
    """One with its output and map, as figures and the report show it."""

    output: np.ndarray
    delta_e: np.ndarray


def evaluate(
    models: Mapping[str, Entrant],
    pictures: Iterable[Picture],
    *,
    viewing: Viewing = DEFAULT_VIEWING,
    networks: Sequence[lpips.Network] = (),
    limits: mesh.Limits | None = None,
) -> Iterator[ShownResult]:
    """Run every model on every input of every picture; picture by picture, then setting by setting.

    Parameters
    ----------
    models : mapping of str to callable, or to mapping of str to callable
        The rows of the grid; one that has models by setting takes part on those settings only.
    pictures : iterable of Picture
        References with their inputs, one for each column.
    viewing : Viewing
        From how far they are seen, with which variant and formula.
    networks : sequence of lpips.Network
        For LPIPS, a number with each of them.
    limits : mesh.Limits, optional
        Which windows of the whole set are flat and which busy; without it mesh and hatch are not measured.

    Yields
    ------
    ShownResult
        One for each model on each input.

    Raises
    ------
    ValueError
        Where a model's output has another size than the reference (a model for another scale), or holds no numbers.
    """
    for picture in pictures:
        reference = picture.reference / 255.0
        seen = s_cielab.Reference(reference, viewing)
        features = {network.metric: lpips.Reference(network, reference) for network in networks}
        windows = None if limits is None else mesh.Reference(reference, limits)
        for setting, camera_picture in picture.inputs.items():
            for name, entrant in models.items():
                if (model := model_for(entrant, setting)) is None:
                    continue
                output = _output(name, model, camera_picture, picture.reference.shape)
                measured = output / 255.0
                delta_e = seen.delta_e(measured)
                found = {"delta_e_mean": float(delta_e.mean()), "delta_e_p95": float(np.percentile(delta_e, 95))}
                found |= {m.name: m.between(reference, measured) for m in METRICS if m.between}
                found |= {metric: kept.distance(measured) for metric, kept in features.items()}
                yield ShownResult(
                    model=name,
                    setting=setting,
                    picture=picture.name,
                    output=output,
                    delta_e=delta_e,
                    numbers={metric.name: found[metric.name] for metric in METRICS if metric.name in found},
                    powers=None if windows is None else windows.powers(measured),
                )


def _output(name: str, model: Model, camera_picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What a model makes of a picture, as uint8; ValueError unless it is a picture of `shape`."""
    values = np.asarray(model(camera_picture / 255.0))
    if values.dtype.kind != "f" or not np.isfinite(values).all():
        raise ValueError(f"model {name}: its output must be finite floating-point numbers, sRGB values in [0, 1]")
    if values.ndim != 3 or values.shape[2] != 3:
        raise ValueError(f"model {name}: its output has shape {values.shape}; (rows, columns, 3) is needed")
    if values.shape != shape:
        (rows, columns), (h, w) = shape[:2], values.shape[:2]
        raise ValueError(
            f"model {name}: its output is {w}×{h} where the reference is {columns}×{rows}: "
            "it was made for another scale"
        )
    return quantise(values)
