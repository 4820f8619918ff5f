"""Documents end somewhere, keep text as it is, and write only what is new."""

from __future__ import annotations

from copy import deepcopy

import phantoms
import pytest
from oracles import PYDICOM_FILES
from phantoms import item
from pydicom import dcmread
from pydicom import uid as uids
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from dicomview.errors import AlreadyThere
from dicomview.objects import Attachment, Document, Node, Table, document_of
from dicomview.objects.draft import CHARACTERS, NODES, Draft
from dicomview.objects.items import Item
from dicomview.quiet import quiet

KINDS = {
    "SR": (uids.ComprehensiveSRStorage, ["ContentSequence", "ConceptNameCodeSequence", "VerifyingObserverSequence"]),
    "PR": (uids.GrayscaleSoftcopyPresentationStateStorage, ["GraphicAnnotationSequence", "SoftcopyVOILUTSequence"]),
    "DOC": (uids.EncapsulatedPDFStorage, ["EncapsulatedDocument", "EncapsulatedDocumentLength"]),
    "PLAN": (uids.RTPlanStorage, ["BeamSequence", "FractionGroupSequence", "DoseReferenceSequence"]),
    "STRUCT": (uids.RTStructureSetStorage, ["StructureSetROISequence", "ROIContourSequence"]),
    "ECG": (uids.TwelveLeadECGWaveformStorage, ["WaveformSequence", "WaveformAnnotationSequence"]),
    "RAW": (uids.RawDataStorage, ["ReferencedInstanceSequence", "CreatorVersionUID"]),
}


def size(parts):
    """Nodes and rows."""
    return sum(len(part.rows) if isinstance(part, Table) else 1 + size(part.children) for part in parts)


def deepest(parts):
    return max((1 + deepest(part.children) for part in parts if isinstance(part, Node)), default=0)


def test_a_wide_tree_says_how_many_are_left_out():
    ds = item(SOPClassUID=uids.ComprehensiveSRStorage)
    ds.ContentSequence = [item(ValueType="TEXT", TextValue="x") for _ in range(NODES + 700)]
    document = document_of(ds)
    assert size(document.nodes) < NODES + 10
    assert "… : " not in document.outline()
    last = document.nodes[-1].children[-1]
    assert (last.label, last.value.split()[0]) == ("…", "700")


def test_a_deep_tree_ends():
    ds = inner = item(SOPClassUID=uids.ComprehensiveSRStorage)
    for _ in range(200):
        inner.ContentSequence = [item(ValueType="CONTAINER")]
        inner = inner.ContentSequence[0]
    document = document_of(ds)
    assert deepest(document.nodes) < 60
    assert "deeper levels are not shown" in document.outline()


def test_a_data_set_that_holds_itself_ends():
    ds = item(SOPClassUID=uids.RawDataStorage)
    ds.ReferencedStudySequence = [ds, ds]
    assert size(document_of(ds).nodes) < 2 * NODES


def test_a_table_says_how_many_rows_are_left_out():
    (table,) = Draft(nodes=10).table("Points", ("n", "none"), range(25), lambda n: (n, ""))
    assert (len(table.rows), table.left_out, table.columns) == (10, 15, ("n",))
    assert "15 more" in table.heading


def test_long_text_is_cut_and_says_so():
    ds = item(SOPClassUID=uids.ComprehensiveSRStorage)
    ds.ContentSequence = [item(ValueType="TEXT", TextValue="x" * 30_000) for _ in range(100)]
    outline = document_of(ds).outline()
    assert len(outline) < 1.2 * CHARACTERS
    assert "10,000 more characters" in outline


def test_text_keeps_its_letters_and_loses_its_control_characters():
    said = Draft().text("<b>Ä 日本 עברית</b>\r\nnext\rlast\x1b[2J\x00\u202e")
    assert said == "<b>Ä 日本 עברית</b>\nnext\nlast\ufffd[2J\ufffd\ufffd"


def test_the_outline_of_a_tree():
    table = Table("T", ("a", "b"), (("1", "2\n3"),))
    document = Document("Kind", "a\ntitle", (Node("one", "x", (Node("two", "y\nz", role="has"), table)),), ("a note",))
    assert document.outline().splitlines() == [
        "Kind · a title", "(a note)", "  one: x", "    [has] two: y", "      z", "    T (1): a | b", "      1 | 2 3",
    ]  # fmt: skip


def test_an_attachment_is_written_once(tmp_path):
    attachment = Attachment(b"%PDF-1.4", "application/pdf")
    assert attachment.suffix == ".pdf"
    path = attachment.save(tmp_path / "a.pdf")
    assert path.read_bytes() == b"%PDF-1.4"
    for taken in (path, tmp_path):
        with pytest.raises(AlreadyThere, match="nothing was written"):
            attachment.save(taken)
    assert path.read_bytes() == b"%PDF-1.4"
    assert "PDF-1.4" not in repr(attachment)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [b"", b"\xff", b"1.#QNAN\\abc", b"\0" * 7, b"\xfe\xff\x00\xe0" * 5, None])
