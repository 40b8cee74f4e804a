from pathlib import Path

import pytest

from evaluation.video_truth import LabelledVideo, TruthError, TruthRow, View, labelled_videos, opportunities, read_truth

HEAD = "video,frame_from,frame_to,identity,view,note\n"


def video(*rows: tuple[int, int, str, str]) -> LabelledVideo:
    made = tuple(TruthRow(first, last, who, view, line) for line, (first, last, who, view) in enumerate(rows, 2))
    return LabelledVideo(Path("clip.mp4"), Path("truth.csv"), made)


def spans(labelled: LabelledVideo, cuts: tuple[int, ...] = ()) -> list[tuple[str, int, int]]:
    return [(one.identity, one.first, one.last) for one in opportunities(0, labelled, cuts, {"Anna", "Bo"})]


def test_each_row_of_an_enrolled_person_is_an_opportunity_and_others_are_none() -> None:
    labelled = video((0, 9, "Anna", ""), (0, 20, "unknown_*", ""), (30, 40, "Bo", ""))
    assert spans(labelled) == [("Anna", 0, 9), ("Bo", 30, 40)]


def test_rows_of_one_person_that_touch_or_overlap_are_one_opportunity() -> None:
    assert spans(video((10, 20, "Anna", ""), (0, 9, "Anna", ""), (15, 30, "Anna", ""))) == [("Anna", 0, 30)]
    assert spans(video((0, 9, "Anna", ""), (11, 20, "Anna", ""))) == [("Anna", 0, 9), ("Anna", 11, 20)]


def test_a_hard_cut_between_two_rows_keeps_them_apart_and_one_inside_a_row_does_not_divide_it() -> None:
    rows = video((0, 9, "Anna", ""), (10, 20, "Anna", ""))
    assert spans(rows, cuts=(10,)) == [("Anna", 0, 9), ("Anna", 10, 20)]
    assert spans(rows, cuts=(5, 15)) == [("Anna", 0, 20)]


def test_of_two_joined_rows_the_better_view_counts() -> None:
    (one,) = opportunities(0, video((0, 9, "Anna", "profile"), (10, 20, "Anna", "frontal")), (), {"Anna"})
    assert one.view is View.FRONTAL


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("frontal, often looking down", View.FRONTAL),
        ("turns between profile and frontal", View.FRONTAL),
        ("Three-quarter/profile", View.THREE_QUARTER),
        ("partial profile", View.PROFILE),
        ("partial", View.OTHER),
        ("", View.OTHER),
    ],
)
def test_a_view_is_the_best_that_the_annotator_noted(text: str, view: View) -> None:
    assert View.of(text) is view


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,frame_from,frame_to\nclip.mp4,0,9\n", "no column identity"),
        (HEAD, "no rows"),
        (HEAD + "clip.mp4,0,ten,Anna,,\n", "line 2: frame_from and frame_to are frame numbers, not '0' and 'ten'"),
        (HEAD + "clip.mp4,0,9,Anna,,\nclip.mp4,9,3,Bo,,\n", "line 3: frames 9 to 3"),
        (HEAD + "clip.mp4,-1,3,Anna,,\n", "line 2: frames -1 to 3"),
        (HEAD + "clip.mp4,0,9,,,\n", "line 2: video and identity must not be empty"),
        (HEAD + "clip.mp4,0\n", "line 2: video and identity must not be empty"),
        (HEAD + "clip.mp4,,9,Anna,,\n", "line 2: frame_from and frame_to are frame numbers"),
    ],
)
def test_a_bad_row_is_one_line_that_says_where(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "truth.csv"
    file.write_text(text)
    with pytest.raises(TruthError) as caught:
        read_truth(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truth_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_bytes(b"\xff\xfe\x00video")
    with pytest.raises(TruthError, match="not a CSV file"):
        read_truth(tmp_path / "truth.csv")


def test_a_row_past_the_end_of_the_video_is_refused() -> None:
    labelled = video((0, 9, "Anna", ""), (5, 30, "Bo", ""))
    labelled.check_length(31)
    with pytest.raises(TruthError, match=r"line 3: frame_to 30, but clip\.mp4 has 30 frames"):
        labelled.check_length(30)


def test_a_folder_stands_for_the_videos_of_its_truth_and_a_file_for_itself(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text(HEAD + "a.mp4,0,9,Anna,,\nb.mp4,0,9,Bo,,\na.mp4,10,12,Bo,,\n")
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    assert [(one.name, len(one.rows)) for one in labelled_videos([tmp_path], [])] == [("a.mp4", 2), ("b.mp4", 1)]
    assert [one.name for one in labelled_videos([tmp_path / "b.mp4"], [])] == ["b.mp4"]


def test_a_truth_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").touch()
    truth = tmp_path / "labels.csv"
    truth.write_text(HEAD + "a.mp4,0,9,Anna,,\nelsewhere.mp4,0,9,Bo,,\n")
    for given in (tmp_path / "clips", tmp_path / "clips" / "a.mp4"):
        assert [one.name for one in labelled_videos([given], [truth])] == ["a.mp4"]


def test_a_video_that_is_missing_or_has_no_truth_is_refused(tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(HEAD + "a.mp4,0,9,Anna,,\nlost.mp4,0,9,Anna,,\n")
    for name in ("a.mp4", "other.mp4"):
        (tmp_path / name).touch()
    with pytest.raises(TruthError, match=r"there is no .*lost\.mp4"):
        labelled_videos([tmp_path], [])
    with pytest.raises(TruthError, match=r"other\.mp4: no row for this video"):
        labelled_videos([tmp_path / "other.mp4"], [])
    with pytest.raises(TruthError, match="no such video"):
        labelled_videos([tmp_path / "lost.mp4"], [truth])
