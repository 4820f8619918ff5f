"""Objects of the sample data in a real browser: what lies over the picture is where the segmentation says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import dicomview as dv

if TYPE_CHECKING:
    from canvas_page import Show

pytestmark = pytest.mark.browser
SAMPLES = Path(__file__).parent.parent / "sample_data"


def test_all_objects_of_the_chest_in_a_view(show: Show) -> None:
    objects = SAMPLES / "chest_objects"
    view = dv.view(SAMPLES / "ct_chest", objects=objects)
    page = show(view)
    assert (view.index, view.window) == (22, dv.Window(-600, 1500))
    assert "key image: Of Interest" in page.words("bottom-right")
    drawing = page.stage.locator(".dicomview-drawing")
    assert drawing.get_by_text("nodule, 10 mm").is_visible()
    colors = drawing.locator("path").evaluate_all("paths => paths.map(path => path.getAttribute('stroke'))")
    assert {view.layers[name].color for name in ("GTV", "Shell", "Spinal cord")} <= set(colors)
    view.layers = {name: {"shown": name == "Nodule", "color": "#ff0000", "opacity": 1.0} for name in view.layers}
    pixels = page.settled().pixels()
    assert drawing.locator("path").count() == 0
    red = (pixels[..., 0] == 255) & (pixels[..., 1] == 0)
    np.testing.assert_array_equal(red, dv.regions(SAMPLES / "ct_chest", objects)["Nodule"][22])
    page.key("End")
    page.settled()
    assert "key image" not in page.words("bottom-right")
