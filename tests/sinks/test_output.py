"""Output targets: what cannot be written says so once, names the fix, and leaves whole lines."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sinks.samples import full_auth

from smtpsensor.sinks.csvfile import CsvWriter
from smtpsensor.sinks.eve import EveWriter
from smtpsensor.sinks.output import OutputClosed, OutputError, check_distinct, open_output

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


def run(program: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program of its own, for what changes the process: limits, pipes, users."""
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=ROOT,
        **options,  # type: ignore[call-overload]
    )


def test_a_file_holds_what_was_written_and_only_that(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_bytes(b"old" * 1000)
    out = open_output(str(path))
    out.write(b"one\n")
    out.write(b"two\n")
    out.flush()
    assert path.read_bytes() == b"one\ntwo\n"
    out.close()
    out.close()


@needs_full
def test_a_full_disk_is_one_error_that_names_file_reason_and_fix() -> None:
    out = open_output(str(FULL))
    with pytest.raises(OutputError) as caught:
        out.write(b"line\n")
    assert str(caught.value) == (
        "cannot write '/dev/full': no space left on device;"
        " free some space or write to another disk, then run again"
    )
    assert caught.value.path == "/dev/full"


@needs_full
def test_after_the_error_the_output_takes_the_rest_in_silence() -> None:
    """The other outputs and the report go on."""
    out = open_output(str(FULL))
    with pytest.raises(OutputError):
        out.write(b"line\n")
    out.write(b"line\n")
    out.flush()
    out.close()


@needs_full
@pytest.mark.parametrize("writer_class", [EveWriter, CsvWriter])
def test_a_writer_meets_the_full_disk_at_its_flush_and_goes_on(
    writer_class: type[EveWriter | CsvWriter],
) -> None:
    writer = writer_class(open_output(str(FULL)), "sensor1")
    writer.write(full_auth())
    with pytest.raises(OutputError):
        writer.flush()
    writer.write(full_auth())
    writer.flush()


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """Half a line at the end would make the whole file unreadable for some."""
    path = tmp_path / "events.json"
    done = run(
        "import resource, sys\n"
        "from smtpsensor.sinks.output import OutputError, open_output\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"out = open_output({str(path)!r})\n"
        "out.write(b'x' * 299 + b'\\n')\n"
        "try:\n"
        "    out.write((b'y' * 299 + b'\\n') * 5)\n"
        "except OutputError as error:\n"
        "    print(error)\n"
        "out.close()\n"
    )
    assert done.stderr == ""
    assert "file too large; the file size limit is reached" in done.stdout
    assert path.read_bytes() == b"x" * 299 + b"\n" + (b"y" * 299 + b"\n") * 2


def test_missing_folder(tmp_path: Path) -> None:
    target = str(tmp_path / "no" / "such" / "events.json")
    folder = os.path.dirname(target)  # noqa: PTH120
    with pytest.raises(OutputError) as caught:
        open_output(target)
    assert str(caught.value) == (
        f"cannot write {target!r}: the folder {folder!r} does not exist; make it: mkdir -p {folder!r}"
    )


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is no folder"):
        open_output(str(tmp_path / "file" / "events.json"))


def test_target_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a directory; name a file in it"):
        open_output(str(tmp_path))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("", "the name is empty; name a file, or - for standard output"),
        ("a\0b", "the name holds a NUL"),
        ("x" * 300, "file name too long; choose a shorter name"),
    ],
)
def test_names_that_are_no_file(target: str, message: str) -> None:
    with pytest.raises(OutputError, match=message):
        open_output(target)


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.touch(mode=0o400)
    tmp_path.chmod(0o755)
    program = (
        "import os\n"
        "from smtpsensor.sinks.output import OutputError, open_output\n"
        "if os.geteuid() == 0:\n"
        "    os.setresgid(65534, 65534, 65534)\n"
        "    os.setresuid(65534, 65534, 65534)\n"
        "try:\n"
        f"    open_output({str(path)!r})\n"
        "except OutputError as error:\n"
        "    print(error.reason, '|', error.fix)\n"
    )
    assert run(program).stdout.startswith("permission denied | ")


def test_an_unknown_error_keeps_the_systems_words() -> None:
    class Broken:
        def write(self, _data: bytes) -> int:
            raise OSError(errno.EIO, "x")

        def fileno(self) -> int:
            raise ValueError

    out = open_output(os.devnull)
    out._raw.close()
    out._raw = Broken()  # type: ignore[assignment]
    with pytest.raises(OutputError, match="input/output error; choose another place"):
        out.write(b"line\n")


def test_a_reader_that_leaves_is_no_error() -> None:
    """`smtpsensor replay --events - | head -1`: nothing on stderr, not even from the interpreter's exit."""
    program = (
        "from smtpsensor.sinks.output import OutputClosed, open_output\n"
        "out = open_output('-')\n"
        "try:\n"
        "    for _ in range(1000):\n"
        "        out.write(b'x' * 999 + b'\\n')\n"
        "except OutputClosed:\n"
        "    out.write(b'more')\n"
        "    out.close()\n"
        "    print('something to flush at exit')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=30) == 0


def test_a_pipe_that_closes_is_told_apart_from_an_error(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    out = open_output(str(fifo))
    os.close(reader)
    with pytest.raises(OutputClosed):
        out.write(b"line\n")
    out.write(b"line\n")
    out.close()


def test_standard_output_is_binary_and_carries_what_was_printed_before() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "from smtpsensor.sinks.output import open_output\nprint('first')\n"
                "out = open_output('-')\nout.write(b'\\xff\\r\\n')\nout.close()\nprint('last')"
            ),
        ],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == b"first\n\xff\r\nlast\n"


def test_standard_output_replaced_by_a_catcher(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    out = open_output("-")
    out.write(b"line\n")
    out.close()
    assert capsysbinary.readouterr().out == b"line\n"


def test_two_outputs_do_not_share_a_place(tmp_path: Path) -> None:
    one = str(tmp_path / "one")
    check_distinct({"--events": "-", "--csv": one, "--openmetrics": None, "--json": None})
    with pytest.raises(OutputError, match="--events and --csv both go to standard output; give one of them"):
        check_distinct({"--events": "-", "--csv": "-"})
    with pytest.raises(OutputError, match="--events and --csv both go to the same file"):
        check_distinct({"--events": one, "--csv": str(tmp_path / "." / "one")})


def test_a_signal_during_a_write_loses_nothing(tmp_path: Path) -> None:
    """Ctrl-C handlers run between writes; a write that was cut short goes on (PEP 475)."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = (
        "import signal\n"
        "from smtpsensor.sinks.output import open_output\n"
        "signal.signal(signal.SIGUSR1, lambda *_: None)\n"
        f"out = open_output({str(fifo)!r})\n"
        "print('ready', flush=True)\n"
        "out.write(b'x' * 999_999 + b'\\n')\n"
        "out.close()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT) as child:
        with fifo.open("rb") as reader:
            assert child.stdout is not None
            child.stdout.readline()
            child.send_signal(signal.SIGUSR1)
            assert len(reader.read()) == 1_000_000
        assert child.wait(timeout=30) == 0
