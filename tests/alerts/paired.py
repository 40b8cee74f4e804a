"""Pair sets to test with: drawn pictures, labels that are known; and people who answer."""

import io
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy.orm import Session

from alerts import trials
from alerts.pair_files import Pair, PairFiles, set_id_of
from alerts.trial_rules import Kind
from records.policy import Operators
from records.schema import PairSet, Person, Trial
from records.vault import Vault

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
RULES = Operators(qualification=True, pairs=10, pass_mark=0.8, refresher_pairs=4)
LABELS = tuple(number % 2 == 0 for number in range(60))


def add_pairs(
    session: Session, vault: Vault, folder: Path, labels: Sequence[bool] = LABELS, now: datetime = NOW
) -> str:
    """A set whose pictures are numbers, as `alerts.pair_sets` would have stored it; its id."""
    pictures = [drawn(number) for number in range(2 * len(labels))]
    pairs = [Pair(2 * number, 2 * number + 1, same) for number, same in enumerate(labels)]
    set_id = set_id_of(pairs, pictures)
    PairFiles(vault, folder).write(set_id, pairs, pictures)
    session.add(
        PairSet(id=set_id, name="drawn", pairs=len(pairs), mismatches=len(pairs) - sum(labels), imported_at=now)
    )
    session.flush()
    return set_id


def drawn(number: int) -> bytes:
    picture = np.full((600, 480, 3), 200, np.uint8)
    cv2.putText(picture, str(number), (60, 330), cv2.FONT_HERSHEY_SIMPLEX, 5, (20, 40, 60), 12)
    return bytes(cv2.imencode(".jpg", picture)[1])


Answering = Callable[[str], str]
"""From the truth to the verdict."""


def rightly(truth: str) -> str:
    return truth


def always_same(_truth: str) -> str:
    return "same"


def go_through(
    session: Session,
    files: PairFiles,
    person: Person,
    kind: Kind,
    answering: Answering,
    now: datetime,
    rules: Operators = RULES,
    seed: int = 1,
    seconds: float = 5.0,
) -> Trial:
    """A whole trial, each pair answered after so many seconds."""
    trial = trials.begin(session, files, person, kind, rules, now, random.Random(seed))
    labels = files.pairs(trial.pair_set)
    for position, number in enumerate(trial.pairs):
        trials.show(session, trial, now)
        now += timedelta(seconds=seconds)
        verdict = answering("same" if labels[number].same else "different")
        trials.answer(session, files, trial, position, verdict, rules, now)  # type: ignore[arg-type]
    return trial


def table(rows: Sequence[tuple[str, str, str, str]]) -> bytes:
    text = io.StringIO()
    for row in [("first", "second", "same", "basis"), *rows]:
        text.write(",".join(row) + "\n")
    return text.getvalue().encode()
