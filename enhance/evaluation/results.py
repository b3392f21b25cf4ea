"""What an evaluation found: records, their means as a table, and a CSV to which they are added.

Numbers of two protocols never come together, neither in a table nor in a file.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from camsim.io import atomic
from enhance.evaluation.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One model on one picture. In the order of a CSV's columns."""

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
    delta_e: float | None  #: mean S-CIELAB ΔE, where it was asked for

    @property
    def protocol(self) -> Protocol:
        return Protocol(channel=self.channel, crop_px=self.crop_px, data_range=self.data_range)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """The means of one model over a benchmark's pictures."""

    bench: str
    model: str
    pictures: int
    psnr_db: float
    ssim: float
    delta_e: float | None


def means(records: Iterable[Record]) -> list[Mean]:
    """The mean of every model on every benchmark, in the order in which they first appear.

    Raises ValueError where the records are not of one protocol and scale.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    ways = set()
    for record in records:
        groups.setdefault((record.bench, record.model), []).append(record)
        ways.add(f"×{record.scale}, {record.protocol.describe()}")
    if len(ways) > 1:
        raise ValueError(f"numbers of different protocols do not go into one table: {'; '.join(sorted(ways))}")
    return [
        Mean(
            bench=bench,
            model=model,
            pictures=len(group),
            psnr_db=float(np.mean([record.psnr_db for record in group])),
            ssim=float(np.mean([record.ssim for record in group])),
            delta_e=None if group[0].delta_e is None else float(np.mean([record.delta_e for record in group])),
        )
        for (bench, model), group in groups.items()
    ]


def check_csv(path: Path, protocol: Protocol) -> None:
    """Raise ValueError unless records of `protocol` may be appended to `path`: a new file, or one of that protocol."""
    atomic.check_writable(path)
    _existing(path, protocol)


def append_csv(path: Path, records: list[Record]) -> None:
    """Append a row per record, after a header where the file is new; the file is replaced whole.

    Raises ValueError as `check_csv` does.
    """
    if not records:
        return
    before = _existing(path, records[0].protocol)
    text = io.StringIO(newline="")
    text.write(before + "\n" * bool(before and not before.endswith("\n")))
    writer = csv.writer(text, lineterminator="\n")
    columns = [field.name for field in fields(Record)]
    if not before:
        writer.writerow(columns)
    writer.writerows([getattr(record, name) for name in columns] for record in records)
    atomic.write_text(path, text.getvalue())


def _existing(path: Path, protocol: Protocol) -> str:
    """What is in a CSV, checked."""
    path = Path(path)
    if not path.exists():
        return ""
    if not path.is_file():
        raise ValueError(f"cannot write {path}: it is no regular file")
    try:
        before = path.read_text(encoding="utf-8-sig")
        header, *rows = list(csv.reader(io.StringIO(before), strict=True)) or [[]]
        if header and header != [field.name for field in fields(Record)]:
            raise ValueError("other columns")
        found = [dict(zip(header, row, strict=True)) for row in rows if row]
        kept = {
            Protocol(channel=row["channel"], crop_px=int(row["crop_px"]), data_range=float(row["data_range"]))
            for row in found
        }
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise ValueError(f"{path}: not a CSV of this command; nothing is appended to it") from error
    for other in kept - {protocol}:
        raise ValueError(
            f"{path}: holds numbers of {other.describe()}; those of {protocol.describe()} do not mix with them"
        )
    return before


def table(found: list[Mean], headline: str) -> str:
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
