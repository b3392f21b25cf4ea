"""What an evaluation found: scores, their means as a table, and a CSV to which they are added.

Scores of two protocols never come together, neither in a table nor in a file.
"""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from camsim.io import csv_file
from enhance.evaluation.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureScores:
    """One model on one picture, its fields in the order of a CSV's columns.

    Parameters
    ----------
    bench, picture, model : str
        Names of the benchmark, of the picture in it, and of the model.
    scale : int
        HR pixels per LR pixel.
    lr_from : {"made", "bicubic", "other"}
        The LR picture was made here by MATLAB's bicubic reduction, is a file equal to that, or another file.
    channel : {"Y", "RGB"}
        What was compared.
    crop_px : int
        Pixels left out along each border.
    data_range : float
        The peak, in levels.
    psnr_db : float
        PSNR in dB, at most 100.
    ssim : float
        SSIM, at most 1.
    delta_e : float or None
        Mean S-CIELAB ΔE over the picture; None where it was not computed.

    Examples
    --------
    >>> names = {"bench": "Set5", "picture": "baby", "model": "sr", "lr_from": "made", "channel": "Y"}
    >>> scores = PictureScores(scale=4, crop_px=4, data_range=255.0, psnr_db=33.0, ssim=0.9, delta_e=None, **names)
    >>> scores.protocol.describe()
    'Y (BT.601 studio), 4 px border cropped, range 255'
    """

    bench: str
    picture: str
    model: str
    scale: int
    lr_from: str
    channel: str
    crop_px: int
    data_range: float
    psnr_db: float
    ssim: float
    delta_e: float | None

    @property
    def protocol(self) -> Protocol:
        """What of the two pictures was compared."""
        return Protocol(channel=self.channel, crop_px=self.crop_px, data_range=self.data_range)


_COLUMNS = [field.name for field in fields(PictureScores)]


def headline(scale: int, protocol: Protocol) -> str:
    """Scale and protocol in words."""
    return f"×{scale}, {protocol.describe()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanScores:
    """One model on a benchmark: the means over its pictures.

    Parameters
    ----------
    bench, model : str
        Names of the benchmark and of the model.
    pictures : int
        How many the means are over.
    psnr_db, ssim : float
        PSNR in dB, and SSIM.
    delta_e : float or None
        Mean S-CIELAB ΔE; None where it was not computed.

    Examples
    --------
    >>> MeanScores(bench="Set5", model="sr", pictures=5, psnr_db=30.2, ssim=0.86, delta_e=None).psnr_db
    30.2
    """

    bench: str
    model: str
    pictures: int
    psnr_db: float
    ssim: float
    delta_e: float | None


