"""Files as they come: compressed, in folders, damaged, still being written to."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
from pathlib import Path
from random import Random

import pytest

from stats.errors import InputError
from stats.events.importers.opening import find_files, is_compressed, open_log, read_text
from tests.importing import import_files, mapping

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
LINE = '192.0.2.1 - - [10/Nov/2026:10:00:00 +0000] "GET /records/{} HTTP/1.1" 200 512 "-" "{}"\n'


def lines(count, first=1):
    return "".join(LINE.format(number, AGENT) for number in range(first, first + count)).encode()


COMPRESSIONS = {
    "nothing": lambda data: data,
    "gzip": gzip.compress,
    "gzip in members": lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:]),
    "bzip2": bz2.compress,
    "bzip2 in streams": lambda data: bz2.compress(data[:99]) + bz2.compress(data[99:]),
    "xz": lzma.compress,
    "xz in streams": lambda data: lzma.compress(data[:99]) + lzma.compress(data[99:]),
    "zstandard": zstd.compress,
    "zstandard in frames": lambda data: zstd.compress(data[:99]) + zstd.compress(data[99:]),
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-16, big end first": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "a mark within gzip": lambda data: gzip.compress(b"\xef\xbb\xbf" + data),
    "Windows' line ends": lambda data: data.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_file_is_read_by_its_first_bytes_whatever_its_name(compression, tmp_path):
    path = tmp_path / "access.log.txt"
    path.write_bytes(COMPRESSIONS[compression](lines(1_000)))
    sizes: list[int] = []
    summary, events = import_files(path, rules=mapping(), report=sizes.append)
    assert str(summary.result) == "imported 1000, skipped 0, malformed 0"
    assert len({event["id"] for event in events}) == 1_000
    assert sum(sizes) == path.stat().st_size


def test_ids_do_not_depend_on_how_a_file_is_packed(tmp_path):
    ids = set()
    for name, pack in COMPRESSIONS.items():
        (tmp_path / "a").write_bytes(pack(lines(3)))
        _summary, events = import_files(tmp_path / "a", rules=mapping())
        ids.add((tuple(event["id"] for event in events), len(events), name * 0))
    assert len(ids) == 1


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstandard"])
def test_what_was_read_of_a_cut_off_archive_is_in(name, tmp_path):
    noise = Random(5)
    content = "".join(LINE.format(noise.getrandbits(64), AGENT) for _ in range(20_000)).encode()
    packed = COMPRESSIONS[name](content)
    whole, cut = tmp_path / "whole.log", tmp_path / "cut"
    cut.write_bytes(packed[: len(packed) // 2])
    whole.write_bytes(lines(5))
    summary, events = import_files(cut, whole, rules=mapping())
    assert len(summary.problems) == 1
    assert summary.problems[0].startswith(f"cannot read {cut}: ")
    assert 5 < len(events) < 15_000 + 5
    assert summary.result.imported == len(events)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(range(256)) * 40, "is a binary file"),
        (b"\x7fELF" + bytes(5_000), "is a binary file"),
        (b"hello\nworld\n", "is in no format that is known"),
        (b"\x1f\x8b nonsense", "cannot read"),
        (b"BZh9nonsense", "cannot read"),
        (b"\xfd7zXZ\x00nonsense", "cannot read"),
        (b"\x28\xb5\x2f\xfdnonsense", "cannot read"),
    ],
)
def test_a_file_that_is_no_log_is_one_line_and_keeps_no_other_out(content, words, tmp_path):
    bad, good = tmp_path / "bad", tmp_path / "good"
    bad.write_bytes(content)
    good.write_bytes(lines(2))
    summary, events = import_files(bad, good, rules=mapping())
    [problem] = summary.problems
    assert words in problem
    assert str(bad) in problem
    assert "\n" not in problem
    assert len(events) == 2


@pytest.mark.parametrize("content", [b"", b"\n \n", gzip.compress(b""), b"\xef\xbb\xbf"])
def test_an_empty_file_says_so(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    summary, _events = import_files(tmp_path / "a", rules=mapping())
    assert summary.empty == [f"{tmp_path / 'a'} is empty"]


def test_a_line_without_end_is_never_held_in_memory(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(lines(1) + b"x" * 5_000_000 + b"\n" + lines(1, first=2))
    summary, events = import_files(path, rules=mapping())
    assert (len(events), summary.result.malformed) == (2, 1)


@pytest.mark.parametrize("cut", [1, 30, 90, 150])
def test_the_line_that_is_being_written_is_not_malformed(cut, tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(lines(3)[:-cut])
    summary, events = import_files(path, rules=mapping())
    assert summary.result.malformed == 0
    assert len(events) == (3 if cut == 1 else 2)


def test_standard_input_is_a_file(monkeypatch):
    given = io.BufferedReader(io.BytesIO(gzip.compress(lines(7))))
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": given}))
    summary, _events = import_files(Path("-"), rules=mapping())
    assert summary.result.imported == 7


def test_folders_and_patterns(tmp_path):
    for name in ("a.log", "b.log.gz", "c.txt", "deep/d.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")

    def names(glob):
        return [str(path.relative_to(tmp_path)) for path in find_files([tmp_path], glob)]

    assert names("*") == ["a.log", "b.log.gz", "c.txt"]
    assert names("*.log*") == ["a.log", "b.log.gz"]
    assert names("**/*.log") == ["a.log", "deep/d.log"]
    assert find_files([tmp_path / "a.log", tmp_path], "*.log") == [tmp_path / "a.log"]
    with pytest.raises(InputError, match=r"has no files like \*\.csv"):
        names("*.csv")
    with pytest.raises(InputError, match="there is no file"):
        find_files([tmp_path / "absent"], "*")


def test_what_cannot_be_opened(tmp_path):
    for path in (tmp_path / "absent.log", tmp_path):
        with pytest.raises(InputError, match="cannot read"), open_log(path):
            pass
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="cannot read"):
        read_text(tmp_path / "bad.toml")
    (tmp_path / "a").write_bytes(gzip.compress(b"x"))
    assert is_compressed(tmp_path / "a")
    assert not is_compressed(tmp_path / "bad.toml")


def test_an_access_log_needs_a_mapping(tmp_path):
    (tmp_path / "a").write_bytes(lines(1))
    summary, _events = import_files(tmp_path / "a")
    assert "needs a mapping" in summary.problems[0]
