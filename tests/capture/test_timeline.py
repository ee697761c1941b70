"""Several captures as one timeline: in order, each frame once, whatever the cuts."""

import gzip
import itertools
import tracemalloc
from pathlib import Path

import pytest
from capture.builders import T0, Got, Packet, packets, pcap, pcapng, replay, snoop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smtpsensor.capture.timeline import Timeline
from smtpsensor.stats import Stats

Frames = list[tuple[str | None, Got]]


def store(folder: Path, **files: bytes) -> list[Path]:
    paths = []
    for name, content in files.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return paths


def contents(frames: Frames) -> list[Packet]:
    return [got.packet for _, got in frames]


def test_single_capture_keeps_name_and_numbers(tmp_path: Path) -> None:
    sent = packets(2_000)
    (path,) = store(tmp_path, one=pcap(sent))
    frames, timeline, stats = replay([path])
    assert contents(frames) == sent
    assert {name for name, _ in frames} == {str(path)}
    assert [got.number for _, got in frames] == list(range(1, 2_001))
    assert (timeline.errors, timeline.warnings, dict(stats.named)) == ([], [], {})


@pytest.mark.parametrize("named", [1, -1], ids=["in order", "backwards"])
def test_capture_split_at_any_frame_gives_the_same_frames(tmp_path: Path, named: int) -> None:
    sent = packets(12)
    for cut in range(13):
        paths = store(tmp_path, a=pcap(sent[:cut]), b=pcapng(sent[cut:]))
        frames, timeline, _ = replay(paths[::named])
        assert contents(frames) == sent
        assert [(name, got.number) for name, got in frames] == [
            (str(paths[i >= cut]), i + 1 - (cut if i >= cut else 0)) for i in range(12)
        ]
        assert not timeline.errors + timeline.warnings


