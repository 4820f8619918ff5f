"""What the tests of pixels are judged by: DCMTK, Node, and data sets whose every value is known."""

from __future__ import annotations

import io
import os
import re
import shutil
import struct
import subprocess
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import imagecodecs
import numpy as np
import phantoms
import pydicom.data
import pytest
from pydicom import dcmread, uid
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from dicomview.pixels import FrameTags, frame_count, stored_values
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

PYDICOM_FILES = Path(pydicom.data.__file__).parent / "test_files"

_PACKAGES = {"node": "nodejs"}


def tool(name: str) -> str:
    """Return the path of a program; without it the test is skipped, and fails where CI=true."""
    found = shutil.which(name)
    if found is None:
        lack = f"no {name}: run apt-get install {_PACKAGES.get(name, 'dcmtk')}"
        if os.environ.get("CI") == "true":
            pytest.fail(lack, pytrace=False)
        pytest.skip(lack)
    return found


def run(name: str, *arguments: str | Path) -> None:
    done = subprocess.run([tool(name), *map(str, arguments)], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def described(
    pixels: NDArray[Any], *, stored: int | None = None, syntax: str = ExplicitVRLittleEndian, **elements: object
) -> Dataset:
    """Return a data set that describes `pixels` and holds them as they lie in memory.

    `pixels` is (rows, columns) or (rows, columns, 3); `elements` are set last.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "2.25.1"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = 8 * pixels.dtype.itemsize
    dataset.BitsStored = stored or dataset.BitsAllocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    content = pixels.tobytes()
    dataset.add_new("PixelData", "OB" if pixels.dtype.itemsize == 1 else "OW", content + b"\0" * (len(content) % 2))
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def compressed(pixels: NDArray[Any], syntax: str, codestreams: Sequence[bytes], **elements: Any) -> Dataset:
    """Return a data set that describes `pixels` and holds them compressed, one codestream a frame."""
    dataset = described(pixels, syntax=syntax, **elements)
    dataset.add_new("PixelData", "OB", encapsulate(list(codestreams)))
    if len(codestreams) > 1:
        dataset.NumberOfFrames = len(codestreams)
    return dataset


def decoded(dataset: Dataset, frame: int = 0, *, value: bytes | None = None) -> NDArray[Any]:
    """Return what dicomview makes of the pixel data of `dataset`, or of other bytes in their place."""
    keyword = next(k for k in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if k in dataset)
    element = dataset[keyword]
    return stored_values(dataset, io.BytesIO(element.value if value is None else value), frame, vr=element.VR)


def all_decoded(dataset: Dataset) -> NDArray[Any]:
    """Return all frames, decoded one by one, in the shape of pydicom's ``pixel_array``."""
    frames = [decoded(dataset, k) for k in range(frame_count(dataset))]
    return np.stack(frames) if len(frames) > 1 else frames[0]


def bundled(name: str) -> Dataset:
    return dcmread(PYDICOM_FILES / name, force=True)


def cut_jpeg(stream: bytes) -> bytes:
    """Return a JPEG without its last third, an end mark in a comment.

    Pillow refuses it as truncated; libjpeg, and so imagecodecs, fills the rest with grey.
    """
    return stream[:2] + b"\xff\xfe\x00\x04\xff\xd9" + stream[2 : len(stream) * 2 // 3]


def jpeg_slices(count: int, cut: int = -1) -> list[Dataset]:
    """Return a pile of grey JPEG slices; that of slice `cut` is cut."""
    noise = np.random.default_rng(3).integers(0, 255, (64, 64), dtype=np.uint8)
    stream = imagecodecs.jpeg8_encode(noise, level=90)
    pile = phantoms.regular(np.zeros((count, 64, 64), np.int16))
    for k, one in enumerate(pile):
        one.PixelData = encapsulate([cut_jpeg(stream) if k == cut else stream])
        one["PixelData"].VR = "OB"
        one.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
        one.BitsAllocated = one.BitsStored = 8
        one.HighBit, one.PixelRepresentation = 7, 0
    return pile


def read_pgm(path: Path) -> NDArray[np.uint8]:
    content = path.read_bytes()
    head = re.match(rb"P5\s+(?:#.*\n)?(\d+)\s+(\d+)\s+255\s", content)
    assert head, content[:40]
    return np.frombuffer(content[head.end() :], np.uint8).reshape(int(head[2]), int(head[1]))


def header(**elements: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def tags(**elements: Any) -> FrameTags:
    return FrameTags(header(**elements))


def put_raw(dataset: Dataset, keyword_tag: int, vr: str, value: bytes) -> Dataset:
    """Add an element as a file holds it, which pydicom converts on access."""
    tag = Tag(keyword_tag)
    dataset._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)
    return dataset


# --- pictures and codecs that keep them -------------------------------------------------------------------------------

_J, _I = np.mgrid[:30, :22]
_NOISE = np.random.default_rng(7).integers(0, 40, _J.shape)
_WAVES = (900 * np.sin(_J / 5) + 40 * _I + _NOISE).astype(int)

GREY: dict[str, tuple[NDArray[Any], int]] = {
    "8 bits": (np.clip(_WAVES // 8 + 90, 0, 255).astype(np.uint8), 8),
    "12 of 16 bits": (np.clip(_WAVES + 900, 0, 4095).astype(np.uint16), 12),
    "16 bits": ((_WAVES * 31 % 65536).astype(np.uint16), 16),
    "12 of 16 bits signed": (np.clip(_WAVES - 500, -2048, 2047).astype(np.int16), 12),
    "16 bits signed": ((_WAVES * 15 - 9000).astype(np.int16), 16),
}
COLOUR = np.stack([GREY["8 bits"][0], GREY["8 bits"][0][::-1], np.full(_J.shape, 77, np.uint8)], axis=-1)
JPEG_XL = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (110, 111, 112))


def unsigned(pixels: NDArray[Any], stored: int) -> NDArray[Any]:
    """The same bits as a codec without a sign takes them: BitsStored of them, and zeros above."""
    mask = (1 << stored) - 1
    return (pixels.astype(np.int64) & mask).astype(f"u{pixels.dtype.itemsize}")


def jpeg2k(pixels: NDArray[Any], _: int) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", level=0, reversible=True))


def rle(pixels: NDArray[Any]) -> bytes:
    """PS3.5 annex G with literal runs alone: one segment a byte plane, the most significant first."""
    samples = pixels[..., None] if pixels.ndim == 2 else pixels
    segments = []
    for sample in range(samples.shape[-1]):
        plane = np.ascontiguousarray(samples[..., sample])
        octets = plane.astype(plane.dtype.newbyteorder(">")).view(np.uint8).reshape(plane.size, -1)
        for octet in octets.T:
            content = octet.tobytes()
            runs = [content[k : k + 128] for k in range(0, len(content), 128)]
            segment = b"".join(bytes([len(piece) - 1]) + piece for piece in runs)
            segments.append(segment + b"\0" * (len(segment) % 2))
    starts = 64 + np.cumsum([0, *(len(segment) for segment in segments[:-1])])
    return struct.pack("<16L", len(segments), *starts, *[0] * (15 - len(segments))) + b"".join(segments)


LOSSLESS: dict[str, tuple[str, Callable[[NDArray[Any], int], bytes]]] = {
    "JPEG lossless": (uid.JPEGLossless, lambda x, n: imagecodecs.ljpeg_encode(unsigned(x, n), bitspersample=n)),
    "JPEG lossless SV1": (uid.JPEGLosslessSV1, lambda x, n: imagecodecs.ljpeg_encode(unsigned(x, n), bitspersample=n)),
    "JPEG-LS": (uid.JPEGLSLossless, lambda x, n: imagecodecs.jpegls_encode(unsigned(x, n))),
    "JPEG 2000": (uid.JPEG2000Lossless, jpeg2k),
    "JPEG 2000, lossy syntax": (uid.JPEG2000, jpeg2k),
    "HTJ2K": (uid.HTJ2KLossless, lambda x, _: imagecodecs.htj2k_encode(x, reversible=True)),
    "HTJ2K RPCL": (uid.HTJ2KLosslessRPCL, lambda x, _: imagecodecs.htj2k_encode(x, reversible=True)),
    "HTJ2K, lossy syntax": (uid.HTJ2K, lambda x, _: imagecodecs.htj2k_encode(x, reversible=True)),
    "RLE": (uid.RLELossless, lambda x, _: rle(x)),
    "JPEG XL": (JPEG_XL[0], lambda x, n: imagecodecs.jpegxl_encode(unsigned(x, n), lossless=True, bitspersample=n)),
    "JPEG XL 112": (JPEG_XL[2], lambda x, n: imagecodecs.jpegxl_encode(unsigned(x, n), lossless=True)),
}

LOSSY: dict[str, tuple[str, Callable[[NDArray[Any]], bytes], int]] = {
    "JPEG baseline": (uid.JPEGBaseline8Bit, lambda x: imagecodecs.jpeg8_encode(x, level=97), 6),
    "JPEG extended, 8 bits": (uid.JPEGExtended12Bit, lambda x: imagecodecs.jpeg8_encode(x, level=97), 6),
    "JPEG-LS near-lossless": (uid.JPEGLSNearLossless, lambda x: imagecodecs.jpegls_encode(x, level=3), 3),
    "JPEG 2000": (uid.JPEG2000, lambda x: imagecodecs.jpeg2k_encode(x, codecformat="j2k", level=45), 8),
    "JPEG XL": (JPEG_XL[2], lambda x: imagecodecs.jpegxl_encode(x, distance=0.2), 8),
}


class Dumped(NamedTuple):
    """One element as DCMTK's dcmdump tells it; `text` is None where it is a name or bytes."""

    tag: str
    vr: str
    text: str | None
    length: int | None
    vm: int


def dumped(path: str | Path, *options: str) -> list[Dumped]:
    """Return the elements of the data set (file meta information apart) at every depth, in the order of the file."""
    command = [tool("dcmdump"), "-q", "-Un", "-M", "+R", "64", "+L", *options, str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    text = done.stdout.decode("utf-8", errors="replace").split("# Dicom-Data-Set")[1]
    line = re.compile(r"\n *\(([0-9a-f]{4},[0-9a-f]{4})\) (\w\w) (.*?) +# *(u/l|\d+), *(\d+) [^\n]*(?=\n)", re.DOTALL)
    found = []
    for tag, vr, value, length, vm in line.findall(text):
        if tag.startswith("fffe"):
            continue
        words = None
        if value == "(no value available)":
            words = ""
        elif value.startswith("[") and value.endswith("]"):
            words = value[1:-1]
        elif vr in ("US", "SS", "UL", "SL"):
            words = value
        found.append(Dumped(f"({tag.upper()})", vr, words, None if length == "u/l" else int(length), int(vm)))
    return found


def bundled_data_sets() -> Iterator[tuple[str, Callable[[], Dataset]]]:
    """Yield the name of each file of pydicom's wheel that pydicom itself can read and walk, and what reads it anew."""
    for path in _walkable():
        yield path.name, partial(_read_quietly, path)


@cache
def _walkable() -> list[Path]:
    found = []
    for path in sorted(PYDICOM_FILES.parent.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".pyc", ".pyi"):
            with quiet(), suppress(Exception):
                list(dcmread(path).iterall())
                found.append(path)
    return found


def _read_quietly(path: Path) -> Dataset:
    with quiet():
        return dcmread(path)
