"""RT plans and structure sets: what pydicom reads, as tables."""

from __future__ import annotations

import phantoms
import pytest
from oracles import PYDICOM_FILES
from phantoms import item
from pydicom import dcmread
from pydicom import uid as uids

from dicomview.objects import Node, Table, document_of


def tables(parts):
    found = {}
    for part in parts:
        if isinstance(part, Table):
            found[part.label.split(" (")[0]] = [dict(zip(part.columns, row, strict=True)) for row in part.rows]
        else:
            found |= tables(part.children)
    return found


@pytest.fixture(scope="module")
def plan():
    return dcmread(PYDICOM_FILES / "rtplan.dcm")


def test_a_plan_is_what_pydicom_reads(plan):
    document = document_of(plan)
    assert (document.kind, document.title) == ("RT Plan", plan.RTPlanLabel)
    found = tables(document.nodes)
    for row, dose in zip(found["Prescription"], plan.DoseReferenceSequence, strict=True):
        assert row["description"] == dose.DoseReferenceDescription
        if "TargetPrescriptionDose" in dose:
            assert float(row["prescribed, Gy"]) == pytest.approx(dose.TargetPrescriptionDose)
    assert found["Fraction groups"][0]["fractions"] == str(plan.FractionGroupSequence[0].NumberOfFractionsPlanned)
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID in found["References"][0]["instance"]


def test_a_beam_has_its_dose_and_its_control_points(plan):
    document = document_of(plan)
    (beams,) = [part for part in document.nodes if isinstance(part, Node) and part.label == "Beams"]
    (beam,), (expected,) = beams.children, plan.BeamSequence
    assert (beam.label, beam.value) == ("Beam 1", expected.BeamName)
    facts = {child.label: child.value for child in beam.children if isinstance(child, Node)}
    given = plan.FractionGroupSequence[0].ReferencedBeamSequence[0]
    assert float(facts["Beam Meterset"]) == pytest.approx(given.BeamMeterset)
    assert facts["Radiation Type"] == "PHOTON"
    first, last = tables(beam.children)["Control points"]
    point = expected.ControlPointSequence[0]
    assert float(first["gantry, °"]) == point.GantryAngle
    assert [float(x) for x in first["isocenter, mm"].split(", ")] == pytest.approx(list(point.IsocenterPosition))
    assert first["X, mm"] == "-100 to 100"
    assert (last["cumulative weight"], last["gantry, °"], last["X, mm"]) == ("1", "", "")


def test_leaves_are_counted():
    leaves = item(RTBeamLimitingDeviceType="MLCX", LeafJawPositions=[-5, 0, -10, 5, 0, 20])
    closed = item(RTBeamLimitingDeviceType="MLCY", LeafJawPositions=[1, 1, 1, 1])
    point = item(ControlPointIndex=0, BeamLimitingDevicePositionSequence=[leaves, closed])
    ds = item(SOPClassUID=uids.RTPlanStorage, BeamSequence=[item(BeamNumber=3, ControlPointSequence=[point])])
    (row,) = tables(document_of(ds).nodes)["Control points"]
    assert row["MLCX, mm"] == "2 of 3 pairs open, -10 to 20"
    assert row["MLCY, mm"] == "2 pairs, closed"


def test_an_ion_plan_has_spots():
    points = [item(ControlPointIndex=k, NumberOfScanSpotPositions=100 + k, NominalBeamEnergy="120") for k in range(3)]
    beam = item(BeamNumber=1, BeamName="G<b>1", RadiationType="PROTON", IonControlPointSequence=points)
    ds = item(SOPClassUID=uids.RTIonPlanStorage, IonBeamSequence=[beam], RTPlanLabel="ions")
    document = document_of(ds)
    assert [row["spots"] for row in tables(document.nodes)["Control points"]] == ["100", "101", "102"]
    assert "Beam 1: G<b>1" in document.outline()


def test_a_structure_set_is_what_pydicom_reads():
    ds = dcmread(PYDICOM_FILES / "rtstruct.dcm", force=True)
    document = document_of(ds)
    assert (document.kind, document.title) == ("RT Structure Set", ds.StructureSetLabel)
    for row, roi, drawn in zip(
        tables(document.nodes)["Regions of interest"], ds.StructureSetROISequence, ds.ROIContourSequence, strict=True
    ):
        assert (row["number"], row["name"]) == (str(roi.ROINumber), roi.ROIName)
        assert row["colour"] == "#{:02x}{:02x}{:02x}".format(*map(int, drawn.ROIDisplayColor))
        assert row["contours"] == str(len(drawn.ContourSequence))
        assert row["points"] == str(sum(len(one.ContourData) // 3 for one in drawn.ContourSequence))
    assert str(ds.PatientName) not in document.outline()


def test_a_region_without_contours_and_a_colour_that_is_none():
    ds = item(SOPClassUID=uids.RTStructureSetStorage)
    ds.StructureSetROISequence = [item(ROINumber=7, ROIName="GTV"), item(ROINumber=8, ROIName="PTV")]
    ds.ROIContourSequence = [phantoms.item(ReferencedROINumber=8, ROIDisplayColor=[300, 0, 0])]
    first, second = tables(document_of(ds).nodes)["Regions of interest"]
    assert (first["name"], first["contours"]) == ("GTV", "")
    assert (second["name"], second["contours"]) == ("PTV", "0")
    assert "colour" not in first
