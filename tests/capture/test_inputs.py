"""What the user may name, and the one line that each bad input gets."""

import gzip
import os
from pathlib import Path

import pytest
from capture.builders import packets, pcap, pcapng, snoop
from support.tools import require_root

from smtpsensor.capture.inputs import Inputs, expand
from smtpsensor.capture.trouble import InputProblem

PCAP, PCAPNG = pcap(packets(3)), pcapng(packets(3))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def errors(found: Inputs) -> list[str]:
    return [str(problem) for problem in found.errors]


def test_files_keep_the_order_in_which_they_are_named(folder: Path) -> None:
    for name in ("b.pcap", "a.pcap", "c"):
        Path(name).write_bytes(PCAP)
    assert expand(["b.pcap", "c", str(folder / "a.pcap")]) == Inputs(["b.pcap", "c", str(folder / "a.pcap")])


def test_folder_gives_its_captures_in_order_whatever_their_names(folder: Path) -> None:
    inner = folder / "day" / "2"
    inner.mkdir(parents=True)
    (folder / "day" / "z.pcap").write_bytes(PCAP)
    (folder / "day" / "a.dump").write_bytes(PCAPNG)
    (inner / "m").write_bytes(gzip.compress(PCAP))
    (inner / "notes.txt").write_text("not a capture")
    (inner / "empty").touch()
    assert expand(["day"]) == Inputs(["day/a.dump", "day/z.pcap", "day/2/m"])


def test_glob_that_the_shell_left_alone_is_expanded(folder: Path) -> None:
    (folder / "sub").mkdir()
    for name in ("2.pcap", "1.pcap", "sub/3.pcap"):
        (folder / name).write_bytes(PCAP)
    assert expand(["*.pcap"]) == Inputs(["1.pcap", "2.pcap"])
    assert expand(["**/*.pcap"]) == Inputs(["1.pcap", "2.pcap", "sub/3.pcap"])
    assert expand(["s*"]) == Inputs(["sub/3.pcap"])


def test_name_that_looks_like_a_glob_but_exists_is_a_name(folder: Path) -> None:
    (folder / "mail[1].pcap").write_bytes(PCAP)
    assert expand(["mail[1].pcap"]) == Inputs(["mail[1].pcap"])


def test_same_file_twice_is_read_once_with_a_warning(folder: Path) -> None:
    """Read twice, each frame would be its own duplicate."""
    (folder / "a.pcap").write_bytes(PCAP)
    (folder / "link").symlink_to("a.pcap")
    os.link("a.pcap", "hard")
    for again in ("a.pcap", "./a.pcap", "link", "hard"):
        found = expand(["a.pcap", again])
        assert found.paths == ["a.pcap"]
        assert list(map(str, found.warnings)) == [f"{again}: was named before; each is read once"]
        assert not found.errors
    found = expand(["a.pcap", "."])
    assert found.paths == ["a.pcap"]
    assert list(map(str, found.warnings)) == [".: holds 3 files that were named before; each is read once"]


def test_standard_input_is_taken_once_and_unseen() -> None:
    assert expand(["-"]) == Inputs(["-"])
    found = expand(["-", "-"])
    assert found.paths == ["-"]
    assert list(map(str, found.warnings)) == ["-: is named twice; it is read once"]


def test_fifo_is_taken_unseen_if_named_and_left_alone_in_a_folder(folder: Path) -> None:
    os.mkfifo("pipe")
    assert expand(["pipe"]) == Inputs(["pipe"])
    Path("a.pcap").write_bytes(PCAP)
    assert expand([str(folder)]).paths == [str(folder / "a.pcap")]


