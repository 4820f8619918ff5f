"""Siemens mosaics are taken apart into the slices they were made of, at the places where these lie."""

from __future__ import annotations

import gzip
import io
import random
import struct
import warnings
from pathlib import Path

import gdcm
import numpy as np
import phantoms
import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from dicomview.demo.synthetic import write
from dicomview.errors import DamagedPixels, NotAVolume
from dicomview.space import read_series
from dicomview.space.mosaic import csa_numbers

with warnings.catch_warnings():
    # Nibabel calls its readers experimental when they are imported.
    warnings.simplefilter("ignore", UserWarning)
    import nibabel.nicom.csareader as nibabel_csa
    from nibabel.nicom import dicomwrappers

NAMES = ("NumberOfImagesInMosaic", "SliceNormalVector")
_TYPES = {"IS": 6, "US": 10, "FD": 4, "LO": 19, "SH": 22}


def csa(entries, kind="SV10", room=6):
    """Return a CSA header of `entries` (name, VR, values).

    `kind` is "SV10", "plain" (the older format; the second number is the length) or "summed" (the older format; the
    first number is the length plus how many values the first entry has room for).
    """
    added = 0
    raw = b"SV10\4\3\2\1" if kind == "SV10" else b""
    raw += struct.pack("<2I", len(entries), 77)
    for place, (name, vr, values) in enumerate(entries):
        places = max(room, len(values)) if values else 0
        if place == 0:
            added = places if kind == "summed" else 0
        head = name.encode().ljust(64, b"\0"), len(values) or 1, vr.encode() + b"\0\0", _TYPES[vr], places, 77
        raw += struct.pack("<64si4s3i", *head)
        for number in range(places):
            text = values[number].encode() if number < len(values) else b""
            first = len(text) + added
            second = first if kind == "summed" else len(text)
            raw += (
                struct.pack("<4i", first, second, 77 if number == 0 else 205, first) + text + b"\0" * (-len(text) % 4)
            )
    return raw + b"\0" * 8


def entries(count, normal, empty_first=False):
    """As real headers have them: others before, between and behind the two that count."""
    return [
        ("EchoLinePosition", "IS", [] if empty_first else ["32      "]),
        ("Actual3DImaPartNumber", "IS", []),
        ("ICE_Dims", "LO", ["X_1_1_1_1_1_1_1_1_1_1_1_41"]),
        ("AcquisitionMatrixText", "SH", ["64p*64s"]),
        ("NumberOfImagesInMosaic", "US", [f"{count:<8}"]),
        ("SliceNormalVector", "FD", [f"{x:.8f}" for x in normal]),
        ("MosaicRefAcqTimes", "FD", [f"{x:.8f}" for x in range(count)]),
    ]


def mosaic(pile, *, sign=None, kind="SV10", block=0x10, number=1):
    """Return `pile`, single frames in the order of their tiles, as one mosaic."""
    rows, columns = pile[0].Rows, pile[0].Columns
    side = int(np.ceil(np.sqrt(len(pile))))
    sheet = np.zeros((side * rows, side * columns), np.int16)
    for k, one in enumerate(pile):
        j, i = k // side * rows, k % side * columns
        sheet[j : j + rows, i : i + columns] = one.pixel_array
    ds = phantoms.with_pixels(phantoms.copy_of(pile[0], f"mosaic {number}"), sheet)
    normal = phantoms.normal_of([float(x) for x in ds.ImageOrientationPatient])
    step = phantoms.position_of(pile[1]) - phantoms.position_of(pile[0])
    orientation, spacing = np.array(ds.ImageOrientationPatient, float), [float(x) for x in ds.PixelSpacing]
    shift = (side - 1) * (rows * spacing[0] * orientation[3:] + columns * spacing[1] * orientation[:3]) / 2
    ds.ImagePositionPatient = phantoms.decimals(phantoms.position_of(pile[0]) - shift)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    ds.SpacingBetweenSlices = f"{np.linalg.norm(step):.6f}"
    ds.InstanceNumber = str(number)
    sign = np.sign(step @ normal) if sign is None else sign
    ds.add_new((0x0029, block), "LO", "SIEMENS CSA HEADER")
    ds.add_new((0x0029, block << 8 | 0x10), "OB", csa(entries(len(pile), sign * normal), kind))
    return ds


