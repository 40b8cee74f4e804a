"""Why a passage did or did not lead to an alert, in one sentence. For recorded test video only."""

from collections.abc import Mapping

from inference.looks import Reason
from inference.passages import Passage
from inference.settings import PipelineSettings


def explain(passage: Passage, settings: PipelineSettings, labels: Mapping[str, str] | None = None) -> str:
    """The decisive fact of the passage. `labels`: an entry's label by its id, else ids are named."""
    if passage.subjects:
        names = ", ".join((labels or {}).get(subject, subject) for subject in passage.subjects)
        return f"alerted: {names}, similarity {_number(passage.similarity)}, threshold {settings.threshold:.3f}"
    if passage.looks == 0:
        return _no_look(passage, settings)
    if passage.similarity is None:
        return "not searched: there was no watchlist"
    if passage.similarity < settings.threshold:
        return f"best similarity {passage.similarity:.3f} under the threshold {settings.threshold:.3f}"
    if passage.looks < settings.agreement:
        return f"{_looks(passage.looks)} only, similarity {passage.similarity:.3f}; {settings.agreement} must agree"
    return (
        f"similarity {passage.similarity:.3f} over the threshold {settings.threshold:.3f}, but {passage.agreeing} of "
        f"{_looks(passage.looks)} agreed; {settings.agreement} must"
    )


def _no_look(passage: Passage, settings: PipelineSettings) -> str:
    reason, count = max(passage.rejected.items(), key=lambda item: item[1])
    share = f"in {count} of {passage.faces} frames"
    if reason == Reason.TOO_SMALL:
        return (
            f"too small {share}: at most {passage.eye_distance:.0f} pixels between the eyes, "
            f"{settings.min_eye_distance:.0f} needed"
        )
    if reason == Reason.TOO_BLURRED:
        return f"too blurred {share}: sharpness at most {passage.sharpness:.3f}, {settings.min_sharpness:.3f} needed"
    if reason == Reason.TURNED_AWAY:
        return f"turned away {share}: turn at least {passage.turn:.1f}, at most {settings.max_turn:.1f} allowed"
    return f"{reason} {share}"


def _looks(count: int) -> str:
    return "1 look" if count == 1 else f"{count} looks"


def _number(similarity: float | None) -> str:
    return "unknown" if similarity is None else f"{similarity:.3f}"
