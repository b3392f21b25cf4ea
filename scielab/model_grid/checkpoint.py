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
            arrays = read_npz(self._path(number, pictures))
        except ValueError:  # missing, or cut off when the power failed
            return None
        results: list[Result] = []
        for i, numbers in enumerate(arrays["numbers"].tolist()):
            result = Result(
                model=str(arrays["model"][i]),
                setting=str(arrays["setting"][i]),
                picture=str(arrays["picture"][i]),
                output=None,
                delta_e=None,
                numbers=dict(zip(arrays["metrics"].tolist(), numbers, strict=True)),
                powers=arrays["powers"][i] if len(arrays["powers"]) else None,
            )
            results.append(result.shown(arrays["output"][i], arrays["delta_e"][i]) if pictures else result)
        return results

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
