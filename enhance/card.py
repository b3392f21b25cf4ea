"""The card of a run, run.json: what every card must hold for its model to be used and described."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from camsim.schema.fields import Count, plain
from camsim.schema.frozen import Frozen, read_record, record

#: A score, which no metric has larger.
_Score = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e6, le=1e6)]


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= bounds[0] <= bounds[1]:
        raise ValueError(f"inputs: {bounds} must be two numbers from 0 that ascend")
    return bounds


_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Bounds = Annotated[tuple[_Number, _Number], AfterValidator(_ascending)]


@record
class Card(Frozen):
    """What is used of a card; see `enhance.training.engine` for all that a run writes."""

    task: str = plain(..., "what the model undoes", min_length=1)
    generator: str = plain(..., "kind of its network")
    data: str = plain(..., "what it was trained on, in words")
    scale: int = plain(..., "side of its output over that of its input", strict=True, ge=1, le=64)
    parameters: Count = plain(..., "of its network")
    steps: Count = plain(..., "of its training")
    stages: dict[str, Count] = plain(..., "steps of each stage")
    validation: dict[str, _Score] = plain(..., "scores on pictures that were held out")
    finished: bool = plain(..., "whether the training came to its end", strict=True)
    style: str = plain("faithful", "what it strives for")
    setting: str = plain("", "name of its camera")
    licence: str = plain("", "what it may be used for")
    inputs: dict[str, _Bounds] = plain({}, "bounds of brightness and sharpness of its training pictures")
    source_sha256: tuple[str, ...] = plain((), "of the photographs that it was trained on, or their beginnings")


def read(path: Path) -> dict[str, Any]:
    """The card in a file, checked; FileNotFoundError where there is none, ValueError where it is damaged."""
    return read_record(Card, path, "a training run's card")