def mr(**options):
    return phantoms.regular(modality="MR", **options)


def only_stack(source):
    (stack,) = read_series(source).stacks
    return stack


def as_is(ds, code="MOSAIC_WITHOUT_CSA"):
    """The picture is shown as it is, and says why."""
    stack = only_stack(ds)
    assert stack.verdict.code == code, stack.verdict
    assert stack.affine is None
    assert stack.shape == (1, ds.Rows, ds.Columns)
    np.testing.assert_array_equal(stack.slices[0].stored(), ds.pixel_array)
    with pytest.raises(NotAVolume, match=r"dv\.view"):
        stack.volume()
    return stack


# One mosaic


@pytest.mark.parametrize("kind", ["SV10", "plain", "summed"])
@pytest.mark.parametrize("pile", [mr, lambda: mr()[::-1]], ids=["against the normal", "along the normal"])
def test_mosaic_equals_its_slices(pile, kind):
    single = read_series(mr()).volume()
    stack = only_stack(mosaic(pile(), kind=kind))
    assert stack.verdict.code == "OK"
    assert stack.dims == ("slice", "row", "column")
    assert stack.shape == (12, 10, 8)
    volume = stack.volume()
    np.testing.assert_array_equal(volume.array, single.array)
    np.testing.assert_allclose(volume.affine, single.affine, atol=1e-6)


def test_oblique_mosaic_from_a_file(tmp_path):
    orientation = phantoms.oblique_orientation()
    write([mosaic(mr(orientation=orientation))], tmp_path)
    single, stack = read_series(mr(orientation=orientation)).volume(), only_stack(tmp_path)
    np.testing.assert_array_equal(stack.volume().array, single.array)
    np.testing.assert_allclose(stack.volume().affine, single.affine, atol=1e-6)


def test_mosaic_with_implicit_vr_and_compressed(tmp_path):
    """A private element of unknown VR, and pixels that are decoded as a whole."""
    implicit, compressed = mosaic(mr()), mosaic(mr())
    implicit.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    compressed.compress(RLELossless)
    for word, ds in (("implicit", implicit), ("compressed", compressed)):
        write([ds], tmp_path / word)
        np.testing.assert_array_equal(only_stack(tmp_path / word).volume().array, phantoms.voxels())


def test_tiles_know_their_number():
    ds = mosaic(mr())
    stack = only_stack(ds)
    labels = [one.label for one in stack.slices]
    assert [label.split("#")[1] for label in labels] == [str(k) for k in range(12)]
    assert {one.sop_instance_uid for one in stack.slices} == {ds.SOPInstanceUID}
    assert {(one.rows, one.columns) for one in stack.slices} == {(10, 8)}
    assert stack.slices[5].stored().flags.c_contiguous


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9, 10])
def test_any_number_of_tiles(count):
    pile = mr()[:count]
    if count == 1:
        pile = [mr()[0], mr()[1]]
        ds = mosaic(pile)
        ds[0x0029, 0x1010].value = csa(entries(1, (0, 0, -1)))
        ds = phantoms.with_pixels(ds, ds.pixel_array[:10, :8])
        ds.ImagePositionPatient = pile[0].ImagePositionPatient
    else:
        ds = mosaic(pile)
    stack = only_stack(ds)
    assert len(stack) == count
    assert stack.verdict.regular
    np.testing.assert_array_equal(stack.volume().array, phantoms.voxels()[:count])


def test_csa_is_found_by_its_creator():
    """Another creator holds block 10; the element of that block is not a CSA header."""
    ds = mosaic(mr(), block=0x21)
    ds.add_new((0x0029, 0x0010), "LO", "SOMEBODY ELSE")
    ds.add_new((0x0029, 0x1010), "OB", csa(entries(3, (1, 0, 0))))
    np.testing.assert_array_equal(only_stack(ds).volume().array, phantoms.voxels())
    del ds[0x0029, 0x0021]
    as_is(ds)


# Without a header that can be read


