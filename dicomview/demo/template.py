"""A real brain without a patient: the MNI152 template of nilearn, written as a DICOM series."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.demo.synthetic import instances, write
from dicomview.errors import AlreadyThere, MissingExtra

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["brain"]

_FULL_SCALE = 1000.0  # stored value of the template's brightest voxel


def brain(folder: str | Path) -> Path:
    """Write the MNI152 template that ships with nilearn as an axial MR series, and return the folder.

    The template is the average of 152 healthy heads, T1-weighted, without skull, in voxels of 1 mm; nothing is
    downloaded. The files are about 17 MB and stay on this machine; the template keeps its own licence (Copyright
    McConnell Brain Imaging Centre, McGill University).

    Parameters
    ----------
    folder : path
        Made when missing. It must be empty.

    Returns
    -------
    Path
        `folder`, which then holds 189 files of 233 rows and 197 columns, feet end first.

    Raises
    ------
    AlreadyThere
        There is something in `folder` already. Nothing is written then.
    MissingExtra
        nilearn is not installed.

    Notes
    -----
    NIfTI counts millimetres to the right, the front and the crown, DICOM (PS3.3 C.7.6.2.1.1) to the left, the back and
    the crown: x and y change sign. Rows run to the back and columns to the patient's left, as is usual for axial
    pictures. The stored values are 0 to 1000, for 0 to 1 in nilearn; signal of MR has no unit.

    Examples
    --------
    >>> import dicomview as dv
    >>> series = dv.read_series(dv.demo.brain("brain"))  # doctest: +SKIP
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "holds files already" if folder.is_dir() else "is a file"
        raise AlreadyThere(f"{folder} {what}; nothing was written. Name a folder that is empty or not there yet.")
    values, affine = _template()
    # Both in-plane axes are turned round, so the first pixel is the voxel at their far ends.
    stored = np.rint(_FULL_SCALE * values[::-1, ::-1, :]).astype(np.uint16).transpose(2, 1, 0)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    across, down, up = -to_lps[:3, 0], -to_lps[:3, 1], to_lps[:3, 2]
    corner = to_lps @ np.array([values.shape[0] - 1, values.shape[1] - 1, 0, 1])
    spacing = float(np.linalg.norm(down)), float(np.linalg.norm(across))
    datasets = instances(
        stored,
        seed="demo-brain/series",
        origin=corner[:3].tolist(),
        orientation=(*(across / spacing[1]), *(down / spacing[0])),
        step=up.tolist(),
        spacing=spacing,
        modality="MR",
        window=(_FULL_SCALE / 2, _FULL_SCALE),
        description="MNI152 template, T1 (nilearn)",
        tags={
            "BodyPartExamined": "BRAIN",
            "ScanningSequence": "GR",
            "SequenceVariant": "SP",
            "ScanOptions": "",
            "MRAcquisitionType": "3D",
            "EchoTime": "",
            "EchoTrainLength": "",
            "RepetitionTime": "",
            "DerivationDescription": "Average of 152 heads (ICBM 2009a), skull removed; from the wheel of nilearn",
        },
    )
    write(datasets, folder)
    return folder


def _template() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the template's values, 0 to 1, first axis to the right, and its affine in NIfTI's space (RAS, mm)."""
    try:
        with warnings.catch_warnings():
            # nilearn announces its own coming changes on import; they are none of the reader's business.
            warnings.simplefilter("ignore")
            from nilearn.datasets import load_mni152_template

            image: Any = load_mni152_template(resolution=1)
    except ImportError as error:
        raise MissingExtra(
            'The template brain comes with nilearn, which is not installed: python -m pip install "dicomview[demo]"'
        ) from error
    return np.asarray(image.dataobj, np.float32), np.asarray(image.affine, np.float64)
