"""Family F: what each path is, and whether all of the file is there."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from hashlib import file_digest
from typing import TYPE_CHECKING, Any, cast

from dicomview.errors import UnsafeArchive
from dicomview.files.extent import native_length
from dicomview.pixels import FrameTags
from dicomview.rules.check import Finding, check
from dicomview.rules.element import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.files import Header, Location
    from dicomview.rules.material import Instance, Material
    from dicomview.space import Series

__all__: list[str] = []

# First bytes of a preamble that make the file something else at the same time (PS3.10 7.1, 7.5).
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_META = {
    "FileMetaInformationVersion": "\\x00\\x01",
    "MediaStorageSOPClassUID": "a UID",
    "MediaStorageSOPInstanceUID": "a UID",
    "ImplementationClassUID": "a UID",
}


def _with_status(material: Material, *statuses: str) -> Iterator[Finding]:
    """Yield a finding for each path with one of `statuses`, in the words of the reader."""
    for header in material.headers:
        if header.status in statuses:
            yield Finding(_words(header), files=(header.location.label,))


def _words(header: Header) -> str:
    """Return what ails a path, without its name: that stands beside, and may be hidden there."""
    words, path = header.detail or header.status.replace("_", " "), header.location.path
    if (remote := header.location.remote) is not None:
        return words.replace(remote.url, "the URL")
    return words if path is None or not words.startswith(f"{path.name} ") else f"it{words[len(path.name) :]}"


@check(
    "F01",
    "info",
    "file",
    "source",
    rule="A path that is no DICOM file.",
    why="Nothing is skipped in silence: what is not read is listed.",
    todo="Nothing, unless it should have been DICOM.",
    standard="PS3.10 7.1",
    columns=True,
)
def _not_dicom(material: Material) -> Iterator[Finding]:
    yield from _with_status(material, "not_dicom", "empty")


@check(
    "F02",
    "warning",
    "file",
    "source",
    rule="A data set without the preamble and mark in front of it.",
    why="Strict software does not take it for DICOM.",
    todo="Nothing here: it is read all the same.",
    standard="PS3.10 7.1",
    columns=True,
)
def _missing_prefix_readable(material: Material) -> Iterator[Finding]:
    yield from _with_status(material, "no_preamble")


@check(
    "F03",
    "error",
    "file",
    "source",
    rule="The DICOM mark, and behind it no data set that says what it is.",
    why="The file is damaged, or was written by something that is not DICOM software.",
    todo="Copy the file again, or ask the sender for it.",
    standard="PS3.10 7.1",
    columns=True,
)
def _garbage_after_prefix(material: Material) -> Iterator[Finding]:
    for header in material.headers:
        if header.status == "garbage" or (header.status == "unreadable" and "damaged" in header.detail):
            yield Finding(_words(header), files=(header.location.label,))
    for one in material.instances:
        if not one.tags.text("SOPClassUID"):
            yield Finding("SOPClassUID is missing", "SOPClassUID", files=(one.label,))


@check(
    "F04",
    "error",
    "file",
    "instance",
    rule="The file ends, or cannot be read further, before its pixel data.",
    why="What comes after the break is lost, the picture with it.",
    todo="Copy the file again, or ask the sender for it.",
    standard="PS3.5 7.1",
    columns=True,
)
def _truncated_header(one: Instance) -> Iterator[Finding]:
    if one.broken and one.tags.text("SOPClassUID"):
        yield Finding("the header breaks off", value=one.header.detail)


@check(
    "F05",
    "error",
    "file",
    "instance",
    rule="Fewer bytes of pixel data than the header announces.",
    why="The picture is not whole; some programs fill the rest with black.",
    todo="Copy the file again, or ask the sender for it; dicomview shows the slice as damaged, in its place.",
    standard="PS3.5 7.1",
    columns=True,
)
def _truncated_value(one: Instance) -> Iterator[Finding]:
    if one.header.status == "truncated" and one.header.pixels is not None:
        yield Finding("the pixel data are not all there", one.header.pixels.keyword, one.header.detail)


@check(
    "F07",
    "error",
    "file",
    "instance",
    rule="More uncompressed pixel data than rows, columns, samples, bits and frames make.",
    why="The header and the pixels are not of one image: what is shown may be sheared or the wrong frame.",
    todo="Ask the sender for the file again; dicomview shows the bytes that the header asks for.",
    standard="PS3.3 C.7.6.3.1, PS3.5 8.1.1",
)
def _pixel_length(one: Instance) -> Iterator[Finding]:
    span, needed = one.header.pixels, native_length(one.dataset)
    if span is None or span.size is None or needed is None or one.header.status == "truncated":
        return
    if span.size > needed + needed % 2:
        yield Finding("more pixel data than the header asks for", span.keyword, f"{span.size:,}", f"{needed:,} bytes")


@check(
    "F10",
    "error",
    "file",
    "instance",
    rule="The file meta information names another SOP class or instance than the data set.",
    why="Archives go by one of them and viewers by the other: the file is filed as something it is not.",
    todo="Ask which is right; it was edited by software that forgot the other.",
    standard="PS3.10 7.1",
)
def _file_meta_mismatch(one: Instance) -> Iterator[Finding]:
    meta = _meta_of(one)
    for other in ("SOPClassUID", "SOPInstanceUID"):
        keyword = f"MediaStorage{other}"
        said, own = str(meta.get(keyword) or ""), one.tags.text(other)
        if said and own and said.strip("\0 ") != own:
            yield Finding(f"{keyword} is not {other}", keyword, "", f"the {other} of the data set")


@check(
    "F11",
    "warning",
    "file",
    "instance",
    rule="Elements that every file meta information must have are missing.",
    why="Strict software refuses the file; who wrote it cannot be seen.",
    todo="Write the file anew with software that completes it.",
    standard="PS3.10 7.1",
)
def _file_meta_incomplete(one: Instance) -> Iterator[Finding]:
    meta = _meta_of(one)
    if one.header.status == "no_preamble" or one.header.location.dataset is not None:
        return
    for keyword, expected in _META.items():
        if not meta.get(keyword):
            yield Finding(f"{keyword} is missing", keyword, "", expected)


@check(
    "F12",
    "warning",
    "file",
    "instance",
    rule="The first bytes make the file something else, too: a TIFF (information) or a program (error).",
    why="A program in the preamble can be run, and antivirus software does not look into DICOM files.",
    todo="Do not run or share it; writing zeros into the first 128 bytes makes it harmless.",
    standard="PS3.10 7.1, 7.5",
)
def _polyglot_preamble(one: Instance) -> Iterator[Finding]:
    location = one.header.location
    if location.dataset is not None or location.path is None or one.header.status == "no_preamble":
        return
    try:
        with location.open() as stream:
            preamble = stream.read(128)
    except (OSError, UnsafeArchive):
        return  # it has gone since
    if preamble.startswith(_PROGRAMS):
        yield Finding("the preamble is that of a program", "", "", "zeros", severity="error")
    elif preamble.startswith(_TIFF):
        yield Finding("the file is a TIFF at the same time", "", "", "zeros", severity="info")
    elif preamble.strip(b"\0"):
        yield Finding("the preamble is not empty", "", "", "zeros")


@check(
    "F14",
    "warning",
    "series",
    "series",
    rule="Further copies of an instance that is here already: of an image the same SOPInstanceUID, place and pixels; "
    "of anything else the same bytes.",
    why="They count as data and are none: a copy in training and test data at once makes results look better.",
    todo="Keep one of them. Of images dicomview shows one; series.rejected lists the others.",
    standard="PS3.3 C.12.1",
    columns=True,
)
def _duplicate_file(series: Series) -> Iterator[Finding]:
    copies = dict.fromkeys(one.label for one in series.rejected if one.code == "DUPLICATE_SOP")
    copies |= dict.fromkeys(_copied_objects(series))
    if copies:
        message = "a further copy of an instance"
        yield Finding(message, "SOPInstanceUID", f"{len(copies)} further", "one", tuple(copies))


def _copied_objects(series: Series) -> Iterator[str]:
    """Yield the labels of files that are no slices and equal one before them, byte for byte."""
    objects = {one.label for one in series.rejected if one.code in ("NOT_IMAGE", "DERIVED_OBJECT")}
    groups: dict[str, list[Location]] = defaultdict(list)
    for header in series.headers:
        if header.location.label in objects and header.location.dataset is None and header.dataset is not None:
            groups[FrameTags(header.dataset).text("SOPInstanceUID")].append(header.location)
    for members in groups.values():
        seen: set[bytes] = set()
        for one in members if len(members) > 1 else ():
            with suppress(OSError, UnsafeArchive), one.open() as stream:
                digest = file_digest(cast("Any", stream), "sha256").digest()
                if digest in seen:
                    yield one.label
                seen.add(digest)


@check(
    "F16",
    "warning",
    "file",
    "source",
    rule="A DICOMDIR, a link, a list or a catalogue names a file that is not there or lies outside its folder.",
    why="Part of the set was not copied, or was moved after the scan.",
    todo="Copy the whole medium; scan again.",
    standard="PS3.10 8, PS3.3 F",
    columns=True,
)
def _dicomdir_mismatch(material: Material) -> Iterator[Finding]:
    yield from _with_status(material, "missing")


@check(
    "F18",
    "error",
    "file",
    "source",
    rule="A member of an archive that needs a password, or an archive refused because it unpacks to absurdly much.",
    why="It was not looked into.",
    todo="Unpack it yourself if you trust it, and audit the folder.",
    columns=True,
)
def _zip_encrypted_or_bomb(material: Material) -> Iterator[Finding]:
    yield from _with_status(material, "encrypted")
    for header in material.headers:
        if header.status == "unreadable" and "zip bomb" in header.detail:
            yield Finding("unpacks like a zip bomb", files=(header.location.label,))


@check(
    "F19",
    "error",
    "file",
    "source",
    rule="A path that could not be read: not permitted, a disk error, a device.",
    why="It may be an instance that is now missing from its series.",
    todo="Look at permissions and disk; copy it again.",
    columns=True,
)
def _unreadable(material: Material) -> Iterator[Finding]:
    for header in material.headers:
        if header.status == "unreadable" and "damaged" not in header.detail and "zip bomb" not in header.detail:
            yield Finding(_words(header), files=(header.location.label,))


@check(
    "F20",
    "warning",
    "file",
    "instance",
    rule=f"{DEEPEST} sequences or more are in each other.",
    why="No object of the standard is so: it was made to exhaust a program. What lies deeper is not looked at.",
    todo="Find out where the file comes from.",
)
def _nested_too_deep(one: Instance) -> Iterator[Finding]:
    if one.depth >= DEEPEST:
        yield Finding("sequences in sequences without an end", "", f"{DEEPEST} or more", "a dozen")


def _meta_of(one: Instance) -> dict[str, object]:
    """Return the file meta information, as far as it can be read."""
    meta = getattr(one.dataset, "file_meta", None) or {}
    found: dict[str, object] = {}
    for keyword in _META:
        try:
            found[keyword] = meta.get(keyword)
        except Exception:  # noqa: BLE001  pydicom raises whatever a damaged value leads to
            found[keyword] = None
    return found
