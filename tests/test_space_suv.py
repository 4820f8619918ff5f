"""Standardised uptake values against the formulas, worked out by hand, and refused when anything is missing."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest

from dicomview.demo.synthetic import write
from dicomview.errors import DicomviewError, NotAVolume, NotSuv, UnknownChoice
from dicomview.space import SuvScale, read_series, suv_scale

# 70 kg, 1.75 m; 370 MBq of a nuclide with a half-life of 6586.2 s (F-18), given at 09:00, scanned at 10:00:
# 370e6 · 2 ** (−3600 / 6586.2) = 253314180.24 Bq are left, and 70000 g / 253314180.24 Bq is
HALF_LIFE = 6586.2
BW = 2.7633668172e-04
BW_ADMIN = 1.8918918919e-04  # 70000 / 370e6
# James: 1.10 · 70 − 120 · (70 / 175)² = 57.8 kg, 1.07 · 70 − 148 · 0.16 = 51.22 kg
JAMES = {"M": 57.8, "F": 51.22}
JAMES_128 = 56.52  # 77 − 128 · 0.16
# Janmahasatian, with a body mass index of 70 / 3.0625 = 22.857143: 648900 / (6680 + 216 · 22.857143) and
# 648900 / (8780 + 244 · 22.857143)
JANMAHASATIAN = {"M": 55.8571077, "F": 45.1970149}
# Du Bois: 70 ** 0.425 · 175 ** 0.725 · 0.007184
SURFACE = 1.84814302


def pet(**elements):
    """Return the regular series as PET; an element that is None is taken away, one of the dose goes into its item."""
    dose = phantoms.item(
        RadionuclideTotalDose="370000000",
        RadionuclideHalfLife=str(HALF_LIFE),
        RadiopharmaceuticalStartTime="090000",
        RadiopharmaceuticalStartDateTime="20260101090000",
    )
    settings = {
        "Modality": "PT", "Units": "BQML", "DecayCorrection": "START", "CorrectedImage": ["DECY", "ATTN", "SCAT"],
        "SeriesDate": "20260101", "SeriesTime": "100000", "AcquisitionDate": "20260101", "AcquisitionTime": "100000",
        "PatientWeight": "70", "PatientSize": "1.75", "PatientSex": "F", "RescaleSlope": "0.5",
        "RescaleIntercept": "0", "RadiopharmaceuticalInformationSequence": [dose],
    }  # fmt: skip
    for keyword in elements.keys() & {"RadionuclideTotalDose", "RadionuclideHalfLife"} | {
        keyword for keyword in elements if keyword.startswith("RadiopharmaceuticalStart")
    }:
        put(dose, keyword, elements[keyword])
    pile = phantoms.regular()
    for ds in pile:
        for keyword, value in (settings | elements).items():
            if keyword not in dose and not keyword.startswith(
                ("RadionuclideT", "RadionuclideH", "RadiopharmaceuticalS")
            ):
                put(ds, keyword, value)
    return pile


def put(ds, keyword, value):
    if value is not None:
        setattr(ds, keyword, value)
    elif keyword in ds:
        delattr(ds, keyword)


def scale(source, kind="bw"):
    return suv_scale(read_series(source).stack.slices, kind)


def factor(source, kind="bw"):
    return scale(source, kind).factor


def why(source, kind="bw"):
    with pytest.raises(NotSuv) as caught:
        scale(source, kind)
    assert isinstance(caught.value, DicomviewError)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


def near(value):
    return pytest.approx(value, rel=1e-6)


# The factor


def test_the_numbers_of_this_file():
    """One half-life halves the dose; the constants above are no more than that."""
    assert near(70000 / (370e6 * 2 ** (-3600 / HALF_LIFE))) == BW
    assert factor(pet(RadionuclideHalfLife="3600")) == near(2 * 70000 / 370e6)


def test_body_weight():
    assert scale(pet()) == SuvScale(near(BW), "SUVbw", "bw", ())


def test_decay_corrected_to_the_injection():
    assert factor(pet(DecayCorrection="ADMIN")) == near(BW_ADMIN)
    # No time is needed then, nor is the half-life.
    nothing = dict.fromkeys(("SeriesTime", "AcquisitionTime", "RadionuclideHalfLife", "RadiopharmaceuticalStartTime"))
    assert factor(pet(DecayCorrection="ADMIN", RadiopharmaceuticalStartDateTime=None, **nothing)) == near(BW_ADMIN)


@pytest.mark.parametrize("sex", ["M", "F"])
def test_lean_body_mass(sex):
    james, janmahasatian = scale(pet(PatientSex=sex), "lbm"), scale(pet(PatientSex=sex), "lbmj")
    assert (james.factor, james.unit) == (near(BW * JAMES[sex] / 70), "SUVlbm")
    assert (janmahasatian.factor, janmahasatian.unit) == (near(BW * JANMAHASATIAN[sex] / 70), "SUVlbmj")
    assert "James" in james.notes[0]
    assert "Janmahasatian" in janmahasatian.notes[0]


def test_body_surface():
    # Bq/ml · cm² / Bq; per gram of weight that is 10000 · 1.848 / 70000.
    assert scale(pet(), "bsa") == SuvScale(near(BW * SURFACE * 10000 / 70000), "SUVbsa", "bsa", ())


def test_of_a_file(tmp_path):
    write(pet(), tmp_path)
    assert factor(tmp_path) == near(BW)


# Times


@pytest.mark.parametrize(
    "elements",
    [
        {"RadiopharmaceuticalStartDateTime": None},
        {"RadiopharmaceuticalStartTime": None},
        {"RadiopharmaceuticalStartDateTime": None, "RadiopharmaceuticalStartTime": "09"},
        {"RadiopharmaceuticalStartDateTime": "20260101090000.000000"},
        {"RadiopharmaceuticalStartDateTime": "20260101080000+0000", "TimezoneOffsetFromUTC": "+0100"},
        {"RadiopharmaceuticalStartDateTime": "20260101090000+0200"},  # of one clock with the others
        {"AcquisitionTime": "103000"},  # a later bed position; the decay is corrected to the series
        {"AcquisitionDate": None, "AcquisitionTime": None, "AcquisitionDateTime": "20260101100000.5"},
    ],
    ids=str,
)
def test_one_hour_in_other_words(elements):
    assert scale(pet(**elements)) == SuvScale(near(BW), "SUVbw", "bw", ())


@pytest.mark.parametrize(
    "start", [{"RadiopharmaceuticalStartDateTime": None}, {"RadiopharmaceuticalStartDateTime": "20251231233000"}]
)
def test_over_midnight(start):
    """Given at half past eleven, scanned at half past twelve."""
    times = {"SeriesTime": "003000", "AcquisitionTime": "003000", "RadiopharmaceuticalStartTime": "233000"}
    assert scale(pet(**times, **start)) == SuvScale(near(BW), "SUVbw", "bw", ())


def test_a_series_dated_after_its_acquisition():
    """Made anew at noon from what was acquired from ten o'clock on, bed by bed."""
    pile = pet(SeriesTime="120000")
    for k, ds in enumerate(pile):
        ds.AcquisitionTime = "100000" if k >= 6 else "100500"
    found = scale(phantoms.shuffled(pile))
    assert found.factor == near(BW)
    assert found.notes[0].startswith("DECAY_TO_ACQUISITION")