LOG = b"Nov 24 04:20:11 mail postfix/smtpd[1]: connect from unknown[192.0.2.1]\n"
EMPTY = gzip.compress(b"")
# name -> (file, its content; None: there is no such file), how the line goes on behind the file's name
BAD: dict[str, tuple[str, bytes | None, str]] = {
    "no such file": ("missing.pcap", None, "no such file; check the path"),
    "glob without a match": ("*.cap", None, "matches no file; check the pattern"),
    "dangling link": ("dangling", None, "no such file; check the path"),
    "null in the name": ("a\0b", None, "cannot be opened (embedded null byte); check the path"),
    "name too long": ("x" * 5_000, None, "cannot be opened (File name too long); check the path"),
    "folder without captures": ("dir", None, "is a folder without captures; name one that holds pcap"),
    "empty file": ("a.pcap", b"", "is empty (0 octets); check the program that was to write it"),
    "text file": ("log", LOG, "is text, no capture; give a pcap or pcapng file, as tcpdump -w"),
    "long text file": ("log", LOG * 99, "is text, no capture; give a pcap or pcapng file"),
    "text in UTF-8": ("log", "Zürich\n".encode() * 99, "is text, no capture; give a pcap or pcapng file"),
    "binary": ("prog", b"\x7fELF\x02\x01\x01\0\0\0", "is no capture; give a pcap or pcapng file"),
    "three octets": ("tiny", b"\xd4\xc3\xb2", "is no capture; give a pcap or pcapng file"),
    "compressed text": ("log.gz", gzip.compress(LOG), "holds text, no capture; give a pcap or pcapng file"),
    "compressed nothing": ("no.gz", EMPTY, "holds nothing but an empty stream (0 octets); give"),
    "cut before anything": (
        "cut.gz",
        EMPTY[:12],
        "holds a gzip stream that is cut short, before its first packet",
    ),
    "Network Monitor": (
        "nm.cap",
        b"GMBU\0\0\0\0",
        "is a Network Monitor 2 capture, which is not read; convert it: editcap -F pcap nm.cap nm.cap.pcap",
    ),
    "btsnoop": ("bt", b"btsnoop\0\0\0\0\1", "is a btsnoop capture, which is not read; convert it: editcap"),
    "xz": (
        "a.pcap.xz",
        b"\xfd7zXZ\0\0\4",
        "is compressed with xz, which is not opened; use: xzcat a.pcap.xz | smtpsensor replay -",
    ),
}


def made(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


@pytest.mark.parametrize("case", BAD)
@pytest.mark.usefixtures("folder")
def test_bad_input_is_one_line_and_the_others_are_read(case: str) -> None:
    name, content, line = BAD[case]
    made("good.pcap", PCAP)
    Path("dangling").symlink_to("nowhere")
    Path("dir", "inner").mkdir(parents=True)
    made("dir/inner/readme.txt", b"nothing here")
    if content is not None:
        made(name, content)
    found = expand([name, "good.pcap"])
    assert found.paths == ["good.pcap"]
    (error,) = errors(found)
    assert error.startswith(f"{name}: {line}".replace("\0", "?"))
    assert "\n" not in error


@pytest.mark.usefixtures("folder")
def test_folder_tells_of_captures_that_cannot_be_read() -> None:
    Path("day").mkdir()
    made("day/1.pcap", PCAP)
    made("day/2.cap", b"GMBU\0\0\0\0")
    made("day/3.pcap", b"")
    made("day/4.pcapng.gz", gzip.compress(b"text"))
    made("day/5.snoop", snoop(packets(1)))
    found = expand(["day"])
    assert found.paths == ["day/1.pcap", "day/5.snoop"]
    assert [problem.path for problem in found.errors] == ["day/2.cap"]
    assert [problem.path for problem in found.warnings] == ["day/3.pcap", "day/4.pcapng.gz"]


def as_nobody() -> None:
    require_root()
    os.setegid(65_534)
    os.seteuid(65_534)


@pytest.mark.system
def test_no_permission_is_one_line(folder: Path) -> None:
    folder.chmod(0o755)
    for parent in folder.parents[:2]:
        parent.chmod(0o755)
    made("good.pcap", PCAP)
    Path(made("secret.pcap", PCAP)).chmod(0)
    Path("closed").mkdir(mode=0)
    as_nobody()
    try:
        found = expand(["secret.pcap", "closed", "good.pcap"])
        everything = expand(["."])
    finally:
        os.seteuid(0)
        os.setegid(0)
    assert found.paths == ["good.pcap"]
    assert [problem.path for problem in found.errors] == ["secret.pcap", "closed"]
    assert errors(found)[0].startswith("secret.pcap: no permission to read it; run as")
    assert errors(found)[1].startswith("closed: cannot be listed (Permission denied); check")
    assert everything.paths == ["./good.pcap"]
    assert {problem.path for problem in everything.errors} == {"./secret.pcap", "./closed"}


def test_problem_cannot_move_a_cursor_or_break_a_line() -> None:
    assert str(InputProblem("a\n\x1b[2J\udc80", "no such file", "look")) == "a??[2J?: no such file; look"
