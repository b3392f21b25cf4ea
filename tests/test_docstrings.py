"""Docstrings of all that a front door hands out: complete after numpydoc's rules, with examples that run."""

import doctest
import importlib
import inspect
from collections.abc import Iterator

import pytest

PACKAGES = ("camsim", "enhance", "scielab")

#: An example, every parameter and no other, the same order, a type and a meaning for each, and what is returned.
WANTED = {"GL08", "SS01", "EX01", "PR01", "PR02", "PR03", "PR04", "PR06", "PR07", "RT01", "RT03"}


def handed_out(package: str) -> Iterator[tuple[str, object, type | None]]:
    """Dotted name, object and class (None for functions) of a front door's functions, classes and their methods."""
    door = importlib.import_module(package)
    for name in door.__all__:
        thing = getattr(door, name)
        if inspect.isclass(thing):
            yield f"{package}.{name}", thing, thing
            for method, member in vars(thing).items():
                plain = inspect.isfunction(member) or isinstance(member, classmethod | staticmethod | property)
                if plain and not method.startswith("_"):
                    yield f"{package}.{name}.{method}", getattr(member, "__func__", member), thing
        elif inspect.isfunction(thing):
            yield f"{package}.{name}", thing, None


def problems(name: str, thing: object, owner: type | None) -> list[str]:
    """What numpydoc finds, without what does not apply: a property has no parameters, a field is its own example."""
    from numpydoc.validate import validate

    found = [f"{name}: {code} {words}" for code, words in validate(name)["errors"] if code in WANTED]
    is_part = owner is not None and thing is not owner
    if is_part:  # the class's example shows its methods
        found = [line for line in found if ": EX01" not in line]
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_are_complete(package):
    pytest.importorskip("numpydoc")
    if package == "enhance":
        pytest.importorskip("keras")
    found = [line for name, thing, owner in handed_out(package) for line in problems(name, thing, owner)]
    assert "\n".join(found) == ""


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_examples_in_docstrings_run(package, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    finder = doctest.DocTestFinder(recurse=False)
    without = []
    for name, thing, owner in handed_out(package):
        tests = finder.find(thing, name, globs={})
        for test in tests:
            runner.run(test)
        if (owner is None or thing is owner) and not any(test.examples for test in tests):
            without.append(name)
    assert runner.summarize(verbose=False).failed == 0 and without == []
