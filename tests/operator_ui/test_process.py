"""The server as a process: what it refuses to start with, and the entries of a real list."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from operator_ui.listed import ListedEntries
from operator_ui.portrait import to_jpeg
from operator_ui.process import CannotServe, address, bind, make_server
from operator_ui.settings import UiSettings
from records.ids import new_id
from records.schema import Entry
from tests.operator_ui.drawn import DrawnEntries, drawn_face
from tests.operator_ui.stage import START, record_at
from tests.records.made import HASH, make_deployment, make_vault
from watchlist.adopting import adopt
from watchlist.enrolment import Enrolment
from watchlist.entries import Reference, Subject
from watchlist.list_file import build_list


def settings(tmp_path: Path, port: int = 0, certificate: str | None = None) -> UiSettings:
    return UiSettings(
        vault=str(tmp_path / "vault"),
        changes=f"ipc://{tmp_path}/run/changes",
        port=port,
        certificate=certificate,
        key=certificate,
    )


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with bind(settings(tmp_path)) as first:
        port = first.getsockname()[1]
        assert address(settings(tmp_path), first) == f"http://127.0.0.1:{port}/"
        with pytest.raises(CannotServe, match=rf"port {port} .*choose another port"):
            bind(settings(tmp_path, port))


def test_a_certificate_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    wanted = settings(tmp_path, certificate=str(tmp_path / "missing.pem"))
    database = record_at(tmp_path)
    with make_vault(database, START) as vault, pytest.raises(CannotServe, match=r"missing\.pem"):
        make_server(database, vault, DrawnEntries({}), wanted)


def test_a_sealed_list_gives_names_dates_and_reference_pictures_with_their_eyes(tmp_path: Path) -> None:
    picture, points = drawn_face()
    reference = Reference(
        id=new_id(),
        file="anna.jpg",
        row=0,
        width=640,
        height=640,
        landmarks=tuple((float(x), float(y)) for x, y in points),  # type: ignore[arg-type]
        eye_distance=120.0,
        sharpness=0.1,
        background_faces=0,
    )
    subject = Subject(id=new_id(), label="anna", pictures=(reference,))
    templates = np.eye(1, 4, dtype=np.float32)
    enrolment = Enrolment((subject,), templates, {reference.id: to_jpeg(picture)}, (), ())
    plain = build_list(enrolment, contract=HASH, created_at=START)
    database = record_at(tmp_path)
    with make_vault(database, START) as vault:
        with database.write() as session:
            deployment = make_deployment(session, START, state="draft")
        adopt(database, vault, tmp_path / "vault", deployment, plain, lambda: START)
        with database.read() as session:
            (entry_id,) = session.scalars(select(Entry.id))
        entries = ListedEntries(database, vault, tmp_path / "vault")
        known = entries.known(entry_id)
        assert known is not None
        assert (known.label, known.category, known.response) == ("anna", "Volunteer who consented", "act")
        (found,) = entries.references(entry_id)
        assert found.jpeg == to_jpeg(picture)
        assert found.taken == START.date().isoformat()
        assert np.allclose(found.landmarks, points)
        assert entries.known("nobody") is None
        assert list(entries.references("nobody")) == []
