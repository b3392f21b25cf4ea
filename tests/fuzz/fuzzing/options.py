"""Command lines: every option of a command, as the command itself says, with values that fit it and others."""

from collections.abc import Sequence
from typing import Any

import click
from hypothesis import strategies as st

from fuzzing import picture_files
from fuzzing.door import Case

#: Files and other things that lie in the folder of every case.
FILES = {
    "in/ref.png": picture_files.sound()["rgb.png"][0],
    "in/test.png": picture_files.sound()["lossless.webp"][0],
    "in/edge.png": picture_files.edge(),
    "in/text.png": b"no picture",
    "in/more/a.png": picture_files.square(12),
    "in/more/b.jpg": picture_files.sound()["rgb.jpg"][0],
    "in/camera.toml": b"[scene]\nfov_deg = 0.5\n[sensor]\npixel_pitch_um = 10.0\n",
    "in/wrong.toml": b"[sensor]\npixel_pitch_um = 'x'\n",
    "in/old.csv": b"a,b\n1,2\n",
    "out/there.png": b"of the user's",
}
LINKS = {
    "in/circle.png": "circle.png",
    "in/nowhere.png": "gone.png",
    "in/zero.png": "/dev/zero",
    "out/link.png": "gone/x.png",
}
PIPES = ("in/pipe.png",)

_NUMBERS = [
    *("-1", "0", "1", "2", "3", "7", "16", "33", "0.5", "1.5", "1e3", "1e308", "-1e308", "1e-300", "1e400", "nan"),
    *("inf", "-inf", "", " ", "0x10", "1_0", "\uff11", "9" * 400, "9" * 5000, "2147483648", "9223372036854775808", "x"),
]
_PATHS = [
    *(*FILES, *LINKS, *PIPES, "in", "in/more", "in/gone", "", ".", "/", "/dev/zero", "/dev/null", "in/ref.png/x"),
    "a" * 300,
]
_OUTPUTS = [
    *("out/a.png", "out/a.tif", "out/a.jpg", "out/a.npz", "out/a.npy", "out/a.html", "out/a.csv", "out/a.pdf"),
    *("out/a.svg", "out/a.x", "out/a", "out/x/y/z.png", "out/there.png", "out/link.png", "in/ref.png", "in/pipe.png"),
    *("in/ref.png/x.png", "", "out/" + "a" * 300, "/proc/x/a.png", "out/é.png", "out/\udcff.png", "out/a b.png"),
]
_TEXTS = [
    *("f22", "ideal", "pixel25", "deblur", "sr", "alex", "slanted-edge", "1,2,3", "0,0,8,8", "400:10:700", "a=b", "x"),
    *("optics.fnumber=8", "optics.fnumber", "=", "optics.fnumber=", "optics.fnumber=1e400", "optics=3", "seed=-1"),
    *("sensor.exposure_s=nan", "sensor.cfa='rg'", "optics.psf_file='/dev/zero'", "scene.fov_deg=120", "name='../x'"),
    *("angle_deg=5", "angle_deg=1e309", "pixel.steps=0", "p95=1", "mean=0", "p95", "p95=", "p95=nan", "p95=1e400"),
    *("mean=" + "9" * 5000, "", "\x1b[2J", "\u202e", "\udcff", "'" * 99, "a" * 5000, "--", "-", "@x", "%s", "1,95,1"),
    *("400:1e-9:700", "1:1e-308:1e308", "400:10:inf", "1e-300,1,1", "1,1,1,1,1,1,1,1,1", "0,0,0,0,0,0,0,0,0"),
]

#: Options that name what is written.
_WRITTEN = ("--output", "--map", "--html", "--csv", "--dump", "--spectral")

command_line = st.tuples(
    st.integers(0, 63),  # which command
    st.lists(st.tuples(st.integers(0, 63), st.integers(0, 1023), st.booleans()), max_size=4),
    st.one_of(st.just([]), st.just([]), st.lists(st.tuples(st.integers(0, 15), st.integers(0, 255)), max_size=2)),
)


def _values(option: click.Parameter) -> list[str]:
    """Values for an option, or an argument: those that may fit it."""
    kind = option.type
    if isinstance(kind, click.Choice):
        return [*map(str, kind.choices), "x", ""]
    if any(name in _WRITTEN for name in option.opts):
        return _OUTPUTS
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return _NUMBERS
    return _PATHS if isinstance(kind, click.Path) else _TEXTS + _PATHS


def case(commands: Sequence[tuple[click.Command, str]], drawn: tuple[int, list, list]) -> Case:
    """A command of a list, each with words that make it work, with options more, and words in other places."""
    which, options, words = drawn
    command, line = commands[which % len(commands)]
    known: list[Any] = [param for param in command.params if param.opts and param.opts[0].startswith("-")]
    found = line.split()
    everything = _NUMBERS + _PATHS + _OUTPUTS + _TEXTS
    for number, value, fits in options:
        option = known[number % len(known)]
        name = max(option.opts, key=len)
        values = _values(option) if fits or name in _WRITTEN else everything
        found += [name] if option.is_flag else [name, values[value % len(values)]]
    for place, value in words:
        found.insert(2 + place % (len(found) - 1), everything[value % len(everything)])
    return Case(words=tuple(found), files=FILES, links=LINKS, pipes=PIPES)
