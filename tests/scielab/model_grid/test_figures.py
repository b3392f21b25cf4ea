"""The grid as pictures."""

from dataclasses import replace

import numpy as np

from camsim.io import image
from scielab.model_grid import figures
from scielab.model_grid.evaluate import evaluate
from scielab.model_grid.rows import pillow_bicubic


def test_figures_show_every_tile_pixel_by_pixel(results, pictures, trained_for, tmp_path):
    figures.save_outputs(tmp_path / "grid.png", pictures, results, trained_for)
    figures.save_maps(tmp_path / "map.png", pictures, results, trained_for, top=40)
    canvas = image.read(tmp_path / "grid.png")
    tile = next(
        r.output for r in results if r.model == "deblur" and r.setting == "f22" and r.picture == pictures[0].name
    )
    windows = np.lib.stride_tricks.sliding_window_view(canvas[..., 1], (8, 8))
    inside = tile[20:28, 20:28, 1] / 255
    assert (np.abs(windows - inside).max(axis=(2, 3)) < 1 / 255).any()
    assert image.read(tmp_path / "map.png").shape[1] == canvas.shape[1]


def test_one_small_picture_of_one_camera_has_room_for_the_words(pictures, tmp_path):
    small = replace(pictures[0], inputs={"f22": pictures[0].inputs["f22"]})
    results = list(evaluate({"camera": pillow_bicubic(4)}, [small]))  # a name that is a label, too
    figures.save_outputs(tmp_path / "grid.png", [small], results, {})
    figures.save_maps(tmp_path / "map.png", [small], results, {}, top=40)
    canvas = image.read(tmp_path / "grid.png")
    outputs = [canvas[y : y + 64, 92 : 92 + 64] for y in (62, 62 + 68, 62 + 2 * 68)]  # reference, camera, output
    np.testing.assert_allclose(outputs[2], results[0].output / 255, atol=1 / 255)
    assert np.abs(outputs[1] - outputs[2]).max() > 0.05
