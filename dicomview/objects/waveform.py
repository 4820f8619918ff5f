"""Waveforms: channels with their units, and their curves as numbers; PS3.3 C.10.9."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomview.objects.content import content_item
from dicomview.objects.document import Curves, Document, Node, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.objects.draft import Draft
    from dicomview.objects.items import Item

__all__ = ["waveform"]

# WaveformSampleInterpretation, PS3.3 C.10.9.1.5; those of telephony (MB, AB) are no numbers before they are expanded.
_SAMPLES = {
    "SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4", "SV": "i8", "UV": "u8",
}  # fmt: skip
_FACTS = ("AcquisitionDateTime", "WaveformFilterType", "PatientPosition")
_COLUMNS = (
    "channel",
    "from",
    "unit",
    "one step",
    "zero at",
    "low cut, Hz",
    "high cut, Hz",
    "notch, Hz",
    "delay, s",
)
_MOST_CHANNELS = 256


def waveform(root: Item, draft: Draft) -> Document:
    """Return a waveform: its groups with rate, length and channels, its annotations, and the curves."""
    groups = root.items("WaveformSequence")
    curves = []
    notes = []
    for number, group in enumerate(groups, 1):
        label = _label(group, number)
        try:
            values = _values(group, little=root.little_endian)
        except ValueError as error:
            notes.append(draft.text(f"no curves of {label}: {error}"))
            continue
        channels = group.items("ChannelDefinitionSequence")
        names = [_name(channels, place) for place in range(len(values))]
        units = [_unit(channels[place]) if place < len(channels) else "" for place in range(len(values))]
        rate = group.number("SamplingFrequency") or 0.0
        curves.append(Curves(draft.text(label), max(rate, 0.0), _texts(draft, names), _texts(draft, units), values))
    nodes: tuple[Node | Table, ...] = (
        *draft.facts(root, *_FACTS),
        *draft.each(root.items("AcquisitionContextSequence"), lambda item: content_item(item, draft)),
        *draft.each(list(enumerate(groups, 1)), lambda pair: _group(pair[1], pair[0], draft)),
        *draft.table(
            "Annotations",
            ("what", "value", "channels", "at sample", "at, ms"),
            root.items("WaveformAnnotationSequence"),
            _annotation,
        ),
    )
    return Document(root.kind, draft.text(root.words("SeriesDescription")), nodes, tuple(notes), None, tuple(curves))


def _texts(draft: Draft, words: list[str]) -> tuple[str, ...]:
    return tuple(map(draft.text, words))


def _label(group: Item, number: int) -> str:
    return group.words("MultiplexGroupLabel") or f"Group {number}"


def _group(group: Item, number: int, draft: Draft) -> Node:
    """Return one multiplex group: all channels of it are sampled at the same times."""
    channels = group.items("ChannelDefinitionSequence")
    count, rate = group.integer("NumberOfWaveformSamples"), group.number("SamplingFrequency")
    said = [f"{group.integer('NumberOfWaveformChannels')} channels", f"{count:,} samples"]
    if rate and rate > 0:
        said += [f"{rate:g} Hz", f"{count / rate:g} s"]
    rows = draft.table("Channels", _COLUMNS, list(enumerate(channels)), lambda pair: _row(channels, *pair))
    return draft.node(_label(group, number), ", ".join(said), rows)


def _row(channels: tuple[Item, ...], place: int, channel: Item) -> list[str]:
    return [
        _name(channels, place),
        channel.words("ChannelSourceSequence"),
        _unit(channel),
        channel.words("ChannelSensitivity"),
        channel.words("ChannelBaseline"),
        *map(channel.words, ("FilterLowFrequency", "FilterHighFrequency", "NotchFilterFrequency", "ChannelOffset")),
    ]


def _name(channels: tuple[Item, ...], place: int) -> str:
    channel = channels[place] if place < len(channels) else None
    named = channel and (channel.words("ChannelLabel") or channel.meaning("ChannelSourceSequence"))
    return named or f"channel {place + 1}"


def _unit(channel: Item) -> str:
    unit = channel.first("ChannelSensitivityUnitsSequence")
    return "" if unit is None else unit.code_value()


def _annotation(one: Item) -> list[str]:
    units = one.first("MeasurementUnitsCodeSequence")
    number = f"{one.words('NumericValue')} {'' if units is None else units.code_value()}".strip()
    value = number if one.words("NumericValue") else one.words("ConceptCodeSequence")
    what = one.meaning("ConceptNameCodeSequence") or one.words("UnformattedTextValue")
    places = ("ReferencedWaveformChannels", "ReferencedSamplePositions", "ReferencedTimeOffsets")
    return [what, value, *map(one.words, places)]


def _values(group: Item, *, little: bool) -> NDArray[np.float32]:
    """Return the channels of a group in their units, (channels, samples); NaN where there is padding.

    Samples lie channel by channel within each time step (C.10.9.1.6); a value is the sample times ChannelSensitivity
    times its correction factor, plus ChannelBaseline (C.10.9.1.4).

    Raises
    ------
    ValueError
        The samples are missing, fewer than the header says, or of a kind that is no number.
    """
    kind = group.text("WaveformSampleInterpretation")
    code = _SAMPLES.get(kind)
    if code is None or group.integer("WaveformBitsAllocated") != 8 * np.dtype(code).itemsize:
        raise ValueError(f"samples {kind or 'of unknown kind'} in {group.integer('WaveformBitsAllocated')} bits")
    stored = np.dtype(code).newbyteorder("<" if little else ">")
    channels, samples = group.integer("NumberOfWaveformChannels"), group.integer("NumberOfWaveformSamples")
    data = group.get("WaveformData")
    if not 0 < channels <= _MOST_CHANNELS or samples <= 0 or not isinstance(data, bytes):
        raise ValueError(f"{channels} channels of {samples} samples")
    if len(data) < channels * samples * stored.itemsize:
        raise ValueError(f"{channels * samples * stored.itemsize:,} bytes are needed, and {len(data):,} are there")
    table = np.frombuffer(data, stored, channels * samples).reshape(samples, channels).T
    values = table.astype(np.float32)
    padding = group.get("WaveformPaddingValue")
    if isinstance(padding, bytes) and len(padding) >= stored.itemsize:
        values[table == np.frombuffer(padding, stored, 1)[0]] = np.nan
    with np.errstate(over="ignore", invalid="ignore"):  # the factors may be anything
        for row, channel in zip(values, group.items("ChannelDefinitionSequence"), strict=False):
            factors = (channel.number(k) for k in ("ChannelSensitivity", "ChannelSensitivityCorrectionFactor"))
            for factor in factors:
                row *= 1.0 if factor is None else factor
            row += channel.number("ChannelBaseline") or 0.0
    return values
