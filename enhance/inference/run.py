"""A trained model as Python users hold it: what is known of it, and the way to apply it."""

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from enhance import backend, naming, zoo

if TYPE_CHECKING:
    import keras

    from enhance.inference.apply import Enlarger


def open_network(model: naming.Model, *, device: str = "auto") -> "keras.Model":
    """The network of a model, a mixture of two where the model is one; only now is Keras loaded.

    Raises ValueError where Keras is not installed, as `apply.load` does, and where two that are to be mixed have
    different layers.
    """
    backend.ensure()
    from enhance.inference import apply
    from enhance.networks import interpolation

    network = apply.load(model.weights, device=device)
    if model.toward is not None:
        try:
            interpolation.move_toward(network, apply.load(model.toward.weights, device=device), model.share)
        except ValueError as error:
            raise ValueError(f"{model.weights} and {model.toward.weights}: {error}") from error
    return network


def open_enlarger(
    model: naming.Model, *, tile: int | None = None, device: str = "auto", ensemble: bool = False
) -> "Enlarger":
    """A model as a function of one picture. Raises ValueError as `open_network` and `apply.Enlarger` do."""
    network = open_network(model, device=device)
    from enhance.inference import apply

    return apply.Enlarger(network, tile=tile, device=device, ensemble=ensemble)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run(zoo.Entry):
    """A finished training run and the model that it made: what `enhance.train` and `enhance.models` give.

    Parameters
    ----------
    folder : Path
        Of the run: log, previews, networks, and a README.md that describes them.
    card : dict
        Its ``run.json``: task, network, training, scores on held-out pictures.

    Examples
    --------
    >>> import enhance
    >>> run = enhance.models()[3]
    >>> run.task, run.scale, run.weights.name
    ('deblur', 4, 'generator.keras')
    """

    @classmethod
    def of(cls, entry: zoo.Entry) -> Self:
        """The run that the zoo has found.

        Parameters
        ----------
        entry : zoo.Entry
            Folder and card.

        Returns
        -------
        Run
            The same, for users.

        Examples
        --------
        >>> from enhance import zoo
        >>> Run.of(zoo.shipped()[0]).task
        'sr'
        """
        return cls(folder=entry.folder, card=entry.card)

    def load(self, *, tile: int | None = None, device: str = "auto", ensemble: bool = False) -> "Enlarger":
        """The model as a function of one picture, as `enhance.load` gives it.

        Parameters
        ----------
        tile : int or None
            Largest side worked on at once, in pixels of the input: less memory.
        device : str
            auto, cpu, gpu or gpu:N.
        ensemble : bool
            Whether to average what it makes of the eight turns and flips of a picture: eight times the time.

        Returns
        -------
        Enlarger
            (H, W, C) to (H·scale, W·scale, C), of the same type.

        Raises
        ------
        ValueError
            Where Keras is not installed, the file is damaged, or the device is not there.

        Examples
        --------
        >>> import numpy, enhance
        >>> enhance.models()[0].load()(numpy.zeros((8, 8, 3), "uint8")).shape
        (32, 32, 3)
        """
        model = naming.Model(weights=self.weights, run=self)
        return open_enlarger(model, tile=tile, device=device, ensemble=ensemble)

    def __repr__(self) -> str:
        return f"<{self.name} ×{self.scale}, {self._psnr_words()}: {self.folder}>"

    def _psnr_words(self) -> str:
        psnr_db = self.card["validation"].get("val_psnr_db")
        return "nothing held out" if psnr_db is None else f"{psnr_db:.2f} dB on held-out pictures"

    def _repr_html_(self) -> str:
        card, stages = self.card, self.card["stages"].items()
        rows = {
            "Undoes": f"{self.task}, enlarging ×{self.scale}",
            "Style": self.style,
            "Network": f"{card['generator']}, {card['parameters']:,} parameters",
            "Learnt from": card["data"],
            "Training": ", then ".join(f"{steps} steps {name}" for name, steps in stages),
            "Held-out pictures": self._psnr_words(),
            "Folder": str(self.folder),
        }
        cells = (f"<tr><th>{name}</th><td>{html.escape(words)}</td></tr>" for name, words in rows.items())
        return f"<table>{''.join(cells)}</table>"
