"""Decoders of compressed pixel data: pydicom's own plugins, and imagecodecs where they end.

The decoders here are dicomview's own objects: pydicom's shared ones, which every other user of pydicom in the same
process sees, are left as they are.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from pydicom import uid
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels.decoders.base import Decoder, get_decoder

from dicomview.errors import NoDecoder
from dicomview.pixels.codestream import codestream_size
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from io import BufferedIOBase

    from numpy.typing import NDArray
    from pydicom.pixels.decoders.base import DecodeRunner

__all__ = ["DECODER_DEPENDENCIES", "decode", "decode_frame", "decoder_of", "is_available"]

# Modules of pydicom by the names of their plugins, in the order in which they are tried.
# Without gdcm: it answers a damaged codestream with std::terminate, which ends the kernel and all that is in it.
_PYDICOM_PLUGINS = {"pylibjpeg": "pylibjpeg", "pyjpegls": "pyjpegls", "pillow": "pillow", "pydicom": "rle"}
_PLUGINS = (*_PYDICOM_PLUGINS, "imagecodecs")

# Transfer syntax to the imagecodecs function that reads its codestreams.
_READERS: dict[str, str] = {
    uid.JPEGBaseline8Bit: "jpeg8_decode",
    uid.JPEGExtended12Bit: "jpeg8_decode",
    uid.JPEGLossless: "ljpeg_decode",
    uid.JPEGLosslessSV1: "ljpeg_decode",
    uid.JPEGLSLossless: "jpegls_decode",
    uid.JPEGLSNearLossless: "jpegls_decode",
    uid.JPEG2000Lossless: "jpeg2k_decode",
    uid.JPEG2000: "jpeg2k_decode",
    uid.HTJ2KLossless: "jpeg2k_decode",
    uid.HTJ2KLosslessRPCL: "jpeg2k_decode",
    uid.HTJ2K: "jpeg2k_decode",
}

# JPEG XL, lossless, recompressed JPEG, and lossy: newer than pydicom's decoders, so read without them.
_JPEG_XL = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (110, 111, 112))

# Decoders of ITU T.81 fill what is missing of a picture with grey and say nothing, and those of JPEG-LS search for its
# end for seconds. So the end mark is looked for first.
_MARKED_END = frozenset({*uid.JPEGTransferSyntaxes, *uid.JPEGLSTransferSyntaxes})
_END_OF_IMAGE = b"\xff\xd9"
_OTHER_SIZE = "the compressed frame has {} rows and {} columns, and the header says {} and {}"
_NOT_INSTALLED = (
    "the pixel data are stored as {} and no decoder for it is installed; "
    "run: python -m pip install imagecodecs pylibjpeg pylibjpeg-openjpeg pylibjpeg-rle pyjpegls"
)

# What a plugin module of pydicom must offer, beside is_available and the decoding function.
DECODER_DEPENDENCIES = dict.fromkeys(_READERS, ("numpy", "imagecodecs"))


def is_available(syntax: str) -> bool:
    """Return True when imagecodecs is installed and reads `syntax` (part of pydicom's plugin interface)."""
    return syntax in _READERS and importlib.util.find_spec("imagecodecs") is not None


def decode_frame(source: bytes, runner: DecodeRunner) -> bytes:
    """Decode one encapsulated frame with imagecodecs (part of pydicom's plugin interface).

    Parameters
    ----------
    source : bytes
        The codestream.
    runner : pydicom.pixels.decoders.base.DecodeRunner
        Holds what the header says; told here in which form the samples come back.

    Returns
    -------
    bytes
        Samples, little endian, colour by pixel.
    """
    import imagecodecs

    samples = np.asarray(getattr(imagecodecs, _READERS[runner.transfer_syntax])(source))
    if runner.samples_per_pixel == 3:
        runner.set_option("planar_configuration", 0)
        if runner.transfer_syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, *uid.JPEG2000TransferSyntaxes):
            # libjpeg and OpenJPEG have undone the colour transform of the codestream.
            runner.set_option("photometric_interpretation", "RGB")
    runner.set_option("bits_allocated", 8 * samples.dtype.itemsize)
    return samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes()


