"""Radiotherapy plans, of photons and of ions: prescription, fractions, beams and their control points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.objects.document import Document, Node, Table

if TYPE_CHECKING:
    from dicomview.objects.draft import Draft
    from dicomview.objects.items import Item

__all__ = ["plan"]

_PLAN = (
    "RTPlanName", "RTPlanDescription", "RTPlanDate", "RTPlanTime", "PlanIntent", "TreatmentProtocols",
    "RTPlanGeometry", "ApprovalStatus",
)  # fmt: skip
_PRESCRIPTION = {
    "number": "DoseReferenceNumber",
    "description": "DoseReferenceDescription",
    "of": "DoseReferenceStructureType",
    "type": "DoseReferenceType",
    "prescribed, Gy": "TargetPrescriptionDose",
    "minimum, Gy": "TargetMinimumDose",
    "maximum, Gy": "TargetMaximumDose",
    "organ's maximum, Gy": "OrganAtRiskMaximumDose",
    "delivery maximum, Gy": "DeliveryMaximumDose",
    "referenced ROI": "ReferencedROINumber",
    "point": "DoseReferencePointCoordinates",
}
_FRACTIONS = {
    "group": "FractionGroupNumber",
    "description": "FractionGroupDescription",
    "fractions": "NumberOfFractionsPlanned",
    "beams": "NumberOfBeams",
    "brachytherapy setups": "NumberOfBrachyApplicationSetups",
}
_BEAM = (
    "BeamDescription", "BeamType", "RadiationType", "TreatmentDeliveryType", "TreatmentMachineName", "ScanMode",
    "PrimaryDosimeterUnit", "FinalCumulativeMetersetWeight", "NumberOfControlPoints", "NumberOfWedges",
    "NumberOfCompensators", "NumberOfBoli", "NumberOfBlocks", "ReferencedPatientSetupNumber",
)  # fmt: skip
_CONTROL_POINT = {
    "index": "ControlPointIndex",
    "cumulative weight": "CumulativeMetersetWeight",
    "energy": "NominalBeamEnergy",  # MV for photons, MeV for others, MeV/u for ions
    "dose rate": "DoseRateSet",
    "gantry, °": "GantryAngle",
    "turning": "GantryRotationDirection",
    "collimator, °": "BeamLimitingDeviceAngle",
    "couch, °": "PatientSupportAngle",
    "isocenter, mm": "IsocenterPosition",
    "SSD, mm": "SourceToSurfaceDistance",
    "snout, mm": "SnoutPosition",
    "spots": "NumberOfScanSpotPositions",
}
_SETUP = {
    "setup": "PatientSetupNumber",
    "position": "PatientPosition",
    "technique": "SetupTechnique",
    "description": "SetupTechniqueDescription",
}
_BRACHY = {
    "number": "ApplicationSetupNumber",
    "name": "ApplicationSetupName",
    "type": "ApplicationSetupType",
    "reference air kerma": "TotalReferenceAirKerma",
}


def plan(root: Item, draft: Draft) -> Document:
    """Return an RT plan or RT ion plan; PS3.3 C.8.8.9 to C.8.8.16, C.8.8.24 and C.8.8.25."""
    groups = root.items("FractionGroupSequence")
    given = {
        beam.words("ReferencedBeamNumber"): beam for group in groups for beam in group.items("ReferencedBeamSequence")
    }
    beams = [(beam, "ControlPointSequence") for beam in root.items("BeamSequence")]
    beams += [(beam, "IonControlPointSequence") for beam in root.items("IonBeamSequence")]
    nodes: list[Node | Table] = [
        *draft.group("Plan", draft.facts(root, *_PLAN)),
        *draft.columns("Prescription", _PRESCRIPTION, root.items("DoseReferenceSequence")),
        *draft.columns("Fraction groups", _FRACTIONS, groups),
        *draft.columns("Patient setups", _SETUP, root.items("PatientSetupSequence")),
        *draft.group("Beams", draft.each(beams, lambda pair: _beam(*pair, given, draft))),
        *draft.columns("Brachytherapy setups", _BRACHY, root.items("ApplicationSetupSequence")),
        *draft.table(
            "References",
            ("as", "instance"),
            [
                (words, one.reference())
                for keyword, words in (
                    ("ReferencedStructureSetSequence", "structure set"),
                    ("ReferencedDoseSequence", "dose"),
                    ("ReferencedRTPlanSequence", "plan"),
                )
                for one in root.items(keyword)
            ],
            lambda row: row,
        ),
    ]
    return Document(root.kind, draft.text(root.words("RTPlanLabel")), tuple(nodes))


def _beam(beam: Item, sequence: str, given: dict[str, Item], draft: Draft) -> Node:
    """Return a beam with what a fraction gives of it, and its control points."""
    number = beam.words("BeamNumber")
    dose = given.get(number)
    points = beam.items(sequence)
    devices = list(dict.fromkeys(name for point in points for name, _ in _devices(point)))
    columns = (*_CONTROL_POINT, *devices)
    inside: list[Node | Table] = [
        *draft.facts(beam, *_BEAM),
        *(() if dose is None else draft.facts(dose, "BeamDose", "BeamMeterset")),
        *draft.table("Control points (an empty cell: as before)", columns, points, lambda one: _row(one, devices)),
    ]
    return draft.node(f"Beam {number}".strip(), beam.words("BeamName"), inside)


def _row(point: Item, devices: list[str]) -> list[str]:
    jaws = dict(_devices(point))
    return [*map(point.words, _CONTROL_POINT.values()), *(jaws.get(name, "") for name in devices)]


def _devices(point: Item) -> list[tuple[str, str]]:
    """Return name and positions of each beam limiting device; of leaves only how many there are."""
    found = []
    for device in point.items("BeamLimitingDevicePositionSequence"):
        places = device.numbers("LeafJawPositions")
        jaws = " to ".join(f"{place:g}" for place in places)
        found.append((f"{device.text('RTBeamLimitingDeviceType')}, mm", jaws if len(places) <= 2 else _leaves(places)))
    return found


def _leaves(places: tuple[float, ...]) -> str:
    """Return how many pairs of leaves there are and how far the opened ones reach; PS3.3 C.8.8.14.2."""
    pairs = len(places) // 2
    opened = [pair for pair in zip(places[:pairs], places[pairs:], strict=False) if pair[0] < pair[1]]
    if not opened:
        return f"{pairs} pairs, closed"
    return f"{len(opened)} of {pairs} pairs open, {min(a for a, _ in opened):g} to {max(b for _, b in opened):g}"
