"""A verification finds what is planted, in every place, spelling and encoding, and nothing else."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

import phantoms
import pytest
import seeded
from pydicom import dcmread, dcmwrite, uid

import dicomview as dv
from dicomview.errors import AlreadyThere, NothingFound, NotReleasable, UnknownChoice


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a folder with a source of two patients, the plan, and the copies as they should be."""
    folder = tmp_path_factory.mktemp("verify")
    for number in range(3):
        dataset = seeded.base(number)
        dataset.SeriesDescription, dataset.BodyPartExamined = "KNEE LEFT", "KNEE LEFT"
        if number == 2:
            dataset.PatientName, dataset.PatientID, dataset.StudyInstanceUID = "Okonkwo^Ngozi", "RR-20-11", "1.2.3.4.5"
        seeded.write(dataset, folder / "source" / f"{number}.dcm")
    plan = dv.privacy.plan(folder / "source", key=seeded.KEY)
    return folder, plan, dv.privacy.apply(plan, folder / "out")


def first(out):
    return sorted(Path(out).rglob("*.dcm"))[0]


@pytest.fixture
def out(shared, tmp_path):
    """Return a folder of copies to spoil."""
    copies = shared[2]
    target = tmp_path / "out"
    for path in copies.out.rglob("*.dcm"):
        new = target / path.relative_to(copies.out)
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(path.read_bytes())
    return target


def test_clean_copies_are_releasable(shared):
    _, plan, copies = shared
    proof = dv.privacy.verify(copies)
    assert proof.releasable
    assert proof.release() == copies.out
    assert proof.files == 3
    assert set(proof.findings["kind"]) == {"coincidence"}  # BodyPartExamined says what SeriesDescription said
    assert dv.privacy.verify(plan, copies.out).releasable
    assert dv.privacy.verify(plan.folders[0], copies.out, key=seeded.KEY).releasable


def identity_of(shared, out):
    """Return the values of the patient of the first copy."""
    plan = shared[1]
    target = first(out).relative_to(out).as_posix()
    (entry,) = [one for one in plan.copied if one.target == target]
    return dcmread(entry.location.path)


def put(value, where):
    """Return what changes a copy so that it holds `value` somewhere."""

    def spoil(path, source):
        text = value(source)
        data = text if isinstance(text, bytes) else text.encode("latin-1")
        if where == "preamble":
            path.write_bytes(data.ljust(128, b"\0")[:128] + path.read_bytes()[128:])
        elif where == "end":
            path.write_bytes(path.read_bytes() + data)
        else:
            copy = dcmread(path)
            if where == "pixels":
                copy.PixelData = data + copy.PixelData[len(data) :]
            elif where == "meta":
                copy.file_meta.PrivateInformationCreatorUID, copy.file_meta.PrivateInformation = "1.2", data
            elif where == "private":
                copy.private_block(0x0051, "X", create=True).add_new(1, "OB", data + bytes(len(data) % 2))
            elif where == "nested":
                copy.DeidentificationMethodCodeSequence[0].CodeMeaning = text
            else:
                copy.add_new(where, "LO", text)
            dcmwrite(path, copy)

    return spoil


def name(source):
    return str(source.PatientName)


MODEL = 0x00081090
RESIDUAL = {
    "the name as it was": put(name, MODEL),
    "one word of the name": put(lambda source: f"for {name(source).split('^')[1].lower()}", MODEL),
    "given name first": put(lambda source: " ".join(reversed(name(source).split("^"))), MODEL),
    "within a word": put(lambda source: "x" + name(source).split("^")[0] + "x", MODEL),
    "the number": put(lambda source: source.PatientID, MODEL),
    "the number without marks": put(lambda source: source.PatientID.replace("-", ""), MODEL),
    "the digits of the number": put(lambda source: f"no. {source.PatientID.partition('-')[2]}", MODEL),
    "the day of birth": put(lambda source: source.PatientBirthDate, MODEL),
    "the day of birth as ISO": put(lambda source: "1961-07-04", MODEL),
    "the day of birth as in Europe": put(lambda source: "04.07.1961", MODEL),
    "the day of birth as in America": put(lambda source: "07/04/1961", MODEL),
    "a day with the time after it": put(lambda source: "20190318101112", MODEL),
    "a UID": put(lambda source: source.SOPInstanceUID, MODEL),
    "a name with an umlaut": put(lambda source: "Ölbaumé", MODEL),
    "an umlaut in two letters": put(lambda source: "for OELBAUME", MODEL),
    "an umlaut without its dots": put(lambda source: "Olbaume's", MODEL),
    "in UTF-8": put(lambda source: "Ölbaumé".encode(), "private"),
    "in UTF-8, decomposed": put(lambda source: "O\u0308lbaume\u0301".encode(), "private"),
    "in UTF-16": put(lambda source: name(source).encode("utf-16-le"), "private"),
    "in UTF-16, big endian, odd place": put(lambda source: b"\1" + name(source).encode("utf-16-be"), "private"),
    "an umlaut in UTF-16": put(lambda source: "Ölbaumé".encode("utf-16-le"), "private"),
    "in bytes": put(name, "private"),
    "in an item": put(name, "nested"),
    "in the preamble": put(name, "preamble"),
    "in the file meta information": put(name, "meta"),
    "after the data set": put(name, "end"),
    "in pixel values": put(name, "pixels"),
    "a description": put(lambda source: "of KNEE LEFT only", MODEL),
}


