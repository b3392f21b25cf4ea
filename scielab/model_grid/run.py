"""The whole of a grid: find who takes part and the pictures, measure, give verdicts, write report and files."""

import contextlib
import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from camsim.io import atomic, lock
from scielab.comparison import map_scale
from scielab.metrics import catalogue, mesh
from scielab.model_grid import (
    checkpoint,
    figures,
    heat_table,
    pictures,
    planning,
    provenance,
    report,
    rows,
    tables,
    verdicts,
)
from scielab.model_grid.evaluate import Result, ShownResult, evaluate
from scielab.viewing import DEFAULT_VIEWING, Viewing

if TYPE_CHECKING:
    from camsim.camera import Camera


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Grid:
    """Models crossed with cameras: what `grid` returns. `str` gives the table as text."""

    cells: list[verdicts.Cell]  #: means over the pictures with intervals, one for each model and setting
    verdicts: list[verdicts.Verdict]  #: whether models win where they were trained to
    results: list[Result]  #: every number of every picture, and outputs and maps of those on the page
    record: dict  #: all of it as grid.json holds it
    warnings: list[str]  #: what has to be known before the numbers are believed
    report: Path | None  #: the page that was written

    def __repr__(self) -> str:
        models, settings = (list(dict.fromkeys(getattr(c, axis) for c in self.cells)) for axis in ("model", "setting"))
        return f"Grid(models={models}, settings={settings}, pictures={self.cells[0].pictures})"

    def __str__(self) -> str:
        return tables.text(self.cells)

    def _repr_html_(self) -> str:
        return tables.as_html(self.cells)


def carry_out(
    planned: planning.Plan,
    *,
    step: Callable[[int, int], object] = lambda done, total: None,
    say: Callable[[str], object] = lambda words: None,
) -> Grid:
    """Measure all models on all pictures and, if there is a place for them, write report and files.

    `step` and `say` as for `grid`. Raises ValueError where another process writes to that place.
    """
    with contextlib.nullcontext() if planned.output is None else lock.inside(planned.output):
        return _carry_out(planned, step, say)


def _carry_out(planned: planning.Plan, step: Callable[[int, int], object], say: Callable[[str], object]) -> Grid:
    """`carry_out` once no other process writes there."""
    how = (planned.rows, planned.data, planned.viewing, planned.lpips_facts)
    store = None if planned.output is None else _store(planned, planned.output, provenance.dependencies(*how))
    if store and not store.begun:  # else the run that is gone on with was allowed to write here
        planning.check_outputs(store.beside, force=planned.force)
    seen = provenance.seen_in_training(planned.rows, planned.data)
    notes = provenance.notes(planned.data, planned.lpips_facts)
    for kind, words in [*(("warning", w) for w in seen), *(("note", w) for w in notes)]:
        say(f"{kind}: {words}")
    trained_for, no_rivals = rows.trained_for(planned.rows), rows.no_rivals(planned.rows)
    try:
        results = _results(planned, store, step, say)
        cells = verdicts.summarise(results, trained_for, no_rivals=no_rivals)
        found = verdicts.judge(results, trained_for, no_rivals=no_rivals)
        found_grid = Grid(
            cells=cells,
            verdicts=found,
            results=results,
            record=tables.as_dict(cells, found) | provenance.record(*how, seen),
            warnings=[*seen, *notes],
            report=None if store is None else (store.beside / "report.html").resolve(),
        )
        if store:
            _write(planned, store, found_grid, provenance.in_words(*how, seen))
    except BaseException:
        if store and not planned.resumable:  # what is kept would never be used
            store.remove()
        raise
    return found_grid


