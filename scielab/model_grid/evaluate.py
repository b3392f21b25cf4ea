"""The cross-model grid: every model on every camera's pictures, judged by S-CIELAB, PSNR, SSIM and LPIPS.

Models are plain callables, (h, w, 3) → (H, W, 3), sRGB values in [0, 1]: nothing here knows how they were made.

Example
-------
::

    models = {grid.BASELINE: grid.bicubic((128, 128)), "mine": lambda picture: …}
    results = list(grid.evaluate(models, pictures, ["f22"], samples_per_degree=33))
    print(tables.text(judging.summarise(results)))

References: X. Zhang and B. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID 1996;
those of `measures` and `lpips`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from camsim.io.image import quantise
from camsim.io.resize import resize
from scielab.metrics import lpips, s_cielab
from scielab.metrics.fidelity import psnr_db, ssim
from scielab.viewing import Viewing

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
    lpips: float | None = None

    def without_pictures(self) -> "Result":
        """The numbers alone: pictures that are not shown need no memory."""
        return replace(self, output=None, delta_e=None)


def bicubic(size: tuple[int, int]) -> Model:
    """The baseline: bicubic enlargement to `size`."""
    return lambda picture: resize(picture, size)


def evaluate(
    models: dict[str, Model],
    pictures: Iterable[Picture],
    settings: Iterable[str],
    *,
    samples_per_degree: float,
    network: lpips.Network | None = None,
) -> Iterator[Result]:
    """Run every model on every input of every picture; picture by picture, then setting by setting.

    Parameters
    ----------
    models : name → callable, the rows of the grid
    pictures : what is judged, with inputs for all `settings`, the columns
    samples_per_degree : pixels per degree of visual angle
    network : for LPIPS; without it that number is None

    Raises ValueError where a model's output has another size than the reference (a model for another scale).
    """
    settings = list(settings)
    for picture in pictures:
        seen = s_cielab.Reference(picture.reference, Viewing(samples_per_degree=samples_per_degree))
        features = None if network is None else lpips.Reference(network, picture.reference)
        for setting in settings:
            for name, model in models.items():
                output = _output(name, model, picture, setting)
                delta_e = seen.delta_e(output)
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
                    lpips=None if features is None else features.distance(output),
                )


def _output(name: str, model: Model, picture: Picture, setting: str) -> np.ndarray:
    output = quantise(model(picture.inputs[setting])) / 255.0
    if output.shape != picture.reference.shape:
        (rows, columns), (h, w) = picture.reference.shape[:2], output.shape[:2]
        raise ValueError(
            f"model {name}: its output is {w}×{h} where the reference is {columns}×{rows}: "
            "it was made for another scale"
        )
    return output
