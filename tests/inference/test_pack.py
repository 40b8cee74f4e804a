import hashlib
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from inference.calibration import read_basis
from inference.catalogue import SHIPPED
from inference.pack import PackError, load_pack
from inference.recogniser import Recogniser
from inference.sessions import SessionSettings
from tests.inference.calibrations import write_calibration
from tests.inference.hand_made import mean_colour_model, write_pack

OPEN_SET = "\n[measured.open_set]\nthreshold_fpir_1e2 = 0.30\nthreshold_fpir_1e3 = 0.35\n"


def test_a_sound_pack_loads(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path))
    assert (pack.name, pack.recogniser.embedding_size, len(pack.contract)) == ("tiny", 3, 64)


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    path = folder / "recogniser.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(PackError, match=r"recogniser\.onnx has SHA-256"):
        load_pack(folder)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('licence = "CC0-1.0"\n\n', 'licence = " "\n\n', "no licence"),
        ('licence = "CC0-1.0"\n\n', "\n", "licence"),
        ('kind = "yunet"', 'kind = "retinaface"', "retinaface"),
        ('kind = "arcface"', 'kind = "sface"', "sface"),
        ("format = 1", "format = 2", "format 2"),
        ('file = "detector.onnx"', 'file = "../detector.onnx"', "plain file name"),
        ('file = "detector.onnx"', 'file = "other.onnx"', "cannot read"),
        ("mean = 0.0", 'mean = "none"', "mean"),
        ("format = 1", "format = ", "not TOML"),
        ("[recogniser]", "[recognizer]", "no .recogniser."),
    ],
)
def test_a_faulty_description_is_refused_with_its_fault(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(PackError, match=says):
        load_pack(write_pack(tmp_path, {old: new}))


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"cannot read pack\.toml"):
        load_pack(tmp_path)


def test_weights_kept_outside_the_hashed_file_are_refused(tmp_path: Path) -> None:
    model = mean_colour_model()
    outside = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="weights.bin")
    hidden = helper.make_graph([helper.make_node("Constant", [], ["c"], value=outside)], "inner", [], [])
    model.graph.node.append(helper.make_node("Loop", [], [], body=hidden))
    refuse_with_model(tmp_path, model, "keeps weights in another file")


def test_a_file_that_is_no_onnx_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    was = hashlib.sha256((folder / "detector.onnx").read_bytes()).hexdigest()
    (folder / "detector.onnx").write_bytes(b"\xff\xff\xff\xff")
    now = hashlib.sha256(b"\xff\xff\xff\xff").hexdigest()
    described = folder / "pack.toml"
    described.write_text(described.read_text("utf-8").replace(was, now, 1), "utf-8")
    with pytest.raises(PackError, match="not an ONNX file"):
        load_pack(folder)


def refuse_with_model(folder: Path, model: onnx.ModelProto, says: str) -> None:
    write_pack(folder)
    data = model.SerializeToString()
    was = hashlib.sha256((folder / "detector.onnx").read_bytes()).hexdigest()
    (folder / "detector.onnx").write_bytes(data)
    described = folder / "pack.toml"
    text = described.read_text("utf-8").replace(was, hashlib.sha256(data).hexdigest(), 1)
    described.write_text(text, "utf-8")
    with pytest.raises(PackError, match=says):
        load_pack(folder)


def test_an_embedding_of_another_size_than_declared_is_refused(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path, {"embedding_size = 3": "embedding_size = 4"}))
    with pytest.raises(PackError, match="4"):
        Recogniser(pack, SessionSettings())


def test_an_output_that_is_not_there_is_refused(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path, {'output = "embedding"': 'output = "features"'}))
    with pytest.raises(PackError, match="features"):
        Recogniser(pack, SessionSettings())


@pytest.mark.parametrize("change", [("mean = 0.0", "mean = 1.0"), ("std = 127.5", "std = 128.0"), ("RGB", "BGR")])
def test_other_preprocessing_is_another_contract(tmp_path: Path, change: tuple[str, str]) -> None:
    one = load_pack(write_pack(tmp_path / "one"))
    other = load_pack(write_pack(tmp_path / "other", dict([change])))
    assert one.contract != other.contract


def test_name_and_notes_do_not_change_the_contract(tmp_path: Path) -> None:
    one = load_pack(write_pack(tmp_path / "one"))
    other = load_pack(write_pack(tmp_path / "other", {'"tiny"': '"renamed"'}))
    assert one.contract == other.contract


def test_the_threshold_of_a_pack_without_measurements_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="--threshold"):
        load_pack(write_pack(tmp_path)).threshold(10)


def test_the_measured_threshold_grows_with_the_list_and_says_that_it_is_extrapolated(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path, more=OPEN_SET))
    assert pack.threshold(6).value == 0.35
    assert pack.threshold(500).value == 0.35
    longer = pack.threshold(5000)
    assert longer.value == pytest.approx(0.40)
    assert "extrapolated" in longer.origin
    assert "extrapolated" not in pack.threshold(500).origin


def test_a_calibration_comes_before_the_measured_threshold(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, more=OPEN_SET)
    assert load_pack(folder).odds_text is None
    write_calibration(folder / "calibration.toml", load_pack(folder).contract)
    pack = load_pack(folder)
    assert pack.threshold(200).value == 0.41
    assert pack.threshold(1200).value > 0.43
    assert pack.odds_text is not None
    assert read_basis(pack.odds_text).contract == pack.contract


def test_the_users_own_calibration_comes_before_the_packs(tmp_path: Path) -> None:
    folder, own = write_pack(tmp_path / "tiny"), tmp_path / "own"
    contract = load_pack(folder).contract
    write_calibration(folder / "calibration.toml", contract)
    write_calibration(own / f"{contract}.toml", contract, threshold=0.5)
    assert load_pack(folder, own).threshold(200).value == 0.5
    assert load_pack(folder).threshold(200).value == 0.41


def test_a_calibration_of_other_models_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    write_calibration(folder / "calibration.toml", "a" * 64)
    with pytest.raises(PackError, match=r"pack tiny: .*measured with other models"):
        load_pack(folder)


def test_an_edited_calibration_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    path = write_calibration(folder / "calibration.toml", load_pack(folder).contract)
    path.write_text(path.read_text("utf-8").replace("threshold = 0.41", "threshold = 0.31"), "utf-8")
    with pytest.raises(PackError, match="changed after it was measured"):
        load_pack(folder)


def test_the_starter_pack_has_a_calibration_of_its_own() -> None:
    pack = load_pack(SHIPPED / "starter")
    assert pack.calibration is not None
    assert pack.calibration.contract == pack.contract
    assert pack.calibration.points


def test_every_shared_pack_with_both_models_loads(shared: Path) -> None:
    names = ["lab-mbf", "yunet-mbf", "yunet-mfn", "lab-y1"]
    contracts = {load_pack(shared / "models" / name).contract for name in names}
    assert len(contracts) == len(names)
