"""The row `classical`: restoration without networks, so that margins are not over bicubic enlargement alone.

Each built-in camera has an answer of its own, fitted on training photographs (`scielab.classical`). On other settings,
and at other scales than the answers', the row abstains: there is no answer to them.
"""

from collections.abc import Iterable

from camsim._version import __version__
from camsim.io import atomic
from scielab.classical import answers
from scielab.classical.answer import SCALE
from scielab.model_grid.rows import CLASSICAL, Row


def rows(settings: Iterable[str], scale: int) -> list[Row]:
    """The row, with the answers to those of `settings` that have one; none where none has, or the scale is another."""
    shipped = answers.shipped()
    fitted = {setting: shipped.by_setting[setting] for setting in settings if setting in shipped.by_setting}
    if not fitted or scale != SCALE:
        return []
    return [
        Row(
            name=CLASSICAL,
            load=lambda: {setting: one.answer for setting, one in fitted.items()},
            scale=SCALE,
            sha256=atomic.sha256(answers.SHIPPED),
            seen=shipped.photographs,
            facts={"answers": {setting: one.answer.words for setting, one in fitted.items()}},
            words="; ".join(f"{setting}: {one.answer.words}" for setting, one in fitted.items()),
            origin=f"shipped with scielab {__version__}",
        )
    ]
