import cv2
import numpy as np
import pytest

from evaluation.video_degrade import Recipe, RecipeError, read_recipe

PICTURE = np.random.default_rng(1).integers(0, 255, (60, 90, 3)).astype(np.uint8)


def test_nothing_asked_for_changes_nothing() -> None:
    assert (read_recipe("").apply(PICTURE, 3) == PICTURE).all()
    assert str(read_recipe("")) == "as recorded"


def test_each_step_does_what_it_says() -> None:
    assert Recipe(scale=0.5).apply(PICTURE, 0).shape == (30, 45, 3)
    assert Recipe(light=0.5).apply(PICTURE, 0).mean() == pytest.approx(PICTURE.mean() / 2, abs=0.5)
    blurred = Recipe(blur=2.0).apply(PICTURE, 0)
    assert cv2.Laplacian(blurred, cv2.CV_32F).var() < cv2.Laplacian(PICTURE, cv2.CV_32F).var() / 10
    grey = np.full((200, 200, 3), 128, np.uint8)
    assert Recipe(noise=6.0).apply(grey, 0).std() == pytest.approx(6.0, rel=0.05)
    assert np.abs(Recipe(jpeg=30).apply(PICTURE, 0).astype(int) - PICTURE).mean() > 0


def test_the_same_frame_gets_the_same_noise_and_another_frame_another() -> None:
    recipe = read_recipe("noise=5,seed=7")
    assert (recipe.apply(PICTURE, 4) == recipe.apply(PICTURE, 4)).all()
    assert (recipe.apply(PICTURE, 4) != recipe.apply(PICTURE, 5)).any()
    assert (recipe.apply(PICTURE, 4) != read_recipe("noise=5,seed=8").apply(PICTURE, 4)).any()


def test_the_given_picture_is_not_changed() -> None:
    before = PICTURE.copy()
    read_recipe("scale=0.5,blur=1,light=0.5,noise=5,jpeg=50").apply(PICTURE, 0)
    assert (before == PICTURE).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zoom=2", "no step 'zoom'"),
        ("scale", "'' is not a number"),
        ("scale=half", "'half' is not a number"),
        ("scale=2", "scale=2.0 is out of range"),
        ("scale=0", "out of range"),
        ("jpeg=1.5", "not a number"),
        ("noise=nan", "out of range"),
    ],
)
def test_a_recipe_that_cannot_be_followed_names_the_step(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        read_recipe(text)


def test_a_recipe_says_itself() -> None:
    assert str(read_recipe("blur=1.5,scale=0.5")) == "scale=0.5,blur=1.5"
    assert read_recipe(str(Recipe(scale=0.25, seed=3))) == Recipe(scale=0.25, seed=3)
