"""Objects that are found by their references, and key objects. highdicom writes those."""

from __future__ import annotations

import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import phantoms
import pytest
from pydicom.sr.codedict import codes

import dicomview as dv
from dicomview.demo.derived import dose, key_objects, presentation_state, segmentation, structure_set
from dicomview.demo.synthetic import demo_uid
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.objects import beside, kind_of_object, read_objects
from dicomview.render import scene_of

KINDS = ["segmentation", "structure set", "dose", "presentation state", "key objects"]


def objects_of(images, seed="o"):
    """Return one object of each kind about images, in no particular order."""
    masks = np.zeros((len(images), images[0].Rows, images[0].Columns), bool)
    masks[2:5, 2:6, 2:6] = True
    x, y, z = (float(v) for v in images[3].ImagePositionPatient)
    square = np.array([[x + 1, y + 1, z], [x + 4, y + 1, z], [x + 4, y + 4.1, z], [x + 1, y + 4.1, z]])
    return [
        key_objects(images[4:5], ("113000", "DCM", "Of Interest"), "look here", seed=f"{seed}/ko"),
        presentation_state(images, label="STATE", window=(300, 600), seed=f"{seed}/pr"),
        dose(images[0], np.ones((3, 3, 3)), origin=(x, y, z - 8), spacing=(4, 4, 4), seed=f"{seed}/dose"),
        structure_set(images, {"square": [square]}, {"square": (0, 255, 0)}, seed=f"{seed}/rt"),
        segmentation(images, {"block": masks}, {"block": (40000, 50000, 40000)}, seed=f"{seed}/seg"),
    ]


def saved(folder, datasets):
    for n, ds in enumerate(datasets):
        ds.save_as(folder / f"{n}.dcm", enforce_file_format=True)
    return folder


def two_series():
    """Return two series of one study and frame of reference, and objects about the first."""
    one, other = (phantoms.regular(seed=f"phantom/{name}") for name in "ab")
    return one, other, objects_of(one)


def test_what_lies_elsewhere_leaves_the_rest_in_place(tmp_path) -> None:
    one, _, objects = two_series()
    objects[-1].FrameOfReferenceUID = demo_uid("elsewhere")
    found = dv.regions([*one, *objects])
    assert (list(found), found.notes) == (["square"], ("1 in another frame of reference left out",))
    assert "block" not in dv.view([*one, *objects], objects=True).layers
    with pytest.raises(UnknownChoice, match="another FrameOfReferenceUID"):
        dv.regions(one, objects)


@pytest.mark.parametrize("road", ["read_series", "scan", "list"])
def test_objects_are_found_by_their_references(road, tmp_path) -> None:
    one, other, objects = two_series()
    everything = saved(tmp_path, phantoms.shuffled([*one, *other, *objects]))
    uids = [pile[0].SeriesInstanceUID for pile in (one, other)]
    if road == "scan":
        catalog = dv.scan(everything)
        both = [next(s for s in catalog if s.uid == uid) for uid in uids]
    else:
        source = everything if road == "read_series" else [*one, *other, *objects]
        both = [dv.read_series(source, uid) for uid in uids]
    assert [kind_of_object(header) for header in beside(both[0])] == KINDS
    # A dose names no series: it is about all images in its frame of reference.
    assert [kind_of_object(header) for header in beside(both[1])] == ["dose"]
    scene = scene_of(both[0], objects=True)
    assert [layer.name for layer in scene.layers if not layer.name.startswith("dose")] == ["block", "square"]
    assert [layer.name for layer in scene.layers][-1] == "square"
    assert scene.presented[0].center == 300
    assert dv.view(both[0], objects=True).index == 4


def test_a_catalogue_lists_the_objects_of_a_series(tmp_path) -> None:
    one, other, objects = two_series()
    catalog = dv.scan(saved(tmp_path, [*one, *other, *objects]))
    uids = catalog.series["SeriesInstanceUID"].tolist()
    table = catalog.objects_of(uids.index(one[0].SeriesInstanceUID))
    assert table["kind"].tolist() == KINDS
    assert table["label"].tolist() == ["SYNTHETIC", "SYNTHETIC", "Dose (synthetic)", "STATE", "Of Interest"]
    assert table["SOPInstanceUID"].tolist() == [ds.SOPInstanceUID for ds in reversed(objects)]
    assert table["path"].str.endswith(".dcm").all()
    assert len(catalog.objects_of(uids.index(other[0].SeriesInstanceUID))) == 1


