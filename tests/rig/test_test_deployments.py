"""A test with volunteers, begun by the rig itself."""

from pathlib import Path

from inference.calibration import basis_text
from records.database import Database
from records.schema import BuiltList
from records.times import utc_now
from rig.deployments import TermsOfTest, begin_and_run
from tests.inference.calibrations import made_calibration
from tests.records.made import make_vault
from tests.watchlist.hand_made import CONTRACT, enrolment
from watchlist.list_file import build_list


def test_a_tests_list_keeps_the_calibration_of_the_models(tmp_path: Path, sqlite_database: Database) -> None:
    plain = build_list(enrolment([1, 1]), contract=CONTRACT, created_at=utc_now())
    text = basis_text(made_calibration(CONTRACT).odds_basis)
    test = TermsOfTest(name="t", cameras=("north",), threshold=0.4, calibration=text)
    with make_vault(sqlite_database, utc_now()) as vault:
        deployment, _ = begin_and_run(sqlite_database, vault, tmp_path / "vault", plain, test)
    with sqlite_database.read() as session:
        assert session.get_one(BuiltList, deployment).calibration == text