def test_the_scan_date_of_ge():
    pile = pet(SeriesTime="120000", AcquisitionTime="100500")
    for ds in pile:
        ds.add_new((0x0009, 0x0020), "LO", "GEMS_PETD_01")
        ds.add_new((0x0009, 0x200D), "DT", "20260101100000.00")
    found = scale(pile)
    assert found.factor == near(BW)
    assert found.notes[0].startswith("DECAY_TO_SCAN_DATE")
    for ds in pile:
        ds[0x0009, 0x0020].value = "SOMEBODY ELSE"
    assert factor(pile) == near(70000 / (370e6 * 2 ** (-3900 / HALF_LIFE)))


def test_every_moment_of_a_dynamic_series_counts_from_the_first():
    pile = []
    for turn, clock in enumerate(("100000", "101500")):
        moment = pet(AcquisitionTime=clock, SeriesTime="110000", FrameReferenceTime=str(900000 * turn))
        pile += [phantoms.named(ds, str(turn)) for ds in moment]
    stack = read_series(pile).stack
    assert stack.dims[0] == "time"
    plain, uptake = stack.volume(time=1), stack.volume(time=1, units="SUVbw")
    np.testing.assert_allclose(uptake.array, plain.array * BW, rtol=1e-6)


# Counts and values that are uptake values already


