"""Draw docs/images/lead.jpg, the picture at the top of README: one photograph all the way, in six tiles.

    python docs/lead.py        or: make lead

The scene is three times as wide as the f22 camera's own, on a sensor three times as wide: a pixel of the 96×96 picture
sees as much of the blur as one of the 32×32 pictures that `deblur` was trained on.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

import camsim
import enhance
import scielab
from camsim.io.resize import resize
from scielab.model_grid.rows import pillow_bicubic

TIMES, LR_PX, SCALE = 3, 32, 4
SIDE = TIMES * LR_PX
PHOTOGRAPH = Path(camsim.__file__).parent / "recipes" / "photographs" / "chelsea.webp"


def main() -> None:
    """Photograph, restore, judge, draw."""
    scene = resize(np.asarray(camsim.read(PHOTOGRAPH))[:300, 75:375], (SIDE * SCALE,) * 2)
    camera = camsim.load("f22")
    camera = camera.replace("scene.fov_deg", TIMES * 3.881)  # three times its own
    shot = camsim.render(scene, camera, seed=1)
    small = np.clip(resize(shot.rgb, (SIDE, SIDE)), 0, 1)
    enlarged, restored = pillow_bicubic(SCALE)(small), enhance.load("deblur")(small)
    viewing = scielab.Viewing(samples_per_degree=33)
    maps = {name: scielab.delta_e(scene, picture, viewing) for name, picture in {"b": enlarged, "r": restored}.items()}
    edge = camsim.measure_mtf(
        camsim.render(camsim.chart("slanted-edge"), camsim.load("f22").replace("sensor.cfa", "mono"))
    )
    figure = Figure(figsize=(12, 8.5), facecolor="white")
    figure.set_layout_engine("constrained", h_pad=0.12)
    axes = figure.subplots(2, 3)
    pictures = {
        "the scene": scene,
        "through f/22": np.asarray(Image.fromarray(np.uint8(255 * small)).resize((384, 384), Image.Resampling.NEAREST)),
        f"bicubic ×4: ΔE {maps['b'].mean():.1f}": enlarged,
        f"restored by deblur: ΔE {maps['r'].mean():.1f}": restored,
    }
    for place, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        place.imshow(np.clip(picture, 0, 1) if picture.dtype.kind == "f" else picture)
        place.set_title(title, fontsize=17)
        place.axis("off")
    shown = axes[1, 1].imshow(maps["r"], cmap="inferno", vmin=0, vmax=20)
    axes[1, 1].set_title("what an eye still sees (ΔE)", fontsize=17)
    axes[1, 1].axis("off")
    scale = axes[1, 1].inset_axes((0, -0.08, 1, 0.045))
    figure.colorbar(shown, cax=scale, orientation="horizontal", extend="max").ax.tick_params(labelsize=13)
    axes[1, 2].plot(edge.frequency_per_px, edge.sfr, color="#0b7a75", linewidth=3)
    axes[1, 2].set(xlim=(0, 0.1), ylim=(0, 1.05))
    axes[1, 2].set_title("MTF of the f/22 camera", fontsize=17)
    axes[1, 2].set_xlabel("cycles/pixel", fontsize=14)
    axes[1, 2].tick_params(labelsize=13)
    axes[1, 2].set_box_aspect(1)
    target = Path(__file__).parent / "images" / "lead.jpg"
    figure.savefig(target, dpi=100, pil_kwargs={"quality": 90})


if __name__ == "__main__":
    main()
