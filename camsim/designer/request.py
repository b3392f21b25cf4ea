"""What the page asks for, checked like everything that comes from outside."""

from typing import Annotated, Any, Literal

from pydantic import Field

from camsim.schema.fields import Count, number, plain
from camsim.schema.frozen import Frozen, frozen

#: What is asked for: the picture and its numbers, or a panel that follows at rest.
Want = Literal["scene", "frame", "psf", "mtf", "difference", "values", "region", "commands"]

#: The stage that is shown.
View = Literal["result", "mosaic", "demosaiced", "irradiance"]

Side = Literal["a", "b"]

_Place = Annotated[int, Field(strict=True, ge=0, le=100_000)]


@frozen
class Request(Frozen):
    """One question of the page; it holds all that decides the answer."""

    id: Count = plain(0, "comes back with the answer")
    want: Want = plain("frame", "what is asked for")
    source: str = plain("photo:astronaut", "the scene", max_length=300)
    a: dict[str, Any] = plain({}, "the camera")
    b: dict[str, Any] | None = plain(None, "the other camera, where two are compared")
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31)] = plain(0, "decides the noise")
    view: View = plain("result", "the stage shown")
    draft: bool = plain(False, "be quick where a lens is not symmetric about its axis")
    side: Side = plain("a", "the camera that a panel is about")
    against: Literal["scene", "b"] = plain("scene", "with what camera A's picture is compared")
    measure: str = plain("", "by which measure", max_length=100)
    samples_per_degree: float = number(33.0, 0, 1000, "pixels of the screen per degree of the eye", above=True)
    region: tuple[_Place, _Place, _Place, _Place] | None = plain(None, "top, left, bottom, right, sensor pixels")
    setting: str = plain("f22", "the setting that the camera of `side` came from", max_length=100)
