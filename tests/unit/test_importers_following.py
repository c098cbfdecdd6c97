"""``--follow``: no line lost, none twice, over rotation and kills."""

from __future__ import annotations

import gzip
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from stats.errors import InputError
from stats.events.importers.event_lines import Lines, Part
from stats.events.importers.following import FollowedLog, check_followed
from stats.events.importers.forwarded import trust
from stats.events.importers.importing import Importing, Summary
from stats.kinds.declared import build_kinds
from stats.stores.imports import Bookmark
from tests.importing import NOW, TYPES, mapping

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"


def line(number: int) -> str:
    time = f"10/Nov/2026:10:{number // 60 % 60:02d}:{number % 60:02d} +0000"
    return f'192.0.2.1 - - [{time}] "GET /records/{number} HTTP/1.1" 200 512 "-" "{AGENT}"\n'


def lines(*numbers: int) -> str:
    return "".join(map(line, numbers))


@dataclass
class Place:
    """A log, the bookmarks, and everything that was ever published."""

    path: Path
    bookmarks: dict[str, Bookmark] = field(default_factory=dict)
    published: list[Part] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def read_bookmark(self, name: str) -> Bookmark | None:
        return self.bookmarks.get(name)

    def write_bookmark(self, name: str, bookmark: Bookmark) -> None:
        self.bookmarks[name] = bookmark

    def follow(self) -> FollowedLog:
        """A new process."""
        importing = Importing(
            lines=Lines(TYPES, build_kinds(), mapping(), trust(()), lambda: NOW),
            publish=lambda events, _span: self.published.extend(events),
            say=self.said.append,
        )
        return FollowedLog(self.path, importing, Summary(), bookmarks=self, name="log")

    def append(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)

    def records(self) -> list[int]:
        """The records of the events, each id once, as the raw documents will be."""
        events = {orjson.loads(part.body)["id"]: part for part in self.published}
        found = [orjson.loads(part.body)["resource"] for part in events.values()]
        return sorted(int(ref.removeprefix("record:")) for ref in found)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "access.log")


def drain(log: FollowedLog) -> None:
    while log.step():
        continue


def test_lines_are_published_when_they_are_whole(place):
    log = place.follow()
    drain(log)
    place.append(line(1)[:50])
    drain(log)
    assert place.records() == []
    place.append(line(1)[50:] + lines(2, 3))
    drain(log)
    assert place.records() == [1, 2, 3]
    assert len(place.published) == 3


def rename(path: Path) -> None:
    path.rename(path.with_name("access.log.1"))


def rename_and_create(path: Path) -> None:
    rename(path)
    path.touch()


def copy_and_cut(path: Path) -> None:
    shutil.copy(path, path.with_name("access.log.1"))
    os.truncate(path, 0)


def rename_and_compress(path: Path) -> None:
    path.with_name("access.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


ROTATIONS = [rename, rename_and_create, copy_and_cut, rename_and_compress]


@pytest.mark.parametrize("rotate", ROTATIONS)
@pytest.mark.parametrize("is_killed", [False, True])
def test_rotation_loses_nothing(place, rotate, is_killed):
    place.append(lines(1, 2))
    log = place.follow()
    drain(log)
    place.append(lines(3, 4))
    rotate(place.path)
    place.append(lines(5, 6, 7, 8, 9))
    if is_killed:
        log = place.follow()
    drain(log)
    drain(log)
    assert place.records() == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_several_rotations_while_nobody_looked(place):
    place.append(lines(1, 2))
    drain(place.follow())
    place.append(lines(3))
    place.path.rename(place.path.with_name("access.log.2"))
    place.append(lines(4, 5))
    os.utime(place.path.with_name("access.log.2"), (1, 1))
    place.path.rename(place.path.with_name("access.log.1"))
    os.utime(place.path.with_name("access.log.1"), (2, 2))
    place.append(lines(6))
    drain(place.follow())
    assert place.records() == [1, 2, 3, 4, 5, 6]


def test_what_is_written_to_a_renamed_file_is_read_too(place):
    place.append(lines(1))
    log = place.follow()
    drain(log)
    with place.path.open("a", encoding="utf-8") as old:
        rename_and_create(place.path)
        place.append(lines(3))
        drain(log)
        old.write(line(2))
        old.flush()
        drain(log)
    assert place.records() == [1, 2, 3]


@pytest.mark.parametrize("killed_after", range(4))
def test_a_kill_between_publishing_and_the_bookmark(place, killed_after, monkeypatch):
    """Equal lines before and after the bookmark keep their occurrences."""
    place.append(lines(1, 1, 2, 1))
    drain(place.follow())
    bookmark = place.bookmarks["log"]
    place.append(lines(1, 2, *range(3, 3 + killed_after)))
    drain(place.follow())
    place.bookmarks["log"] = bookmark  # as if it had not been written
    drain(place.follow())
    assert place.records() == sorted([1, 1, 2, 1, 1, 2, *range(3, 3 + killed_after)])


def test_a_file_that_is_gone_is_said(place):
    place.append(lines(1, 2))
    drain(place.follow())
    place.path.unlink()
    place.append(lines(5, 6))
    drain(place.follow())
    assert place.records() == [1, 2, 5, 6]
    assert any("is gone" in said for said in place.said)


def test_a_compressed_file_cannot_be_followed(place):
    place.path.write_bytes(gzip.compress(b"x"))
    with pytest.raises(InputError, match="cannot be followed"):
        check_followed([place.path])