def spoiled(spoils, folder):
    """Return what a verification finds when each copy of one patient is spoiled in a way of its own, by its name."""
    sources = {}
    for number, told in enumerate(spoils):
        dataset = phantoms.named(seeded.base(), told)
        dataset.SeriesDescription, dataset.BodyPartExamined = "KNEE LEFT", "KNEE LEFT"
        seeded.write(dataset, folder / "source" / f"{number:02}.dcm")
        sources[f"{number:02}.dcm"] = (told, dataset)
    plan = dv.privacy.plan(folder / "source", key=seeded.KEY)
    copies = dv.privacy.apply(plan, folder / "out")
    assert dv.privacy.verify(copies).releasable
    names = {}
    for entry in plan.copied:
        told, source = sources[entry.location.label]
        spoil = spoils[told][0] if isinstance(spoils[told], tuple) else spoils[told]
        spoil(folder / "out" / entry.target, source)
        names[told] = entry.target
    return dv.privacy.verify(plan, folder / "out"), names


def test_a_value_that_is_left_is_found(tmp_path):
    proof, names = spoiled(RESIDUAL, tmp_path)
    for told, target in names.items():
        found = proof.open[proof.open["file"] == target]
        if told == "a description":  # the same words stay elsewhere by right; that they are in a new place is told
            assert set(found["kind"]) == {"altered"}, told
        else:
            assert "residual" in set(found["kind"]), told
    said = proof.findings.to_csv() + repr(proof)
    assert not re.search("ZEBRAWITZ|Quentin|447193|19610704|lbaum", said, re.I)


def change(**values):
    def spoil(path, source):
        copy = dcmread(path)
        for keyword, value in values.items():
            if value is None:
                delattr(copy, keyword)
            else:
                setattr(copy, keyword, value(source) if callable(value) else value)
        dcmwrite(path, copy)

    return spoil


def darker(path, source):
    copy = dcmread(path)
    copy.PixelData = bytes([copy.PixelData[0] ^ 1]) + copy.PixelData[1:]
    dcmwrite(path, copy)


def claims(code):
    def spoil(path, source):
        copy = dcmread(path)
        copy.DeidentificationMethodCodeSequence[0].CodeValue = code
        dcmwrite(path, copy)

    return spoil


OTHERS = {
    "sex kept": (change(PatientSex="F"), "not removed"),
    "an attribute that should have gone": (change(PatientComments="well"), "not removed"),
    "a private element": (put(lambda source: "ab", "private"), "not removed"),
    "a source UID": (change(FrameOfReferenceUID="1.2.3.4"), "not removed"),
    "another pseudonym": (change(PatientID="P000000000000"), "not removed"),
    "a changed value": (change(Rows=5), "altered"),
    "a lost value": (change(ImageType=None), "altered"),
    "two UIDs for one": (change(SOPInstanceUID="2.25.77", StudyInstanceUID="2.25.77"), "identifier"),
    "changed pixels": (darker, "pixels"),
    "lost pixels": (change(PixelData=None), "pixels"),
    "not marked": (change(PatientIdentityRemoved="NO"), "marker"),
    "no method": (change(DeidentificationMethod=None), "marker"),
    "dates said to be kept": (change(LongitudinalTemporalInformationModified="UNMODIFIED"), "marker"),
    "a code that was not done": (claims("113101"), "marker"),
    "a filled preamble": (put(lambda source: b"II*\0", "preamble"), "wrapping"),
    "private meta information": (put(lambda source: b"ab", "meta"), "wrapping"),
    "bytes at the end": (put(lambda source: b"\0\0", "end"), "wrapping"),
    "a file that is gone": (lambda path, source: path.unlink(), "missing"),
    "not DICOM any more": (lambda path, source: path.write_bytes(b"no"), "unexpected"),
    "a further file": (lambda path, source: path.with_name("notes.txt").write_text("hm"), "unexpected"),
}


