"""Who takes part in a grid: models that installed packages register, and plain functions.

A package offers its trained models by an entry point of the group `scielab.models`: a function that takes what a user
typed to name a model, or None for the models that it finds by itself, and returns `Row` values. For a name that it does
not know it returns none, or raises a ValueError that says what it knows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

import numpy as np

from camsim import arguments
from camsim.io.resize import resize

#: The entry points by which packages register their models.
GROUP = "scielab.models"

#: Digits of a SHA-256 by which a photograph is recognised; `Row.seen` holds no fewer of each.
HASH_DIGITS = 16

#: The row that every grid has: enlargement, and nothing learnt.
BASELINE = "bicubic"

#: The row of restoration without networks, where there is an answer to one of the cameras; see `classical_row`.
CLASSICAL = "classical"

#: The rows that are no models to be judged, but what models have to beat.
BASELINES = (BASELINE, CLASSICAL)

#: A picture (h, w, 3) to its enlargement (H, W, 3), sRGB values in [0, 1].
Model = Callable[[np.ndarray], np.ndarray]

#: What takes part: one model for the pictures of every camera, or models by setting, which abstain from all others.
Entrant = Model | Mapping[str, Model]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A model that takes part, and what a grid tells of it. None stands for what is not known."""

    name: str
    load: Callable[[], Entrant]  #: gives the model; called when it is needed, since loading may take seconds
    trained_for: str | None = None  #: a camera setting, a column of the grid; None for none in particular
    scale: int | None = None  #: how many times larger its output is; None for any
    sha256: str | None = None  #: of all that it computes with; without it an unfinished grid is not resumed
    seen: frozenset[str] | None = field(
        default=None, repr=False
    )  #: photographs it was trained on: SHA-256, or its start
    facts: Mapping[str, object] = field(default_factory=dict, repr=False)  #: for grid.json
    words: str = ""  #: for the report
    origin: str = ""  #: where the model is from: a folder, or the package that it came with
    competes_elsewhere: bool = True  #: whether it takes part where none of the pictures are of `trained_for`
    rival: bool = True  #: whether others have to beat it; if not it stands below a line, and only its own gap is told


def pillow_bicubic(scale: int) -> Model:
    """The baseline: enlargement by Pillow's bicubic (a = −0.5), which is not MATLAB's (`enhance evaluate`)."""
    return lambda picture: resize(picture, (scale * picture.shape[0], scale * picture.shape[1]))


def of_functions(models: Mapping[str, Model], trained_for: Mapping[str, str] | None = None) -> list[Row]:
    """Rows of plain functions by name, each trained for the setting that `trained_for` gives for that name, if any.

    Raises ValueError for what cannot be called, a name that is no text, and one in `trained_for` that is no model's.
    """
    trained_for = dict(trained_for or {})
    for name in trained_for.keys() - models.keys():
        raise ValueError(f"trained_for names {name!r}, which is none of the models: {', '.join(models)}")
    for name, model in models.items():
        if not isinstance(name, str):
            raise ValueError(f"model {name!r}: its name must be a text, not {type(name).__name__}")
        if not callable(model):
            raise ValueError(f"model {name}: a {type(model).__name__} cannot be called with a picture")
    return [
        Row(
            name=name,
            load=_giving(model),
            trained_for=trained_for.get(name),
            origin="a Python function",
        )
        for name, model in models.items()
    ]


def _giving(model: Model) -> Callable[[], Model]:
    return lambda: model


def registered(names: str | Path | Iterable[str | Path] = ()) -> list[Row]:
    """The rows that installed packages register: of the models that are named, or of those that they find themselves.

    Every package is asked. A row whose name is taken by another name's gets the name that was typed, in front of its
    own where that stands for several rows.

    Raises ValueError, in one line with the package's name, where a package cannot give its rows, where none knows a
    name, and where no package registers any.
    """
    entries = metadata.entry_points(group=GROUP)
    if not entries:
        raise ValueError(f"no installed package registers models to judge (entry points of the group {GROUP})")
    typed = [str(arguments.path(name, "models, without functions by name,")) for name in arguments.several(names)]
    if not typed:
        return [row for entry in entries for row in _rows_of(entry, None)]
    found: list[Row] = []
    for name in typed:
        rows = _rows_named(entries, name)
        taken = {row.name for row in found}
        for row in rows:
            longer = name if len(rows) == 1 else f"{name}/{row.name}"
            found.append(replace(row, name=longer) if row.name in taken else row)
    return found


