"""Decoders of compressed pixel data: pydicom's own plugins, and imagecodecs where they end.

The decoders here are dicomview's own objects: pydicom's shared ones, which every other user of pydicom in the same
process sees, are left as they are.
"""

from __future__ import annotations

import functools
import importlib.util
from typing import TYPE_CHECKING

import numpy as np
from pydicom import uid
from pydicom.pixels.decoders.base import Decoder, get_decoder

from dicomview.errors import NoDecoder

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner

__all__ = ["DECODER_DEPENDENCIES", "decode_frame", "decoder_of", "is_available"]

_PYDICOM_PLUGINS = ("gdcm", "pylibjpeg", "pyjpegls", "pillow", "rle")

# Transfer syntax to the imagecodecs functions that read its codestreams, in order.
_READERS: dict[str, tuple[str, ...]] = {
    uid.JPEGBaseline8Bit: ("jpeg8_decode",),
    uid.JPEGExtended12Bit: ("jpeg8_decode",),
    uid.JPEGLossless: ("ljpeg_decode",),
    uid.JPEGLosslessSV1: ("ljpeg_decode",),
    uid.JPEGLSLossless: ("jpegls_decode",),
    uid.JPEGLSNearLossless: ("jpegls_decode",),
    uid.JPEG2000Lossless: ("jpeg2k_decode",),
    uid.JPEG2000: ("jpeg2k_decode",),
    uid.HTJ2KLossless: ("jpeg2k_decode",),
    uid.HTJ2KLosslessRPCL: ("jpeg2k_decode",),
    uid.HTJ2K: ("jpeg2k_decode",),
}

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

    failure: Exception | None = None
    for name in _READERS[runner.transfer_syntax]:
        try:
            samples = np.asarray(getattr(imagecodecs, name)(source))
        except Exception as error:  # noqa: BLE001  each codec has its own error class; the last one is reported
            failure = error
            continue
        if runner.samples_per_pixel == 3:
            runner.set_option("planar_configuration", 0)
            if runner.transfer_syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, *uid.JPEG2000TransferSyntaxes):
                # libjpeg and OpenJPEG have undone the colour transform of the codestream.
                runner.set_option("photometric_interpretation", "RGB")
        runner.set_option("bits_allocated", 8 * samples.dtype.itemsize)
        return samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes()
    raise failure or NoDecoder(f"imagecodecs has no reader for {runner.transfer_syntax}")


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
        raise NoDecoder(
            f"the pixel data are stored as {name}, which no package dicomview knows can decode; "
            "convert the file with the software that made it"
        ) from None
    decoder = Decoder(shared.UID)
    if not shared.UID.is_encapsulated:
        return decoder
    for plugin in _PYDICOM_PLUGINS:
        label = "pydicom" if plugin == "rle" else plugin
        if label in shared._available or label in shared._unavailable:
            decoder.add_plugin(label, (f"pydicom.pixels.decoders.{plugin}", "_decode_frame"))
    if syntax in _READERS:
        decoder.add_plugin("imagecodecs", (__name__, "decode_frame"))
    if not decoder.is_available:
        raise NoDecoder(
            f"the pixel data are stored as {name} and no decoder for it is installed; "
            "run: python -m pip install imagecodecs pylibjpeg pylibjpeg-openjpeg pylibjpeg-rle pyjpegls python-gdcm"
        )
    return decoder
