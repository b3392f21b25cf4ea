"""What a grid needs before anything is computed: who takes part, the pictures, where the results go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from camsim.io import outputs
from scielab.metrics import fidelity
from scielab.metrics.lpips import Network, facts
from scielab.model_grid import checkpoint, classical_row, pictures, provenance, rows
from scielab.viewing import DEFAULT_VIEWING, Viewing, check_viewing

if TYPE_CHECKING:
    from camsim.camera import Camera

#: What is written.
OUTPUTS = ("report.html", "grid.png", "delta_e.png", "matrix.png", "grid.json", "grid.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A grid that can be carried out: all was found and checked, and nothing computed."""

    rows: list[rows.Row]
    data: pictures.PictureSet
    shown: list[pictures.Picture]  #: in the figures
    on_page: list[pictures.Picture]
    viewing: Viewing
    networks: list[Network]  #: for LPIPS
    lpips_facts: dict
    output: Path | None
    force: bool

    @property
    def resumable(self) -> bool:
        """Whether it is known of every row that it computes what it computed before."""
        return all(row.sha256 is not None for row in self.rows)


def plan(
    models: Mapping[str, rows.Model] | Path | str | Iterable[Path | str] | None = None,
    data: Path | str | Iterable[pictures.Picture] | None = None,
    *,
    output: Path | str | None = None,
    cameras: "str | Path | Camera | Iterable[str | Path | Camera] | None" = None,
    trained_for: Mapping[str, str] | None = None,
    registered: bool = False,
    show: str | Iterable[str] = (),
    limit: int | None = None,
    viewing: Viewing = DEFAULT_VIEWING,
    lpips: str | Iterable[str] = (),
    weights: Path | str | None = None,
    force: bool = False,
) -> Plan:
    """Find and check all that a grid needs; parameters and errors as for `run.grid`."""
    check_viewing(viewing)
    if viewing.input != "srgb":
        raise ValueError("the pictures of a grid are sRGB: no other input can be viewed")
    output = None if output is None else Path(output)
    if isinstance(models, Mapping):
        found = rows.of_functions(models, trained_for) + (rows.registered() if registered else [])
    elif trained_for:
        raise ValueError("trained_for is for functions; other models say themselves what they are trained for")
    else:
        found = rows.registered(models or ())
    if output is not None:
        if output.is_file():
            raise ValueError(f"{output} is a file; the results need a folder")
        check_outputs(output, force=force or checkpoint.any_in(output))
    picture_set = pictures.load(data, cameras=cameras, limit=limit)
    for picture in picture_set.pictures:
        try:
            fidelity.check_size(picture.reference)
        except ValueError as error:
            raise ValueError(f"{picture_set.source}, {picture.name}: {error}") from error
    taking_part = rows.of_settings(found, picture_set.settings, trained_for)
    taking_part = classical_row.rows(picture_set.settings, picture_set.scale) + taking_part
    rows.check_scale(taking_part, picture_set.scale, picture_set.source)
    shown = pictures.to_show(show, picture_set.pictures)
    outputs = (1 + len(taking_part)) * len(picture_set.settings)
    networks = provenance.lpips_networks(lpips, weights)
    return Plan(
        rows=taking_part,
        data=picture_set,
        shown=shown,
        on_page=pictures.on_page(shown, picture_set.pictures, outputs=outputs),
        viewing=viewing,
        networks=networks,
        lpips_facts={network.metric: facts(network) for network in networks},
        output=output,
        force=force,
    )


def check_outputs(output: Path, *, force: bool) -> None:
    """Raise FileExistsError where one of `OUTPUTS` is in the folder `output`, unless `force`."""
    outputs.check([output / name for name in OUTPUTS], force=force)
