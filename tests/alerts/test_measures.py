"""What a worker measured of each look is kept with its picture; an alert without it, or with nonsense, is kept too."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from alerts.store import store_candidate
from records.database import Database
from records.ids import new_id
from records.schema import Picture
from records.vault import OpenKey
from tests.records.made import HASH, make_deployment
from wire.messages import Candidate, LookMeasures, decode, encode

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEY = OpenKey("any", "alerts", bytearray(32))
GOOD = LookMeasures(eye_distance=41.5, turn=-0.1, score=0.93, sharpness=0.11, brightness=120.0, contrast=38.0)
SMALL = msgspec.structs.replace(GOOD, eye_distance=17.0)


def stored(database: Database, measures: Sequence[LookMeasures]) -> dict[tuple[str, int], dict[str, Any] | None]:
    """By kind and rank, of an alert with two looks and a context."""
    with database.write() as session:
        subject = new_id()
        candidate = Candidate(
            id=new_id(),
            deployment=make_deployment(session, NOW, subjects=(subject,)),
            camera="north",
            track=4,
            subject=subject,
            similarity=0.61,
            threshold=0.4,
            looks=2,
            frame=12,
            captured_at=int(NOW.timestamp()) * 1_000_000_000,
            raised_at=int(NOW.timestamp()) * 1_000_000_000,
            engine="exact",
            contract=HASH,
            list_hash=HASH,
            measures=list(measures),
        )
        received = decode(encode(candidate))
        assert isinstance(received, Candidate)
        assert store_candidate(session, received, [b"1", b"2"], b"c", KEY, NOW) == "alert"
    with database.read() as session:
        return {(found.kind, found.rank): found.measures for found in session.scalars(select(Picture))}


def test_each_look_keeps_its_own_measures(database: Database) -> None:
    assert stored(database, [GOOD, SMALL]) == {
        ("look", 0): msgspec.to_builtins(GOOD),
        ("look", 1): msgspec.to_builtins(SMALL),
        ("context", 0): None,
    }


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_measures_that_are_no_numbers_are_left_out_and_the_alert_is_stored(database: Database, wrong: float) -> None:
    found = stored(database, [msgspec.structs.replace(GOOD, turn=wrong), SMALL])
    assert found["look", 0] is None
    assert found["look", 1] == msgspec.to_builtins(SMALL)


def test_a_candidate_of_a_worker_that_sends_none_is_stored(database: Database) -> None:
    assert set(stored(database, []).values()) == {None}
