"""What travels between a view and the browser, read as the browser reads it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TYPES = {"int16": ("<i2", ()), "uint16": ("<u2", ()), "rgb8": ("u1", (3,))}


@dataclass
class Sent:
    """One slice of a message: what is said of it, its samples (None for a fault) and its masks by the layers' names."""

    head: dict[str, Any]
    samples: NDArray[Any] | None
    masks: dict[str, NDArray[np.bool_]]

    @property
    def text(self) -> str:
        return str(self.head.get("text", ""))


def asked(
    view: Any, places: Sequence[Sequence[int]], *, plane: str | None = None, step: int = 1, pack: bool = False
) -> list[Sent]:
    """Ask for slices one by one, as the browser does, and return what comes, in its order."""
    messages: list[tuple[dict[str, Any], list[bytes]]] = []
    canvas: Any = view
    canvas.send = lambda content, buffers=None: messages.append((content, buffers))
    items = [{"at": list(at), "along": 0, "count": 1, "step": step} for at in places]
    want = {"kind": "want", "plane": plane or view.plane, "items": items, "seen": 0, "anew": True}
    want |= {"late": False, "pack": pack}
    canvas._handle_custom_msg(want, [])
    while (server := canvas._server) is not None:
        server.join(60)
    del canvas.send
    slices = [(message, buffers) for message, buffers in messages if message["kind"] == "slices"]
    return [sent for message, buffers in slices for sent in unpacked(message, buffers)]


def unpacked(message: dict[str, Any], buffers: Sequence[bytes]) -> list[Sent]:
    """Return the slices of a message."""
    samples, *bits = (bytes(buffer) for buffer in buffers)
    if message["packed"]:
        samples = zlib.decompress(samples)
    found = []
    for head in message["slices"]:
        told = {"plane": message["plane"], "step": message["step"], **head}
        if "text" in head:
            found.append(Sent(told, None, {}))
            continue
        dtype, colours = _TYPES[head["sample"]]
        shape = (head["rows"], head["columns"], *colours)
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        own, samples = samples[:size], samples[size:]
        plane = (joined(own, shape) if message["packed"] else np.frombuffer(own, dtype)).astype(dtype)
        rows = [np.frombuffer(bits.pop(0), np.uint8).reshape(shape[0], -1) for _ in head["layers"]]
        masks = [np.unpackbits(octets, axis=1)[:, : shape[1]].astype(bool) for octets in rows]
        found.append(Sent(told, plane.reshape(shape), dict(zip(head["layers"], masks, strict=True))))
    assert samples == b""
    assert bits == []
    return found


def joined(split: bytes, shape: tuple[int, ...]) -> NDArray[Any]:
    """Undo the differences, one sample after another."""
    octets = np.frombuffer(split, np.uint8).astype(int)
    if len(shape) == 3:
        return np.stack([np.cumsum(plane) & 0xFF for plane in octets.reshape(3, -1)], axis=-1)
    low, high = octets.reshape(2, -1)
    return np.cumsum(low + 256 * high) & 0xFFFF
