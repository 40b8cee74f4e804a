"""An evaluation on labelled videos from beginning to end: `openlfr evaluate-video` is this and its output."""

from collections.abc import Callable, Sequence

from evaluation.errors import EvaluationError
from evaluation.video_degrade import Recipe
from evaluation.video_figures import Evaluation, evaluate
from evaluation.video_list import Listed
from evaluation.video_loop import FaceLoop
from evaluation.video_run import VideoRun, at_thresholds, run_video
from evaluation.video_truth import LabelledVideo, Opportunity, opportunities
from inference.reader import Models
from inference.settings import PipelineSettings

SWEEP = "0.20:0.50:0.01"
"""Thresholds at which misses are counted against false alerts, unless others are asked for: first, last, step."""


def read_sweep(text: str) -> tuple[float, ...]:
    """The thresholds of `first:last:step`, rising. Raises EvaluationError."""
    try:
        first, last, step = (float(part) for part in text.split(":"))
    except ValueError:
        raise EvaluationError(f"sweep {text!r}: write first:last:step, as {SWEEP}") from None
    if not (-1.0 <= first <= last <= 1.0 and step >= 0.001):
        raise EvaluationError(f"sweep {text!r}: cosines from -1 to 1, rising by at least 0.001")
    return tuple(round(first + step * place, 4) for place in range(int((last - first) / step + 1e-6) + 1))


def evaluate_videos(
    videos: Sequence[LabelledVideo],
    models: Models,
    listed: Listed,
    settings: PipelineSettings,
    *,
    sweep: Sequence[float],
    recipe: Recipe | None = None,
    loop: FaceLoop | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Every figure of `evaluation.video_figures`. `sweep`: thresholds, rising. Raises SourceError and TruthError.

    Deterministic: the same files, list and settings give the same figures.
    """
    # The main threshold first: its pipeline then embeds in the batches of a replay, and the others take its answers.
    asked = at_thresholds(settings, (settings.threshold, *sweep))
    enrolled = {subject.label for subject in listed.subjects}
    runs: list[VideoRun] = []
    chances: list[Opportunity] = []
    passages: list[int] = []
    done = 0
    for number, video in enumerate(videos):

        def advance(frames: int, of: int, before: int = done) -> None:
            if tick:
                tick(before + frames, 0)

        run = run_video(
            number, video, models, listed.subjects, listed.index, asked, recipe=recipe, loop=loop, tick=advance
        )
        runs.append(run)
        chances += opportunities(number, video, run.cuts, enrolled)
        everyone = {row.identity for row in video.rows}
        passages.append(len(opportunities(number, video, run.cuts, everyone)))
        done += run.frames
    return evaluate(videos, runs, chances, passages, with_loop=loop is not None)
