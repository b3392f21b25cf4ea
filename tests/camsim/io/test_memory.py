"""What would not fit in the memory that is free is refused beforehand."""

import pytest

from camsim.io import memory


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with 8 GB, of which 6 are left, and a control group whose files a test writes."""
    (tmp_path / "meminfo").write_text("MemTotal: 8000000 kB\nMemFree: 1000 kB\nMemAvailable: 6000000 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_GROUPS", ((tmp_path, "memory.max", "memory.current"),))

    def group(most, now, cache=0, active=0):
        (tmp_path / "memory.max").write_text(f"{most}\n")
        (tmp_path / "memory.current").write_text(f"{now}\n")
        (tmp_path / "memory.stat").write_text(f"anon 1\ninactive_file {cache}\nactive_file {active}\n")

    return group


def test_free_is_what_machine_and_container_have_left(machine):
    assert memory.free_bytes() == 6_000_000 * 1024
    machine("max", 10)
    assert memory.free_bytes() == 6_000_000 * 1024
    machine(3_000_000_000, 1_000_000_000, cache=400_000_000)  # what caches files is given up when needed
    assert memory.free_bytes() == 2_400_000_000
    machine(3_000_000_000, 2_900_000_000, cache=400_000_000, active=2_000_000_000)  # of what is in use not all
    assert memory.free_bytes() == 1_500_000_000
    machine(1_000, 2_000)
    assert memory.free_bytes() == 0


def test_more_than_is_free_is_refused_in_one_line(machine):
    machine(3_000_000_000, 1_000_000_000)
    memory.check(1.9e9, "a.png: it")
    with pytest.raises(ValueError, match=r"^a\.png: it needs about 10\.7 GB of memory, and 2 GB are free$"):
        memory.check(10.7e9, "a.png: it")


def test_where_nothing_is_known_nothing_is_refused(machine, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    memory.check(1e15, "it")


def test_what_is_small_is_not_looked_at(machine, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 0)
    memory.check(1e8, "it")
    with pytest.raises(ValueError, match="and 0 MB are free"):
        memory.check(1e9, "it")
