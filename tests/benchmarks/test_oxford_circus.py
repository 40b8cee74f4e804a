"""What the Oxford Circus benchmark says of a record: passages beside the truth, sums that must reconcile, memory."""

from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import pytest

from alerts.counts import Counts
from benchmarks.oxford_people import People, Walkers, choose
from benchmarks.oxford_tables import Candidates, Run, Sample, base_of, memory_rows, tables
from benchmarks.passages import (
    EMPTY_AFTER_S,
    PLACE_EMPTY_S,
    Counted,
    Shown,
    compare,
    make_passages,
    passages_in,
    repeated,
    seconds_for,
)
from benchmarks.report import BenchmarkError
from benchmarks.rigs import Memory
from rig.walkby import enrol

NORTH = "north"


def shown(first: int, last: int, who: str = "ann", listed: bool = False, camera: str = NORTH) -> Shown:
    return Shown(camera, first, last, who, listed)


def counted(first: int, last: int, *labels: str, camera: str = NORTH, track: int = 1) -> Counted:
    return Counted(camera, track, first, last, labels)


def test_one_passage_of_the_record_stands_for_one_that_was_shown() -> None:
    found = compare([shown(0, 30), shown(5, 35), shown(100, 130)], [counted(2, 30), counted(6, 35)])
    assert (found.shown, found.matched, found.missed, found.besides) == (3, 2, 1, 0)


def test_a_broken_track_is_one_passage_too_many_and_not_two_people() -> None:
    found = compare([shown(0, 30)], [counted(0, 12), counted(14, 30), counted(200, 210)])
    assert (found.matched, found.missed, found.besides) == (1, 0, 2)


def test_passages_of_one_camera_stand_for_nothing_at_another() -> None:
    found = compare([shown(0, 30)], [counted(0, 30, camera="south")])
    assert (found.matched, found.missed, found.besides) == (0, 1, 1)


def test_a_candidate_is_false_unless_its_person_was_there() -> None:
    truth = [shown(0, 30, "ann", listed=True), shown(10, 40, "bob"), shown(100, 130, "cid", listed=True)]
    found = compare(truth, [counted(1, 30, "ann"), counted(10, 40, "eve"), counted(100, 130, "ann")])
    assert (found.listed_shown, found.listed_found, found.false_candidates) == (2, 1, 2)


def test_a_listed_person_counts_as_found_in_any_part_of_a_broken_track() -> None:
    found = compare([shown(0, 30, "ann", listed=True)], [counted(0, 20), counted(22, 30, "ann")])
    assert (found.listed_found, found.false_candidates) == (1, 0)


@pytest.mark.parametrize("rate", [10.0, 40.0, 125.0, 500.0])
def test_a_clip_is_long_enough_for_its_passages(rate: float) -> None:
    for passages in (1, 7, 240):
        assert passages_in(rate, seconds_for(rate, passages)) == passages


def test_passages_come_at_their_rate_each_in_a_free_place_and_none_at_the_end(tmp_path: Path) -> None:
    (picture, *_) = enrol(tmp_path)
    people = [(f"person {number}", picture) for number in range(9)]
    truth = make_passages(tmp_path / "clip.mp4", people, 120, seconds_for(120, 20), 12, (640, 480), seed=1)
    assert len(truth.walks) == 20
    assert max(walk.last for walk in truth.walks) <= truth.frames - EMPTY_AFTER_S * 12
    for place in {walk.place for walk in truth.walks}:
        there = sorted((walk.first, walk.last) for walk in truth.walks if walk.place == place)
        assert all(later - last >= PLACE_EMPTY_S * 12 - 1 for (_, last), (later, _) in pairwise(there))
    again = repeated(truth, NORTH, 3, frozenset({"person 0"}))
    assert len(again) == 60
    assert again[20].first == truth.walks[0].first + truth.frames
    assert sum(one.listed for one in again) == 3 * sum(walk.identity == "person 0" for walk in truth.walks)


def test_more_people_than_a_camera_has_room_for_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="more cameras"):
        make_passages(tmp_path / "clip.mp4", [("ann", tmp_path / "ann.jpg")], 2000, 20, 12, (1280, 720), seed=1)


