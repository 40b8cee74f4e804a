"""Invariant 8: a pack with an unknown hash, no licence or another size starts nothing; no threshold is lowered."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alerts.service import AlertsService
from inference.catalogue import find_pack
from tests.inference.hand_made import write_pack
from tests.invariants.outside import (
    JPEG,
    NAME,
    WANTED,
    Outside,
    answered,
    openlfr,
    sent,
)
from wire.sockets import Socket


def faulty_pack(folder: Path, fault: str) -> Path:
    if fault == "embedding size":
        shipped = find_pack("starter").folder
        made = Path(shutil.copytree(shipped, folder))
        size = find_pack("starter").recogniser.embedding_size
        text = (made / "pack.toml").read_text()
        (made / "pack.toml").write_text(re.sub(rf"(?m)^embedding_size = {size}$", "embedding_size = 64", text))
        return made
    made = write_pack(folder, {'licence = "CC0-1.0"\n\n': "\n"} if fault == "licence" else None)
    if fault == "hash":
        model = made / "recogniser.onnx"
        model.write_bytes(model.read_bytes()[:-1] + b"\x00")
    return made


FAULTS = {"hash": "SHA-256", "licence": "licence", "embedding size": "64"}


@pytest.mark.rig
@pytest.mark.parametrize("fault", FAULTS)
def test_invariant_8_a_faulty_pack_starts_nothing(outside: Outside, tmp_path: Path, fault: str) -> None:
    pack = faulty_pack(tmp_path / "pack", fault)
    checked = openlfr("models", "check", pack)
    assert (checked.code, checked.err.count("\n")) == (2, 1), checked
    assert FAULTS[fault] in checked.err
    file = outside.folder / "rig.toml"
    file.write_text(file.read_text().replace('pack = "starter"', f'pack = "{pack}"'))
    command = [sys.executable, "-m", "rig", "run", str(file)]
    started = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
    assert (started.returncode, FAULTS[fault] in started.stderr) == (2, True), started


def test_invariant_8_no_way_lowers_a_threshold_and_nobody_raises_it_alone(outside: Outside) -> None:
    at = f"/api/deployments/{outside.deployment}/thresholds"
    with outside.tablet("Ann") as ann:
        for lower in (0.41, 0.42, 0.0, -1.0, 1.0, float("1e-9")):
            assert ann.post(at, {"after": lower, "reason": "Too few alerts."}).status_code == 422
        assert ann.post(at, {"after": "0.1", "reason": "So."}).status_code in (400, 422)
        assert ann.post(at, {"after": 0.5, "reason": "Too many."}).status_code == 200
        change = outside.sql("SELECT id FROM threshold_changes")[0][0]
        assert ann.post(f"{at}/{change}/second", {}).status_code == 409
    assert outside.cli("deployment", "raise", NAME, "0.3", "--reason", "So.", by="Orla").code == 2
    assert outside.cli("deployment", "second", NAME, "0.5", by="Ann").code == 2
    for value in (0.1, 0.9, 0.5, None):
        outside.refuses("UPDATE deployments SET threshold = ?", value)
    outside.refuses("UPDATE threshold_changes SET after = 0.1")
    outside.refuses("UPDATE threshold_changes SET seconded_by = proposed_by, seconded_at = proposed_at")
    assert outside.lease().threshold == 0.42
    assert outside.cli("deployment", "second", NAME, "0.5", by="Orla").code == 0
    assert outside.lease().threshold == 0.5


def test_invariant_8_what_is_under_the_threshold_or_of_another_list_is_no_alert(
    outside: Outside, service: tuple[AlertsService, Socket]
) -> None:
    entry = outside.entries[WANTED]
    for changes in (
        {"similarity": 0.41},
        {"similarity": 0.30, "threshold": 0.2},
        {"list_hash": "5a" * 32},
        {"contract": "5a" * 32},
    ):
        sent(service[1], outside.candidate(entry, looks=1, **changes), (JPEG, JPEG))
        answered(service)
        assert outside.sql("SELECT count(*) FROM alerts") == [(0,)], changes
