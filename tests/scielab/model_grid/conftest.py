"""A small grid that the tests of its parts share: two pictures through two cameras, three models."""

from collections.abc import Callable

import numpy as np
import pytest

from camsim import camera_file
from camsim.dataset import photographs
from camsim.dataset.pairs import render_pairs
from scielab.metrics import mesh
from scielab.model_grid.evaluate import Result, evaluate
from scielab.model_grid.pictures import Picture
from scielab.model_grid.rows import pillow_bicubic
from scielab.model_grid.verdicts import Cell, summarise

SETTINGS = ("ideal", "f22")


def nearest(picture: np.ndarray) -> np.ndarray:
    return np.kron(picture, np.ones((4, 4, 1)))


@pytest.fixture(scope="session")
def pictures() -> list[Picture]:
    pairs = render_pairs(
        [photographs.builtin("chelsea")], {name: camera_file.load(name) for name in SETTINGS}, hr_px=64, scene_px=128
    )
    return [Picture(name=p.name, reference=p.hr, inputs=p.lr) for p, _ in zip(pairs, range(2), strict=False)]


@pytest.fixture(scope="session")
def limits(pictures) -> mesh.Limits:
    return mesh.Limits.of([picture.reference / 255 for picture in pictures], 4)


@pytest.fixture
def models() -> dict[str, Callable]:
    return {"bicubic": pillow_bicubic(4), "sr": pillow_bicubic(4), "deblur": nearest}


@pytest.fixture(scope="session")
def trained_for() -> dict[str, str]:
    return {"sr": "ideal", "deblur": "f22"}


@pytest.fixture(scope="session")
def results(pictures, limits) -> list[Result]:
    models = {"bicubic": pillow_bicubic(4), "sr": pillow_bicubic(4), "deblur": nearest}
    return list(evaluate(models, pictures, limits=limits))


@pytest.fixture(scope="session")
def cells(results, trained_for) -> list[Cell]:
    return summarise(results, trained_for)


@pytest.fixture(scope="session")
def made() -> Callable[[dict], list[Result]]:
    """Results on f22, from {model: [(ΔE, PSNR) of each picture]}."""

    def results(table: dict[str, list[tuple[float, float]]]) -> list[Result]:
        return [
            Result(
                model=model,
                setting="f22",
                picture=str(i),
                output=None,
                delta_e=None,
                numbers={"delta_e_mean": delta_e, "delta_e_p95": 3 * delta_e, "psnr_db": psnr, "ssim": 0.5},
            )
            for model, column in table.items()
            for i, (delta_e, psnr) in enumerate(column)
        ]

    return results