def test_objects_of_a_catalogue_hide_what_people_have_written(tmp_path, monkeypatch) -> None:
    one, other, objects = two_series()
    saved(tmp_path, [*one, *other, *objects])
    catalog = dv.scan(tmp_path)
    index = catalog.series["SeriesInstanceUID"].tolist().index(one[0].SeriesInstanceUID)
    assert set(dv.scan(tmp_path, identity="hide").objects_of(index)["label"]) == {"(hidden)"}
    assert "(hidden)" not in set(catalog.objects_of(index)["label"])
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    assert set(catalog.objects_of(index)["label"]) == {"(hidden)"}


def test_no_word_of_an_object_is_shown_where_identity_is_hidden(monkeypatch, tmp_path) -> None:
    samples = Path(__file__).parents[1] / "sample_data"
    chest, objects = samples / "ct_chest", samples / "chest_objects"
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    view = dv.view(chest, objects=objects, embed=False)
    text = view.to_html(tmp_path / "page.html").read_text()
    sent = str([view._piece("axial", (index,), 1).head for index in range(18, 27)])
    for word in ("Spinal", "nodule", "FINDINGS"):
        assert word not in str(view._scene) + sent + text
    assert "region" in str(view._scene["layers"])
    view.close()
    monkeypatch.delenv("DICOMVIEW_IDENTITY")
    shown = dv.view(chest, objects=objects, embed=False)
    assert "Spinal" in str(shown._scene)
    shown.close()


def test_without_a_wish_the_picture_is_bare_and_says_what_there_is() -> None:
    one, _, objects = two_series()
    view = dv.view([*one, *objects])
    assert not view.layers
    assert view.scene.notes == ("5 objects about these images: objects=True",)
    assert dv.view([*one, *objects], objects=False).scene.notes == ()
    assert dv.picture([*one, *objects]).notes == ()


def test_a_damaged_object_beside_the_images_is_a_note_and_one_that_was_given_an_error() -> None:
    one, _, objects = two_series()
    del objects[3].ROIContourSequence
    scene = scene_of([*one, *objects], objects=True)
    assert any(note.startswith("a structure set is left out: ") for note in scene.notes)
    assert "block" in [layer.name for layer in scene.layers]
    with pytest.raises(UnknownChoice, match="no object in what was given"):
        dv.view(one, objects=one)
    with pytest.raises(NothingFound, match="refer to this series"):
        dv.regions(one)


def test_p32_key_objects_of_highdicom_mark_their_images() -> None:
    images = phantoms.regular()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = hd.ko.KeyObjectSelection(
            codes.DCM.ForTeaching, referenced_objects=images[5:7], description="two of them"
        )
        document = hd.ko.KeyObjectSelectionDocument(
            images, content, demo_uid("ko", "series"), 1, demo_uid("ko", "instance"), 1, "dicomview"
        )
    (keys,) = read_objects(document, None).keys
    assert (keys.title, keys.text) == ("For Teaching", "two of them")
    view = dv.view(images, objects=document)
    assert view.index == 5
    said = [view.scene.shot("axial", k).notes for k in range(12)]
    assert [k for k, notes in enumerate(said) if notes] == [5, 6]
    assert said[5] == ("key image: For Teaching",)
    assert not any(view.scene.shot("coronal", k).notes for k in range(10))
    marked = dv.regions(images, document).marked
    assert marked["index"].tolist() == [5, 6]
    assert set(marked["title"]) == {"For Teaching"}


def test_p32_key_objects_may_mark_frames() -> None:
    images = phantoms.regular()
    ds = key_objects(images[:1], ("113000", "DCM", "Of Interest"), "", seed="k")
    ds.ContentSequence[1].ReferencedSOPSequence[0].ReferencedFrameNumber = [2, 4]
    (keys,) = read_objects(ds, None).keys
    assert [keys.marks(images[0].SOPInstanceUID, frame) for frame in range(4)] == [False, True, False, True]


def test_our_own_segmentation_is_what_highdicom_reads(tmp_path) -> None:
    one, _, objects = two_series()
    objects[4].save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    seg = hd.seg.segread(tmp_path / "seg.dcm")
    theirs = seg.get_volume(combine_segments=False).array[..., 0]
    ours = dv.regions(one, objects[4])["block"]
    assert theirs.sum() == ours.sum() == 48
    np.testing.assert_array_equal(theirs, ours[2:5])
