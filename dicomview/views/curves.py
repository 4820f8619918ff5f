"""The curves of a waveform, drawn one under the other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from dicomview.objects import Curves

__all__ = ["curves_png"]

_INCHES = 0.7  # height of one channel
_MOST_SAMPLES = 10_000
_MOST_CHANNELS = 32


def curves_png(curves: Curves) -> tuple[bytes, str]:
    """Return a picture of the curves as PNG, and what it shows in words.

    At most the first 10,000 samples of the first 32 channels are drawn; the words say so.
    """
    channels, samples = curves.values.shape
    kept = curves.values[:_MOST_CHANNELS, :_MOST_SAMPLES]
    times = np.arange(kept.shape[1]) / (curves.rate or 1.0)
    fig = Figure(figsize=(9, _INCHES * (len(kept) + 1)))
    fig.subplots_adjust(0.18, 0.5 * _INCHES / fig.get_figheight(), 0.99, 0.99, hspace=0.15)
    for row, (values, name, unit) in enumerate(zip(kept, curves.names, curves.units, strict=False), 1):
        ax = fig.add_subplot(len(kept), 1, row)
        ax.plot(times, np.where(np.isfinite(values), values, np.nan), linewidth=0.7, color="#1f4e79")
        ax.margins(x=0)
        ax.tick_params(labelsize=6, labelbottom=row == len(kept))
        ax.spines[["top", "right"]].set_visible(False)
        label = f"{name[:24]}\n{unit[:12]}".strip()
        ax.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=7, parse_math=False)
        ax.yaxis.set_label_coords(-0.07, 0.5)
        if row == len(kept):
            ax.set_xlabel("s" if curves.rate else "samples", fontsize=7)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=90)
    parts = [f"{curves.label}: {len(kept)} channels"]
    parts += [f"the first {len(kept)} of {channels} channels"] if channels > len(kept) else []
    parts += [f"the first {kept.shape[1]:,} of {samples:,} samples"] if samples > kept.shape[1] else []
    return buffer.getvalue(), ", ".join(parts)
