"""What is seen without a kernel: the copy in a saved notebook, and the page for a folder or a mail."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from PIL import Image
from wire import Sent, asked, unpacked

import dicomview as dv
from dicomview.errors import AlreadyThere, NothingFound, UnknownChoice
from dicomview.views import copies, later

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

HOSTILE = "</script><script>alert(1)</script>"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many previews as there may be, however busy the machine is."""
    monkeypatch.setattr(copies, "_OPENING_SECONDS", 1e9)


def bundle(view: Any) -> dict[str, Any]:
    data, _ = view._repr_mimebundle_()
    return data


def alone(deed: Callable[[], Any]) -> Any:
    """Do something in a thread where nothing else runs, as the browser of other tests does in this one."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(deed).result()


def revived(written: str) -> Any:
    def revive(part: dict[str, Any]) -> Any:
        return base64.b64decode(part["base64"]) if part.keys() == {"base64"} else part

    return json.loads(written, object_hook=revive)


def parts(text: str) -> tuple[dict[str, Any], list[Any], bool]:
    """What the model of a copy is given, its slices, and whether these are the whole stack."""
    (written,) = re.findall(r'openCopy\("dicomview-\w+", (\{.*?)\);</script>', text, re.DOTALL)
    model, pieces, whole = revived(f"[{written}]")
    return model, pieces, whole


def told(text: str) -> dict[str, Any]:
    return parts(text)[0]


def slices(text: str) -> list[Sent]:
    return [sent for one in parts(text)[1] for sent in unpacked(one["message"], one["buffers"])]


def noise(count: int = 20, edge: int = 300, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).normal(0, 300, (count, edge, edge))
    return values.astype(np.int16)


# The saved notebook


def test_a_saved_notebook_has_the_view_a_copy_and_a_picture() -> None:
    view = dv.view(phantoms.regular(), index=3)
    data = bundle(view)
    assert data.keys() == {"text/plain", WIDGET, "text/html", "image/png"}
    assert data[WIDGET]["model_id"] == view.model_id
    png = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))))
    shown = view.picture()
    assert png.shape[1] == shown.pixels.shape[1]
    assert png.shape[0] == round(shown.pixels.shape[0] * shown.aspect)
    assert data["image/png"] in data["text/html"]


def test_the_copy_has_the_shown_slice_and_some_of_the_others() -> None:
    array = noise()
    view = dv.view(array, index=7)
    sent = slices(bundle(view)["text/html"])
    assert sent[0].head["at"] == [7]
    np.testing.assert_array_equal(sent[0].samples, array[7])  # 300 pixels: whole
    others = {one.head["at"][0]: one for one in sent[1:]}
    assert {0, 19} < others.keys()
    for index, one in others.items():
        np.testing.assert_array_equal(one.samples, array[index, 1::3, 1::3])


def test_the_copy_follows_what_is_shown_when_it_is_displayed() -> None:
    array = noise()
    view = dv.view(array, index=7)
    view.index, view.window = 11, (5, 50)
    text = bundle(view)["text/html"]
    assert slices(text)[0].head["at"] == [11]
    assert told(text)["_state"]["window"]["width"] == 50


def test_the_same_slices_come_with_the_widget() -> None:
    view = dv.view(noise(), index=7)
    told: list[str] = []
    view.observe(lambda change: told.append(change.name), ["_opening", "_around"])
    view._surround()  # where a loop runs it comes after the cell
    assert "_opening" not in told  # it was sent with the widget
    inside = [sent for one in view._opening + view._around for sent in unpacked(one["message"], one["buffers"])]
    copied = slices(bundle(view)["text/html"])
    heads = [one.head for one in inside]
    assert heads[0] == copied[0].head
    assert [one.head for one in copied if one.head not in heads] == []


def test_previews_around_the_shown_slice_come_with_the_widget_and_not_with_a_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copies, "_NEAR_SECONDS", 60)
    view = dv.view(noise(), index=7)
    view._bring_near()  # where a loop runs it comes after the cell
    near = view._near[0]["message"]
    plane = view._scene["planes"][view.plane]
    assert near["step"] == plane["step"]
    first = 7 - 7 % plane["block"]
    assert [one["at"] for one in near["slices"]] == [
        [i] for i in range(first, min(first + plane["block"], plane["count"]))
    ]
    assert len(view._near) == 1
    assert len(view._opening) == 1  # it is waited for
    linked = dv.view(dv.Volume(noise().astype(np.float32), np.eye(4), "HU"), layout="ortho")["axial"]
    linked.index = 7
    linked._bring_near()
    block = linked._scene["planes"]["axial"]["block"]
    starts = [7 - 7 % block, 7 - 7 % block + (block if 7 % block >= block / 2 else -block)]
    assert [one["message"]["slices"][0]["at"][0] for one in linked._near] == [i for i in starts if 0 <= i < 20]
    monkeypatch.setattr(copies, "_NEAR_SECONDS", 0)  # where they take long to decode
    slow = dv.view(noise(), index=7)
    slow._bring_near()
    assert slow._near == []


def test_what_is_saved_with_a_widget_is_of_the_plane_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "_QUIET", 0.1)

    async def shown() -> None:
        view = dv.view(dv.Volume(noise().astype(np.float32), np.eye(4), "HU"))
        while not view._around:
            await asyncio.sleep(0.05)
        view.plane = "coronal"
        while {one["message"]["plane"] for one in view._opening + view._around} != {"coronal"}:
            await asyncio.sleep(0.05)

    alone(lambda: asyncio.run(asyncio.wait_for(shown(), 30)))


def test_the_rest_of_a_copy_waits_for_a_page_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "_QUIET", 0.4)
    monkeypatch.setattr(later, "_PATIENCE", 60)
    volume = dv.Volume(noise().astype(np.float32), np.diag([3.0, 1, 1, 1]), "HU")
    want = {"kind": "want", "plane": "axial", "items": [], "seen": 0, "anew": False, "pack": True, "late": False}

    async def shown() -> None:
        views = [*dv.view(volume, layout="ortho").views.values()]
        for _ in range(12):  # a hand moves one of them for more than a second
            views[0]._on_message(views[0], want, [])
            await asyncio.sleep(0.1)
            assert not any(view._around for view in views)
        while not all(view._around for view in views):
            await asyncio.sleep(0.1)

    alone(lambda: asyncio.run(asyncio.wait_for(shown(), 30)))
    monkeypatch.setattr(later, "wanted_since", lambda: 0.0)
    assert alone(lambda: dv.view(noise(), index=7))._around  # where no cell runs, nothing can come later


@pytest.mark.parametrize("value", ["0", "no", "OFF", "false"])
def test_pixels_are_kept_out_of_the_file_by_the_environment(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOMVIEW_EMBED", value)
    view = dv.view(phantoms.regular())
    assert bundle(view).keys() == {"text/plain", WIDGET}
    assert [view.get_state()[name] for name in ("_opening", "_near", "_around")] == [[], [], []]
    assert "text/html" in bundle(dv.view(phantoms.regular(), embed=True))  # who asks for it by name gets it


def test_whether_to_keep_pixels_is_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownChoice, match="embed is True or False, not 'no'"):
        dv.view(phantoms.regular(), embed="no")  # type: ignore[arg-type]
    monkeypatch.setenv("DICOMVIEW_EMBED", "maybe")
    with pytest.raises(UnknownChoice, match="DICOMVIEW_EMBED is 'maybe'; it is 0 or 1"):
        dv.view(phantoms.regular())


def test_a_copy_of_what_moves_in_time_has_its_slice_at_other_times() -> None:
    view = dv.view(phantoms.time_points(), index=3)
    places = {one.head["at"][0]: set() for one in slices(bundle(view)["text/html"])}
    for one in slices(bundle(view)["text/html"]):
        places[one.head["at"][0]].add(one.head["at"][1])
    (times,) = view.scene.lengths.values()
    assert places[3] == set(range(times))
    assert all(seen == {0} for index, seen in places.items() if index != 3)
    assert len(places) > 5


def test_pixels_are_kept_out_of_the_file_by_the_option() -> None:
    view = dv.view(phantoms.regular(), embed=False)
    assert bundle(view).keys() == {"text/plain", WIDGET}
    assert [view.get_state()[name] for name in ("_opening", "_near", "_around")] == [[], [], []]
    assert asked(view, [[0]])[0].samples is not None


def test_a_damaged_slice_leaves_the_view_standing() -> None:
    pile = phantoms.regular()
    pile[4].PixelData = pile[4].PixelData[:50]
    view = dv.view(pile, index=4)
    assert bundle(view).keys() == {"text/plain", WIDGET}
    assert "InstanceNumber 5" in view._opening[0]["message"]["slices"][0]["text"]


def test_text_of_the_file_cannot_leave_its_place(tmp_path: Path) -> None:
    pile = phantoms.regular(description=HOSTILE, tags={"RescaleType": HOSTILE})
    view = dv.view(pile)
    for text in (bundle(view)["text/html"], view.to_html(tmp_path / "page.html", title=HOSTILE).read_text("utf-8")):
        assert "alert(1)</script>" not in text
        assert told(text)["_scene"]["unit"] == HOSTILE
        assert told(text)["_scene"]["title"].endswith(HOSTILE)


def test_slices_that_take_long_are_left_to_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    view = dv.view(noise(), embed=False)
    monkeypatch.setattr(copies, "_OPENING_SECONDS", 0.0)
    assert len([*copies.opening_of(view._piece, view.scene, view.state)]) == 1


# The page


def test_a_page_has_every_sample_and_names_nobody(tmp_path: Path) -> None:
    tags = {"PatientName": "Doe^Jane", "PatientID": "4711", "PatientComments": "Jane"}
    pile = phantoms.regular(window=(600, 1200), description="Jane Doe thorax", tags=tags)
    view = dv.view(pile)
    path = view.to_html(tmp_path / "page.html", quality="exact")
    text = path.read_text("utf-8")
    for secret in ("Doe", "Jane", "4711", "FICTITIOUS"):
        assert secret not in text
    assert "<title>CT · 12 images</title>" in text
    for index, sent in enumerate(slices(text)):
        np.testing.assert_array_equal(sent.samples, asked(view, [[index]])[0].samples)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_has_the_title_that_is_asked_for(tmp_path: Path) -> None:
    view = dv.view(phantoms.regular(description="Jane Doe thorax"))
    text = view.to_html(tmp_path / "page.html", title="Lesson <3>").read_text("utf-8")
    assert "<title>Lesson &lt;3&gt;</title>" in text
    assert told(text)["_scene"]["title"] == "Lesson <3>"
    assert "Doe" not in text
    assert "Doe" in view.to_html(tmp_path / "named.html", title=view.scene.title).read_text("utf-8")


def test_a_quality_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownChoice, match="reduced"):
        dv.view(phantoms.regular()).to_html("x.html", quality="best")  # type: ignore[arg-type]


def test_a_page_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("mine")
    view = dv.view(phantoms.regular())
    with pytest.raises(AlreadyThere):
        view.to_html(path)
    assert path.read_text() == "mine"
    assert view.to_html(path, overwrite=True) == path
    assert "openCopy" in path.read_text("utf-8")


def test_an_interrupted_page_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = dv.view(phantoms.regular())
    plain, seen = view.scene.shot, []

    def interrupted(plane: str, index: int, *rest: Any, **more: Any) -> Any:
        seen.append(index)
        if len(seen) > 6:
            raise KeyboardInterrupt
        return plain(plane, index, *rest, **more)

    monkeypatch.setattr(view.scene, "shot", interrupted)
    mine = tmp_path / "page.html.part"
    mine.write_text("mine")
    with pytest.raises(KeyboardInterrupt):
        view.to_html(tmp_path / "page.html", quality="exact")
    assert list(tmp_path.iterdir()) == [mine]
    assert mine.read_text() == "mine"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NothingFound, match="lessons"):
        dv.view(phantoms.regular()).to_html(tmp_path / "lessons" / "page.html")


def test_slopes_of_their_own_keep_what_the_page_promises(tmp_path: Path) -> None:
    """PET: the slope of one slice is twenty times that of another."""
    pile = phantoms.regular(np.abs(noise(60, 300)), window=(4000, 8000))
    for k, one in enumerate(pile):
        one.RescaleSlope = 1 if k % 2 else 20
    view = dv.view(pile)
    text = view.to_html(tmp_path / "page.html").read_text("utf-8")
    within = float(re.findall(r"values to within ([\d.]+)", text)[0])
    for k in (10, 11):
        one, exact = slices(text)[k], asked(view, [[k]])[0]
        step = told(text)["_scene"]["planes"]["axial"]["step"]
        values = exact.samples[step // 2 :: step, step // 2 :: step] * exact.head["slope"] + exact.head["intercept"]
        assert np.abs(one.samples * one.head["slope"] + one.head["intercept"] - values).max() <= within


def test_words_that_people_wrote_along_an_axis_stay_at_home(tmp_path: Path) -> None:
    pile = []
    for agent in ("40 ml for Jane Doe", "none"):
        pile += phantoms.regular(tags={"ContrastBolusAgent": agent})
    for number, one in enumerate(pile):
        one.SOPInstanceUID, one.InstanceNumber = f"2.25.{number + 1}", number + 1
    view = dv.view(pile)
    assert "contrast" in view.axes
    assert "Jane" not in view.to_html(tmp_path / "page.html").read_text("utf-8")


def test_a_page_for_a_mail_is_small_and_says_what_it_lost(tmp_path: Path) -> None:
    """300 noisy slices of 256²: 39 MB of samples in a page of at most 8 MB."""
    array = noise(300, 256)
    view = dv.view(array, window=(0, 2000))
    path = view.to_html(tmp_path / "page.html")
    assert path.stat().st_size < 8_000_000
    text = path.read_text("utf-8")
    sent = slices(text)
    assert len(sent) == 300
    (said,) = re.findall(r"300 images, (.*?)\. The wheel", text)
    quantum, step = round(sent[0].head["slope"]), sent[0].head["step"]
    assert parts(text)[2]
    assert quantum > 1
    within = float(re.findall(r"values to within ([\d.]+)", said)[0])
    assert within == quantum / 2
    for index in (0, 150, 299):
        values = sent[index].samples * sent[index].head["slope"] + sent[index].head["intercept"]
        exact = array[index, step // 2 :: step, step // 2 :: step]
        assert np.abs(values - exact).max() <= within
    assert quantum <= 2000 / 64  # grey levels that are left in the window


def test_padding_stays_padding_in_a_page_with_fewer_levels(tmp_path: Path) -> None:
    stored = np.clip(noise(30, 500), -2000, 2000)
    stored[:, :50] = -2048
    pile = phantoms.regular(stored, tags={"PixelPaddingValue": -2048}, window=(0, 8000))
    text = dv.view(pile).to_html(tmp_path / "page.html").read_text("utf-8")
    one = slices(text)[5]
    assert one.head["slope"] > 1
    step = one.head["step"]
    np.testing.assert_array_equal(
        one.samples == one.head["blank"], stored[5, step // 2 :: step, step // 2 :: step] == -2048
    )


# In a browser that has no network


@pytest.fixture
def offline(chromium: Browser) -> Any:
    context = chromium.new_context(offline=True)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
    yield page
    context.close()
    assert problems == []


def pixels(page: Page) -> np.ndarray:
    rows, columns, flat = page.locator(".dicomview-picture").evaluate(
        """({ width, height, getContext }) => [height, width, Array.from(document.querySelector(".dicomview-picture")
            .getContext("2d").getImageData(0, 0, width, height).data.filter((_, place) => place % 4 === 0))]"""
    )
    return np.array(flat, np.uint8).reshape(rows, columns)


@pytest.mark.browser
def test_a_page_works_without_kernel_and_network(offline: Page, tmp_path: Path) -> None:
    pile = phantoms.regular(window=(600, 1200))
    view = dv.view(pile, index=3)
    view.measure("line", [(1, 2), (6, 2)])
    view.measure("line", [(1, 2), (6, 2)], plane="coronal")
    path = view.to_html(tmp_path / "page.html", quality="exact")
    offline.goto(path.as_uri())
    root = offline.locator(".dicomview-canvas")
    root.and_(offline.locator("[data-index='3']")).wait_for()
    np.testing.assert_array_equal(pixels(offline), dv.picture(pile, index=3).pixels)
    stage = offline.locator(".dicomview-stage")
    measured = offline.locator(".dicomview-drawing text")
    assert measured.text_content() == "3.5 mm"  # what was measured is seen, and nothing more can be
    assert not offline.get_by_role("button", name="a drag measures").count()
    stage.hover()
    assert "HU" in offline.locator(".dicomview-top-right").inner_text()
    offline.mouse.wheel(0, 100)
    root.and_(offline.locator("[data-index='4']")).wait_for()
    assert measured.count() == 0
    offline.locator(".dicomview-presets").select_option(label="bone  400/1800")
    np.testing.assert_array_equal(pixels(offline), dv.picture(pile, index=4, window="bone").pixels)
    offline.mouse.down()
    offline.mouse.move(*(offline.evaluate("() => [200, 200]")))
    offline.mouse.up()
    assert root.get_attribute("data-center") != "400"
    assert "copy" in offline.locator(".dicomview-bottom-right").inner_text()


@pytest.mark.browser
def test_the_copy_in_a_notebook_works_without_kernel_and_network(offline: Page, tmp_path: Path) -> None:
    array = noise(30, 200)
    path = tmp_path / "snippet.html"
    path.write_text("<!doctype html><body>" + bundle(dv.view(array, index=12))["text/html"], encoding="utf-8")
    offline.goto(path.as_uri())
    root = offline.locator(".dicomview-canvas")
    root.and_(offline.locator("[data-index='12'][data-sharp='true']")).wait_for()
    np.testing.assert_array_equal(pixels(offline), dv.picture(array, index=12).pixels)
    offline.locator(".dicomview-stage").press("End")
    root.and_(offline.locator("[data-index='29']")).wait_for()
    assert "reduced copy: 8 of 30 images" in offline.locator(".dicomview-bottom-right").inner_text()


@pytest.mark.browser
def test_of_a_page_the_browser_keeps_a_part_and_shows_all(offline: Page, tmp_path: Path) -> None:
    """300 slices of 1 MB each are more than its cache holds."""
    array = np.zeros((300, 724, 724), np.int16) + np.arange(300, dtype=np.int16)[:, None, None]
    path = dv.view(array, index=299, window=(150, 300)).to_html(tmp_path / "page.html", quality="exact")
    offline.goto(path.as_uri())
    root = offline.locator(".dicomview-canvas")
    stage = offline.locator(".dicomview-stage")
    for key, index in (("Home", 0), ("End", 299), ("Home", 0), ("PageDown", 10)):
        stage.press(key)
        root.and_(offline.locator(f"[data-index='{index}'][data-sharp='true']")).wait_for()
        expected = dv.picture(array, index=index, window=(150, 300)).pixels
        assert pixels(offline)[300, 300] == expected[300, 300]
