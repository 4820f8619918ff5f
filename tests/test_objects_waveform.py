"""Waveforms: pydicom's own arrays are the oracle, and samples worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import PYDICOM_FILES
from phantoms import item
from pydicom import dcmread
from pydicom import uid as uids
from pydicom.dataset import FileMetaDataset
from pydicom.waveforms import multiplex_array

from dicomview.objects import document_of


def wave(data, kind="SS", bits=16, **elements):
    unit = [item(CodeValue="mV", CodingSchemeDesignator="UCUM", CodeMeaning="millivolt")]
    channels = [
        item(
            ChannelLabel="A<b>",
            ChannelSensitivity="0.5",
            ChannelSensitivityCorrectionFactor="2",
            ChannelBaseline="10",
            ChannelSensitivityUnitsSequence=unit,
        ),
        item(ChannelSensitivity="2"),
    ]
    group = item(
        NumberOfWaveformChannels=2,
        NumberOfWaveformSamples=3,
        SamplingFrequency="250",
        WaveformBitsAllocated=bits,
        WaveformSampleInterpretation=kind,
        ChannelDefinitionSequence=channels,
        WaveformData=data,
    )
    for keyword, value in elements.items():
        setattr(group, keyword, value)
    return item(SOPClassUID=uids.GeneralECGWaveformStorage, WaveformSequence=[group])


EXPECTED = [[11, 12, 13], [-2, -4, -6]]


@pytest.mark.parametrize(("kind", "code"), [("SB", "i1"), ("SS", "<i2"), ("SL", "<i4"), ("SV", "<i8")])
def test_samples_lie_channel_by_channel_and_are_scaled(kind, code):
    stored = np.array([[1, -1], [2, -2], [3, -3]], code)
    document = document_of(wave(stored.tobytes(), kind, 8 * stored.itemsize))
    (curves,) = document.curves
    np.testing.assert_array_equal(curves.values, EXPECTED)
    assert (curves.names, curves.units, curves.rate) == (("A<b>", "channel 2"), ("mV", ""), 250)
    assert "2 channels, 3 samples, 250 Hz, 0.012 s" in document.outline()


def test_big_endian():
    ds = wave(np.array([[1, -1], [2, -2], [3, -3]], ">i2").tobytes())
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uids.ExplicitVRBigEndian
    np.testing.assert_array_equal(document_of(ds).curves[0].values, EXPECTED)


def test_padding_is_no_value():
    stored = np.array([[1, -1], [-32768, -2], [3, -3]], "<i2")
    (curves,) = document_of(wave(stored.tobytes(), WaveformPaddingValue=b"\x00\x80")).curves
    np.testing.assert_array_equal(curves.values, [[11, np.nan, 13], [-2, -4, -6]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"WaveformData": b"\0" * 11}, "12 bytes are needed, and 11 are there"),
        ({"WaveformSampleInterpretation": "MB", "WaveformBitsAllocated": 8}, "samples MB in 8 bits"),
        ({"WaveformBitsAllocated": 8}, "samples SS in 8 bits"),
        ({"NumberOfWaveformChannels": 0}, "0 channels"),
        ({"NumberOfWaveformSamples": 4_000_000_000}, "are needed"),
    ],
)
def test_what_cannot_be_drawn_is_said(changes, words):
    document = document_of(wave(b"\0" * 12, **changes))
    assert document.curves == ()
    assert words in " ".join(document.notes)
    assert "A<b>" in document.outline()


def test_factors_that_overflow_are_quiet():
    ds = wave(np.ones(6, "<i2").tobytes())
    ds.WaveformSequence[0].ChannelDefinitionSequence[0].ChannelSensitivity = "1e300"
    assert document_of(ds).curves[0].values.shape == (2, 3)


def test_an_ecg_is_what_pydicom_reads():
    ds = dcmread(PYDICOM_FILES / "waveform_ecg.dcm")
    document = document_of(ds)
    assert document.kind == "12-lead ECG Waveform"
    assert [curves.label for curves in document.curves] == [g.MultiplexGroupLabel for g in ds.WaveformSequence]
    for index, curves in enumerate(document.curves):
        np.testing.assert_allclose(curves.values, multiplex_array(ds, index, as_raw=False).T, rtol=1e-6)
        assert set(curves.units) == {"uV"}
    assert document.curves[0].names[0] == "Lead I (Einthoven)"
    assert "RR Interval | 982 ms" in document.outline()
