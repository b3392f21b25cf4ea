"""How long the Camera Designer takes from a changed control to the picture on the screen, and what it leaves behind.

    python benchmarks/designer.py           every row, in Chromium without a window (Playwright, the extra `dev`)
    python benchmarks/designer.py --json    the same as JSON

Per change and sensor size: the median of milliseconds from the change of a control to the frame of the browser that
shows its picture, all on one machine; the median that the engine itself takes for the same change, CPU ms of one core;
their ratio; CPU ms that the server takes per change, which other work on the machine does not lengthen; and the limit
that the page was designed for, on an idle core. Below: of 200 moves of a slider how many are
shown, and how long after its release the exact picture stands; and the server's memory with six windows, and after.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

#: What is changed: key, value of the number of the change, and limits at 262 and 526 pixels a side, ms.
CHANGES: dict[str, tuple[str, Any, int, int]] = {
    "processor": ("isp.white_balance", lambda i: ("none", "grey-world")[i % 2], 50, 120),
    "exposure": ("sensor.exposure_ev", lambda i: i * 0.01, 50, 120),
    "noise": ("sensor.read_noise_e", lambda i: 10 + i * 0.1, 50, 120),
    "f/2.8": ("optics.fnumber", lambda i: 2.8 + i * 0.01, 150, 300),
    "f/8": ("optics.fnumber", lambda i: 8 + i * 0.1, 150, 300),
    "f/22": ("optics.fnumber", lambda i: 22 + i * 0.1, 150, 300),
    "defocus": ("optics.defocus_dpt", lambda i: 5 + i * 0.1, 150, 300),
    "chromatic": ("optics.chromatic_defocus_dpt", lambda i: 2 + i * 0.1, 150, 300),
    "coma, draft": ("optics.zernike_um", lambda i: [0.0] * 7 + [0.1 + i * 1e-3], 300, 0),
    "7 blades, draft": ("optics.blade_rotation_deg", lambda i: i * 1.0, 300, 0),
}

#: Sensor pixels a side: field of view, degrees.
SIZES = {262: 3.881, 526: 7.762}

CHANGED = """async ([key, value]) => {
  const field = document.querySelector(`[data-key="${key}"] :is(input[type=text], select)`);
  const frames = () => Number(document.body.dataset.frames), before = frames();
  const began = performance.now();
  field.value = Array.isArray(value) ? value.join(", ") : value;
  field.dispatchEvent(new Event("change"));
  while (frames() === before) await new Promise(resolve => setTimeout(resolve, 1));
  await new Promise(resolve => requestAnimationFrame(resolve));
  return performance.now() - began;
}"""


def engine_ms(key: str, value: Any, fov_deg: float, start: dict[str, Any], steps: int) -> float:
    """CPU milliseconds of a `camsim.Renderer` for a change, the median."""
    from camsim import camera_file, pipeline
    from camsim.designer import scenes

    camera = camera_file.load("f22").replace("scene.fov_deg", fov_deg)
    for name, first in start.items():
        camera = camera.replace(name, first)
    renderer = pipeline.Renderer(scenes.load_builtin("photo:astronaut"))
    times = []
    for i in range(steps):
        changed = camera.replace(key, value(i))
        began = time.process_time()
        renderer.render(changed, draft=True)
        times.append((time.process_time() - began) * 1e3)
    return statistics.median(times[1:])


def rest(page: Any) -> None:
    """Wait until the page asks for nothing any more."""
    while page.evaluate("document.body.dataset.state") != "rest" or not page.evaluate("document.body.dataset.frames"):
        page.wait_for_timeout(20)


def start_of(name: str) -> dict[str, Any]:
    """What else stands while something is changed."""
    return {"optics.blades": 7, "optics.fnumber": 4.0} if "blades" in name else {"optics.fnumber": 4.0}


def cpu_ms(process: int) -> float:
    """CPU time that a process has taken, on Linux."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) * 1e3 / os.sysconf("SC_CLK_TCK")