def damaged():
    good = csa(entries(12, (0, 0, -1)))
    return {
        "empty": b"",
        "three bytes": good[:3],
        "head alone": good[:16],
        "cut": good[: len(good) // 2],
        "no count": csa([entry for entry in entries(12, (0, 0, -1)) if entry[0] != NAMES[0]]),
        "no normal": csa([entry for entry in entries(12, (0, 0, -1)) if entry[0] != NAMES[1]]),
        "two components": csa([*entries(12, (0, 0, -1))[:5], ("SliceNormalVector", "FD", ["0.0", "1.0"])]),
        "words": good.replace(b"12      ", b"twelve  "),
        "infinite": good.replace(b"12      ", b"inf     "),
        "no slices": csa(entries(0, (0, 0, -1))),
        "half a slice": good.replace(b"12      ", b"11.5    "),
        "negative": good.replace(b"12      ", b"-12     "),
        "too many": good.replace(b"12      ", b"99999999"),
        "does not divide": csa(entries(30, (0, 0, -1))),
        "huge counts": good[:8] + struct.pack("<I", 0xFFFFFFFF) + good[12:],
    }


@pytest.mark.parametrize("raw", damaged().values(), ids=damaged().keys())
def test_damaged_header(raw):
    ds = mosaic(mr())
    ds[0x0029, 0x1010].value = raw
    as_is(ds)


def test_no_header_at_all():
    ds = mosaic(mr())
    del ds[0x0029, 0x0010], ds[0x0029, 0x1010]
    assert "CSA image header" in as_is(ds).verdict.reason


def test_any_damage_is_survived():
    good = [csa(entries(12, (0, 0, -1)), kind) for kind in ("SV10", "plain", "summed")]
    chance = random.Random(0)
    for _ in range(1500):
        raw = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(len(raw))] = chance.choice((0, 1, 77, 127, 128, 255, chance.randrange(256)))
        found = csa_numbers(bytes(raw[: chance.choice((None, chance.randrange(len(raw))))]), NAMES)
        assert set(found) <= set(NAMES)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda ds: delattr(ds, "SpacingBetweenSlices"), "NO_GEOMETRY"),
        (lambda ds: setattr(ds, "SpacingBetweenSlices", "-2"), "NO_GEOMETRY"),
        (lambda ds: delattr(ds, "ImagePositionPatient"), "NO_GEOMETRY"),
        (lambda ds: delattr(ds, "PixelSpacing"), "NO_GEOMETRY"),
        (lambda ds: setattr(ds, "PixelSpacing", ["0", "0"]), "BAD_GEOMETRY"),
        (lambda ds: setattr(ds[0x0029, 0x1010], "value", csa(entries(12, (0, 1, 0)))), "BAD_GEOMETRY"),
        (lambda ds: setattr(ds[0x0029, 0x1010], "value", csa(entries(12, (0, 0, -3)))), "BAD_GEOMETRY"),
    ],
)
def test_a_mosaic_without_places_is_shown_as_it_is(spoil, code):
    ds = mosaic(mr())
    spoil(ds)
    as_is(ds, code)


def test_damaged_pixels_of_a_mosaic():
    ds = mosaic(mr())
    ds.PixelData = ds.PixelData[:100]
    with pytest.raises(DamagedPixels, match="InstanceNumber 1"):
        only_stack(ds).volume()


# Several mosaics: one volume each


def moments(count=3, **tags):
    piles = []
    for turn in range(count):
        pile = mr(stored=phantoms.voxels() + np.int16(phantoms.BLOCK * turn))
        ds = mosaic(pile, number=turn + 1)
        for keyword, value in tags.items():
            setattr(ds, keyword, value(turn))
        piles.append(ds)
    return phantoms.shuffled(piles)


@pytest.mark.parametrize(
    ("tags", "name", "values"),
    [
        ({"AcquisitionNumber": lambda t: str(t + 1)}, "acquisition", (1.0, 2.0, 3.0)),
        ({"EchoTime": lambda t: str(10 * t + 10)}, "echo", (10.0, 20.0, 30.0)),
        ({}, "repetition", (0, 1, 2)),
    ],
    ids=["AcquisitionNumber", "EchoTime", "InstanceNumber alone"],
)
def test_mosaics_make_a_fourth_axis(tags, name, values):
    stack = only_stack(moments(**tags))
    assert stack.verdict.code == "OK"
    assert stack.dims == (name, "slice", "row", "column")
    assert stack.shape == (3, 12, 10, 8)
    assert stack.coords[name] == values
    assert bool(stack.verdict.notes) == (name == "repetition")
    for turn in range(3):
        expected = phantoms.voxels() + phantoms.BLOCK * turn
        np.testing.assert_array_equal(stack.volume(**{name: turn}).array, expected)