def decode(
    stream: BinaryIO, syntax: str, frame: int, options: dict[str, Any], length: int | None = None
) -> tuple[NDArray[np.generic], str]:
    """Return the samples of one frame as its decoder gives them.

    Parameters
    ----------
    stream : binary file
        At the first byte of the value of the pixel data element.
    syntax : str
        Transfer syntax UID.
    frame : int
        Zero-based.
    options : dict
        What pydicom's decoders want to know of the image.
    length : int, optional
        Bytes of the value where it is uncompressed; what follows in the stream belongs to other elements.

    Returns
    -------
    samples : (rows, columns) or (rows, columns, 3) array
        Colour as RGB.
    note : str
        Which decoder stood in for which, where one refused the frame; otherwise empty.

    Raises
    ------
    NoDecoder
        No installed package reads the transfer syntax.
    ValueError
        The frame is not there, or not all of it.
    RuntimeError
        Every decoder refused the frame; the error is that of the last one.
    """
    read_jpeg_xl = syntax in _JPEG_XL and importlib.util.find_spec("imagecodecs") is not None
    decoder = None if read_jpeg_xl else decoder_of(syntax)
    if not 0 <= frame < options["number_of_frames"]:
        raise ValueError(f"frame {frame} was asked for, and the header announces {options['number_of_frames']}")
    if decoder is not None and decoder.is_native:
        return _native(decoder, stream, frame, options, length), ""
    with quiet():
        return _compressed(decoder, stream, syntax, frame, options)


def _compressed(
    decoder: Decoder | None, stream: BinaryIO, syntax: str, frame: int, options: dict[str, Any]
) -> tuple[NDArray[np.generic], str]:
    offsets = options.pop("extended_offsets", None)
    try:
        codestream = get_frame(stream, frame, number_of_frames=options["number_of_frames"], extended_offsets=offsets)
    except struct.error:
        raise ValueError(f"the compressed pixel data break off before frame {frame}") from None
    if not codestream:
        raise ValueError("the compressed frame is empty")
    if decoder is None:
        return _jpeg_xl(codestream, options), ""
    if syntax in _MARKED_END and _END_OF_IMAGE not in codestream:
        raise ValueError("the compressed frame breaks off: its end mark is missing")
    found, announced = codestream_size(codestream), (options["rows"], options["columns"])
    if found is not None and found != announced:
        # Decoders go by one or the other: the picture would come out sheared.
        raise ValueError(_OTHER_SIZE.format(*found, *announced))
    return _first_that_can(decoder, encapsulate([codestream]), options | {"number_of_frames": 1})


def _first_that_can(decoder: Decoder, value: bytes, options: dict[str, Any]) -> tuple[NDArray[np.generic], str]:
    """Return the samples of the only frame of `value`, and a note when a decoder before that one has refused it.

    pydicom tries its plugins by itself, and keeps to itself which of them it was. Damage that one decoder reports
    another may fill with grey.
    """
    refused: list[str] = []
    failure: Exception = RuntimeError("there is no decoder")
    for name in (name for name in _PLUGINS if name in decoder.available_plugins):
        try:
            array, _ = decoder.as_array(value, index=0, raw=False, decoding_plugin=name, **options)
        except Exception as error:  # noqa: BLE001  raised below when no other can
            refused.append(name)
            failure = error
            continue
        return np.asarray(array), f"decoded by {name}, not by {' or '.join(refused)}" if refused else ""
    raise failure


