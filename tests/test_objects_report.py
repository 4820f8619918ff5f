"""Structured reports and key objects; DCMTK's dsrdump and highdicom are the oracles."""

from __future__ import annotations

import re
import subprocess

import highdicom as hd
import phantoms
import pytest
from oracles import PYDICOM_FILES, tool
from phantoms import item
from pydicom import dcmread
from pydicom import uid as uids
from pydicom.dataelem import RawDataElement
from pydicom.sr.codedict import codes
from pydicom.tag import Tag

from dicomview.objects import document_of
from dicomview.objects.document import Node, Table


def code(meaning, value="1", scheme="99TEST"):
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def report(*content, **elements):
    ds = item(SOPClassUID=uids.ComprehensiveSRStorage, ConceptNameCodeSequence=code("Findings"), **elements)
    ds.ContentSequence = list(content)
    return ds


def content(kind, name="Thing", relationship="CONTAINS", **elements):
    return item(ValueType=kind, RelationshipType=relationship, ConceptNameCodeSequence=code(name), **elements)


def only(ds):
    """Return the one content item of a report."""
    tree = next(node for node in document_of(ds).nodes if isinstance(node, Node) and node.label == "Findings")
    (node,) = tree.children
    return node


def walked(node, depth=0):
    yield depth, node
    for child in node.children:
        yield from walked(child, depth + 1)


# The oracle: <has concept mod CODE:(,,"Code")=(2222,99_OFFIS_DCMTK,"Sample Code 1")>
LINE = re.compile(
    r'^( *)<(?:(contains|has [a-z ]+?|inferred from|selected from) )?([A-Z0-9.]+)(?::(?:\(,,"(.*?)"\))?(.*))?>'
)
DEFAULT = {"CONTAINER": "container", "IMAGE": "image", "COMPOSITE": "composite", "WAVEFORM": "waveform"}