def changes(page: Any, steps: int, process: int) -> list[dict[str, Any]]:
    """A row per change and size."""
    rows = []
    for side, fov in SIZES.items():
        for name, (key, value, *limits) in CHANGES.items():
            limit = limits[list(SIZES).index(side)]
            if not limit:
                continue
            start = start_of(name)
            page.reload()
            rest(page)
            for first, of in {"scene.fov_deg": fov, **start}.items():
                page.evaluate(CHANGED, [first, of])
            rest(page)
            before = cpu_ms(process)
            times = [page.evaluate(CHANGED, [key, value(i)]) for i in range(steps)][1:]
            server_ms = (cpu_ms(process) - before) / steps
            engine = engine_ms(key, value, fov, start, steps)
            page_ms = statistics.median(times)
            print(f"{name}, {side}²: {page_ms:.0f} ms, server {server_ms:.1f}, engine {engine:.1f}", file=sys.stderr)
            rows.append(
                {"change": name, "pixels": side, "page_ms": page_ms, "best_ms": min(times), "server_ms": server_ms,
                    "engine_ms": engine,
                 "ratio": page_ms / engine, "limit_ms": limit}
            )  # fmt: skip
    return rows


def moves(page: Any, key: str, moves_: int = 200) -> dict[str, Any]:
    """Of so many moves of a slider: pictures shown, and ms from its release to rest on an exact picture."""
    page.reload()
    rest(page)
    slider = page.locator(f"[data-key='{key}'] input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y, before = box["y"] + box["height"] / 2, int(page.evaluate("document.body.dataset.frames"))
    page.mouse.move(box["x"] + box["width"] * 0.7, y)
    page.mouse.down()
    began = time.perf_counter()
    for step in range(moves_):
        page.mouse.move(box["x"] + box["width"] * (0.7 + 0.15 * ((step % 40) / 40)), y)
        page.wait_for_timeout(max(0, (began + step * 0.033 - time.perf_counter()) * 1e3))  # a hand: 30 a second
    page.mouse.up()
    released = shown = time.perf_counter()
    last = int(page.evaluate("document.body.dataset.frames"))
    while page.evaluate("document.body.dataset.state") == "busy" and time.perf_counter() - released < 10:
        now = int(page.evaluate("document.body.dataset.frames"))
        if now != last:
            last, shown = now, time.perf_counter()
        page.wait_for_timeout(5)
    return {"slider": key, "moves": moves_, "shown": last - before, "last_ms": (shown - released) * 1e3}


def memory_mb(process: int) -> float:
    """Resident memory of a process, on Linux."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def windows(context: Any, address: str, process: int) -> dict[str, float]:
    """The server's memory before, with and after six windows."""
    before = memory_mb(process)
    pages = [context.new_page() for _ in range(6)]
    for page in pages:
        page.goto(address)
        rest(page)
    opened = memory_mb(process)
    for page in pages:
        page.close()
    time.sleep(2)
    return {"before_mb": before, "six_windows_mb": opened, "after_mb": memory_mb(process)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--steps", type=int, default=15)
    wanted = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = "from camsim.cli.main import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-c", code, "designer", "--no-browser", "--port", str(port)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    server.stdout.readline()
    try:
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context, address = browser.new_context(viewport={"width": 1440, "height": 900}), f"http://127.0.0.1:{port}/"
            page = context.new_page()
            page.goto(address)
            rest(page)
            found: dict[str, Any] = {
                "changes": changes(page, wanted.steps, server.pid),
                "moves": [moves(page, key) for key in ("sensor.exposure_ev", "optics.fnumber")],
                "memory": windows(context, address, server.pid),
            }
            browser.close()
    finally:
        server.terminate()
        server.wait(5)
    if wanted.json:
        print(json.dumps(found, indent=1))
        return
    print(
        f"{'change':16} {'pixels':>6} {'page ms':>8} {'best':>6} {'server':>7} {'engine':>7} {'ratio':>6} {'limit':>6}"
    )
    for row in found["changes"]:
        times = f"{row['page_ms']:8.0f} {row['best_ms']:6.0f} {row['server_ms']:7.1f} {row['engine_ms']:7.1f}"
        print(f"{row['change']:16} {row['pixels']:5}² {times} {row['ratio']:6.1f} {row['limit_ms']:6}")
    for row in found["moves"]:
        print(f"{row['slider']}: {row['shown']} of {row['moves']} moves shown, the last {row['last_ms']:.0f} ms later")
    memory = found["memory"]
    print(f"server, MB: {', '.join(f'{name} {value:.0f}' for name, value in memory.items())}")


if __name__ == "__main__":
    main()
