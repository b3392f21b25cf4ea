"""The fitted answers that come with the package, and the file that they are in.

`answers.npz` holds for each setting the parts of its `Answer` in float16, and what is known of their making: the
camera, as TOML, the mean PSNR on the photographs that it was chosen by, and the SHA-256 of every photograph that was
fitted to. `make classical` writes it; `SOURCES.md` says which photographs those were.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path

import numpy as np

from camsim.io import atomic
from camsim.io.arrays import read_npz
from scielab.classical.answer import Answer

#: Where the shipped answers are.
SHIPPED = Path(str(resources.files("scielab") / "classical" / "answers.npz"))

_ARRAYS = ("colours", "restoration", "enlargement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """An answer to one camera, and how it was found."""

    answer: Answer
    camera: str  #: the camera's TOML
    psnr_db: float  #: mean on the photographs that it was chosen by


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers by the name of the setting that they were fitted for."""

    by_setting: Mapping[str, Fitted]
    photographs: frozenset[str]  #: SHA-256 of those that all were fitted to


def save(path: Path, answers: Answers) -> None:
    """Write answers, their numbers rounded to float16; the same answers give the same bytes."""
    arrays = {
        f"{setting}/{name}": value.astype(np.float16)
        for setting, fitted in answers.by_setting.items()
        for name in _ARRAYS
        if (value := getattr(fitted.answer, name)) is not None
    }
    about = {
        setting: {key.name: getattr(fitted, key.name) for key in fields(fitted) if key.name != "answer"}
        | {"to_white": fitted.answer.to_white, "projected": fitted.answer.projected}
        for setting, fitted in answers.by_setting.items()
    }
    digests = np.frombuffer(bytes.fromhex("".join(sorted(answers.photographs))), dtype=np.uint8).reshape(-1, 32)
    with atomic.atomic(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, about=json.dumps(about), photographs=digests, **arrays)


def load(path: Path) -> Answers:
    """Read what `save` wrote; ValueError, naming the file, where it is missing or damaged."""
    try:
        arrays = read_npz(path)
        about = json.loads(str(arrays["about"]))
        found = {}
        for setting, said in about.items():
            parts = {n: arrays[f"{setting}/{n}"].astype(np.float32) for n in _ARRAYS if f"{setting}/{n}" in arrays}
            answer = Answer(**parts, to_white=said.pop("to_white"), projected=said.pop("projected"))
            found[setting] = Fitted(answer=answer, **said)
        return Answers(by_setting=found, photographs=frozenset(bytes(row).hex() for row in arrays["photographs"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a file of classical answers ({error})") from error


@functools.cache
def shipped() -> Answers:
    """The answers that come with the package."""
    return load(SHIPPED)
