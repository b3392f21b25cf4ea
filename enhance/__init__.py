"""Networks that undo what a camera did."""


def load(task_or_path, *, models=None, tile=None, device="auto"):
    """A trained model as a function of one picture: ``enhance.load("deblur")(picture)``.

    Parameters
    ----------
    task_or_path : sr, color, pixel, deblur or the name of a camera that you trained for; or a run's folder; or a .keras
        file, which may come from anywhere.
    models : folder of trained models, instead of the latest of the task or the one that came with the program.
    tile, device : of `enhance.apply.Enlarger`, which is what this returns; its call says what a picture may be.

    Raises ValueError where there is no such model, or Keras is not installed.
    """
    from pathlib import Path

    from enhance import backend, zoo

    path = Path(task_or_path)
    if task_or_path in zoo.tasks() or models is not None:
        path = zoo.find(task_or_path, models).weights
    elif path.is_dir():
        path = zoo.open_run(path).weights
    elif not path.exists():
        raise ValueError(f"{path}: neither a task ({', '.join(zoo.tasks())}) nor a file or folder")
    backend.ensure()
    from enhance.inference import apply

    return apply.Enlarger(apply.load(path, device=device), tile=tile, device=device)
