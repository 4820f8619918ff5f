"""The list of series and the table of tags in a real Chromium: one gesture, one look at what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import phantoms
import pytest
from phantoms import item
from playwright.sync_api import expect
from test_views_browser import pile

import dicomview as dv
from dicomview.views.tag_table import TagTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from canvas_page import Desk
    from conftest import Lab, OpenNotebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

NASTY = "<script>harmed = 1</script><img src=x onerror='harmed = 1'>"
FORMULA = '=HYPERLINK("http://x")'


class Shown:
    """A browser whose list and table are on the page."""

    def __init__(self, desk: Desk, source: Any, **options: Any) -> None:
        self.desk, self.page = desk, desk.page
        self.browser = dv.browse(source, **options).settled()
        desk.put(self.browser._list, "list")
        desk.put(self.browser._tags, "tags")
        self.tags, self.list = self.page.locator("#tags"), self.page.locator("#list")

    def settled(self) -> Shown:
        """Wait until Python has heard the page, and the page what Python says then."""
        self.desk.quiet()
        self.browser.settled()
        self.desk.quiet()
        assert self.browser.failure is None
        return self

    def row(self, path: str) -> Locator:
        return self.tags.locator(f'.dicomview-paper [data-path="{path}"]:visible')

    def value(self, path: str) -> str:
        return self.row(path).locator(".dicomview-value").inner_text()

    def paths(self) -> list[str]:
        """The rows on the page, by path, from above."""
        rows: list[list[Any]] = self.tags.locator(".dicomview-paper [role=row]").evaluate_all(
            "(rows) => rows.filter((row) => !row.hidden).map((row) => [Number(row.ariaRowIndex), row.dataset.path])"
        )
        return [path for _, path in sorted(rows)]

    def count(self) -> str:
        return self.tags.locator(".dicomview-count").inner_text()


def test_a_list_and_a_table_that_nobody_answers_say_so(desk: Desk) -> None:
    browser = dv.browse(phantoms.regular()).settled()
    with desk.link.busy:
        for widget, name in ((browser._list, "list"), (browser._tags, "tags")):
            desk.page.evaluate("([id, name]) => harness.render(id, name)", [desk.attach(widget), name])
        for place in ("#list .dicomview-beside", "#tags .dicomview-count"):
            expect(desk.page.locator(place)).to_have_text("No kernel answers yet: run the cell again if it has gone.")
    desk.quiet()
    expect(desk.page.locator("#tags .dicomview-count")).to_contain_text("elements")
    browser.close()
    assert desk.clear() == []


@pytest.fixture
def shown(desk: Desk) -> Iterator[Any]:
    made: list[Shown] = []

    def make(source: Any, **options: Any) -> Shown:
        made.append(Shown(desk, source, **options))
        return made[-1]

    yield make
    for one in made:
        one.browser.close()
    assert desk.clear() == []


def large(count: int = 3) -> list[Any]:
    """Slices with more than 3,000 elements."""
    found = pile(count)
    for number, ds in enumerate(found):
        ds.RequestAttributesSequence = [
            item(CodeValue=str(k), CodeMeaning=f"meaning {k if k % 100 else k + number}") for k in range(1500)
        ]
    return found


def test_the_table_follows_the_slice_and_marks_what_differs(shown: Any) -> None:
    page = shown(pile())
    assert page.count() == f"{len(page.browser.table)} elements · slice 4 of 6"
    assert page.value("InstanceNumber") == "4"
    page.browser.view.index = 1
    page.settled()
    assert page.value("InstanceNumber") == "2"
    assert page.row("InstanceNumber").locator(".dicomview-cell").first.inner_text() == "≠"
    assert page.row("KVP").locator(".dicomview-cell").first.inner_text() == ""
    page.tags.get_by_role("button", name="only what differs").click()
    assert page.paths() == ["SOPInstanceUID", "InstanceNumber", "ImagePositionPatient", "ImageComments"]
    page.browser.view.index = 0
    page.settled()
    assert page.paths() == []  # there is no slice before


def test_the_search_filters_as_one_types(shown: Any) -> None:
    page = shown(pile())
    search = page.tags.get_by_role("searchbox")
    search.press_sequentially("pos")
    few = page.paths()
    assert "ImagePositionPatient" in few
    assert "KVP" not in few
    search.press_sequentially(" image")
    assert page.paths() == ["ImagePositionPatient"]
    assert page.count().startswith("1 of ")
    search.fill("00180060")
    assert page.paths() == ["KVP"]
    search.press("Escape")
    assert len(page.paths()) > 5
    search.fill("even")
    assert page.paths() == []
    page.browser.view.index = 2
    page.settled()
    assert page.paths() == ["ImageComments"]  # a value that has come is found


def test_rows_say_what_they_are_without_those_around_them(shown: Any) -> None:
    slices = pile()
    for ds in slices:
        ds.RequestAttributesSequence = [item(CodeValue="A"), item(CodeValue="B")]
        ds.private_block(0x0019, "GEMS_ACQU_01", create=True).add_new(0x2E, "DS", "-718.5")
    page = shown(slices)
    private, nested = "(0019,102E)", "RequestAttributesSequence[1].CodeValue"
    element = ".dicomview-element"
    assert page.row(private).locator(element).inner_text() == "[Angle of first view] GEMS_ACQU_01"
    page.tags.get_by_role("searchbox").fill("codevalue")
    assert page.row(nested).locator(element).inner_text() == "CodeValue in RequestAttributesSequence[1]"


def test_a_click_plots_and_the_path_can_be_copied(shown: Any) -> None:
    page = shown(pile())
    page.desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.row("InstanceNumber").click()
    # The first plot of a process takes long: matplotlib looks for fonts.
    page.tags.locator(".dicomview-figure").wait_for()
    page.settled()
    assert page.browser.selected == "InstanceNumber"
    plot = page.tags.locator(".dicomview-plot")
    assert plot.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 300
    assert plot.get_attribute("alt") == "InstanceNumber"
    places = []
    for index in (0, 5):
        page.browser.view.index = index
        page.settled()
        box, figure = (page.tags.locator(f".dicomview-{part}").bounding_box() for part in ("now", "figure"))
        places.append((box["x"] - figure["x"]) / figure["width"])
    message = page.browser._tags._plot[0]
    assert places == pytest.approx([message["left"], message["right"]], abs=0.01)
    page.tags.get_by_role("button", name="copy the path").click()
    page.page.wait_for_function("() => document.querySelector('.dicomview-copy').textContent === 'copied'")
    assert page.page.evaluate("() => navigator.clipboard.readText()") == "InstanceNumber"
    page.browser.selected = "KVP"
    page.settled()
    assert page.tags.locator(".dicomview-path").inner_text() == "KVP"
    assert page.row("KVP").get_attribute("aria-selected") == "true"


def test_the_keyboard_reaches_every_row(shown: Any) -> None:
    page = shown(large(1))
    grid = page.tags.get_by_role("grid")
    grid.focus()
    for key, number in (("End", -1), ("Home", 0), ("ArrowDown", 1), ("PageDown", None)):
        grid.press(key)
        chosen = page.tags.locator(".dicomview-path").inner_text()
        if number is not None:
            assert chosen == page.browser.table["path"].iloc[number]
        active = page.page.locator(f"[id='{grid.get_attribute('aria-activedescendant')}']")
        assert active.get_attribute("title").startswith(f"{chosen}\n")
        top, line = grid.bounding_box(), active.bounding_box()
        assert top["y"] <= line["y"]
        assert line["y"] + line["height"] <= top["y"] + top["height"] + 1
    assert grid.get_attribute("aria-rowcount") == str(len(page.browser.table) + 1)
    page.tags.locator(".dicomview-words", has_text="the same in every slice").wait_for()
    assert page.settled().browser.selected == chosen


def test_hostile_text_is_text(shown: Any) -> None:
    found = pile(2)
    for ds in found:
        ds.PatientName, ds.ImageComments, ds.SeriesDescription = NASTY.replace("=", ""), FORMULA, NASTY
    page = shown(found)
    assert page.value("PatientName") == NASTY.replace("=", "")
    page.tags.get_by_role("searchbox").fill("hyperlink")
    assert page.value("ImageComments") == FORMULA
    page.tags.get_by_role("searchbox").fill("<script>")
    page.row("PatientName").click()
    page.settled()
    assert NASTY.replace("=", "") in page.tags.locator(".dicomview-about").inner_text()
    assert page.list.locator(".dicomview-entry-title").inner_text() == f"CT · {NASTY}"
    assert page.page.evaluate("() => window.harmed") is None
    assert page.page.locator("#tags script, #list script, #tags .dicomview-paper img").count() == 0


def test_the_list_shows_pictures_and_is_chosen_from(shown: Any) -> None:
    page = shown([*phantoms.with_localizer()])
    options = page.list.get_by_role("option")
    assert options.count() == 2
    options.nth(1).locator("img").wait_for()
    assert options.nth(0).locator("img").evaluate("async (i) => { await i.decode(); return i.naturalWidth; }") > 0
    options.nth(1).click()
    assert page.settled().browser.chosen == 1
    assert "slice 1 of" in page.count()
    page.list.get_by_role("listbox").press("Home")
    assert page.settled().browser.chosen == 0
    page.browser.chosen = 1
    page.settled()
    assert options.nth(1).get_attribute("aria-selected") == "true"


def test_of_thousands_of_rows_few_are_on_the_page(shown: Any) -> None:
    page = shown(large())
    rows = page.tags.locator(".dicomview-paper [role=row]")
    assert rows.count() < 60
    grid = page.tags.get_by_role("grid")
    grid.evaluate("(grid) => grid.scrollTo(0, 22 * 2000)")
    path = page.browser.table["path"].iloc[2005]
    page.row(path).wait_for()
    assert rows.count() < 60
    times = page.page.evaluate(
        """async () => {
            const search = document.querySelector("#tags input");
            const times = [];
            for (const text of ["m", "me", "mea", "mean", "meani", "meaning 7", "meaning 77", ""]) {
                const begun = performance.now();
                search.value = text;
                search.dispatchEvent(new Event("input"));
                times.push(performance.now() - begun);
                await new Promise(requestAnimationFrame);
            }
            return times;
        }"""
    )
    print(f"ms for a letter of the search in {len(page.browser.table)} rows: {[round(x, 1) for x in times]}")
    assert sorted(times)[len(times) // 2] < 50  # a tenth of that on a machine that is free


def test_two_pages_of_one_table(desk: Desk) -> None:
    table = TagTable()
    table.show([("A", "(0001,0001)", "a", "LO", "x", "")], [], place="", at=0)
    desk.put(table, "one")
    desk.page.evaluate("([id, name]) => harness.render(id, name)", [table.comm.comm_id, "two"])
    desk.quiet()
    for name in ("one", "two"):
        assert desk.page.locator(f"#{name} .dicomview-value:visible").inner_text() == "x"
    table.close()
    assert desk.clear() == []


def test_in_jupyterlab(open_notebook: OpenNotebook, lab: Lab) -> None:
    notebook = open_notebook(
        "browse.ipynb",
        [
            "import dicomview as dv\nbrowser = dv.browse('sample_data')\nbrowser",
            "browser.chosen, browser.selected, browser.view.index, browser.failure",
            "browser.table.dicom['InstanceNumber']",
        ],
    )
    output = notebook.run(0)
    output.locator(".dicomview-option img").first.wait_for()
    option = output.get_by_role("option", name="missing slice")
    option.click()
    count = output.locator(".dicomview-count", has_text="slice 9 of 17")
    count.wait_for()
    output.locator(".dicomview-stage").press("Home")
    output.locator(".dicomview-count", has_text="slice 1 of 17").wait_for()
    # What dresses the table leaves the picture's own parts where they are.
    output.locator(".dicomview-stage").hover()
    output.locator(".dicomview-top-right > div").first.wait_for(timeout=30_000)
    placed = output.locator(".dicomview-top-right > div, .dicomview-canvas button").evaluate_all(
        "(parts) => parts.map((part) => getComputedStyle(part).position)"
    )
    assert len(placed) > 12
    assert set(placed) == {"static"}
    search = output.get_by_role("searchbox")
    search.press_sequentially("instancenumber")  # letters that are commands of the notebook
    row = output.locator(".dicomview-paper [role=row]:visible")
    assert row.count() == 1
    row.click()
    output.locator(".dicomview-plot").wait_for()
    output.locator(".dicomview-stage").press("ArrowDown")
    output.locator(".dicomview-count", has_text="slice 2 of 17").wait_for()
    assert "≠" in row.inner_text()
    assert notebook.value(1) == "(4, 'InstanceNumber', 1, None)"
    assert notebook.value(2) == "2"
    assert notebook.problems == []
