"""The command lines themselves."""

import pytest
from fuzzing import options
from fuzzing.door import Case

from camsim.cli.main import cli as camsim
from enhance.cli.main import cli as enhance
from scielab.cli.main import cli as scielab

pytestmark = pytest.mark.slow

_SET = "--hr-size 8 --scene-size 8 --scale 2 --cuts 1 -q"

#: Commands, and words with which each of them works and is quick; what would take long is planned and not done.
COMMANDS = [
    (camsim.commands["render"], "camsim render in/ref.png --setting ideal -o out/a.png"),
    (camsim.commands["render"], "camsim render in/ref.png --setting in/camera.toml -o out/a.png"),
    (camsim.commands["dataset"], f"camsim dataset in/more --setting ideal -o out/set {_SET} --dry-run"),
    (camsim.commands["settings"], "camsim settings f22"),
    (camsim.commands["chart"], "camsim chart slanted-edge --size 40x30 -o out/a.png"),
    (camsim.commands["chart"], "camsim chart colorchecker --size 60x40 -o out/a.png"),
    (camsim.commands["measure"].commands["mtf"], "camsim measure mtf in/edge.png"),
    (camsim.commands["measure"].commands["color"], "camsim measure color in/ref.png"),
    (camsim.commands["measure"].commands["ptc"], "camsim measure ptc --size 32"),
    (enhance.commands["apply"], "enhance apply in/ref.png -o out/a.png --model deblur --dry-run"),
    (enhance.commands["configs"], "enhance configs"),
    (enhance.commands["models"], "enhance models"),
    (enhance.commands["models"].commands["use"], "enhance models use --reset"),
    (enhance.commands["evaluate"], "enhance evaluate -q --bench in/more --scale 2 --crop 0"),
    (scielab.commands["compare"], "scielab compare in/ref.png in/test.png"),
    (scielab.commands["compare"], "scielab compare in/ref.png in/test.png --html out/a.html --map out/a.npy"),
    (scielab.commands["grid"], "scielab grid -o out/grid --dry-run --limit 1"),
]


def of(line, *, accepted=None):
    return Case(
        words=tuple(line.split()), files=options.FILES, links=options.LINKS, pipes=options.PIPES, accepted=accepted
    )


CORPUS = [
    *(of(line, accepted=True) for _, line in COMMANDS),
    of("camsim render in/ref.png --setting ideal -o out/link.png --force", accepted=True),
    *(
        of(line)
        for line in (
            "scielab compare in/ref.png in/test.png --dpi 1e308 --distance 1e308",
            "scielab compare in/ref.png in/test.png --fov 1e-308",
            "scielab compare in/ref.png in/test.png --samples-per-degree nan",
            "scielab compare in/ref.png in/test.png --fail-above p95=nan",
            "scielab compare in/ref.png in/zero.png",
            "scielab compare in/pipe.png in/test.png",
            "scielab compare in in/test.png",
            "scielab compare in/ref.png in/circle.png",
            "scielab compare in/ref.png in/test.png -o in/ref.png --force",
            "camsim render in/pipe.png -o out/a.png",
            "camsim render in/ref.png -o in/ref.png --force",
            "camsim render in/ref.png -o out/there.png",
            "camsim render in/ref.png --set optics.psf_file='/dev/zero' -o out/a.png",
            "camsim render in/ref.png --setting ../../../etc/passwd -o out/a.png",
            "camsim render in/ref.png --wavelengths 400:1e-9:700 -o out/a.png",  # a list of 10^11 numbers
            "camsim render in/ref.png --wavelengths 1:1e-308:1e308 -o out/a.png",
            "camsim render in/ref.png --wavelengths 400:10:inf -o out/a.png",
            "camsim render in/ref.png --size 99999999999999999999 -o out/a.png",
            "camsim chart slanted-edge --size 999999x999999 -o out/a.png",
            f"camsim chart slanted-edge --set angle_deg={'9' * 400} -o out/a.png",
            f"camsim measure mtf in/ref.png --roi {'9' * 400},0,1,1",
            "camsim dataset in/more --cuts 1000000000000 -o out/set",
            "camsim dataset in/more --jobs 99999 -o out/set",
            f"enhance configs {'a' * 9999}",
            "enhance apply http:// -o out/a.png --model deblur",
            "enhance apply file:///etc/passwd -o out/a.png --model deblur",
            "enhance models use in",
            "scielab grid --data in/more -o out/grid",
            "scielab grid --limit 0 -o out/grid",
        )
    ),
]


def test_options(fuzz):
    fuzz("options", options.command_line, lambda drawn: options.case(COMMANDS, drawn), corpus=CORPUS, count=400)
