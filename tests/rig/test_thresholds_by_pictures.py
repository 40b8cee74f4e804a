"""A pack's threshold is for a number of reference pictures: nobody may ask it for a number of people."""

import argparse
from pathlib import Path

import msgspec
import pytest

from inference.calibration import calibration_toml, sealed
from inference.catalogue import find_pack
from inference.reader import Reader, open_models
from records.schema import Deployment
from records.times import utc_now
from rig.commands.replay import prepare
from rig.config import load
from rig.deployments import take_up_test
from rig.opening import open_rig
from tests.inference.calibrations import made_calibration, row
from tests.rig.test_watchlist_command import Rig, now_cells
from tests.watchlist.tables import save_face, write_table
from watchlist.enrolment import enrol
from watchlist.list_file import build_list, save_list
from watchlist.pictures import find_pictures

OF_PEOPLE, OF_PICTURES = -0.5, 0.94
"""Thresholds for lists of two and of four pictures: by the first any two faces look alike, by the second none."""


@pytest.fixture(autouse=True)
def four_pictures_are_not_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A calibration of the user's own, so steep that a list's length shows."""
    monkeypatch.setenv("OPENLFR_CACHE", str(tmp_path / "cache"))
    contract = find_pack("starter").contract
    rows = (row(2, 1e-3, OF_PEOPLE), row(4, 1e-3, OF_PICTURES))
    steep = sealed(msgspec.structs.replace(made_calibration(contract), threshold=rows))
    file = tmp_path / "cache" / "calibrations" / f"{contract}.toml"
    file.parent.mkdir(parents=True)
    file.write_text(calibration_toml(steep), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures each of two people."""
    folder = tmp_path / "volunteers"
    for person, name in enumerate(("ann", "bob")):
        for number in ("", "_2"):
            save_face(folder / f"{name}{number}.jpg", person, int(bool(number)))
    return folder


def of(pictures: int) -> float:
    return find_pack("starter").threshold(pictures).value


def test_two_people_with_four_pictures_have_the_threshold_of_four(folder: Path) -> None:
    options = argparse.Namespace(video=folder, enrol=folder, pack="starter", threshold=None, threads=1)
    models, watchlist, settings = prepare(options)
    assert (len(watchlist.subjects), len(watchlist.templates)) == (2, 4)
    assert models.pack.calibration is not None
    assert settings.threshold == of(4) > of(2)


def test_a_test_deployment_has_the_threshold_of_its_pictures(tmp_path: Path, folder: Path) -> None:
    models = open_models(find_pack("starter"))
    done = enrol(find_pictures(folder), Reader(models))
    save_list(build_list(done, contract=models.pack.contract, created_at=utc_now()), tmp_path / "list")
    file = tmp_path / "rig.toml"
    file.write_text(
        'name = "desk"\ndata = "data"\n[deployment]\nname = "Trial"\n[watchlist]\nfolder = "list"\n'
        '[inference]\npack = "starter"\n[[camera]]\nname = "north"\nsource = "usb:0"\n'
    )
    with open_rig(load(file)) as rig:
        deployment = take_up_test(rig)
        with rig.database.read() as session:
            assert session.get_one(Deployment, deployment).threshold == of(4)


def test_entries_look_alike_at_the_threshold_of_their_pictures(tmp_path: Path) -> None:
    rig, brought = Rig(tmp_path), tmp_path / "brought"
    rows = [
        now_cells(f"PNC-{n}", ";".join(save_face(brought / f"{n}-{k}.jpg", n, k) for k in range(2))) for n in range(2)
    ]
    table = write_table(brought / "list.csv", rows)
    assert rig.run("import", "Oxford Circus", str(table), "--as", "Beryl").returncode == 0
    built = rig.run("build", "Oxford Circus", "--as", "Beryl")
    assert built.returncode == 0, built.stderr
    assert "2 entries, 4 pictures" in built.stdout
    assert "look alike" not in built.stdout