def test_the_tree_is_that_of_dsrdump():
    path = PYDICOM_FILES / "test-SR.dcm"
    said = subprocess.run([tool("dsrdump"), path], capture_output=True, check=True, timeout=60).stdout.decode("latin-1")
    lines = [line for line in said.splitlines() if line.lstrip().startswith("<")]
    expected = []
    for margin, role, kind, name, value in (LINE.match(line).groups() for line in lines):
        label = name or DEFAULT.get(kind, "content item")
        quoted = re.search(r'"([^"\\]*)', value or "")
        told = kind if label == "content item" else quoted[1].removesuffix("...") if quoted else ""
        expected.append((len(margin) // 2, role if role != "contains" else None, label, told))
    assert len(expected) > 25
    document = document_of(dcmread(path))
    assert document.kind == "Comprehensive SR"
    (tree,) = [node for node in document.nodes if isinstance(node, Node) and node.label == "Diagnosis"]
    found = list(walked(tree))
    assert [(depth, node.role or None, node.label) for depth, node in found] == [line[:3] for line in expected]
    for (_, node), (*_, told) in zip(found, expected, strict=True):
        assert told in node.value


def test_what_verifies_and_what_came_before_are_told():
    document = document_of(dcmread(PYDICOM_FILES / "test-SR.dcm"))
    tables = {part.label: part for part in document.nodes if isinstance(part, Table)}
    assert [row[0] for row in tables["Verified by"].rows] == ["Riesmeier^Jörg", "Observer^Verifying"]
    assert tables["References"].rows[0][0] == "predecessor"


@pytest.mark.parametrize(
    ("kind", "elements", "value"),
    [
        ("TEXT", {"TextValue": "<script>alert(1)</script>"}, "<script>alert(1)</script>"),
        ("CODE", {"ConceptCodeSequence": code("Lung", "39607008", "SCT")}, "Lung (39607008, SCT)"),
        ("PNAME", {"PersonName": "Doe^Jane"}, "Doe^Jane"),
        ("DATE", {"Date": "20240131"}, "20240131"),
        ("UIDREF", {"UID": "1.2.3"}, "1.2.3"),
        ("SCOORD", {"GraphicType": "POINT", "GraphicData": [1.5, 2.0]}, "POINT 1.5, 2"),
        ("SCOORD3D", {"GraphicType": "POINT", "GraphicData": [1.0, 2.0, 3.0]}, "POINT 1, 2, 3"),
        ("SCOORD", {"GraphicType": "POLYLINE", "GraphicData": [0.0] * 40}, "0, 0; … 20 points"),
        ("TCOORD", {"TemporalRangeType": "POINT", "ReferencedTimeOffsets": "3.5"}, "POINT 3.5"),
        ("CONTAINER", {"ContinuityOfContent": "SEPARATE"}, ""),
        ("TABLE", {}, "TABLE"),
    ],
)  # fmt: skip
def test_each_type_has_its_value(kind, elements, value):
    node = only(report(content(kind, **elements)))
    assert (node.label, node.role) == ("Thing", "")
    assert node.value == value if "…" not in value else value in node.value


def number(value=None, unit="mm", why=None):
    ds = content("NUM", MeasuredValueSequence=[])
    if value is not None:
        measured = item(MeasurementUnitsCodeSequence=code("a unit", unit, "UCUM"))
        measured.add_new(0x0040A30A, "DS", value)
        ds.MeasuredValueSequence = [measured]
    if why:
        ds.NumericValueQualifierCodeSequence = code(why)
    return only(report(ds)).value


def test_numbers_have_units_or_a_reason():
    assert number("3.25") == "3.25 mm"
    assert number("7", "1") == "7"
    assert number(why="Not a number") == "Not a number"
    assert number() == "no value"
    assert number("2", why="Value out of range") == "2 mm (Value out of range)"


def test_a_damaged_number_is_shown_as_it_is_written():
    ds = content("NUM", MeasuredValueSequence=[item(MeasurementUnitsCodeSequence=code("a unit", "mm", "UCUM"))])
    ds.MeasuredValueSequence[0][Tag(0x0040A30A)] = RawDataElement(Tag(0x0040A30A), "DS", 4, b"3,5 ", 0, False, True)
    assert only(report(ds)).value == "3,5 mm"


def test_relationships_that_are_no_parts_are_named():
    inner = content("TEXT", "Observer", "HAS OBS CONTEXT", TextValue="x")
    target = item(RelationshipType="INFERRED FROM", ReferencedContentItemIdentifier=[1, 2])
    node = only(report(content("CONTAINER", ContentSequence=[inner, target])))
    assert [(child.role, child.label, child.value) for child in node.children] == [
        ("has obs context", "Observer", "x"),
        ("inferred from", "content item", "1.2"),
    ]


def test_key_objects_of_highdicom():
    images = phantoms.regular(phantoms.voxels(3))
    for image in images:
        image.StudyID, image.AccessionNumber, image.ReferringPhysicianName = "1", "", ""
        image.StudyDate, image.StudyTime, image.PatientBirthDate, image.PatientSex = "20240131", "120000", "", ""
    key = hd.ko.KeyObjectSelectionDocument(
        evidence=images,
        content=hd.ko.KeyObjectSelection(
            document_title=codes.DCM.OfInterest, referenced_objects=images[:2], description="look at these"
        ),
        series_instance_uid=hd.UID(),
        series_number=9,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="test",
    )
    document = document_of(key)
    assert (document.kind, document.title) == ("Key Object Selection Document", "Of Interest")
    outline = document.outline()
    assert "look at these" in outline
    for image in images[:2]:
        assert f"CT Image · {image.SOPInstanceUID}" in outline
    assert str(images[0].PatientName) not in outline
    (references,) = [part for part in document.nodes if isinstance(part, Table)]
    told = {row[1].split(" · ")[1] for row in references.rows}
    assert told
    assert told <= {image.SOPInstanceUID for image in images}
