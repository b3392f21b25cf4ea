"""The `camsim` command as a whole."""

import pytest


def test_version_and_no_arguments(command):
    assert command("camsim", "--version").stdout.startswith("camsim 0.")
    bare = command("camsim")
    assert bare.returncode == 0 and "Commands:" in bare.stdout


@pytest.mark.slow
def test_dry_run_writes_nothing(command, photo, tmp_path):
    assert command("camsim", "render", photo, "--dry-run").returncode == 0
    assert command("camsim", "dataset", photo, "-o", "set", "--dry-run").returncode == 0
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.parametrize(("arguments", "words"), [(("settings", "f21"), "f21"), (("frobnicate",), "frobnicate")])
def test_bad_input_is_one_line(refused, arguments, words):
    assert words in refused("camsim", *arguments)