def test_two_taps_are_merged_by_time(tmp_path: Path) -> None:
    sent = packets(3_000)
    paths = store(tmp_path, a=pcap(sent[::2]), b=gzip.compress(pcapng(sent[1::2])))
    for chunk in (100, 262_144):
        frames, timeline, _ = replay(paths, chunk=chunk)
        assert contents(frames) == sent
        assert [got.number for _, got in frames] == [i // 2 + 1 for i in range(3_000)]
        assert not timeline.errors + timeline.warnings


def test_equal_times_come_in_the_order_of_the_arguments(tmp_path: Path) -> None:
    same = [Packet(T0, bytes([i]), 1) for i in range(6)]
    a, b = store(tmp_path, a=pcap(same[:3]), b=pcap(same[3:]))
    assert contents(replay([a, b])[0]) == same
    assert contents(replay([b, a])[0]) == same[3:] + same[:3]


def test_capture_out_of_order_keeps_its_own_order(tmp_path: Path) -> None:
    """Two mirror queues write frames late: their order on the wire is nobody's to guess."""
    a = [Packet(T0 + ms * 1_000_000, b"a", 1) for ms in (10, 30, 20, 50, 40)]
    b = [Packet(T0 + ms * 1_000_000, b"b", 1) for ms in (25, 45)]
    paths = store(tmp_path, a=pcap(a), b=pcap(b))
    order = [((got.ts - T0) // 1_000_000, got.data) for _, got in replay(paths)[0]]
    assert [ms for ms, data in order if data == b"a"] == [10, 30, 20, 50, 40]
    assert [ms for ms, data in order if data == b"b"] == [25, 45]
    assert order == [(10, b"a"), (25, b"b"), (30, b"a"), (20, b"a"), (45, b"b"), (50, b"a"), (40, b"a")]


TIMES = st.lists(st.integers(0, 30), max_size=25)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(TIMES, min_size=1, max_size=5), chunk=st.integers(1, 300), ordered=st.booleans())
def test_merge_is_a_stable_sort(tmp_path: Path, files: list[list[int]], chunk: int, ordered: bool) -> None:
    built = []
    for i, times in enumerate(files):
        content = [
            Packet(T0 + ms * 1000, bytes([i, j]), 2)
            for j, ms in enumerate(sorted(times) if ordered else times)
        ]
        built.append(content)
    formats = (pcap, pcapng, snoop)
    paths = store(tmp_path, **{f"f{i}": formats[i % 3](content) for i, content in enumerate(built)})
    got = contents(replay(paths, chunk=chunk)[0])
    if ordered:
        assert got == sorted(itertools.chain(*built), key=lambda packet: packet.ts)
    assert got == contents(replay(paths)[0])
    for i, content in enumerate(built):
        assert [packet for packet in got if packet.data[0] == i] == content


def test_thousand_rotated_files_need_no_thousand_descriptors(tmp_path: Path) -> None:
    sent = packets(2_000)
    paths = [tmp_path / f"{i:04}.pcap" for i in range(1_000)]
    for i, path in enumerate(paths):
        path.write_bytes(pcap(sent[2 * i : 2 * i + 2]))
    before, most, got = descriptors(), 0, []
    timeline = Timeline([str(path) for path in reversed(paths)], Stats())
    for batch in timeline.batches():
        most = max(most, descriptors())
        got += [frame[0] for frame in batch.frames]
    assert got == [packet.ts for packet in sent]
    assert most - before <= 2
    assert not timeline.warnings


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_more_overlapping_captures_than_are_merged_lose_order_but_no_frame(tmp_path: Path) -> None:
    sent = packets(100)
    paths = store(tmp_path, **{f"f{i}": pcap(sent[i::10]) for i in range(10)})
    frames, timeline, _ = replay(paths, merged=3)
    assert sorted(contents(frames)) == sorted(sent)
    for i, path in enumerate(paths):
        assert [got.packet for name, got in frames if name == str(path)] == sent[i::10]
    (warning,) = timeline.warnings
    assert "overlaps in time with 3 other captures" in str(warning)


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    sent = packets(400, size=1_400)
    peaks = []
    for files in (2, 40):
        paths = [tmp_path / f"{files}-{i}" for i in range(files)]
        for i, path in enumerate(paths):
            path.write_bytes(pcap(packets(400, T0 + i * 10**9, size=1_400)))
        tracemalloc.start()
        count = sum(
            sum(1 for _ in batch.frames)
            for batch in Timeline([str(path) for path in paths], Stats()).batches()
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == files * len(sent)
    assert peaks[1] < peaks[0] * 1.5
    assert peaks[1] < 3 << 20


def test_problems_are_told_once_and_counted_and_the_others_are_read(tmp_path: Path) -> None:
    sent = packets(40)
    whole = pcap(sent)
    paths = store(
        tmp_path,
        cut=whole[:-3],
        damaged=pcap(sent[:5]) + b"\xff" * 100,
        damaged_at_once=pcap([]) + b"\xff" * 100,
        header_cut=whole[:10],
        gzip_cut=gzip.compress(whole)[:-9],
        empty_capture=pcap([]),
        nothing=b"",
        text=b"hello\n",
        good=whole,
    )
    paths.append(tmp_path / "gone")
    frames, timeline, stats = replay(paths)
    assert len(frames) == 39 + 5 + 40 + 40
    errors = {Path(problem.path).name: problem for problem in timeline.errors}
    warnings = {Path(problem.path).name: problem for problem in timeline.warnings}
    assert sorted(errors) == ["damaged", "damaged_at_once", "gone", "nothing", "text"]
    assert sorted(warnings) == ["cut", "gzip_cut", "header_cut"]
    assert len(timeline.errors + timeline.warnings) == 8
    assert dict(stats.named) == {"capture_truncated": 3, "capture_damaged": 2}
    assert timeline.bytes_read == timeline.bytes_total
    lines = {name: str(p).removeprefix(f"{tmp_path}/") for name, p in (errors | warnings).items()}
    assert lines["cut"] == "cut: ends in the middle of packet 40; all before was read"
    assert lines["header_cut"].startswith("header_cut: ends in the middle of the file header; ")
    assert lines["damaged"].startswith(
        "damaged: is damaged at octet 414, behind packet 5: a record of 4,294,967,295 octets; "
    )
    assert lines["gone"].startswith("gone: no such file; ")


def test_no_captures_is_no_frames() -> None:
    frames, timeline, _ = replay([])
    assert frames == []
    assert (timeline.bytes_total, timeline.bytes_read) == (0, 0)


def test_progress_grows_to_the_size_of_the_files_as_stored(tmp_path: Path) -> None:
    paths = store(tmp_path, a=pcap(packets(3_000)), b=gzip.compress(pcap(packets(3_000, T0 + 10**13))))
    timeline = Timeline([str(path) for path in paths], Stats(), chunk=10_000)
    total = sum(path.stat().st_size for path in paths)
    assert timeline.bytes_total == total
    seen, names = [], []
    for batch in timeline.batches():
        seen.append(timeline.bytes_read)
        names.append(timeline.current)
        assert timeline.current == batch.file
    assert seen == sorted(seen)
    assert len(set(seen)) > 10
    assert timeline.bytes_read == total
    assert names == sorted(names)


def test_batch_that_is_left_unread_is_skipped(tmp_path: Path) -> None:
    sent = packets(1_000)
    (path,) = store(tmp_path, one=pcap(sent))
    timeline = Timeline([str(path)], Stats(), chunk=4_096)
    numbers = [next(batch.frames)[5] for batch in timeline.batches()]
    assert numbers[0] == 1
    assert len(numbers) > 10
    assert numbers == sorted(set(numbers))


def test_leaving_early_closes_the_files(tmp_path: Path) -> None:
    paths = store(tmp_path, a=pcap(packets(9)), b=pcap(packets(9)))
    before = descriptors()
    batches = Timeline([str(path) for path in paths], Stats()).batches()
    next(batches)
    assert descriptors() > before
    with pytest.raises(KeyboardInterrupt):
        batches.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    assert descriptors() == before


def test_file_that_grows_or_shrinks_between_looks_stops_nothing(tmp_path: Path) -> None:
    sent = packets(30)
    a, b = store(tmp_path, a=pcap(sent[:10]), b=pcap(sent[10:]))
    timeline = Timeline([str(a), str(b)], Stats())
    batches = timeline.batches()
    first = [frame[5] for frame in next(batches).frames]
    b.write_bytes(pcap(packets(3, T0 - 10**12)))  # now it begins before what was read
    rest = [frame[0] for batch in batches for frame in batch.frames]
    assert first == list(range(1, 11))
    assert len(rest) == 3
