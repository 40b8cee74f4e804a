import hashlib
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from inference.pack import PackError, load_pack
from inference.recogniser import Recogniser
from inference.sessions import SessionSettings
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
    contract = load_pack(write_pack(tmp_path)).contract
    more = (
        f'{OPEN_SET}\n[calibration]\ndata = "d"\ncontract = "{contract}"\n'
        "[[calibration.threshold]]\nlist_size = 1000\nfpir = 1e-3\nthreshold = 0.41\ninterval = [0.39, 0.43]\n"
    )
    pack = load_pack(write_pack(tmp_path, more=more))
    assert pack.threshold(200).value == 0.41
    assert pack.threshold(1001).value == pytest.approx(0.365, abs=1e-3)


def test_a_calibration_of_other_models_is_refused(tmp_path: Path) -> None:
    more = '\n[calibration]\ndata = "d"\ncontract = "another"\nthreshold = []\n'
    with pytest.raises(PackError, match="calibrate it again"):
        load_pack(write_pack(tmp_path, more=more))


def test_every_shared_pack_with_both_models_loads(shared: Path) -> None:
    names = ["lab-mbf", "yunet-mbf", "yunet-mfn", "lab-y1"]
    contracts = {load_pack(shared / "models" / name).contract for name in names}
    assert len(contracts) == len(names)
