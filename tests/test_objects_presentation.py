"""Presentation states, made by highdicom."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import phantoms
import pytest
from phantoms import item
from pydicom import uid as uids

from dicomview.objects import Node, Table, document_of


@pytest.fixture(scope="module")
def images():
    pile = phantoms.regular(phantoms.voxels(2))
    for image in pile:
        image.StudyID, image.AccessionNumber, image.ReferringPhysicianName = "1", "", ""
        image.StudyDate, image.StudyTime, image.PatientBirthDate, image.PatientSex = "20240131", "120000", "", ""
    return pile


@pytest.fixture(scope="module")
def state(images):
    layer = hd.pr.GraphicLayer("NOTES", order=1, description="marks")
    annotation = hd.pr.GraphicAnnotation(
        referenced_images=images,
        graphic_layer=layer,
        graphic_objects=[
            hd.pr.GraphicObject(
                graphic_type=hd.pr.GraphicTypeValues.CIRCLE,
                graphic_data=np.array([[3.0, 4.0], [5.0, 4.0]]),
                units=hd.pr.AnnotationUnitsValues.PIXEL,
                is_filled=True,
            )
        ],
        text_objects=[
            hd.pr.TextObject("a nodule <script>", units=hd.pr.AnnotationUnitsValues.PIXEL, anchor_point=(3.5, 4.5))
        ],
    )
    return hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=images,
        series_instance_uid=hd.UID(),
        series_number=2,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="test",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="1",
        content_label="MARKED",
        graphic_layers=[layer],
        graphic_annotations=[annotation],
        voi_lut_transformations=[
            hd.pr.SoftcopyVOILUTTransformation(window_center=[40], window_width=[400], window_explanation=["soft"])
        ],
    )


def test_a_presentation_state_says_what_it_shows(state, images):
    document = document_of(state)
    assert (document.kind, document.title) == ("Grayscale Softcopy Presentation State", "MARKED")
    found = {part.label: part for part in document.nodes}
    assert isinstance(found["Images"], Table)
    assert [row[0].split(" · ")[1] for row in found["Images"].rows] == [image.SOPInstanceUID for image in images]
    (window,) = [child for child in found["Window"].children if isinstance(child, Table)]
    assert dict(zip(window.columns, window.rows[0], strict=True)) == {"center": "40", "width": "400", "called": "soft"}
    assert found["Layers"].rows == (("NOTES", "1", "marks"),)
    text, graphic = found["Annotation on layer NOTES"].children
    assert (text.label, text.value) == ("Text", "a nodule <script> (at 3.5, 4.5)")
    assert graphic.value == "CIRCLE, filled, pixel: 3, 4, 5, 4"
    assert str(images[0].PatientName) not in document.outline()


def test_shutters_turns_and_tables():
    ds = item(
        SOPClassUID=uids.GrayscaleSoftcopyPresentationStateStorage,
        ShutterShape="CIRCULAR",
        CenterOfCircularShutter=[5, 6],
        RadiusOfCircularShutter="3",
        ImageRotation=90,
        ImageHorizontalFlip="Y",
        PresentationLUTShape="INVERSE",
        ModalityLUTSequence=[item(LUTDescriptor=[256, 0, 16], LUTExplanation="scanner")],
        SoftcopyVOILUTSequence=[item(VOILUTSequence=[item(LUTDescriptor=[4096, 0, 12], LUTExplanation="bone")])],
    )
    found = {part.label: part for part in document_of(ds).nodes if isinstance(part, Node)}
    told = {name: {child.label: child.value for child in node.children} for name, node in found.items()}
    assert told["Shutter"] == {
        "Shutter Shape": "CIRCULAR",
        "Center of Circular Shutter": "5, 6",
        "Radius of Circular Shutter": "3",
    }
    assert told["Turned"] == {"Image Rotation": "90", "Image Horizontal Flip": "Y"}
    assert told["Grey levels"] == {"Presentation LUT Shape": "INVERSE", "Lookup table": "scanner 256, 0, 16"}
    assert told["Window"] == {"Lookup table": "bone 4096, 0, 12"}
