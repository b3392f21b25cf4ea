"""Results kept picture by picture, so that a grid that was stopped, even killed, goes on where it was.

A store is a hidden folder beside the results, one file per finished picture. Its name holds the hash of all that the
results depend on: other models, pictures or settings find nothing of it. A finished grid removes it.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from camsim.io import atomic
from camsim.io.arrays import read_npz
from scielab.model_grid.evaluate import Result, ShownResult
from scielab.model_grid.pictures import Picture

_PREFIX = ".unfinished-"

#: Packages whose version may change the last digits.
_PACKAGES = ("numpy", "scipy", "pillow", "keras", "tensorflow", "tensorflow-cpu", "jax", "torch")


def any_in(folder: Path) -> bool:
    """Whether a folder holds results of an unfinished grid, of whatever inputs."""
    return any(folder.glob(f"{_PREFIX}*"))


def packages() -> dict[str, str]:
    """Versions of the installed packages that compute: part of what results depend on."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def picture_sha256(picture: Picture) -> str:
    """Hash of a picture's pixels: the reference's and those of all inputs."""
    digest = hashlib.sha256()
    for name, rgb in {"": picture.reference, **picture.inputs}.items():
        digest.update(f"{name} {rgb.shape} {rgb.dtype}".encode())
        digest.update(np.ascontiguousarray(rgb).tobytes())
    return digest.hexdigest()


def _results_of(arrays: dict[str, np.ndarray], *, pictures: bool) -> list[Result]:
    """The results in the arrays of a file; ValueError or KeyError where these are not as `Store.save` writes them."""
    numbers, metrics = arrays["numbers"], arrays["metrics"].tolist()
    count = len(arrays["model"])
    if numbers.shape != (count, len(metrics)) or numbers.dtype != np.float64 or not count:
        raise ValueError("numbers of other metrics or models")
    names = [arrays[name] for name in ("model", "setting", "picture")]
    if any(words.shape != (count,) or words.dtype.kind != "U" for words in names):
        raise ValueError("no names")
    if len(arrays["powers"]) not in (0, count) or arrays["powers"].dtype != np.float64:
        raise ValueError("powers of other models")
    results: list[Result] = []
    for i, row in enumerate(numbers.tolist()):
        result = Result(
            model=str(arrays["model"][i]),
            setting=str(arrays["setting"][i]),
            picture=str(arrays["picture"][i]),
            output=None,
            delta_e=None,
            numbers=dict(zip(metrics, row, strict=True)),
            powers=arrays["powers"][i] if len(arrays["powers"]) else None,
        )
        if pictures:
            output, delta_e = arrays["output"][i], arrays["delta_e"][i]
            if output.dtype != np.uint8 or output.shape != (*delta_e.shape, 3):
                raise ValueError("no picture and its map")
            result = result.shown(output, delta_e)
        results.append(result)
    return results


@dataclass(frozen=True, slots=True)
class Store:
    """Results of one grid in `folder`."""

    folder: Path

    @classmethod
    def open(cls, beside: Path, depends_on: dict) -> "Store":
        """The store in the folder `beside`, of a grid that depends on `depends_on` (JSON); makes nothing."""
        text = json.dumps(depends_on, sort_keys=True)
        return cls(beside / f"{_PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:16]}")

    @property
    def beside(self) -> Path:
        """The folder that the finished grid is written to."""
        return self.folder.parent

    @property
    def begun(self) -> bool:
        return self.folder.is_dir()

    def has(self, number: int, *, pictures: bool) -> bool:
        """Whether the results of picture `number` are there, with outputs and maps where `pictures`."""
        return self._path(number, pictures).is_file()

    def save(self, number: int, results: list[Result]) -> None:
        """Keep the results of picture `number`, all models and settings, whole or not at all."""
        names = list(results[0].numbers)
        shown = [result for result in results if isinstance(result, ShownResult)]
        with atomic.atomic(self._path(number, bool(shown))) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                numbers=[[r.numbers[name] for name in names] for r in results],
                metrics=names,
                model=[r.model for r in results],
                setting=[r.setting for r in results],
                picture=[r.picture for r in results],
                powers=[r.powers for r in results if r.powers is not None],
                output=[r.output for r in shown],
                delta_e=[r.delta_e for r in shown],
            )

    def load(self, number: int, *, pictures: bool) -> list[Result] | None:
        """The results of picture `number` as they were saved, to the last bit; None where they are not all there."""
        try:
            return _results_of(read_npz(self._path(number, pictures)), pictures=pictures)
        except (
            ValueError,
            LookupError,
            TypeError,
        ):  # missing, cut off, or changed by another hand
            return None

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove_others(self) -> bool:
        """Remove what is left of grids with other inputs; whether there was any."""
        others = [path for path in self.beside.glob(f"{_PREFIX}*") if path != self.folder]
        for path in others:
            shutil.rmtree(path, ignore_errors=True)
        return bool(others)

    def _path(self, number: int, pictures: bool) -> Path:
        return self.folder / f"{number:06d}{'-shown' if pictures else ''}.npz"


def resume(
    store: Store | None,
    pictures: Iterable[Picture],
    evaluate: Callable[[Picture], Iterable[Result]],
    *,
    shown: frozenset[str] = frozenset(),
    step: Callable[[], object] = lambda: None,
) -> list[Result]:
    """The results of all pictures in order: those that the store holds, and what `evaluate` gives of the others.

    What is new is kept in the store, if there is one, as soon as a picture is finished. Outputs and maps are kept for
    the pictures whose names are in `shown` only. `step` is called after every new result.
    """
    found = []
    for number, picture in enumerate(pictures):
        show = picture.name in shown
        results = store.load(number, pictures=show) if store else None
        if results is None:
            results = []
            for result in evaluate(picture):
                results.append(result if show else result.without_pictures())
                step()
            if store:
                store.save(number, results)
        found += results
    return found
