"""Odd values in every VR, thought up by hypothesis: typed as the standard says, or missing with the reason."""

from __future__ import annotations

import datetime
import io
import struct
import tempfile
from pathlib import Path

import pydicom
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from test_elements_types import MANY, ONE, row
from test_files_headers import one, written
from test_unread import difference, header_of

import dicomview as dv
from dicomview.files import Glancer
from dicomview.unread import Unread

BOUNDED = settings(max_examples=200, deadline=None, derandomize=True, database=None)
PACKED = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}

# Nearly right is what breaks readers: digits and signs in the places of others, blanks, backslashes, escapes.
numbers = st.one_of(st.integers(-(10**13), 10**13).map(str), st.floats(allow_nan=True).map(repr))
two = st.integers(0, 61).map("{:02}".format)
dates = st.tuples(st.integers(0, 10_000).map("{:04}".format), two, two).map("".join)
times = st.tuples(two, two, two).map("".join)
ages = st.tuples(st.integers(0, 1000), st.sampled_from("YMWDy ")).map(lambda a: "{:03}{}".format(*a))
words = st.text(st.characters(codec="latin-1"), max_size=20)
near = st.one_of(numbers, dates, times, ages, st.tuples(dates, times, st.sampled_from(["", "+0100", "-1400", ".5"]))
                 .map("".join), words)  # fmt: skip
texts = st.lists(near, min_size=1, max_size=3).map("\\".join).map(lambda text: text.encode("latin-1"))
values = st.one_of(texts, texts.map(lambda value: value + b" "), st.binary(max_size=24))
elements = st.one_of(st.sampled_from([*ONE.items(), *MANY.items()]))


@BOUNDED
@given(elements, values)
def test_a_value_has_its_type_or_a_reason(element, stored):
    vr, tag = element
    found = row(vr, stored, tag)
    value, raw, problem = found["value"], found["raw"], found["problem"]
    assert found["vr"] == vr
    if value is None:
        blank = raw is None or not raw.strip(" \0\\")
        assert blank or problem, found
    for said in value if isinstance(value, tuple) else () if value is None else (value,):
        assert said is None or isinstance(said, int | float | str | datetime.timedelta | datetime.date), found
    assert not problem or all(word not in problem for word in (stored.decode("latin-1"),) if len(word) > 8)


@BOUNDED
@given(st.sampled_from(sorted(PACKED)), st.binary(max_size=24))
def test_binary_numbers_are_those_that_struct_reads(vr, stored):
    value = row(vr, stored, ONE[vr])["value"]
    count, rest = divmod(len(stored), struct.calcsize(PACKED[vr]))
    expected = None if rest or count != 1 else struct.unpack(f"<{PACKED[vr]}", stored)[0]
    assert repr(value) == repr(expected)


@BOUNDED
@given(st.one_of(dates, words))
def test_a_date_is_one_of_the_calendar(text):
    value = row("DA", text.encode("latin-1"))["value"]
    try:
        day = datetime.datetime.strptime(text, "%Y%m%d").date() if len(text) == 8 and text.isdigit() else None
    except ValueError:
        day = None
    assert day is None or value.date() == day
    assert value is None or day is not None or not text.isdigit()


@settings(BOUNDED, max_examples=80)
@given(elements, values)
def test_a_column_has_one_dtype_whatever_is_in_it(element, stored):
    vr, tag = element
    odd, empty = Dataset(), Dataset()
    empty.StudyID = "1"
    odd[Tag(tag)] = RawDataElement(Tag(tag), vr, len(stored), stored, 0, False, True)
    keyword = keyword_for_tag(tag)
    assert dv.tags([odd], [keyword]).dtypes.tolist() == dv.tags([empty], [keyword]).dtypes.tolist()


@settings(BOUNDED, max_examples=120)
@given(st.sampled_from([(vr, tag) for vr, tag in [*ONE.items(), *MANY.items()] if tag < 0x7FE00000]), values)
def test_the_bytes_of_a_header_say_what_pydicom_says(element, stored):
    vr, tag = element
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "odd.dcm")
        path.write_bytes(_with(tag, vr, stored + b" " * (len(stored) % 2)))
        glancer = Glancer()
        header_of(path, glancer)
        header = header_of(path, glancer)
        assert header.status == "dicom" or type(header.dataset) is not Unread
        assert difference(header, path) == []


def _with(tag: int, vr: str, value: bytes) -> bytes:
    """Return a file that holds an element with just these bytes."""
    ds = one()
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    if tag in ds:
        del ds[tag]
    content = written(ds)
    read = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)
    later = next((read.get_item(other) for other in sorted(read.keys()) if other > tag), None)
    long = vr in ("UC", "UR", "UT")
    at = len(content) if later is None else later.value_tell - (12 if later.VR in ("OB", "UC", "UR", "UT", "SQ") else 8)
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    head += struct.pack("<HL", 0, len(value)) if long else struct.pack("<H", len(value))
    return content[:at] + head + value + content[at:]
