"""`dv.browse`: what is sent to the page, and what is not."""

from __future__ import annotations

import io
import json

import comm
import phantoms
import pytest
from comm.base_comm import BaseComm
from phantoms import item
from PIL import Image
from pydicom.dataset import Dataset
from test_objects_segmentation import two_masks, written

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.views import DocumentView, SliceView

SECRET = "ZEBRA7SECRET"


class Wire(list):
    """All that widgets send: their states when they open, updates, messages, bytes."""

    def all(self):
        return "".join(json.dumps(data, default=str) + repr([bytes(one) for one in buffers]) for data, buffers in self)

    def of(self, kind):
        """The messages of a kind, with their buffers."""
        return [(data["content"], buffers) for data, buffers in self if data.get("content", {}).get("kind") == kind]


@pytest.fixture
def wire(monkeypatch):
    sent = Wire()

    class Recorder(BaseComm):
        def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
            sent.append((data or {}, buffers or []))

    monkeypatch.setattr(comm, "create_comm", Recorder)
    monkeypatch.delenv("DICOMVIEW_IDENTITY", raising=False)
    return sent


def ask(widget, **content):
    """Say something as the page does."""
    widget._handle_custom_msg(content, [])


def opened(source, **options):
    """A browser on a page."""
    browser = dv.browse(source, **options).settled()
    ask(browser._list, kind="open")
    ask(browser._tags, kind="open")
    return browser


def pile(count=6):
    found = phantoms.regular(phantoms.voxels(count))
    for number, ds in enumerate(found):
        ds.KVP, ds.ImageComments = "120", "odd" if number % 2 else "even"
    return found


