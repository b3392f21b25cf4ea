"""The page as a browser lays it out, and as keys move it. Needs Playwright and a Chromium, and skips without."""

import functools

import pytest

from scielab.model_grid import report, verdicts


@pytest.fixture(scope="module")
def path(results, cells, trained_for, pictures, tmp_path_factory):
    text = report.page(pictures, results, cells, verdicts.judge(results, trained_for), top=40, facts={"ΔE": "a " * 80})
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def opened(open_page, path):
    return functools.partial(open_page, path)


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 768, 1200])
def test_no_words_lie_on_others_and_nothing_is_wider_than_the_window(opened, overlaps, width):
    page = opened(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(overlaps) == []
    page.locator(".heat thead").first.evaluate("e => e.style.transform = 'translateY(40px)'")
    assert page.evaluate(overlaps)  # the measure finds what overlaps


@pytest.mark.slow
def test_keys_choose_cells_pictures_metrics_and_move_the_slider(opened):
    page = opened()
    title, chosen = page.locator("#what"), page.locator(".wide.on td[aria-selected=true]")
    page.locator(".wide.on td[data-model=sr][data-setting=ideal]").click()
    page.keyboard.press("ArrowRight")
    assert title.inner_text().startswith("sr on f22") and chosen.get_attribute("data-setting") == "f22"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")  # there is no further camera
    assert title.inner_text().startswith("bicubic on f22")
    assert page.evaluate("document.activeElement === document.querySelector('.wide.on td[aria-selected=true]')")
    page.locator("#stage").focus()
    for key, at in (("ArrowRight", "52"), ("PageDown", "42"), ("Home", "0"), ("End", "100")):
        page.keyboard.press(key)
        assert page.locator("#stage").get_attribute("aria-valuenow") == at
    pictures = page.locator("[name=picture]")
    before = title.inner_text()
    pictures.first.focus()
    page.keyboard.press("ArrowRight")
    assert pictures.nth(1).is_checked() and title.inner_text() != before
    page.locator("[name=metric]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".wide.on caption").inner_text().startswith("S-CIELAB ΔE, 95th percentile")


@pytest.mark.slow
def test_without_a_script_and_on_paper_all_tables_are_there(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("table.heat:visible").count() == 6 and not page.locator("#stage").is_visible()
    assert page.locator("noscript").is_visible() and "best: " in page.locator("main").inner_text()
    page = opened()
    assert page.locator("table.heat:visible").count() == 1
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("table.heat:visible").count() == 6 and page.locator("fieldset:visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(244, 244, 242)"


@pytest.mark.slow
def test_it_is_dark_where_that_is_asked_for(opened):
    page = opened(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 21)"
