"""One window of the page: what it uploaded, what it keeps between two pictures, and the answer to each question."""

import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Mapping
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np

from camsim.camera import Camera
from camsim.designer import commands, curves, live, measures, page_form, region, scenes
from camsim.designer.request import Request
from camsim.image_formation import footprint
from camsim.io import image
from camsim.io.resize import resize
from camsim.shot import Shot

#: What an answer is: JSON, and arrays by name.
Answer = tuple[dict[str, Any], dict[str, np.ndarray]]

#: Most files that a session may have uploaded for keys of a camera.
MAX_FILES = 8


def pack(head: Mapping[str, Any], planes: Mapping[str, np.ndarray]) -> bytes:
    """An answer as bytes: length of the JSON, JSON, arrays one after another, each from a multiple of 4 bytes.

    The JSON tells name, kind, shape and place of every array behind it.
    """
    place, listed, parts = 0, [], []
    for name, plane in planes.items():
        content = np.ascontiguousarray(plane)
        listed.append({"name": name, "kind": content.dtype.name, "shape": list(content.shape), "at": place})
        parts += [content.tobytes(), bytes(-content.nbytes % 4)]
        place += content.nbytes + (-content.nbytes % 4)
    text = dumps({**head, "planes": listed}, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([struct.pack("<I", len(text)), text, *parts])


class Session:
    """What belongs to one window."""

    def __init__(self, opened: Mapping[str, scenes.Picture], files: page_form.Files) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="camsim-designer-"))
        self.files: dict[str, Path] = dict(files)
        self._opened = opened
        self._uploaded: dict[str, scenes.Picture] = {}  # the last scene that was uploaded
        self._eyes = {"a": live.Eye(), "b": live.Eye()}

    def close(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._uploaded.clear()
        self._eyes = {"a": live.Eye(), "b": live.Eye()}

    # --- what is uploaded ---------------------------------------------------------------------------------------------

    def place(self, name: str) -> Path:
        """Where an uploaded file goes: a name that leads nowhere else."""
        return self.folder / Path(name.replace("\\", "/")).name

    def take_scene(self, path: Path) -> dict[str, Any]:
        """A scene that was uploaded."""
        picture = scenes.load_file(path)
        self._uploaded = {path.name: picture}
        rows, columns = scenes.shape(picture)
        return {"source": f"file:{path.name}", "name": path.name, "width": columns, "height": rows}

    def take_file(self, path: Path) -> dict[str, Any]:
        """A file for a key of the camera."""
        if len(self.files) >= MAX_FILES and path.name not in self.files:
            raise ValueError(f"more than {MAX_FILES} files: open the page anew")
        self.files[path.name] = path
        return {"name": path.name}

    def clean(self, text: str) -> str:
        """A message without the place of this session's files."""
        for folder in {str(self.folder), *(str(path.parent) for path in self.files.values())}:
            text = text.replace(folder + os.sep, "")
        return text

    # --- what is asked ------------------------------------------------------------------------------------------------

    def picture(self, source: str) -> scenes.Picture:
        """The scene of a name."""
        name = source.removeprefix("file:")
        if name != source:
            known = self._uploaded.get(name, self._opened.get(name))
            if known is None:
                raise ValueError(f"the picture {name!r} is not here: open it again")
            return known
        return scenes.load_builtin(source)

    def camera(self, request: Request, side: str) -> Camera:
        """One of the two cameras."""
        values = request.a if side == "a" else request.b
        if values is None:
            raise ValueError("there is no camera B")
        return page_form.from_page(values, self.files)

    def answer(self, request: Request) -> Answer:
        """What the page asked for."""
        ways: dict[str, Callable[[Request], Answer]] = {
            "scene": self._scene,
            "frame": self._frame,
            "psf": self._psf,
            "mtf": self._mtf,
            "difference": self._difference,
            "values": self._values,
            "region": self._region,
            "commands": self._commands,
        }
        head, planes = ways[request.want](request)
        return {"id": request.id, "want": request.want, "side": request.side, **head}, planes

    def _shoot(self, request: Request, side: str, **changes: Any) -> tuple[Shot, Camera, scenes.Picture]:
        picture, camera = self.picture(request.source), self.camera(request, side)
        if live.sensor_pixels(camera, picture) <= live.MAX_PIXELS:
            footprint.check(picture, camera, "this camera")
        options = {"seed": request.seed, "draft": request.draft} | changes
        return self._eyes[side].shoot(picture, camera, **options)

    def _scene(self, request: Request) -> Answer:
        picture = self.picture(request.source)
        shown = scenes.looks(picture, self.camera(request, "a").scene)
        return {"size": list(scenes.shape(picture)[::-1])}, {"scene": shown}

    def _frame(self, request: Request) -> Answer:
        head: dict[str, Any] = {"sides": {}}
        planes: dict[str, np.ndarray] = {}
        for side in ("a", "b") if request.b is not None else ("a",):
            shot, used, part = self._shoot(request, side)
            planes[side] = live.seen(shot, used, part, request.view)
            head["sides"][side] = live.told(shot, used, self.picture(request.source), part)
        return head, planes

    def _psf(self, request: Request) -> Answer:
        camera = self.camera(request, request.side)
        if camera.ideal:
            return {"psf": None}, {}
        told, planes = curves.point_spread(camera)
        return {"psf": told}, {"psf": planes}

    def _mtf(self, request: Request) -> Answer:
        sides = ("a", "b") if request.b is not None else ("a",)
        cameras = {side: self.camera(request, side) for side in sides}
        return {"mtf": {side: None if c.ideal else curves.mtf(c) for side, c in cameras.items()}}, {}

    def _difference(self, request: Request) -> Answer:
        """The map between the cameras, or between camera A and the scene; both see the same noise."""
        compare = measures.load(request.measure)
        shot, used, part = self._shoot(request, "a", draft=False)
        if request.against == "b":
            other, _, other_part = self._shoot(request, "b", draft=False)
            if scenes.shape(other_part) != scenes.shape(part):
                raise ValueError("the two cameras are shown in different parts of the scene: lower their pixel counts")
            if other.rgb.shape == shot.rgb.shape and other.box == shot.box:
                pair, over = (np.asarray(other.rgb, float), np.asarray(shot.rgb, float)), "sensor"
            else:
                size = _common([shot.scene_shape, other.scene_shape])
                pair, over = (other.reduced(size), shot.reduced(size)), "scene"
        else:
            size = _common([shot.scene_shape])
            seen = image.as_float(scenes.looks(part, used.scene, longest=4096))
            pair, over = (resize(seen, size), shot.reduced(size)), "scene"
        found = np.asarray(compare(*pair, request.samples_per_degree), np.float32)
        told = {"mean": float(found.mean()), "p95": float(np.percentile(found, 95)), "max": float(found.max())}
        return {"difference": told | {"over": over, "against": request.against}}, {"map": found}

    def _values(self, request: Request) -> Answer:
        planes = {}
        for side in ("a", "b") if request.b is not None else ("a",):
            shot, _, _ = self._shoot(request, side)
            if shot.electrons is not None:
                planes[side] = np.asarray(shot.electrons, np.float32)
        return {}, planes

    def _region(self, request: Request) -> Answer:
        first, used, _ = self._shoot(request, request.side, draft=False)
        roi = region.checked(request.region, first.rgb.shape)
        second, _, _ = self._shoot(request, request.side, draft=False, seed=request.seed + 1)
        told = {"roi": list(roi), "noise": region.noise(first, second, used, roi), "edge": region.edge(first, roi)}
        return {"region": told}, {}

    def _commands(self, request: Request) -> Answer:
        camera = self.camera(request, request.side)
        return {"commands": commands.commands(request.source, request.setting, camera, request.seed)}, {}


def _common(shapes: list[tuple[float, float]]) -> tuple[int, int]:
    """The largest size in whole pixels that none of them has to be enlarged to."""
    rows, columns = (max(1, int(min(sides))) for sides in zip(*shapes, strict=True))
    return rows, columns
