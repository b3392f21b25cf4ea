"""Processes that hold what a test wants to be held."""

import subprocess
import sys

import pytest


@pytest.fixture
def holding():
    """A function that starts a process of some code and waits until it says so; none outlives the test."""
    processes = []

    def start(code, *words):
        command = [sys.executable, "-c", code, *map(str, words)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        assert processes[-1].stdout.readline().strip() == b"holding"
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()
