"""The page of a comparison as a browser lays it out, and as keys and pointer move it."""

import numpy as np
import pytest

import scielab

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    picture = rng.random((60, 80, 3))
    changed = np.clip(picture + rng.normal(0, 0.1, picture.shape), 0, 1)
    changed[:10, :10] = 1 - picture[:10, :10]
    return scielab.compare(picture, changed)


@pytest.fixture(scope="module")
def path(found, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    found.save(path)
    return path


@pytest.mark.parametrize("width", [320, 390, 768, 1200])
def test_no_words_lie_on_others_and_nothing_is_wider_than_the_window(open_page, overlaps, path, width):
    page = open_page(path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(overlaps) == []
    page.check("#log")
    assert page.evaluate(overlaps) == []


def test_what_is_painted_is_what_is_above_the_threshold(open_page, path, found):
    page = open_page(path)
    painted = np.count_nonzero(found.delta_e >= 2.3)
    label = f"map of ΔE, {painted} of {found.delta_e.size} pixels painted"
    page.wait_for_function("document.querySelector('#map').getAttribute('aria-label')")
    assert page.locator("#map").get_attribute("aria-label") == label
    assert page.locator("#painted").inner_text() == f"{100 * painted / found.delta_e.size:.2f} %"
    page.locator("#threshold").focus()
    page.keyboard.press("End")
    top = float(page.locator("#thresholdv").inner_text().removesuffix(" ΔE"))
    above = np.count_nonzero(found.delta_e >= top)
    assert 0 < above < painted and page.locator("#map").get_attribute("aria-label").startswith(
        f"map of ΔE, {above} of "
    )
    assert page.locator(".shown rect.on").count() == 1  # what is above the scale
    painted = page.evaluate("[...document.querySelector('#map').getContext('2d').getImageData(0, 0, 80, 60).data]")
    np.testing.assert_array_equal(np.reshape(painted, (60, 80, 4))[..., 3] > 0, found.delta_e >= top)


def test_the_pointer_says_a_pixels_difference_and_keys_move_the_slider(open_page, path, found):
    page = open_page(path)
    page.wait_for_function("document.querySelector('#map').getAttribute('aria-label')")
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 20.5 / 80, box["y"] + box["height"] * 30.5 / 60)
    words = page.locator("#here").inner_text()
    assert words.startswith("column 20, row 30: ΔE ")
    assert float(words.split()[-1]) == pytest.approx(found.delta_e[30, 20], abs=0.011)
    page.locator("#stage").focus()
    for key, at in (("ArrowRight", "52"), ("PageDown", "42"), ("Home", "0"), ("End", "100")):
        page.keyboard.press(key)
        assert page.locator("#stage").get_attribute("aria-valuenow") == at


def test_without_a_script_every_number_and_both_pictures_are_there(open_page, path, found):
    page = open_page(path, java_script_enabled=False)
    words = page.locator("main").inner_text()
    for number in ("mean", "median", "p99", "max"):
        assert f"{found.summary[number]:.4f}" in words
    first, second = (page.locator(each).bounding_box() for each in ("#before", "#after"))
    assert first["x"] + first["width"] < second["x"] and first["width"] > 200
    assert page.locator("figure:visible").count() == 2 and not page.locator("#threshold").is_visible()


def test_it_is_dark_where_that_is_asked_for_and_light_on_paper(open_page, path):
    page = open_page(path, color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 21)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(244, 244, 242)"