def philips(creator="Philips PET Private Group", **factors):
    pile = pet(Units="CNTS")
    for ds in pile:
        ds.add_new((0x7053, 0x0015), "LO", creator)
        for element, value in factors.items():
            ds.add_new((0x7053, 0x1500 | int(element[1:])), "DS", value)
    return pile


def test_philips_counts():
    assert factor(philips(_0="0.000123", _9="1.5")) == near(0.000123)
    assert factor(philips(_0="0.000123"), "lbm") == near(0.000123 * JAMES["F"] / 70)
    assert factor(philips(_9="1.5")) == near(1.5 * BW)
    assert factor(philips(_0="0", _9="1.5")) == near(1.5 * BW)
    assert factor(philips(_9="1.5"), "bsa") == near(1.5 * BW * SURFACE / 7)


def test_philips_counts_need_neither_dose_nor_weight():
    pile = philips(_0="0.000123")
    for ds in pile:
        del ds.RadiopharmaceuticalInformationSequence, ds.PatientWeight
    assert factor(pile) == near(0.000123)
    assert why(pile, "lbm") == "not SUV because PatientWeight is missing"


@pytest.mark.parametrize("pile", [philips(), philips("SOMEBODY ELSE", _0="0.000123")], ids=["none", "other creator"])
def test_counts_without_factors(pile):
    assert why(pile) == "not SUV because Units is CNTS and the Philips scale factors are missing"


def test_philips_factors_of_unknown_vr(tmp_path):
    pile = philips()
    for ds in pile:
        ds.add_new((0x7053, 0x1500), "UN", b"0.000123")
    write(pile, tmp_path)
    assert factor(tmp_path) == near(0.000123)


def test_philips_factors_that_differ():
    pile = philips(_0="0.000123")
    pile[3][0x7053, 0x1500].value = "0.000124"
    assert why(pile) == "not SUV because a Philips scale factor differs between the slices"


@pytest.mark.parametrize(
    ("elements", "kind", "expected"),
    [
        ({"Units": "GML"}, "bw", 1),
        ({"Units": "GML", "SUVType": "BW"}, "bw", 1),
        ({"Units": "GML"}, "lbm", JAMES["F"] / 70),
        ({"Units": "GML", "SUVType": "LBM"}, "lbm", 1),
        ({"Units": "GML", "SUVType": "LBM"}, "bw", 70 / JAMES["F"]),
        ({"Units": "GML", "SUVType": "LBMJANMA"}, "lbmj", 1),
        ({"Units": "GML", "SUVType": "LBMJANMA"}, "lbm", JAMES["F"] / JANMAHASATIAN["F"]),
        ({"Units": "GML", "SUVType": "LBMJAMES128", "PatientSex": "M"}, "lbm", JAMES["M"] / JAMES_128),
        ({"Units": "CM2ML"}, "bsa", 1),
        ({"Units": "CM2ML", "SUVType": "BSA"}, "bw", 7 / SURFACE),
    ],
)
def test_uptake_values_already(elements, kind, expected):
    assert factor(pet(RadiopharmaceuticalInformationSequence=None, **elements), kind) == near(expected)


