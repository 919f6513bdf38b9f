"""What is kept between runs: for this user alone, and never in anybody's way."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from portolan.cache import Cache
from portolan.keys import own_key

from .conftest import ROOT
from .projects import unprivileged

DIGEST = bytes(16)


class _Marks:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._mark,)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's caches are, for the time of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def checkout(home: Path, tmp_path: Path) -> Path:
    return tmp_path / "checkout"


def cache(checkout: Path) -> Cache:
    return Cache(checkout / ".cache")


def test_what_is_kept_is_found_by_name_and_digest(checkout: Path) -> None:
    cache(checkout).keep("name", DIGEST, [1])
    assert cache(checkout).get("name", DIGEST) == [1]
    assert cache(checkout).get("name", bytes(15) + b"1") is None
    assert cache(checkout).get("another", DIGEST) is None


def test_what_others_laid_there_is_not_unpickled(
    checkout: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    file = checkout / ".cache" / "name"
    cache(checkout).keep("name", DIGEST, [1])
    sealed = file.read_bytes()
    evil = pickle.dumps(_Marks(mark))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    cache(checkout).keep("name", DIGEST, _Marks(mark))
    by_another = file.read_bytes()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    cache(checkout).keep("other", DIGEST, _Marks(mark))
    renamed = (checkout / ".cache" / "other").read_bytes()
    for data in (evil, DIGEST + evil, sealed[:32] + evil, by_another, renamed, sealed[:31], b""):
        file.write_bytes(data)
        assert cache(checkout).get("name", DIGEST) is None
        assert not mark.exists()
    file.write_bytes(sealed)
    assert cache(checkout).get("name", DIGEST) == [1]


def test_the_key_is_made_once_and_for_nobody_else(home: Path, checkout: Path) -> None:
    key = own_key(checkout)
    assert key
    assert own_key(checkout) == key
    place = home / "portolan" / "key"
    assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in place.parent.iterdir()] == ["key"]
    assert key not in pickle.dumps(cache(checkout))


@pytest.mark.parametrize(
    "spoil", ["readable", "short", "folder", "home is a file", "within the project"]
)
def test_without_a_key_of_ones_own_nothing_is_kept(
    spoil: str, home: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = home / "portolan" / "key"
    if spoil == "within the project":
        monkeypatch.setenv("XDG_CACHE_HOME", str(checkout / ".cache"))
    elif spoil == "home is a file":
        home.touch()
    elif spoil == "folder":
        place.mkdir(parents=True)
    else:
        own_key(checkout)
        if spoil == "readable":
            place.chmod(0o644)
        else:
            place.write_bytes(b"key")
    cache(checkout).keep("name", DIGEST, [1])
    assert cache(checkout).get("name", DIGEST) is None
    assert not (checkout / ".cache" / "name").exists()


def test_many_at_once_make_one_key(home: Path, checkout: Path) -> None:
    code = "import pathlib, sys; from portolan.keys import own_key; print(own_key(pathlib.Path(sys.argv[1])).hex())"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, checkout], stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    assert len({run.communicate()[0] for run in runs}) == 1


@pytest.mark.parametrize("place", ["a file", "a folder in its place", "unsearchable", "read-only"])
def test_where_nothing_can_be_kept_it_works_as_well(place: str, checkout: Path) -> None:
    folder = checkout / ".cache"
    checkout.mkdir()
    if place == "a file":
        folder.touch()
    elif place == "a folder in its place":
        (folder / "name").mkdir(parents=True)
    else:
        folder.mkdir(mode=0o000 if place == "unsearchable" else 0o500)
    command = [*unprivileged(), sys.executable, "-c", MADE_TWICE, str(checkout)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert (run.stdout, run.stderr) == ("[1] None\n", "")


MADE_TWICE = """
import sys; from pathlib import Path; from portolan.cache import Cache
cache = Cache(Path(sys.argv[1]) / ".cache")
print(cache.made("name", bytes(16), lambda: [1]), cache.get("name", bytes(16)))
"""


def test_names_may_be_long(checkout: Path) -> None:
    for name in ("n" * 250, "n" * 251):
        cache(checkout).keep(name, DIGEST, name)
    assert [cache(checkout).get("n" * size, DIGEST) for size in (250, 251, 252)] == [
        "n" * 250,
        "n" * 251,
        None,
    ]