def test_empty_tiles_are_no_copies():
    """The outermost slices hold nothing at any moment."""
    pile = []
    for turn in range(3):
        stored = phantoms.voxels() + np.int16(phantoms.BLOCK * turn)
        stored[[0, 11]] = 0
        pile.append(mosaic(mr(stored=stored), number=turn + 1))
    assert only_stack(pile).shape == (3, 12, 10, 8)


def test_a_further_copy_of_a_mosaic():
    series = read_series([mosaic(mr()), mosaic(mr())])
    assert len(series.rejected) == 12
    assert {one.code for one in series.rejected} == {"DUPLICATE_SOP"}
    assert series.stack.shape == (12, 10, 8)


def test_mosaics_without_csa_stay_in_order():
    pile = moments()
    for ds in pile:
        del ds[0x0029, 0x0010], ds[0x0029, 0x1010]
    stack = only_stack(pile)
    assert stack.dims == ("image", "row", "column")
    assert [one.instance_number for one in stack.slices] == [1, 2, 3]


# Nibabel and GDCM read the same files


def theirs_of(ds):
    """Return (array (k, j, i), affine) of nibabel, its slices put in the order of `dicomview`."""
    wrapper = dicomwrappers.wrapper_from_data(ds)
    assert wrapper.is_mosaic
    array, affine = wrapper.get_unscaled_data().transpose(2, 0, 1), wrapper.affine[:, [2, 0, 1, 3]]
    normal = phantoms.normal_of([float(x) for x in ds.ImageOrientationPatient])
    if affine[:3, 0] @ normal > 0:
        affine = affine @ np.array([[-1, 0, 0, len(array) - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        array = array[::-1]
    return array, affine


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("orientation", [phantoms.AXIAL, phantoms.SAGITTAL, phantoms.oblique_orientation()])
def test_nibabel_gives_the_same_volume(orientation, sign, tmp_path):
    (path,) = write([mosaic(mr(orientation=orientation), sign=sign)], tmp_path)
    array, affine = theirs_of(pydicom.dcmread(path))
    volume = only_stack(tmp_path).volume()
    np.testing.assert_array_equal(volume.array, array)
    np.testing.assert_allclose(volume.affine, affine, atol=1e-6)


@pytest.mark.parametrize("name", ["siemens_dwi_0.dcm.gz", "siemens_dwi_1000.dcm.gz"])
def test_nibabel_gives_the_same_volume_of_a_scanner(name):
    """Mosaics of a real scanner that come with nibabel, their pixels replaced by zeros there."""
    path = Path(dicomwrappers.__file__).parent / "tests" / "data" / name
    if not path.exists():
        pytest.skip("this nibabel comes without its test data")
    ds = pydicom.dcmread(io.BytesIO(gzip.decompress(path.read_bytes())))
    array, affine = theirs_of(ds)
    stack = only_stack(ds)
    assert stack.verdict.code == "OK"
    np.testing.assert_array_equal(np.stack([one.stored() for one in stack.slices]), array)
    np.testing.assert_allclose(stack.affine, affine, atol=1e-4)


@pytest.mark.parametrize("kind", ["SV10", "plain"])
def test_nibabel_and_gdcm_read_the_same_numbers(kind, tmp_path):
    raw = csa(entries(12, (0.6, 0.0, -0.8), empty_first=True), kind)
    ours = csa_numbers(raw, NAMES)
    assert ours == {"NumberOfImagesInMosaic": (12.0,), "SliceNormalVector": (0.6, 0.0, -0.8)}
    theirs = nibabel_csa.read(raw)["tags"]
    assert {name: tuple(theirs[name]["items"]) for name in NAMES} == ours
    ds = mosaic(mr())
    ds[0x0029, 0x1010].value = raw
    (path,) = write([ds], tmp_path)
    reader = gdcm.Reader()
    reader.SetFileName(str(path))
    assert reader.Read()
    header = gdcm.CSAHeader()
    dataset = reader.GetFile().GetDataSet()
    assert header.LoadFromDataElement(dataset.GetDataElement(gdcm.Tag(0x0029, 0x1010)))
    for name in NAMES:
        value = str(header.GetCSAElementByName(name).GetByteValue()).split("\\")
        assert tuple(float(x) for x in value if x.strip("\0 ")) == ours[name]