def test_each_kind_of_fault_is_found(tmp_path):
    proof, names = spoiled(OTHERS, tmp_path)
    for told, target in names.items():
        kind = OTHERS[told][1]
        beside = Path(target).with_name("notes.txt").as_posix()
        assert kind in set(proof.open[proof.open["file"].isin([target, beside])]["kind"]), told


def test_a_study_of_two_patients_is_told(tmp_path):
    for number, patient in enumerate(("QX-447193", "", "QX-447193")):
        dataset = seeded.base()
        dataset.PatientID, dataset.SOPInstanceUID = patient, f"1.2.77.{number}"
        seeded.write(dataset, tmp_path / "source" / f"{number}.dcm")
    proof = dv.privacy.verify(dv.privacy.apply(dv.privacy.plan(tmp_path / "source", key=seeded.KEY), tmp_path / "out"))
    assert proof.open[["kind", "detail"]].values.tolist() == [
        ["identifier", "the files of one study are of several patients"]
    ]


def test_a_deflated_copy_is_searched_inflated(shared, out):
    copy = dcmread(first(out))
    copy.ManufacturerModelName = name(identity_of(shared, out))
    copy.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    dcmwrite(first(out), copy)
    assert zlib.crc32(first(out).read_bytes())
    assert name(identity_of(shared, out)).encode() not in first(out).read_bytes()
    assert "residual" in set(dv.privacy.verify(shared[1], out).open["kind"])


def test_a_further_file_is_searched_for_every_patient(shared, out):
    (out / "list.csv").write_text("1,okonkwo\n")
    found = dv.privacy.verify(shared[1], out).open
    assert set(found["kind"]) == {"unexpected", "residual"}
    assert set(found["file"]) == {"list.csv"}


def test_a_source_that_changes_is_told(tmp_path):
    path = seeded.write(seeded.base(), tmp_path / "source" / "1.dcm")
    copies = dv.privacy.apply(dv.privacy.plan(path.parent, key=seeded.KEY), tmp_path / "out")
    path.write_bytes(path.read_bytes() + b"\0\0")
    assert "source" in set(dv.privacy.verify(copies).open["kind"])


def test_no_release_while_a_finding_is_open(shared, out):
    first(out).with_name("notes.txt").write_text("hm")
    proof = dv.privacy.verify(shared[1], out)
    with pytest.raises(NotReleasable, match=r"1 findings are open .1 unexpected"):
        proof.release()
    (finding,) = proof.open["id"]
    seen = dv.privacy.verify(shared[1], out, reviewed={finding: "a note without names"})
    assert seen.releasable
    assert seen.findings["remark"].tolist()[0] == "a note without names"


def test_without_a_folder_there_is_nothing_to_verify(shared, tmp_path):
    with pytest.raises(NothingFound, match="no folder of copies"):
        dv.privacy.verify(shared[1])
    with pytest.raises(NothingFound):
        dv.privacy.verify(shared[1], tmp_path / "no")
    (tmp_path / "empty").mkdir()
    assert not dv.privacy.verify(shared[1], tmp_path / "empty").releasable


def test_two_reports_one_to_send_and_one_to_keep(shared, tmp_path):
    folder, _, copies = shared
    proof = dv.privacy.verify(copies)
    text = proof.report(tmp_path / "report.md").read_text()
    assert "De-identified with profile Basic Application Confidentiality Profile, options: none" in text
    assert "edition 2026d" in text
    assert "| PatientName | (0010,0010) | pseudonym | Z | 3 |" in text
    sources = [dcmread(path) for path in (folder / "source").iterdir()]
    for source in sources:
        for value in (
            *str(source.PatientName).split("^"),
            source.PatientID,
            source.SOPInstanceUID,
            "19610704",
            "0.dcm",
        ):
            assert value.lower() not in text.lower()
    assert "anonym" not in text.lower()
    assert seeded.KEY not in text
    facts = json.loads(proof.confidential(tmp_path / "keep.json").read_text())
    assert {one["uid"] for one in facts["files"]} == {source.SOPInstanceUID for source in sources}
    assert {one["identity"] for one in facts["patients"]} == {"QX-447193", "RR-20-11"}
    made = {dcmread(path).SOPInstanceUID for path in copies.out.rglob("*.dcm")}
    assert {one["new_uid"] for one in facts["files"]} == made
    assert seeded.KEY not in json.dumps(facts)
    with pytest.raises(AlreadyThere):
        proof.report(tmp_path / "report.md")
    for place in (copies.out, folder / "source"):
        with pytest.raises(UnknownChoice, match="keep it apart"):
            proof.confidential(place / "keep.json")
