"""The folder's secrets: made once, kept to their owner, rotated and retired without losing one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netlift.errors import ConfigError
from netlift.service.core.folder import Folder


def test_secrets_are_made_once_for_their_owner(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "shop")
    first = folder.secrets()
    assert folder.secrets() == first
    assert (folder.root / "secrets.json").stat().st_mode & 0o077 == 0
    assert Folder(tmp_path / "other").secrets().pseudonyms != first.pseudonyms


def test_whoever_comes_at_once_reads_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: Folder(tmp_path / "shop").secrets(), range(8)))
    assert len(set(found)) == 1


def test_a_rotation_adds_a_key_in_front(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    before = folder.secrets()
    name = folder.rotate()
    after = folder.secrets()
    assert after.seals[0][0] == name
    assert after.seals[1:] == before.seals
    assert (after.django, after.pseudonyms) == (before.django, before.pseudonyms)


def test_rotations_at_once_lose_no_key(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.secrets()
    with ThreadPoolExecutor(8) as threads:
        names = set(threads.map(lambda _: folder.rotate(), range(8)))
    assert len(names) == 8
    assert names < {name for name, _ in folder.secrets().seals}


def test_a_key_that_seals_nothing_is_retired_and_the_newest_never(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (oldest, _) = folder.secrets().seals[0]
    middle, newest = folder.rotate(), folder.rotate()
    assert folder.retire({oldest}) == (middle,)
    assert [name for name, _ in folder.secrets().seals] == [newest, oldest]
    assert folder.retire(()) == (oldest,)
    assert folder.retire(()) == ()
    assert [name for name, _ in folder.secrets().seals] == [newest]


@pytest.mark.parametrize("text", ["", "{}", '{"django": "x", "pseudonyms": "zz", "seals": []}', "[]"])
def test_a_damaged_file_is_told_and_not_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text)
    with pytest.raises(ConfigError, match=r"secrets\.json"):
        Folder(tmp_path).secrets()
    assert (tmp_path / "secrets.json").read_text() == text