def test_ideal_body_weight_is_not_converted():
    assert why(pet(Units="GML", SUVType="IBW")) == "not SUV because SUVType is IBW"


# Refusals


@pytest.mark.parametrize(
    "keyword",
    [
        "PatientWeight", "RadionuclideTotalDose", "RadionuclideHalfLife", "SeriesDate", "SeriesTime", "Units",
        "AcquisitionDate", "AcquisitionTime", "CorrectedImage", "DecayCorrection",
        "RadiopharmaceuticalInformationSequence",
    ],
)  # fmt: skip
def test_what_is_missing_is_named(keyword):
    assert why(pet(**{keyword: None})) == f"not SUV because {keyword} is missing"


def test_everything_missing_is_listed():
    without = {"PatientWeight": None, "RadionuclideTotalDose": None}
    assert why(pet(**without)) == "not SUV because PatientWeight and RadionuclideTotalDose are missing"
    without |= {
        "RadiopharmaceuticalStartDateTime": None,
        "RadiopharmaceuticalStartTime": None,
        "DecayCorrection": "NONE",
    }
    assert why(pet(**without)) == (
        "not SUV because PatientWeight, RadionuclideTotalDose and RadiopharmaceuticalStartTime are missing and "
        "DecayCorrection is NONE"
    )


