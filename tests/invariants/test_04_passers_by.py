"""Invariant 4: nothing of a non-match outlives its track."""

from typing import Any, get_args

import msgspec
from sqlalchemy import LargeBinary

from alerts.service import AlertsService
from records.ids import new_id
from records.schema import Base
from tests.invariants.outside import (
    CAMERA,
    JPEG,
    WANTED,
    Outside,
    answered,
    sent,
)
from tests.operator_ui.drawn import drawn_looks
from wire.messages import AnyMessage, CameraStatus, PassageEnded
from wire.sockets import Socket


def test_invariant_4_a_passer_by_who_is_sent_as_a_candidate_leaves_no_picture(
    outside: Outside, service: tuple[AlertsService, Socket]
) -> None:
    looks = tuple(drawn_looks())
    for stranger in (new_id(), outside.person("Ann"), outside.deployment):
        sent(service[1], outside.candidate(stranger, looks=len(looks)), (*looks, looks[0]))
        answered(service)
    assert outside.sql("SELECT count(*) FROM alerts") == outside.sql("SELECT count(*) FROM pictures") == [(0,)]
    for path, content in outside.bytes_on_disk().items():
        assert not any(look[:200] in content or look[-200:] in content for look in looks), path


def test_invariant_4_no_passage_of_an_operation_is_stored_one_by_one(
    outside: Outside, service: tuple[AlertsService, Socket]
) -> None:
    passage = PassageEnded(
        id=new_id(), deployment=outside.deployment, camera=CAMERA, track=1, first_frame=0, last_frame=9, looks=2
    )
    sent(service[1], passage)
    candidate = outside.candidate(outside.entries[WANTED], looks=1)
    sent(service[1], candidate, (JPEG, JPEG))
    answered(service)
    row = f"INSERT INTO test_passages VALUES ('p', '{outside.deployment}', '{CAMERA}', 1, 0, 9, 2)"
    assert "test deployments only" in outside.refuses(row)
    assert outside.sql("SELECT count(*) FROM test_passages") == [(0,)]


def test_invariant_4_no_message_and_no_column_could_hold_a_passer_by() -> None:
    for message in get_args(AnyMessage):
        assert not [field.name for field in msgspec.structs.fields(message) if "bytes" in str(field.type)], message
    for message in (PassageEnded, CameraStatus):
        assert not {"similarity", "subject", "looks_jpeg", "template", "box"} & set(message.__struct_fields__)
    assert {f"{table}.{column.name}" for table in Base.metadata.sorted_tables for column in binary(table)} == {
        "data_keys.wrapped",
        "entries.sealed",
        "entry_pictures.template",
        "passkeys.public_key",
        "pictures.sealed",
        "vault_lock.proof",
        "vault_lock.salt",
    }


def binary(table: Any) -> list[Any]:
    return [column for column in table.columns if isinstance(column.type, LargeBinary)]
