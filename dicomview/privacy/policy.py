"""What the user decides before any file is looked at: profile, options, key, and what was reviewed by hand."""

from __future__ import annotations

import operator
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from dicomview.errors import UnknownChoice
from dicomview.pixels import FrameTags
from dicomview.privacy.uids import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydicom.dataset import Dataset

    Box = tuple[int, int, int, int]

__all__ = ["OPTIONS", "Option", "Policy", "boxes_of", "policy_of"]

_SHORTEST_KEY = 16  # bytes: what can be tried out is no key


class Option(NamedTuple):
    """One option of the Basic Profile: its column in the table, and its code in CID 7050 (PS3.16)."""

    column: str
    code: str
    meaning: str


OPTIONS = {
    "retain_uids": Option("uids", "113110", "Retain UIDs Option"),
    "retain_device_identity": Option("device", "113109", "Retain Device Identity Option"),
    "retain_institution_identity": Option("institution", "113112", "Retain Institution Identity Option"),
    "retain_patient_characteristics": Option("patient", "113108", "Retain Patient Characteristics Option"),
    "retain_full_dates": Option("full_dates", "113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "retain_modified_dates": Option(
        "modified_dates", "113107", "Retain Longitudinal Temporal Information Modified Dates Option"
    ),
    "clean_descriptors": Option("descriptors", "113105", "Clean Descriptors Option"),
    "retain_safe_private": Option("safe_private", "113111", "Retain Safe Private Option"),
}
BASIC = Option("", "113100", "Basic Application Confidentiality Profile")
PIXELS = Option("", "113101", "Clean Pixel Data Option")


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for all files of one plan.

    Attributes
    ----------
    options : tuple of str
        Names of `OPTIONS`, sorted.
    key : bytes
        The secret that UIDs, pseudonyms and date offsets come from; never shown.
    vocabulary : dict of str to str
        Descriptions that somebody has reviewed, and what is written in their place.
    creators : frozenset of str
        Private creators whose elements somebody has reviewed.
    boxes : dict of str to tuple
        Under a SeriesInstanceUID of the source the rectangles to black out: (left, top, right, bottom) in pixels, the
        last two not included.
    """

    options: tuple[str, ...]
    key: bytes = field(repr=False)
    vocabulary: Mapping[str, str] = field(default_factory=dict, repr=False)
    creators: frozenset[str] = frozenset()
    boxes: Mapping[str, tuple[Box, ...]] = field(default_factory=dict, repr=False)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the table that hold."""
        return frozenset(OPTIONS[name].column for name in self.options)

    def boxes_in(self, dataset: Dataset) -> tuple[Box, ...]:
        """Return the rectangles that meet the pictures of an instance: what lies beside them blacks out nothing."""
        tags = FrameTags(dataset)
        rows, columns = tags.integer("Rows"), tags.integer("Columns")
        given = self.boxes.get(tags.text("SeriesInstanceUID"), ())
        return tuple(box for box in given if box[0] < columns and box[1] < rows)

    def codes(self, *, pixels: bool) -> list[Option]:
        """Return what is claimed of a file, the profile first; Clean Pixel Data where its pixels were blacked out."""
        return [BASIC, *(OPTIONS[name] for name in self.options), *([PIXELS] if pixels else [])]

    def facts(self) -> dict[str, object]:
        """Return what may be told of it: neither the key nor a value of the source."""
        return {
            "profile": BASIC.meaning,
            "options": [OPTIONS[name].meaning for name in self.options],
            "key_fingerprint": fingerprint(self.key),
            "reviewed_descriptions": len(self.vocabulary),
            "reviewed_private_creators": sorted(self.creators),
            "series_blacked_out": len(self.boxes),
        }


def policy_of(
    profile: str,
    options: str | Iterable[str],
    key: str | bytes | None,
    vocabulary: Mapping[str, str] | str | Iterable[str],
    creators: str | Iterable[str],
    boxes: Mapping[str, Sequence[Box]],
) -> Policy:
    """Return the arguments of `dicomview.privacy.plan` as one value, or raise UnknownChoice."""
    if profile != "basic":
        raise UnknownChoice(f'there is no profile {profile!r}; "basic" is the Basic Profile of PS3.15')
    names = sorted({options} if isinstance(options, str) else set(options))
    unknown = [name for name in names if name not in OPTIONS]
    if unknown:
        raise UnknownChoice(f"there is no option {unknown[0]!r}; there are {', '.join(OPTIONS)}")
    if {"retain_full_dates", "retain_modified_dates"} <= set(names):
        raise UnknownChoice("retain_full_dates and retain_modified_dates exclude each other; give one of them")
    if vocabulary and "clean_descriptors" not in names:
        raise UnknownChoice('a vocabulary replaces descriptions; give options="clean_descriptors" with it')
    if creators and "retain_safe_private" not in names:
        raise UnknownChoice('creators keep private elements; give options="retain_safe_private" with them')
    vocabulary = [vocabulary] if isinstance(vocabulary, str) else vocabulary
    texts = vocabulary if isinstance(vocabulary, Mapping) else {text: text for text in vocabulary}
    return Policy(
        tuple(names),
        _key(key),
        {source.strip(): target for source, target in texts.items()},
        frozenset(creator.strip() for creator in ([creators] if isinstance(creators, str) else creators)),
        boxes_of(boxes),
    )


def _key(key: str | bytes | None) -> bytes:
    if key is None:
        return secrets.token_bytes(32)
    given = key.encode() if isinstance(key, str) else bytes(key)
    if len(given) < _SHORTEST_KEY:
        raise UnknownChoice(
            f"the key has {len(given)} bytes, and at least {_SHORTEST_KEY} are needed, or it can be guessed; give a "
            "longer one, or none, and keep plan.key for files that come later"
        )
    return given


def boxes_of(given: Mapping[str, Sequence[Box]]) -> dict[str, tuple[Box, ...]]:
    """Return rectangles by SeriesInstanceUID, or raise UnknownChoice."""
    if not isinstance(given, Mapping):
        raise UnknownChoice("rectangles are a dict: under a SeriesInstanceUID a list of (left, top, right, bottom)")
    if not all(given.values()):
        raise UnknownChoice("a series without a rectangle was given; leave it out")
    return {uid: tuple(map(_box, boxes)) for uid, boxes in given.items()}


def _box(given: Box) -> Box:
    try:
        left, top, right, bottom = map(operator.index, given)
    except (TypeError, ValueError):
        raise UnknownChoice(f"a rectangle is four whole numbers (left, top, right, bottom), not {given!r}") from None
    if not (0 <= left < right and 0 <= top < bottom):
        raise UnknownChoice(
            f"the rectangle {(left, top, right, bottom)} is empty or begins outside; give (left, top, right, bottom) "
            "in pixels from the upper left corner"
        )
    return left, top, right, bottom