def _native(
    decoder: Decoder, stream: BinaryIO, frame: int, options: dict[str, Any], size: int | None
) -> NDArray[np.generic]:
    """Return the samples of one uncompressed frame, having made sure that all of its bytes are there."""
    shape = options["rows"], options["columns"]
    samples = shape[0] * shape[1] * options["samples_per_pixel"]
    if options["photometric_interpretation"] == "YBR_FULL_422":
        samples = samples * 2 // 3  # two pixels share their colour
    bits = samples * options["bits_allocated"]
    begin, skipped = divmod(frame * bits, 8)
    length = (skipped + bits + 7) // 8
    wanted = length if size is None else max(0, min(length, size - begin))
    # Two threads that read slices take turns at every call to the system: no seek that leads nowhere.
    if begin:
        stream.seek(begin, io.SEEK_CUR)
    if plain := wanted == length and decoder.UID.is_little_endian and _plain(options):
        array = np.empty(shape, f"<{'ui'[options['pixel_representation']]}{options['bits_allocated'] // 8}")
        there = cast("BufferedIOBase", stream).readinto(array.reshape(-1).view(np.uint8).data)
    else:
        found = stream.read(wanted)
        there = len(found)
    if there < length:
        raise ValueError(f"frame {frame} needs {length:,} bytes, and {there:,} are there")
    if plain:
        return array
    if options["bits_allocated"] == 1 and options["samples_per_pixel"] == 1:
        # Frames follow each other without a gap (PS3.5 8.1.1), so one may begin and end within a byte.
        unpacked = np.unpackbits(np.frombuffer(found, np.uint8), bitorder="little")
        return unpacked[skipped : skipped + bits].reshape(shape)
    stream.seek(-begin - there, io.SEEK_CUR)
    with quiet():
        array, _ = decoder.as_array(stream, index=frame, raw=False, **options)
    return np.asarray(array)


def _plain(options: dict[str, Any]) -> bool:
    """Return True where the bytes are the samples, of a description that pydicom would not refuse."""
    return (
        options["pixel_keyword"] == "PixelData"
        and options["samples_per_pixel"] == 1
        and options["bits_allocated"] in (8, 16, 32)
        and 1 <= options["bits_stored"] <= options["bits_allocated"]
        and options["pixel_representation"] in (0, 1)
        and options["photometric_interpretation"] in ("MONOCHROME1", "MONOCHROME2")
    )


def _jpeg_xl(codestream: bytes, options: dict[str, Any]) -> NDArray[np.generic]:
    """Return the samples of a JPEG XL codestream, which must have the size that the header announces."""
    import imagecodecs

    samples = np.asarray(imagecodecs.jpegxl_decode(codestream))
    shape = options["rows"], options["columns"]
    if samples.shape[:2] != shape:
        raise ValueError(_OTHER_SIZE.format(*samples.shape[:2], *shape))
    if samples.shape[2:] != ((3,) if options["samples_per_pixel"] == 3 else ()):
        raise ValueError(f"the compressed frame is not of {options['samples_per_pixel']} samples a pixel")
    if options["pixel_representation"] and samples.dtype.kind == "u":
        return samples.view(f"i{samples.dtype.itemsize}")
    return samples


@functools.cache
def decoder_of(syntax: str) -> Decoder:
    """Return the decoder of a transfer syntax.

    Raises
    ------
    NoDecoder
        There is none; the message says whether a package would help.
    """
    name = uid.UID(syntax).name
    try:
        shared = get_decoder(syntax)
    except NotImplementedError:
        if syntax in _JPEG_XL:
            raise NoDecoder(_NOT_INSTALLED.format(name)) from None
        raise NoDecoder(
            f"the pixel data are stored as {name}, which no package dicomview knows can decode; "
            "convert the file with the software that made it"
        ) from None
    decoder = Decoder(shared.UID)
    if not shared.UID.is_encapsulated:
        return decoder
    for label, module in _PYDICOM_PLUGINS.items():
        if label in shared._available or label in shared._unavailable:
            decoder.add_plugin(label, (f"pydicom.pixels.decoders.{module}", "_decode_frame"))
    if syntax in _READERS:
        decoder.add_plugin("imagecodecs", (__name__, "decode_frame"))
    if not decoder.is_available:
        raise NoDecoder(_NOT_INSTALLED.format(name))
    return decoder