@pytest.mark.parametrize(
    ("elements", "kind", "expected"),
    [
        ({"PatientSize": None}, "bsa", "PatientSize is missing"),
        ({"PatientSize": None, "PatientSex": None}, "lbm", "PatientSize and PatientSex are missing"),
        ({"PatientSex": "O"}, "lbmj", "PatientSex is neither M nor F"),
        ({"PatientSize": "1.0", "PatientWeight": "150"}, "lbm", "the lean body mass by James comes out as -172.5 kg"),
        (
            {"PatientSize": "0.01", "Units": "GML", "SUVType": "LBM"},
            "bw",
            "the lean body mass by James comes out as -725125.1 kg",
        ),
        ({"PatientSize": "1e-200"}, "lbm", "PatientSize is 1e-200"),
        ({"PatientWeight": "0"}, "bw", "PatientWeight is 0"),
        ({"RadionuclideTotalDose": "0"}, "bw", "RadionuclideTotalDose is 0"),
        ({"RadionuclideHalfLife": "0"}, "bw", "RadionuclideHalfLife is 0"),
        ({"RadionuclideHalfLife": "1"}, "bw", "the scan begins 3600 half-lives after the injection"),
        ({"DecayCorrection": "NONE"}, "bw", "DecayCorrection is NONE"),
        ({"CorrectedImage": ["ATTN"]}, "bw", "CorrectedImage does not name DECY"),
        ({"CorrectedImage": "NORM"}, "bw", "CorrectedImage does not name ATTN and DECY"),
        ({"Units": "PROPCNTS"}, "bw", "Units is PROPCNTS, none of BQML, CNTS and GML"),
        ({"SeriesTime": "10 o'clock"}, "bw", "SeriesDate or SeriesTime is malformed"),
        ({"AcquisitionTime": "256161"}, "bw", "AcquisitionDate or AcquisitionTime is malformed"),
        ({"RadiopharmaceuticalStartDateTime": "20260101"}, "bw", "RadiopharmaceuticalStartDateTime is malformed"),
        ({"Modality": "CT"}, "bw", "the modality is CT, not PT"),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value")
def test_contradictions(elements, kind, expected):
    assert why(pet(**elements), kind) == f"not SUV because {expected}"


def test_several_radiopharmaceuticals():
    pile = pet()
    for ds in pile:
        ds.RadiopharmaceuticalInformationSequence = [ds.RadiopharmaceuticalInformationSequence[0]] * 2
    assert why(pile) == "not SUV because RadiopharmaceuticalInformationSequence has several items"


def test_slices_of_different_patients():
    pile = pet()
    pile[4].PatientWeight = "71"
    assert why(pile) == "not SUV because PatientWeight differs between the slices"


def test_one_weight_in_two_words():
    pile = pet()
    pile[4].PatientWeight = "70.0"
    assert factor(pile) == near(BW)


def test_slices_of_different_doses():
    pile = pet()
    (dose,) = pet(RadionuclideTotalDose="371000000")[0].RadiopharmaceuticalInformationSequence
    pile[4].RadiopharmaceuticalInformationSequence = [dose]
    assert why(pile) == "not SUV because RadionuclideTotalDose differs between the slices"


def test_unknown_kind():
    with pytest.raises(UnknownChoice, match="bw, lbm, lbmj, bsa"):
        scale(pet(), "ibw")


# Alarms


@pytest.mark.parametrize(
    ("elements", "kind", "code"),
    [
        ({"PatientWeight": "700"}, "bw", "WEIGHT"),
        ({"PatientWeight": "1.5"}, "bw", "WEIGHT"),
        ({"PatientSize": "175"}, "bsa", "SIZE"),
        ({"RadionuclideTotalDose": "370"}, "bw", "DOSE"),
        ({"RadiopharmaceuticalStartDateTime": "20260101103000"}, "bw", "INJECTED_LATER"),
        ({"RadiopharmaceuticalStartDateTime": "20251231210000"}, "bw", "INJECTED_LONG_AGO"),
        ({"RescaleIntercept": "-1"}, "bw", "INTERCEPT"),
    ],
)
def test_alarms(elements, kind, code):
    (note,) = scale(pet(**elements), kind).notes
    assert note.split()[0] == code


# Volumes


@pytest.mark.parametrize("kind", ["bw", "lbm", "lbmj", "bsa"])
def test_volume_in_uptake_values(kind):
    series = read_series(phantoms.shuffled(pet()))
    plain, uptake = series.volume(), series.volume(units=f"SUV{kind}")
    assert plain.units == "Bq/ml"
    assert uptake.units == f"SUV{kind}"
    assert uptake.array.dtype == np.float32
    np.testing.assert_allclose(uptake.array, plain.array * scale(pet(), kind).factor, rtol=1e-6)
    np.testing.assert_array_equal(uptake.affine, plain.affine)


def test_one_voxel_by_hand():
    # Voxel (3, 2, 1) is stored as 321, and the slope is 0.5.
    assert read_series(pet()).volume(units="SUVbw").array[3, 2, 1] == near(160.5 * BW)


def test_slopes_of_their_own():
    pile = pet()
    for k, ds in enumerate(pile):
        ds.RescaleSlope = f"{0.5 + 0.1 * k:.1f}"
    array = read_series(pile).volume(units="SUVbw").array
    assert array[3, 2, 1] == near(321 * 0.8 * BW)
    assert array[11, 2, 1] == near(1121 * 1.6 * BW)


def test_volume_that_is_far_too_hot():
    (note,) = read_series(pet(RescaleSlope="20000")).volume(units="SUVbw").notes
    assert note.startswith("SUV_HIGH")


def test_volume_keeps_its_notes_and_its_empty_slices():
    pile = pet()
    del pile[5]
    volume = read_series(pile).volume(units="SUVbw", on_missing="nan")
    assert np.isnan(volume.array[5]).all()
    assert any(note.startswith("FILLED") for note in volume.notes)


def test_volume_refusals():
    series = read_series(pet(PatientWeight=None))
    with pytest.raises(NotSuv, match="PatientWeight is missing"):
        series.volume(units="SUVbw")
    assert series.volume().units == "Bq/ml"
    with pytest.raises(UnknownChoice, match="SUVbw, SUVlbm, SUVlbmj, SUVbsa"):
        series.volume(units="SUV")
    with pytest.raises(NotSuv, match="the modality is CT"):
        read_series(phantoms.regular()).volume(units="SUVbw")
    with pytest.raises(NotAVolume):
        read_series(pet()[:5] + pet()[6:]).volume(units="SUVbw")
