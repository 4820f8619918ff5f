"""Samples as the libraries of machine learning take them: PyTorch's two kinds of data sets, MONAI's dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dicomview.export.extras import needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Mapped", "Sampled", "monai_of", "stream_of", "tensors_of"]

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_TORCH = "a data set for PyTorch"


class Sampled(Protocol):
    """Whatever has a length and samples by their number: all that PyTorch asks of a map-style data set."""

    def __len__(self) -> int:
        """Return how many samples there are."""

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Return one sample."""


class Mapped:
    """Samples, each changed by a function when it is asked for.

    Parameters
    ----------
    samples : Sampled
    change : callable, optional
        From a sample to whatever is wanted of it.
    """

    def __init__(self, samples: Sampled, change: Callable[[dict[str, Any]], Any] | None = None) -> None:
        self.samples, self.change = samples, change

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: int) -> Any:
        sample = self.samples[number]
        return sample if self.change is None else self.change(sample)


def tensors_of(sample: dict[str, Any]) -> dict[str, Any]:
    """Return a sample whose arrays are tensors; everything else is as it was."""
    torch = needed("torch", _TORCH, "torch")

    def tensor(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: tensor(one) for name, one in value.items()}
        return torch.from_numpy(np.ascontiguousarray(value)) if isinstance(value, np.ndarray) else value

    return {name: tensor(value) for name, value in sample.items()}


def stream_of(samples: Mapped, shuffle: bool, seed: int) -> Any:
    """Return a ``torch.utils.data.IterableDataset`` of samples; each worker of a loader yields its share of them.

    With `shuffle` the order changes from one round to the next, and follows from `seed`, in workers from PyTorch's as
    well.
    """
    data = needed("torch.utils.data", _TORCH, "torch")
    base: Any = data.IterableDataset

    class Stream(base):  # type: ignore[misc]  # known only now
        rounds = 0

        def __iter__(self) -> Iterator[Any]:
            worker = data.get_worker_info()
            # Workers of one round have the same base seed, and a new one in the next; they do not count rounds.
            round_ = self.rounds if worker is None else worker.seed - worker.id
            self.rounds += 1
            order = np.arange(len(samples))
            if shuffle:
                order = np.random.default_rng((seed, round_)).permutation(order)
            mine = order if worker is None else order[worker.id :: worker.num_workers]
            for number in mine.tolist():
                yield samples[number]

        def __len__(self) -> int:
            return len(samples)

        def __reduce__(self) -> Any:  # a class made here has no name for a worker that is started anew
            return stream_of, (samples, shuffle, seed)

    return Stream()


def monai_of(sample: dict[str, Any]) -> dict[str, Any]:
    """Return a sample as MONAI's dictionary transforms take it.

    Returns
    -------
    dict
        "image": the array, with "image_meta_dict": "affine" from its indices to RAS mm, "original_affine" (before
        another spacing), "spatial_shape", "space", "original_channel_dim" (0 for windows as channels, else NaN for
        none), "filename_or_obj" (the series UID), and the sample's own units, tags, axes, verdict. Where there are
        masks: "label", a bool channel each, with "label_meta_dict", which names them. ``MetaTensor(d["image"],
        meta=d["image_meta_dict"])`` is MONAI's tensor of it.
    """
    image = sample["image"]
    shape = image.shape[-3:]
    place = {
        "affine": _LPS_TO_RAS @ sample["affine"],
        "original_affine": _LPS_TO_RAS @ sample["original_affine"],
        "spatial_shape": np.array(shape),
        "space": "RAS",
        "filename_or_obj": sample["uid"],
    }
    own = {name: sample[name] for name in ("units", "tags", "axes", "verdict", "notes")}
    channel = 0 if image.ndim == 4 else float("nan")
    made = {"image": image, "image_meta_dict": place | own | {"original_channel_dim": channel}}
    if "masks" in sample:
        masks = sample["masks"]
        made["label"] = np.stack(list(masks.values())) if masks else np.zeros((0, *shape), bool)
        made["label_meta_dict"] = place | {"original_channel_dim": 0, "segments": list(masks)}
    return made
