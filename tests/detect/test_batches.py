"""The same alerts whatever the size of a batch, and however a capture was cut into files."""

import struct
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from support.tree import ROOT

from smtpsensor.capture.timeline import Timeline
from smtpsensor.capture.types import Batch
from smtpsensor.config import Settings
from smtpsensor.detect.alert import Alert
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.site import Site
from smtpsensor.pipeline import Pipeline
from smtpsensor.stats import Stats

CAPTURES = sorted((ROOT / "pcaps").glob("*.pcap"))
SETTINGS = Settings(secret_key=b"the same on every run")
RULES = load_rules([], Site())


def said(paths: list[str], size: int | None = None) -> list[Alert]:
    """Every snapshot, in order; batches of `size` frames, or as the reader makes them."""
    pipeline = Pipeline(SETTINGS)
    engine = Engine(RULES)
    found: list[Alert] = []
    for batch in Timeline(paths, Stats()).batches():
        frames = iter(batch.frames)
        while part := list(islice(frames, size)):
            pipeline.feed(Batch(batch.buf, iter(part), batch.file))
            for event in pipeline.drain():
                found += engine.take(event)
    pipeline.finish()
    for event in pipeline.drain():
        found += engine.take(event)
    return found + engine.finish()


def without_place(alert: Alert) -> Alert:
    """An alert whose file and packet are left out: another cut has others."""
    nowhere = replace(alert.first_seen, file=None, frame=None)
    facts = {name: value for name, value in alert.facts.items() if not name.startswith("verdict_")}
    decisive = replace(alert.decisive, file=None, frame=None)
    return replace(alert, first_seen=nowhere, decisive=decisive, facts=facts)


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_any_batch_size(capture: Path, size: int) -> None:
    whole = said([str(capture)])
    assert whole
    assert said([str(capture)], size) == whole


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_a_capture_cut_into_three_files(capture: Path, tmp_path: Path) -> None:
    data = capture.read_bytes()
    head, records, at = data[:24], [], 24
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 8)
        records.append(data[at : at + 16 + length])
        at += 16 + length
    third = len(records) // 3 + 1
    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.pcap"
        path.write_bytes(head + b"".join(records[number * third : (number + 1) * third]))
        paths.append(str(path))
    whole = [without_place(alert) for alert in said([str(capture)])]
    assert [without_place(alert) for alert in said(paths)] == whole