@pytest.fixture
def people() -> People:
    pictures = [Path(f"p{person}_{number:04}.jpg") for person in range(30) for number in range(1, 2 + person % 3)]
    return choose(pictures, portraits=12, seed=1)


def test_nobody_is_listed_and_a_stranger_and_nobody_walks_with_the_list_s_picture(people: People) -> None:
    listed, strangers = {name for name, _ in people.listed}, {name for name, _ in people.strangers}
    assert len(people.portraits) == 12
    assert listed
    assert listed <= people.portraits.keys()
    assert not people.portraits.keys() & strangers
    assert not set(people.portraits.values()) & {picture for _, picture in people.listed}


def test_one_passer_by_in_so_many_is_listed_and_enrolled(people: People) -> None:
    refused, *enrolled = sorted({name for name, _ in people.listed})
    walkers = Walkers(people, frozenset(enrolled), 4)
    past = list(islice(walkers.who, 80))
    assert [name in walkers.listed for name, _ in past] == [False, False, False, True] * 20
    assert walkers.listed == frozenset(enrolled)
    assert refused not in {name for name, _ in past}


def test_without_anybody_enrolled_strangers_walk(people: People) -> None:
    walkers = Walkers(people, frozenset(), 4)
    assert {name for name, _ in islice(walkers.who, 40)} <= {name for name, _ in people.strangers}


def sample(passages: int, infer_mib: float, capture: bool = True) -> Sample:
    mib = {"infer": infer_mib} | ({"capture north": 80.0} if capture else {})
    return Sample(Memory(float(passages), mib), passages, 10 * passages, 0)


def run(**changes: object) -> Run:
    good = Run(
        rate=120.0,
        cameras=1,
        minutes=10.0,
        compared=compare([shown(0, 30)], [counted(0, 30)]),
        counts=Counts(frames=990, dropped=10, faces=500, looks_rejected=5, passages=1, candidates=3, unsearched=0),
        produced=1002,
        overwritten=7,
        listed_passages=1,
        candidates=Candidates(alerts=2, sightings=1, suppressed=0),
        samples=[sample(10 * at, 300.0 + at) for at in range(1, 301)],
        alerts=[],
        frames=[],
        restarts=0,
        ledger="",
        people=1,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def test_a_record_whose_sums_agree_reconciles() -> None:
    assert run().faults() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"produced": 1100}, "the cameras gave 1100 frames, the record accounts for 1000"),
        ({"listed_passages": 2}, "1 passages were counted, 2 are listed"),
        ({"candidates": Candidates(1, 1, 0)}, "3 candidates were raised, 2 are in the record"),
        ({"ledger": "line 3: altered"}, "line 3: altered"),
        ({"restarts": 1}, "started again"),
    ],
)
def test_what_does_not_agree_is_said(changes: dict[str, object], said: str) -> None:
    (fault,) = run(**changes).faults()
    assert said in fault
    record = next(table for table in tables([run(**changes)]) if table.title == "The record")
    assert said in str(record.rows[0]["reconciles"])


def test_memory_is_compared_with_that_after_the_first_thousand_passages() -> None:
    found = run()
    assert found.samples[base_of(found)].passages == 1000
    infer = next(row for row in memory_rows(found) if row["process"] == "infer")
    # Medians of 24 samples, each with 1 MiB more than the one before.
    assert (infer["then"], infer["end"], infer["most"]) == (411.5, 588.5, 600.0)
    assert infer["grown %"] == pytest.approx(100 * (588.5 / 411.5 - 1))


def test_too_few_passages_for_a_word_on_memory_are_admitted() -> None:
    few = run(samples=[sample(10 * at, 300.0) for at in range(1, 21)])
    assert few.samples[base_of(few)].passages == 100
    table = next(table for table in tables([few]) if table.title.startswith("Memory"))
    assert "Too few passages" in table.note


def test_what_was_not_measured_is_no_figure() -> None:
    alerts = next(table for table in tables([run()]) if table.title.startswith("Latency"))
    assert alerts.rows[0]["n"] == 0
    assert alerts.rows[0]["p95 stored"] is None
