"""What every command does where a file is meant: pipes, devices and links in a circle; names that lead elsewhere."""

import os
import re

import numpy as np
import pytest

from camsim.io import image

COMMANDS = {
    "render": ("camsim", "render", "IT", "-o", "out.png"),
    "cube": ("camsim", "render", "IT.npz", "-o", "out.png"),
    "matlab": ("camsim", "render", "IT.mat", "-o", "out.png"),
    "psf": ("camsim", "render", "a.png", "--set", "optics.psf_file=IT", "-o", "out.png"),
    "transmittance": ("camsim", "render", "a.png", "--set", "optics.transmittance_file=IT", "-o", "out.png"),
    "measure": ("camsim", "measure", "mtf", "IT"),
    "dataset": ("camsim", "dataset", "IT", "-o", "out"),
    "compare": ("scielab", "compare", "a.png", "IT"),
    "compare arrays": ("scielab", "compare", "a.png", "IT.npy"),
    "compare through a display": ("scielab", "compare", "a.png", "a.png", "--display", "IT.npz"),
}

OTHERS = {
    "pipe": lambda path: getattr(os, "mkfifo")(path),  # noqa: B009
    "device": lambda path: path.symlink_to("/dev/zero"),
    "circle": lambda path: path.symlink_to(path),
}


@pytest.fixture
def a_picture(tmp_path):
    image.write(tmp_path / "a.png", np.full((8, 8, 3), 0.5))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in files here")
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_what_is_no_file_is_refused_at_once(arguments, kind, refused, a_picture, tmp_path):
    name = next(word for word in arguments if "IT" in word).partition("=")[2] or next(w for w in arguments if "IT" in w)
    OTHERS[kind](tmp_path / name)
    before = sorted(tmp_path.iterdir())
    line = refused(*arguments)
    assert any(words in line for words in ("a pipe", "a device", "no such file", "cannot be read")), line
    assert sorted(path for path in tmp_path.iterdir() if path.name != "home") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("camsim", "render", "a.png"),
        ("camsim", "chart", "slanted-edge"),
        ("camsim", "dataset", "a.png"),
        ("scielab", "compare", "a.png", "a.png"),
    ],
    ids=lambda arguments: arguments[1],
)
def test_an_output_that_is_a_link_in_a_circle_is_refused_in_one_line(arguments, refused, a_picture, tmp_path):
    circle = tmp_path / "circle.png"
    circle.symlink_to(circle)
    sizes = ("--hr-size", "8", "--scene-size", "8") if arguments[1] == "dataset" else ()
    assert re.search(
        "circle.png (exists|is a link that leads nowhere)", refused(*arguments, *sizes, "-o", "circle.png")
    )
    assert "circle.png" in refused(*arguments, *sizes, "-o", "circle.png/out.png")
    assert circle.is_symlink()


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/escaped", "", "a\\u0000b"])
def test_a_recipe_writes_nowhere_but_into_its_set(name, refused, a_picture, tmp_path):
    (tmp_path / "recipe.toml").write_text(f'[[photo]]\nname = "{name}"\nfile = "a.png"\n')
    before = sorted(tmp_path.iterdir())
    line = refused("camsim", "dataset", "recipe.toml", "-o", "out/set", "--hr-size", "8", "--scene-size", "8")
    assert "cannot be the name of a file" in line
    assert sorted(tmp_path.iterdir()) == before