def _rows_named(entries: metadata.EntryPoints, name: str) -> list[Row]:
    """The rows of all packages that know a name; ValueError where none does, with the words of one that refused it."""
    found, trouble = [], None
    for entry in entries:
        try:
            found += _rows_of(entry, name)
        except ValueError as error:
            trouble = error
    if not found:
        raise trouble or ValueError(f"{name}: no installed package knows such a model")
    return found


def _rows_of(entry: metadata.EntryPoint, name: str | None) -> list[Row]:
    try:
        found = list(entry.load()(name))
    except (ValueError, OSError) as error:  # of trouble that the package expects, and has words for
        raise ValueError(f"models of {entry.name}: {error}") from error
    except Exception as error:  # whatever a package of someone else does
        raise ValueError(f"models of {entry.name} ({entry.value}): {type(error).__name__}: {error}") from error
    for row in found:
        if not isinstance(row, Row):
            raise ValueError(f"models of {entry.name} ({entry.value}): a {type(row).__name__} is no row")
    return found


def model_for(entrant: Entrant, setting: str) -> Model | None:
    """The model that takes part on a setting's pictures; None where the entrant abstains."""
    return entrant.get(setting) if isinstance(entrant, Mapping) else entrant


def loaded(row: Row) -> Entrant:
    """The model of a row; ValueError, with the row's name, for whatever goes wrong in another package."""
    try:
        return row.load()
    except (ValueError, OSError, MemoryError):
        raise
    except Exception as error:
        raise ValueError(f"model {row.name} cannot be loaded: {type(error).__name__}: {error}") from error


def of_settings(
    found: Iterable[Row], settings: Iterable[str], trained_for: Mapping[str, str] | None = None
) -> list[Row]:
    """Those rows that take part on pictures of `settings`, ordered as the settings that they are trained for.

    Rows that are trained for none of the settings come after those, and those that are no rivals last. Raises
    ValueError where two rows have one name, none is left, or a user's `trained_for` gives a model a setting that is
    none of these: it would have no verdict.
    """
    settings = list(settings)
    for name, setting in (trained_for or {}).items():
        if setting not in settings:
            raise ValueError(f"trained_for: {name} is for {setting!r}, but the settings are {', '.join(settings)}")
    taking_part = [row for row in found if row.competes_elsewhere or row.trained_for in settings]
    names = [*BASELINES]
    for row in taking_part:
        if row.name in names:
            raise ValueError(f"two models are called {row.name}: a row of the grid needs a name of its own")
        names.append(row.name)
    if not taking_part:
        raise ValueError("there is no model to judge")
    places: dict[str | None, int] = {setting: place for place, setting in enumerate(settings)}
    return sorted(taking_part, key=lambda row: (not row.rival, places.get(row.trained_for, len(places))))


def check_scale(rows: Iterable[Row], scale: int, source: str) -> None:
    """Raise ValueError where a row enlarges by another factor than the pictures of `source` need."""
    for row in rows:
        if row.scale not in (None, scale):
            raise ValueError(f"model {row.name} is for scale {row.scale}, but {source} has scale {scale}")


def trained_for(rows: Iterable[Row]) -> dict[str, str]:
    """The setting that each row is trained for, by the row's name."""
    return {row.name: row.trained_for for row in rows if row.trained_for is not None}


def no_rivals(rows: Iterable[Row]) -> frozenset[str]:
    """The names of the rows that others need not beat."""
    return frozenset(row.name for row in rows if not row.rival)