def grid(
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
    step: Callable[[int, int], object] = lambda done, total: None,
    say: Callable[[str], object] = lambda words: None,
) -> Grid:
    """Judge models on the pictures of cameras: S-CIELAB, PSNR, SSIM, LPIPS, mesh, with intervals, and who wins.

    Every model enlarges what every camera made of every picture, and is compared with the picture itself. Bicubic
    enlargement is always among the models, and so is restoration without networks, `classical`, on the built-in
    cameras at scale 4. All intervals are of 95 %, by bootstrap over the pictures.

    Parameters
    ----------
    models : mapping of str to callable, Path, str, iterable of Path or str, or None
        Functions by name, each from a picture (h, w, 3), sRGB values in [0, 1], to its enlargement (H, W, 3). Or what
        names models to installed packages such as `enhance`, one or several: a task, the folder of a run or of several
        runs, a file; None for those that they find themselves.
    data : Path, str, iterable of Picture or None
        A folder of `camsim dataset` or `scielab.model_grid.pictures.Picture` values; None for the built-in test
        photographs.
    output : Path or str, optional
        Folder for the report and the files of `scielab grid`. Without it nothing is written.
    cameras : str, Path, Camera or iterable of them, optional
        Built-in settings, .toml files or cameras through which the built-in photographs are seen; the four settings
        with trained models by default.
    trained_for : mapping of str to str, optional
        The setting that a function of `models` is trained for, by its name: there it gets a verdict.
    registered : bool
        Whether the models that installed packages register take part beside the functions.
    show : str or iterable of str
        Names of the pictures in grid.png and delta_e.png, and the first that the page shows; it shows all that it has
        room for. By default the first of up to three photographs.
    limit : int, optional
        Judge only so many pictures, spread over all.
    viewing : Viewing
        From how far the pictures are seen, with which variant and formula of S-CIELAB.
    lpips : str or iterable of str
        Networks with which LPIPS is measured: "alex" (the usual one), "vgg", "squeeze". By default "alex", where its
        weights are.
    weights : Path or str, optional
        Folder with the weights of LPIPS, or "download"; by default what CAM2EYE_WEIGHTS names.
    force : bool
        Whether files in `output` may be replaced.
    step : callable
        Called with the number of outputs that are measured and that of all, at the start and after each.
    say : callable
        Called with each line of words on the way: warnings, and that an unfinished run is gone on with.

    Returns
    -------
    Grid
        Cells with means and intervals, verdicts, and every result. It shows itself as a table.

    Raises
    ------
    ValueError
        Where there is no model, picture or camera, two models have one name, a model is for another scale or gives no
        picture, `trained_for` names none of the settings, or an argument is out of range or of another kind.
    FileExistsError
        Where a file in `output` exists, without `force`.

    References
    ----------
    X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID Digest 27
    (1996) 731-734; B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall 1993.

    Examples
    --------
    >>> import scielab
    >>> found = scielab.grid({"nearest": lambda picture: picture.repeat(4, 0).repeat(4, 1)}, cameras=["f22"], limit=1)
    >>> found
    Grid(models=['bicubic', 'classical', 'nearest'], settings=['f22'], pictures=1)
    >>> print(found)  # doctest: +ELLIPSIS
    mean ΔE / PSNR dB
                          f22
    bicubic    19.79 / 15.51
    classical  ...
    nearest    20.15 / 15.29
    """
    planned = planning.plan(
        models,
        data,
        output=output,
        cameras=cameras,
        trained_for=trained_for,
        registered=registered,
        show=show,
        limit=limit,
        viewing=viewing,
        lpips=lpips,
        weights=weights,
        force=force,
    )
    return carry_out(planned, step=step, say=say)


def _store(planned: planning.Plan, output: Path, depends_on: dict) -> checkpoint.Store:
    """Where results are kept until all are there; the place depends on all that they depend on.

    Of a plain function it is not known what it computes: then nothing kept is used again.
    """
    return checkpoint.Store.open(output, depends_on | ({} if planned.resumable else {"once": uuid.uuid4().hex}))


def _results(
    planned: planning.Plan,
    store: checkpoint.Store | None,
    step: Callable[[int, int], object],
    say: Callable[[str], object],
) -> list[Result]:
    """Every model on every picture, going on with what the store holds."""
    shown, judged = frozenset(picture.name for picture in planned.on_page), planned.data.pictures
    done = 0
    if store:
        done = sum(store.has(number, pictures=picture.name in shown) for number, picture in enumerate(judged))
        if done:
            say(f"going on with an unfinished run: {done} of {len(judged)} pictures were judged before")
        if store.remove_others():
            say("an unfinished run of other inputs was thrown away")
    models: dict[str, rows.Entrant] = {rows.BASELINE: rows.pillow_bicubic(planned.data.scale)}
    models |= {row.name: rows.loaded(row) for row in planned.rows}
    settings = planned.data.settings
    each = sum(rows.model_for(entrant, setting) is not None for entrant in models.values() for setting in settings)
    finished, total = itertools.count(each * done), each * len(judged)

    limits = mesh.Limits.of((picture.reference / 255.0 for picture in judged), planned.data.scale)

    def measure(picture: pictures.Picture) -> Iterable[Result]:
        return evaluate(models, [picture], viewing=planned.viewing, networks=planned.networks, limits=limits)

    def advance() -> None:
        step(next(finished), total)

    advance()
    try:
        return checkpoint.resume(store, judged, measure, shown=shown, step=advance)
    except KeyboardInterrupt as stop:
        if store and store.begun and planned.resumable:
            stop.add_note("stopped; the same command goes on from here")
        raise


def _write(planned: planning.Plan, store: checkpoint.Store, found: Grid, facts: dict[str, str]) -> None:
    """Write all files, or none."""
    kept = [result for result in found.results if isinstance(result, ShownResult)]
    staged = {name: store.folder / name for name in planning.OUTPUTS}
    trained_for = rows.trained_for(planned.rows)
    top = map_scale.top_of(result.delta_e for result in kept)
    figures.save_outputs(staged["grid.png"], planned.shown, kept, trained_for)
    figures.save_maps(staged["delta_e.png"], planned.shown, kept, trained_for, top=top)
    heat_table.save(staged["matrix.png"], found.cells, found.verdicts, catalogue.METRICS[0])
    atomic.write_text(staged["grid.json"], json.dumps(found.record, indent=1))
    atomic.write_text(staged["grid.csv"], tables.as_csv(found.cells, {row.name: row.origin for row in planned.rows}))
    page = report.page(
        planned.on_page,
        kept,
        found.cells,
        found.verdicts,
        top=top,
        facts=facts,
        warnings=found.warnings,
        first=planned.shown[0].name,
    )
    atomic.write_text(staged["report.html"], page)
    for name, path in staged.items():
        path.replace(store.beside / name)
    store.remove()