def means(scores: Iterable[PictureScores]) -> list[MeanScores]:
    """The mean of every model on every benchmark, in the order in which they first appear.

    Raises ValueError where the scores are not of one protocol and scale.
    """
    groups: dict[tuple[str, str], list[PictureScores]] = {}
    ways = set()
    for one in scores:
        groups.setdefault((one.bench, one.model), []).append(one)
        ways.add(headline(one.scale, one.protocol))
    if len(ways) > 1:
        raise ValueError(f"numbers of different protocols do not go into one table: {'; '.join(sorted(ways))}")
    return [
        MeanScores(
            bench=bench,
            model=model,
            pictures=len(group),
            psnr_db=float(np.mean([one.psnr_db for one in group])),
            ssim=float(np.mean([one.ssim for one in group])),
            delta_e=None if group[0].delta_e is None else float(np.mean([one.delta_e for one in group])),
        )
        for (bench, model), group in groups.items()
    ]


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation:
    """Scores of models on benchmarks: rows of means, one per benchmark and model; ``print`` shows them as a table.

    Parameters
    ----------
    scores : tuple of PictureScores
        Every model on every picture, all by one protocol and at one scale.
    notes : tuple of str
        What must be known beside the numbers, such as where LR pictures are from.

    Examples
    --------
    >>> import numpy, tempfile, enhance
    >>> from camsim.io import image
    >>> folder = tempfile.mkdtemp()
    >>> image.write(f"{folder}/grey.png", numpy.full((48, 48, 3), 0.5))
    >>> [row.psnr_db for row in enhance.evaluate(None, {"Grey": folder})]
    [100.0]
    """

    scores: tuple[PictureScores, ...]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> list[MeanScores]:
        """The means, a row per benchmark and model."""
        return means(self.scores)

    @property
    def headline(self) -> str:
        """Scale and protocol in words."""
        return headline(self.scores[0].scale, self.scores[0].protocol)

    def __iter__(self) -> Iterator[MeanScores]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        models, benches = (", ".join(dict.fromkeys(getattr(row, name) for row in self)) for name in ("model", "bench"))
        return f"<{models} on {benches}: {self.headline}>"

    def __str__(self) -> str:
        return "\n".join([table(self.rows, self.headline), *self.notes])

    def _repr_html_(self) -> str:
        with_delta_e = any(row.delta_e is not None for row in self)
        head = ["benchmark", "model", "pictures", "PSNR dB", "SSIM", *["ΔE"] * with_delta_e]
        lines = [
            [row.bench, row.model, str(row.pictures), f"{row.psnr_db:.2f}", f"{row.ssim:.4f}"]
            + ([f"{row.delta_e:.2f}"] if with_delta_e else [])
            for row in self
        ]
        body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>" for line in lines)
        caption = "<br>".join(html.escape(words) for words in (self.headline, *self.notes))
        return f"<table><caption>{caption}</caption><tr><th>{'</th><th>'.join(head)}</th></tr>{body}</table>"


def check_csv(path: Path, scale: int, protocol: Protocol) -> None:
    """Raise ValueError unless scores may be appended to `path`: a new file, or one of that scale and protocol."""
    header = csv_file.header(path)
    if header is None:
        return
    try:
        if header != _COLUMNS:
            raise ValueError("other columns")
        kept = {_way(row) for row in csv_file.rows(path)}
    except ValueError as error:
        raise ValueError(f"{path}: not a CSV of this command; nothing is appended to it") from error
    for other in kept - {(scale, protocol)}:
        raise ValueError(
            f"{path}: holds numbers of {headline(*other)}; those of {headline(scale, protocol)} do not mix with them"
        )


def _way(row: Mapping[str, str]) -> tuple[int, Protocol]:
    """Scale and protocol of a row in a CSV."""
    protocol = Protocol(channel=row["channel"], crop_px=int(row["crop_px"]), data_range=float(row["data_range"]))
    return int(row["scale"]), protocol


def append_csv(path: Path, scores: Sequence[PictureScores]) -> None:
    """Append a row per picture and model, after a header where the file is new; several evaluations may do so at once.

    Raises ValueError as `check_csv` does, and where the disk is full.
    """
    if scores:
        scale, protocol = scores[0].scale, scores[0].protocol
        rows = [[getattr(one, name) for name in _COLUMNS] for one in scores]
        csv_file.append(path, _COLUMNS, rows, check=lambda path: check_csv(path, scale, protocol))


def table(found: Sequence[MeanScores], headline: str) -> str:
    """Means as text under a headline that says how they were measured, a row per benchmark and model."""
    wide = [max(len(text) for text in texts) for texts in zip(*((m.bench, m.model) for m in found), strict=True)]
    with_delta_e = any(mean.delta_e is not None for mean in found)
    gap = " " * (wide[0] + 2 + wide[1])
    lines = [headline, f"{gap}  pictures  PSNR dB    SSIM" + "      ΔE" * with_delta_e]
    for before, mean in zip([None, *found], found, strict=False):
        bench = "" if before and before.bench == mean.bench else mean.bench
        numbers = f"{mean.pictures:8}  {mean.psnr_db:7.2f}  {mean.ssim:6.4f}"
        last = "" if mean.delta_e is None else f"  {mean.delta_e:6.2f}"
        lines.append(f"{bench:<{wide[0]}}  {mean.model:<{wide[1]}}  {numbers}{last}")
    return "\n".join(lines)