@pytest.fixture
def folder(tmp_path):
    """A pile with a scout, and a report."""
    other = phantoms.report()
    other.SeriesInstanceUID = "1.2.3.4"
    write([*phantoms.with_localizer(), other], tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    return tmp_path


# The list


def test_a_line_for_each_stack_and_for_what_is_none(wire, folder):
    browser = opened(folder)
    ((told, _),) = wire.of("list")
    assert [(one["verdict"], one["picture"]) for one in told["entries"]] == [
        ("regular", True),
        ("regular", True),
        ("Basic Text SR Storage has no pixel data", False),
    ]
    assert "localizer" in told["entries"][1]["size"]
    assert told["entries"][2]["size"] == "1 object"
    assert told["beside"] == "beside them 1 not_dicom\n"
    assert told["number"] == 0
    browser.close()


def test_a_verdict_is_told(wire):
    browser = opened(phantoms.missing(4))
    ((told, _),) = wire.of("list")
    (one,) = told["entries"]
    assert one["verdict"].startswith("MISSING_SLICES: 1 slice is missing")
    assert not one["sound"]
    browser.close()


def test_pictures_are_made_of_the_lines_in_sight_alone(wire, folder):
    browser = opened(folder)
    assert wire.of("picture") == []
    ask(browser._list, kind="pictures", numbers=[1])
    browser._list._worker.submit(int).result(60)
    ((told, (png,)),) = wire.of("picture")
    assert told["number"] == 1
    assert max(Image.open(io.BytesIO(png)).size) <= 96
    browser.close()


def test_a_picture_that_cannot_be_decoded_is_none(wire):
    ds = pile(1)[0]
    ds.PixelData = ds.PixelData[:10]
    browser = opened(ds)
    ask(browser._list, kind="pictures", numbers=[0, 7])
    browser._list._worker.submit(int).result(60)
    ((_, buffers),) = wire.of("picture")
    assert buffers == []
    browser.close()


def test_choosing_a_line_shows_it(wire, folder):
    browser = opened(folder)
    assert isinstance(browser.view, SliceView)
    main = browser.view
    main.index = 3
    ask(browser._list, kind="choose", number=2)
    assert isinstance(browser.view, DocumentView)
    assert browser.series.modality == "SR"
    assert "Basic Text SR" in browser._pane.children[0].value
    assert browser.settled().table.dicom["Modality"] == "SR"
    browser.chosen = 0
    assert browser.view is main
    assert browser.view.index == 3  # as it was left
    with pytest.raises(UnknownChoice, match="no line 3"):
        browser.chosen = 3
    browser.close()


def test_views_that_were_left_long_ago_are_closed(wire):
    several = []
    for number in range(6):
        one = pile(2)
        for ds in one:
            ds.SeriesInstanceUID = f"1.2.{number}"
        several += one
    browser = opened(several)
    first = browser.view
    for number in range(1, 6):
        browser.chosen = number
    assert first.comm is None
    assert browser.view.comm is not None
    browser.chosen = 0
    assert browser.view is not first
    browser.close()


# The table


def test_a_step_sends_what_is_new_and_marks_it(wire):
    browser = opened(pile())
    ((rows, _),) = wire.of("rows")
    paths = [row[0] for row in rows["rows"]]
    assert paths == browser.table["path"].tolist() == dv.tags(browser.series[3])["path"].tolist()
    browser.view.index = 4
    browser.settled()
    ((step, _),) = wire.of("step")
    new = {paths[number]: value for number, value, _ in step["values"]}
    assert set(new) == {"SOPInstanceUID", "InstanceNumber", "ImagePositionPatient", "ImageComments"}
    assert new["InstanceNumber"] == str(browser.table.dicom["InstanceNumber"])
    assert {paths[number] for number in step["marked"]} == set(new)
    assert (step["place"], step["at"]) == ("slice 5 of 6", 4)
    assert len(json.dumps(step)) < 600
    browser.close()


def test_marks_are_about_the_slice_before_wherever_one_comes_from(wire):
    browser = opened(pile())
    browser.view.index = 5
    browser.settled()
    browser.view.index = 3  # two apart: the comments are the same as of the one shown before
    browser.settled()
    (*_, (step, _)) = wire.of("step")
    comments = browser.table["path"].tolist().index("ImageComments")
    assert comments in step["marked"]
    assert comments not in [number for number, *_ in step["values"]]
    browser.view.index = 0
    browser.settled()
    assert wire.of("step")[-1][0]["marked"] == []
    browser.close()


def test_a_fast_scroll_sends_little_and_ends_where_it_ends(wire):
    browser = opened(pile(12))
    for index in [*range(12)] * 20:
        browser.view.index = index
    browser.settled()
    steps = [step["at"] for step, _ in wire.of("step")]
    assert steps[-1] == 11
    assert len(steps) < 60
    browser.close()


def test_another_page_gets_all_of_it(wire):
    browser = opened(pile())
    browser.view.index = 5
    browser.selected = "InstanceNumber"
    browser.settled()
    del wire[:]
    ask(browser._tags, kind="open")
    assert [data["content"]["kind"] for data, _ in wire] == ["rows", "chosen", "plot"]
    assert wire.of("rows")[0][0]["at"] == 5
    browser.close()


def test_the_table_stays_at_the_slice_in_another_plane_and_follows_an_axis(wire):
    browser = opened(phantoms.echoes())
    axis, *_ = browser.view.axes
    first = browser.settled().table.dicom["EchoTime"]
    browser.view.axes = {axis: 1}
    assert browser.settled().table.dicom["EchoTime"] != first
    number = browser.table.dicom["InstanceNumber"]
    browser.view.plane = "coronal"
    browser.view.index = 1
    assert browser.settled().table.dicom["InstanceNumber"] == number
    assert browser.failure is None
    browser.close()


def test_of_a_multiframe_object_the_frame(wire):
    browser = opened(phantoms.enhanced(pile()))
    path = "PerFrameFunctionalGroupsSequence[frame].PlanePositionSequence[0].ImagePositionPatient"
    assert browser.table["path"].tolist().count(path) == 1
    assert not browser.table["path"].str.contains(r"Sequence\[3\]\.", regex=True).any()
    places = []
    for index in (1, 2):
        browser.view.index = index
        places.append(browser.settled().table.set_index("path")["value"][path])
    assert places == [tuple(one.place.position) for one in browser.series.stack.slices[1:3]]
    browser.selected = path
    browser.settled()
    assert wire.of("plot")[-1][0]["words"] == path
    browser.close()


def test_hostile_text_travels_as_it_is_and_long_text_is_cut(wire):
    ds = pile(1)[0]
    ds.PatientName, ds.ImageComments = "<script>alert(1)</script>", "=HYPERLINK(1)" + "x" * 2000
    browser = opened(ds)
    values = {row[0]: row[4] for row in wire.of("rows")[0][0]["rows"]}
    assert values["PatientName"] == "<script>alert(1)</script>"
    assert values["ImageComments"].startswith("=HYPERLINK(1)x")
    assert values["ImageComments"].endswith("(2,013 characters)")
    assert len(browser.table.dicom["ImageComments"]) == 2013
    browser.close()


# The plot


def test_a_row_that_is_chosen_is_plotted_once(wire):
    browser = opened(pile())
    ask(browser._tags, kind="choose", path="InstanceNumber")
    assert browser.selected == "InstanceNumber"
    browser.settled()
    for index in range(6):
        browser.view.index = index
    browser.settled()
    ((plot, (png,)),) = [one for one in wire.of("plot") if one[0]["words"]]
    assert png.startswith(b"\x89PNG")
    assert (plot["words"], plot["count"]) == ("InstanceNumber", 6)
    assert 0 < plot["left"] < plot["right"] < 1
    browser.selected = ""
    browser.settled()
    assert wire.of("plot")[-1] == ({"kind": "plot", "words": ""}, [])
    browser.close()


def test_what_names_no_element_is_refused_at_once(wire):
    browser = opened(pile(2))
    with pytest.raises(UnknownChoice, match="did you mean KVP"):
        browser.selected = "KVp"
    assert browser.selected == ""
    browser.close()


def test_a_table_that_cannot_follow_says_so(wire, monkeypatch):
    browser = opened(pile(2))
    broken = dv.errors.NothingFound("the file has gone")
    monkeypatch.setattr(browser._tags, "show", lambda *_, **__: (_ for _ in ()).throw(broken))
    browser.view.index = 0
    browser.settled()
    assert wire.of("plot")[-1][0]["words"] == "The table cannot follow: the file has gone"
    assert browser.failure is broken
    browser.close()


# Privacy


def named(depth):
    ds = Dataset()
    ds.PatientName, ds.PatientID, ds.PatientComments = SECRET, SECRET, SECRET
    ds.private_block(0x0011, "ACME", create=True).add_new(1, "LO", SECRET)
    if depth:
        ds.ReferencedStudySequence = [named(depth - 1)]
    return ds


def with_names():
    """An image series and a report that say a secret wherever they can."""
    images, report = phantoms.repeats({}, {}), phantoms.report()
    report.SeriesInstanceUID = "1.2.3.4"
    for number, ds in enumerate([*images, report]):
        ds.update(named(3))
        ds.SeriesDescription = ds.StudyDescription = ds.ProtocolName = ds.ImageComments = SECRET
        ds.ContrastBolusAgent = f"{SECRET}{number >= len(images) / 2}"
    report.ContentSequence = [item(ValueType="PNAME", RelationshipType="CONTAINS", PersonName=SECRET)]
    report.VerifyingObserverSequence = [item(VerifyingObserverName=SECRET)]
    return [*images, report]


def everything(browser, wire):
    """Walk through all there is and return what was sent or would be saved."""
    for number, _ in enumerate(browser._list.entries):
        browser.chosen = number
        for path in ("PatientName", "ReferencedStudySequence[0].ReferencedStudySequence[0].PatientID", "(0011,1001)"):
            browser.selected = path
            browser.settled()
        wire.append(({"bundle": browser._repr_mimebundle_()[0], "repr": repr(browser)}, []))
        if isinstance(browser.view, SliceView):
            browser.view.index = 1
            browser.settled()
    ask(browser._list, kind="pictures", numbers=[*range(len(browser._list.entries))])
    browser._list._worker.submit(int).result(60)
    for widget in (browser, browser._list, browser._tags, browser._pane, *browser._pane.children, browser.view):
        state = widget.get_state() if hasattr(widget, "get_state") else {}
        wire.append(({"state": repr({name: state[name] for name in state if name not in ("_esm", "_css")})}, []))
    wire.append(({"table": browser.table.to_csv()}, []))
    assert browser.failure is None
    return wire.all()


def test_without_hiding_the_names_are_there(wire):
    browser = opened(with_names())
    assert everything(browser, wire).count(SECRET) > 50
    assert browser.identity == "show"
    browser.close()


@pytest.mark.parametrize("road", ["argument", "environment"])
def test_nothing_that_is_hidden_reaches_the_page(wire, road, monkeypatch):
    if road == "environment":
        monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    browser = opened(with_names(), identity="hide" if road == "argument" else "show")
    text = everything(browser, wire)
    assert browser.identity == "hide"
    assert SECRET not in text
    assert "(hidden)" in text
    assert {len(labels.labels) for labels in browser._views[0].scene.axes} == {2}  # the axis itself is still there
    browser.close()


def test_a_saved_notebook_has_the_picture_or_nothing(wire):
    for embed in (True, False):
        browser = opened(pile(), embed=embed)
        assert ("text/html" in browser._repr_mimebundle_()[0]) is embed
        browser.close()


# Doors


def test_what_can_be_browsed(wire, tmp_path):
    series = dv.read_series(pile())
    write(pile(), tmp_path)
    catalog = dv.scan(tmp_path)
    for source, lines in (
        (series, 1), ([series, series], 2), (pile(), 1), (pile()[0], 1), (series.stack, 1), (catalog, 1),
        ([catalog, series.stack, tmp_path, series], 4),
    ):  # fmt: skip
        browser = dv.browse(source)
        assert browser.settled().failure is None
        assert repr(browser).startswith(f"Browser({lines} line")
        browser.close()
    hidden = dv.browse(dv.scan(tmp_path, identity="hide"))
    assert hidden.identity == "hide"
    hidden.close()
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingFound, match="catalogue has no series"):
        dv.browse(dv.scan(tmp_path / "empty"))
    with pytest.raises(NothingFound):
        dv.browse(tmp_path / "nowhere")
    with pytest.raises(UnknownChoice, match="identity"):
        dv.browse(series, identity="mask")


