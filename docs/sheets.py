"""Draw docs/images/results-CAMERA.jpg: what each camera did, and what each answer made of it, side by side.

    python docs/sheets.py SET        or: make sheets DATA=SET

SET is a data set of the four cameras that holds Kodak's photographs (`camsim dataset KODAK -o SET`); they may be shown.
Each row is a photograph, none of which a model has seen: some of Kodak's, then built-in ones. Pictures are 128×128
pixels, shown at twice their size, every pixel as it is.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import enhance
from camsim.io.image import quantise
from enhance import zoo
from scielab.classical import answers
from scielab.model_grid import pictures
from scielab.model_grid.rows import Model, pillow_bicubic

SHOWN = ("kodim04", "kodim08", "kodim15", "kodim23", "chelsea_000", "coffee_002")
SCALE, TIMES, MARGIN_PX, CAPTION_PX = 4, 2, 6, 26
IMAGES = Path(__file__).parent / "images"


def models(setting: str, task: str) -> dict[str, Model]:
    """What answers a camera's pictures, by the name that its column gets."""
    classical = answers.shipped().by_setting[setting].answer
    found: dict[str, Model] = {"bicubic": pillow_bicubic(SCALE), "classical": classical}
    for style in zoo.styles(task):
        found[f"{task}, {style}"] = enhance.load(task, style=style)
        if style == "perceptual":
            found[f"{task}, 0.5"] = enhance.load(task, style=0.5)
    return found


def sheet(shown: list[pictures.Picture], setting: str, task: str) -> Image.Image:
    """Rows of pictures: what the camera gave, the answers, and the photograph."""
    columns = models(setting, task)
    rows = []
    for picture in shown:
        low = picture.inputs[setting]
        side = picture.reference.shape[:2]
        tiles = [np.asarray(Image.fromarray(low).resize(side[::-1], Image.Resampling.NEAREST))]
        tiles += [quantise(model(low / 255.0)) for model in columns.values()]
        rows.append([*tiles, picture.reference])
    step = TIMES * side[0] + MARGIN_PX
    titles = [f"camera {setting}", *columns, "the photograph"]
    page = Image.new("RGB", (step * len(titles) - MARGIN_PX, step * len(rows) + CAPTION_PX), "white")
    font, write = ImageFont.load_default(16), ImageDraw.Draw(page)
    for column, title in enumerate(titles):
        write.text((column * step, 4), title, fill="black", font=font)
        for row, tiles in enumerate(rows):
            large = Image.fromarray(tiles[column]).resize((TIMES * side[1], TIMES * side[0]), Image.Resampling.NEAREST)
            page.paste(large, (column * step, CAPTION_PX + row * step))
    return page


def main() -> None:
    """One sheet for each camera that a task undoes."""
    both = (*pictures.load(Path(sys.argv[1])).pictures, *pictures.load(None).pictures)
    by_name = {picture.name: picture for picture in both}
    for task, setting in zoo.TASKS.items():
        place = IMAGES / f"results-{setting}.jpg"
        sheet([by_name[name] for name in SHOWN], setting, task).save(place, quality=88, subsampling=0)
        print(place)


if __name__ == "__main__":
    main()