def test_damaged_values_never_raise(kind, value):
    uid, keywords = KINDS[kind]
    ds = item(SOPClassUID=uid)
    for keyword in keywords:
        tag = Tag(tag_for_keyword(keyword))
        ds[tag] = RawDataElement(tag, "UN", 0 if value is None else len(value), value, 0, False, True)
    assert document_of(ds).outline().startswith(document_of(ds).kind)


@pytest.mark.parametrize("name", ["rtplan.dcm", "rtstruct.dcm", "test-SR.dcm", "waveform_ecg.dcm"])
def test_no_element_of_a_real_file_is_trusted(name):
    """Every element in turn, at any depth, holds bytes that are nothing."""
    sound = dcmread(PYDICOM_FILES / name, force=True)
    kind, broken = document_of(sound).kind, 0

    def damage(part):
        nonlocal broken
        for tag in [element.tag for element in part if element.tag.group > 0x0010 and not element.tag.is_private]:
            kept = part[tag]
            if kept.VR == "SQ" and kept.value:
                damage(kept.value[0])
            for vr in ("DS", "SQ"):
                with quiet():
                    part[tag] = RawDataElement(tag, vr, 3, b"\xff1,", 0, False, True)
                assert document_of(sound).kind == kind
                broken += 1
            part[tag] = kept

    for keyword in ("WaveformSequence", "WaveformAnnotationSequence"):
        setattr(sound, keyword, sound.get(keyword, [])[:1])
    damage(sound)
    assert broken > 40


def test_the_data_set_is_not_written_to():
    ds = phantoms.report()
    ds.ContentSequence = [item(ValueType="NUM", MeasuredValueSequence=[item(NumericValue="3")])]
    before = deepcopy(ds)
    document_of(ds)
    assert ds == before


def test_words_of_values():
    ds = item(WindowCenter=["40.50", "1"], PatientComments="x  ", FrameIncrementPointer=0x00181063)
    ds.LUTData = list(range(100))
    root = Item(ds)
    assert root.words("WindowCenter") == "40.5, 1"
    assert root.words("PatientComments") == "x"
    assert root.words("LUTData").endswith("31 … and 68 more")
    assert root.words("ImageComments") == ""
    assert root.kind == "Object of unknown class"
    assert Item(item(SOPClassUID="1.2.3.4")).kind == "1.2.3.4"


SECRET = "ZEBRA7SECRET"


def told(document):
    """Everything a document says or holds."""
    return document.outline() + repr(document) + "".join(c.label + "".join(c.names) for c in document.curves)


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_documents_name_nobody(kind, monkeypatch):
    monkeypatch.delenv("DICOMVIEW_IDENTITY", raising=False)
    uid, _ = KINDS[kind]
    ds = item(SOPClassUID=uid, SeriesDescription=SECRET, RTPlanLabel=SECRET, StructureSetLabel=SECRET)
    ds.EncapsulatedDocument, ds.MIMETypeOfEncapsulatedDocument = SECRET.encode(), "text/plain"
    ds.DocumentTitle = SECRET
    ds.VerifyingObserverSequence = [item(VerifyingObserverName=SECRET)]
    ds.ContentSequence = [item(ValueType="PNAME", PersonName=SECRET), item(ValueType="TEXT", TextValue=SECRET)]
    ds.StructureSetROISequence = [item(ROINumber=1, ROIName=SECRET)]
    ds.BeamSequence = [item(BeamNumber=1, BeamName="Left", BeamDescription=SECRET)]
    channel = item(ChannelLabel=SECRET, ChannelSensitivity="2")
    group = item(MultiplexGroupLabel=SECRET, NumberOfWaveformChannels=1, NumberOfWaveformSamples=2)
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation, group.WaveformData = 8, "UB", b"\x01\x02"
    group.ChannelDefinitionSequence = [channel]
    ds.WaveformSequence = [group]
    ds.GraphicAnnotationSequence = [item(TextObjectSequence=[item(UnformattedTextValue=SECRET)])]
    ds.private_block(0x0071, SECRET[:5], create=True).add_new(1, "LO", SECRET)
    assert SECRET in told(document_of(ds)) + repr(getattr(document_of(ds).attachment, "content", b""))
    document = document_of(ds, identity="hide")
    assert SECRET not in told(document)
    assert document.attachment is None
    assert "what may tell who the patient is stands as (hidden)" in document.outline()
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    assert SECRET not in told(document_of(ds))