def test_of_several_objects_a_slider_chooses_whose_tags(wire):
    reports = [phantoms.named(phantoms.report(), str(number)) for number in range(3)]
    browser = opened(reports)
    slider, _ = browser._pane.children
    uids = []
    for slider.value in range(3):
        uids.append(browser.settled().table.dicom["SOPInstanceUID"])
    assert len(set(uids)) == 3
    browser.selected = "SOPInstanceUID"
    browser.settled()
    assert wire.of("plot")[-1][0]["words"] == "SOPInstanceUID: 3 different values"
    browser.close()


def test_a_segmentation_by_itself_has_a_picture(wire):
    browser = opened(written(phantoms.regular(), two_masks()))
    assert isinstance(browser.view, SliceView)
    assert browser.settled().table.dicom["Modality"] == "SEG"
    browser.close()


def test_a_step_of_a_large_table_is_small(wire):
    found = pile(3)
    for ds in found:
        ds.RequestAttributesSequence = [item(CodeValue=str(k), CodeMeaning=f"meaning {k}") for k in range(1500)]
    found[2].RequestAttributesSequence[700].CodeMeaning = "another"
    browser = opened(found)
    assert len(browser.table) > 3000
    browser.view.index = 2
    browser.settled()
    ((rows, _),), ((step, _),) = wire.of("rows"), wire.of("step")
    assert len(json.dumps(rows)) > 200 * len(json.dumps(step))
    assert "another" in [value for _, value, _ in step["values"]]
    browser.close()
