"""The rules of the pipeline, with scripted networks: who is where, and whose template comes of it, is known exactly."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.faces import Face
from inference.looks import Look, geometry
from inference.passages import OpenPassage, Passage
from inference.pipeline import Decision, FrameResult, Pipeline
from inference.settings import PipelineSettings
from tests.inference.hand_made import ScriptedDetector, ScriptedNetworks, ScriptedRecogniser, face, paint
from watchlist.entries import Subject
from watchlist.index import ExactIndex, Gallery

SETTINGS = PipelineSettings(threshold=0.4)
PEOPLE: NDArray[np.float32] = np.linalg.qr(np.random.default_rng(3).normal(size=(32, 6)))[0].T.astype(np.float32)
"""Six people who resemble each other not at all."""
ENTRIES = (Subject(id="id-0", label="Anna", pictures=()), Subject(id="id-1", label="Bo", pictures=()))
Script = Sequence[dict[int, Sequence[Face]]]
"""For each frame, the faces of each person."""


def listed(*people: int) -> ExactIndex:
    return ExactIndex(Gallery(PEOPLE[list(people)], list(range(len(people)))))


class Run:
    """A script played through a pipeline."""

    def __init__(
        self,
        script: Script,
        index: ExactIndex | None,
        settings: PipelineSettings = SETTINGS,
        people: NDArray[np.float32] = PEOPLE,
        *,
        withheld: frozenset[str] = frozenset(),
        threshold: float | None = None,
    ) -> None:
        flat = [[one for shown in faces.values() for one in shown] for faces in script]
        self.recogniser = ScriptedRecogniser(people)
        networks = ScriptedNetworks(ScriptedDetector(flat), self.recogniser)
        self.pipeline = Pipeline(networks, index, ENTRIES, settings, "gate")
        self.pipeline.allow(settings.threshold if threshold is None else threshold, withheld)
        self.frames: list[FrameResult] = []
        for number, faces in enumerate(script):
            self.frames.append(self.pipeline.process(paint(400, 600, faces), number))
        self.passages: list[Passage] = [one for frame in self.frames for one in frame.ended]
        self.passages += self.pipeline.finish()

    @property
    def decisions(self) -> list[Decision]:
        return [decision for frame in self.frames for decision in frame.decisions]


def standing(person: int, frames: int, x: float = 200) -> Script:
    return [{person: [face(x, 200)]}] * frames


def test_a_listed_person_is_decided_once_however_long_the_pass() -> None:
    run = Run(standing(0, 100), listed(0, 1))
    (decision,) = run.decisions
    assert (decision.subject, decision.label, decision.track) == ("id-0", "Anna", 1)
    assert decision.similarity == pytest.approx(1.0, abs=1e-5)
    assert len(decision.looks) == SETTINGS.agreement
    assert {chip.shape for chip in decision.looks} == {(600, 480, 3)}
    (passage,) = run.passages
    assert (passage.subjects, passage.first_frame, passage.last_frame) == (("id-0",), 1, 99)


def test_a_decision_carries_what_was_measured_of_each_of_its_looks() -> None:
    (decision,) = Run(standing(0, 30), listed(0)).decisions
    assert len(decision.measures) == len(decision.looks)
    where = geometry(face(200, 200), 400, 600)
    for measured in decision.measures:
        assert (measured.eye_distance, measured.turn, measured.score) == (where.eye_distance, where.turn, where.score)
        assert measured.sharpness > SETTINGS.min_sharpness
        assert measured.brightness > SETTINGS.min_brightness
        assert measured.contrast > SETTINGS.min_contrast


def test_nobody_is_decided_on_one_look() -> None:
    assert Run(standing(0, 5), listed(0)).decisions == []
    single = msgspec.structs.replace(SETTINGS, agreement=1)
    assert [decision.frame for decision in Run(standing(0, 5), listed(0), single).decisions] == [1]


def test_a_stranger_is_never_decided_and_not_named() -> None:
    run = Run(standing(4, 60), listed(0, 1))
    assert run.decisions == []
    (passage,) = run.passages
    assert passage.subjects == ()
    assert passage.similarity is not None
    assert passage.similarity < 0.1


def test_of_several_entries_over_the_threshold_only_the_best_is_decided() -> None:
    between = PEOPLE.copy()
    between[2] = (0.8 * PEOPLE[0] + 0.6 * PEOPLE[1]).astype(np.float32)
    run = Run(standing(2, 60), listed(0, 1), people=between)
    assert [decision.label for decision in run.decisions] == ["Anna"]


def test_looks_that_do_not_agree_with_the_entry_do_not_count() -> None:
    # Fused they reach the threshold of 0.4, but each alone is far under three quarters of it, or of another entry.
    apart = PEOPLE.copy()
    rest = np.sqrt(1 - 0.85**2 - 0.1**2)
    apart[2] = (0.85 * PEOPLE[0] + rest * PEOPLE[3] + 0.1 * PEOPLE[4]).astype(np.float32)
    apart[3] = (0.20 * PEOPLE[0] + 0.979 * PEOPLE[3]).astype(np.float32)
    script = [*standing(2, 5), *standing(3, 60)]
    run = Run(script, listed(0), msgspec.structs.replace(SETTINGS, agreement=2, max_looks=2), people=apart)
    assert run.passages[0].similarity is not None
    assert run.passages[0].similarity >= 0.4
    assert run.decisions == []


def test_a_track_that_passes_to_another_person_carries_no_template_over() -> None:
    script = [*standing(0, 50), *standing(5, 100)]
    run = Run(script, listed(0, 5))
    assert [(decision.track, decision.label) for decision in run.decisions] == [(1, "Anna"), (2, "Bo")]
    assert [(passage.track, passage.ending, passage.subjects) for passage in run.passages] == [
        (1, "swapped", ("id-0",)),
        (2, "source", ("id-1",)),
    ]
    assert run.decisions[1].similarity == pytest.approx(1.0, abs=1e-5)


def test_a_person_who_takes_over_a_track_is_not_decided_as_the_one_before() -> None:
    run = Run([*standing(0, 4), *standing(5, 100)], listed(0, 5))
    assert [(one.ending, one.subjects) for one in run.passages] == [("swapped", ()), ("source", ("id-1",))]
    (decision,) = run.decisions
    assert (decision.track, decision.label) == (2, "Bo")
    # Without the guard the looks of both are fused, and the similarity is 0.89.
    assert decision.similarity == pytest.approx(1.0, abs=1e-5)


def test_a_single_odd_look_does_not_split_a_passage() -> None:
    script = [*standing(0, 40), *standing(5, 20), *standing(0, 60)]
    odd = Run(script, listed(0), msgspec.structs.replace(SETTINGS, refresh_after=0.7, gap=0.7))
    assert [passage.ending for passage in odd.passages] == ["source"]


def test_a_cut_ends_every_track_even_where_faces_stay_in_place() -> None:
    recogniser = ScriptedRecogniser(PEOPLE)
    here = [face(200, 200), face(420, 200)]
    pipeline = Pipeline(
        ScriptedNetworks(ScriptedDetector([here] * 40), recogniser), listed(0), ENTRIES, SETTINGS, "gate"
    )
    scene = paint(400, 600, {0: here[:1], 4: here[1:]})
    noise = np.random.default_rng(5).integers(0, 255, (10, 15, 3)).astype(np.uint8)
    other = np.kron(noise, np.ones((40, 40, 1), np.uint8)).astype(np.uint8)
    for one in here:
        left, top, right, bottom = one.box.astype(int)
        other[top:bottom, left:right] = scene[top:bottom, left:right]
    results = [pipeline.process(scene if number < 20 else other, number) for number in range(40)]
    assert [(passage.track, passage.ending) for passage in results[20].ended] == [(1, "cut"), (2, "cut")]
    assert [shown.track for shown in results[21].faces] == [3, 4]


def test_looks_of_all_tracks_are_embedded_in_one_batch() -> None:
    people: dict[int, Sequence[Face]] = {person: [face(80 + 110 * person, 200)] for person in range(5)}
    run = Run([people] * 3, listed(0))
    assert run.recogniser.batches == [5]


def test_a_long_pass_embeds_few_looks() -> None:
    run = Run(standing(4, 250), listed(0))
    assert sum(run.recogniser.batches) <= 12


def resembling(similarity: float) -> NDArray[np.float32]:
    """Person 2 is so similar to the first entry, and to nobody else."""
    people = PEOPLE.copy()
    people[2] = (similarity * PEOPLE[0] + np.sqrt(1 - similarity**2) * PEOPLE[3]).astype(np.float32)
    return people


def ever_better(person: int, frames: int) -> Script:
    """Each look is a little better than all before."""
    return [{person: [face(200, 200, score=0.55 + 0.002 * number)]} for number in range(frames)]


def test_who_is_near_the_threshold_is_looked_at_in_every_frame_that_may_help_and_a_stranger_is_not() -> None:
    near = Run(ever_better(2, 60), listed(0), people=resembling(0.35))
    stranger = Run(ever_better(2, 60), listed(0), people=resembling(0.25))
    assert near.decisions == stranger.decisions == []
    assert sum(stranger.recogniser.batches) <= 15
    assert sum(near.recogniser.batches) >= 40


def test_who_stays_near_the_threshold_is_not_embedded_for_ever() -> None:
    run = Run(ever_better(2, 200), listed(0), people=resembling(0.35))
    limit, seconds = SETTINGS.near_looks, 200 / SETTINGS.frame_rate
    assert limit < sum(run.recogniser.batches) <= limit + seconds / SETTINGS.gap


def test_who_looks_up_for_a_moment_is_found_if_near_the_threshold_before() -> None:
    """In four frames of seventy the face is better, and the similarity enough."""
    people = resembling(0.33)
    people[4] = (0.55 * PEOPLE[0] + np.sqrt(1 - 0.55**2) * PEOPLE[3]).astype(np.float32)
    worse: dict[int, Sequence[Face]] = {2: [face(200, 200, score=0.7)]}
    better: dict[int, Sequence[Face]] = {4: [face(200, 200, score=0.75)]}
    script = [*[worse] * 57, *[better] * 4, *[worse] * 9]
    assert [one.label for one in Run(script, listed(0), people=people).decisions] == ["Anna"]
    slow = msgspec.structs.replace(SETTINGS, near_gap=SETTINGS.gap)
    assert Run(script, listed(0), slow, people=people).decisions == []


def test_faces_without_a_track_and_rejected_looks_are_counted() -> None:
    small: Script = [{0: [face(200, 200, side=20)]}] * 30
    run = Run(small, listed(0))
    assert [len(frame.faces) for frame in run.frames] == [1] * 30
    assert [shown.track for shown in run.frames[0].faces] == [None]
    assert sum(frame.looks_rejected for frame in run.frames) == 29
    (passage,) = run.passages
    assert passage.rejected == {"too small": 29}
    assert run.recogniser.batches == []


def test_a_face_that_flashes_up_is_no_passage() -> None:
    run = Run([*standing(4, 4), *([{}] * 60)], listed(0))
    assert run.passages == []


def test_weak_detections_without_a_track_are_no_faces() -> None:
    run = Run([{0: [face(200, 200, score=0.45)]}] * 5, listed(0))
    assert [len(frame.faces) for frame in run.frames] == [0] * 5


def test_without_a_list_passages_are_counted_all_the_same() -> None:
    run = Run(standing(4, 40), None)
    assert [(passage.similarity, passage.looks > 0) for passage in run.passages] == [(None, True)]


def test_a_new_session_may_begin_its_numbers_anew() -> None:
    script = standing(0, 60)
    networks = ScriptedNetworks(ScriptedDetector([list(frame[0]) for frame in script] * 2), ScriptedRecogniser(PEOPLE))
    pipeline = Pipeline(networks, listed(0), ENTRIES, SETTINGS, "gate")
    picture = paint(400, 600, script[0])
    tracks = []
    for _ in range(2):
        for number in range(60):
            tracks += [decision.track for decision in pipeline.process(picture, number).decisions]
        assert len(pipeline.finish()) == 1
    assert tracks == [1, 2]
    assert pipeline.finish() == ()


def arrays_of(passage: OpenPassage) -> list[NDArray[np.generic]]:
    looks = [*passage.looks, *([passage.stranger] if passage.stranger else [])]
    arrays: list[NDArray[np.generic]] = [part for look in looks for part in (look.template, look.chip)]
    return arrays if passage.fused is None else [*arrays, passage.fused]


@pytest.mark.parametrize("ending", ["lost", "swapped", "source"])
def test_nothing_of_a_track_outlives_it(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    made: list[Look] = []
    held: list[NDArray[np.generic]] = []
    real_add, real_close = OpenPassage.add, OpenPassage.close

    def add(self: OpenPassage, look: Look, settings: PipelineSettings) -> None:
        made.append(look)
        real_add(self, look, settings)

    def close(self: OpenPassage, camera: str, why: object) -> Passage:
        held.extend(arrays_of(self))
        return real_close(self, camera, why)  # type: ignore[arg-type]

    monkeypatch.setattr(OpenPassage, "add", add)
    monkeypatch.setattr(OpenPassage, "close", close)
    script: Script = {
        "lost": [*standing(4, 60), *([{}] * 40)],
        "swapped": [*standing(4, 60), *standing(5, 60)],
        "source": standing(4, 60),
    }[ending]
    run = Run(script, listed(0))
    assert held
    assert not any(array.any() for array in held)
    assert not any(look.template.any() or look.chip.any() for look in made)
    assert run.passages[0].ending == ending


def test_looks_that_fall_out_of_the_best_are_overwritten_while_the_track_lives() -> None:
    passage = OpenPassage(1, 0, 0, 0.0, 0.0)
    looks = [
        Look(PEOPLE[0].copy(), np.ones((2, 2, 3), np.uint8), np.ones((5, 2), np.float32), quality / 10, 0.0, 0, 0.0)
        for quality in range(1, 9)
    ]
    for look in looks:
        passage.add(look, SETTINGS)
    assert [bool(look.template.any() and look.chip.any()) for look in looks] == [False] * 3 + [True] * 5


def test_a_decision_keeps_its_own_pictures_after_the_track_was_overwritten() -> None:
    run = Run([*standing(0, 60), *([{}] * 40)], listed(0))
    assert [passage.ending for passage in run.passages] == ["lost"]
    assert all(chip.any() for chip in run.decisions[0].looks)


def test_the_frame_is_neither_kept_nor_changed() -> None:
    networks = ScriptedNetworks(ScriptedDetector([[face(200, 200)]] * 30), ScriptedRecogniser(PEOPLE))
    pipeline = Pipeline(networks, listed(0), ENTRIES, SETTINGS, "gate")
    original = paint(400, 600, {0: [face(200, 200)]})
    picture = original.copy()
    picture.flags.writeable = False
    decisions: list[Decision] = []
    for number in range(10):
        decisions += pipeline.process(picture, number).decisions
    assert (picture == original).all()
    assert not any(np.shares_memory(chip, picture) for decision in decisions for chip in decision.looks)


def test_a_withheld_entry_is_not_found_and_the_next_best_is() -> None:
    """Entry 0 and entry 1 both resemble the person; once 0 is withheld, the person is found as 1, and never as 0."""
    twin = PEOPLE[0] * np.float32(0.9) + PEOPLE[5] * np.float32(np.sqrt(1 - 0.81))
    index = ExactIndex(Gallery(np.stack([PEOPLE[0], twin]).astype(np.float32), [0, 1]))
    for withheld, found in (
        (frozenset(), ["id-0"]),
        (frozenset({"id-0"}), ["id-1"]),
        (frozenset({"id-0", "id-1"}), []),
    ):
        run = Run(standing(0, 60), index, withheld=withheld)
        assert [decision.subject for decision in run.decisions] == found
        assert [passage.subjects for passage in run.passages] == [tuple(found)]


def test_a_threshold_is_raised_while_it_runs_and_never_lowered() -> None:
    half = PEOPLE[0] * np.float32(0.6) + PEOPLE[5] * np.float32(0.8)
    index = ExactIndex(Gallery(half[None].astype(np.float32), [0]))
    assert len(Run(standing(0, 60), index).decisions) == 1
    assert Run(standing(0, 60), index, threshold=0.7).decisions == []
    (decision,) = Run(standing(0, 60), index, threshold=0.1).decisions
    assert decision.threshold == SETTINGS.threshold
