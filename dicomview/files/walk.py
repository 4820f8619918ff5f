"""The elements of a data set up to its pixel data, read by pydicom while we watch where in the file it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_partial

from dicomview.files.extent import KEYWORDS, UNDEFINED, PixelSpan

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset
    from pydicom.tag import BaseTag

    from dicomview.files.syntax import Inflated

__all__ = ["Walk", "read_elements"]

_TOO_DEEP = ": sequences are nested deeper in it than can be followed"


def read_elements(
    stream: BinaryIO, size: int, inflated: Inflated | None, *, bare: bool
) -> tuple[FileDataset | None, Walk]:
    """Read the header; when an element makes the parser fail, read again up to that element."""
    walk = Walk(stream, size, None)
    for _ in range(2):
        failed, why = False, ""
        try:
            stream.seek(0)
            dataset = inflated.read(walk) if inflated else read_partial(stream, stop_when=walk, force=bare)
            # pydicom drops everything it has read when the file ends within a value of undefined length.
            failed = walk.passed is not None and walk.passed not in dataset
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's own; pydicom's have no number
            failed, why = True, _TOO_DEEP if isinstance(error, RecursionError) else ""
        if not failed:
            # The data set would hold on to the whole member of an archive for as long as it lives.
            dataset.buffer = None
            walk.end(stream.tell())
            if not isinstance(getattr(dataset, "file_meta", None), FileMetaDataset):
                dataset.file_meta = FileMetaDataset()
            return dataset, walk
        if walk.passed is None:
            break
        walk = Walk(stream, size, walk.passed, why)
    return None, walk


class Walk:
    """Told of every element at the top of the data set before its value is read; stops at the pixel data.

    Also stops at an element whose value would reach past the end of the file, and at `damaged`; `why` says of that one
    what is known of the reason.
    """

    __slots__ = ("damaged", "next", "passed", "size", "span", "stream", "trouble", "why")

    def __init__(self, stream: BinaryIO, size: int, damaged: int | None, why: str = "") -> None:
        self.stream, self.size, self.damaged, self.why = stream, size, damaged, why
        self.passed: int | None = None
        self.next: int | None = None  # where the element after the one passed begins
        self.span: PixelSpan | None = None
        self.trouble = ""

    def __call__(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        """Return True to stop before this element; the stream stands at the first byte of its value."""
        start = self.stream.tell()
        if tag in KEYWORDS:
            self.span = PixelSpan(KEYWORDS[tag], start, length, vr or "OW")
            return True
        if tag == self.damaged:
            self.trouble = f"the header cannot be read past element {tag}, at byte {start:,} of {self.size:,}{self.why}"
            return True
        if length != UNDEFINED and start + length > self.size:
            self.trouble = (
                f"the file ends within its header: element {tag} should be {length:,} bytes long, and "
                f"{self.size - start:,} are there"
            )
            return True
        self.passed = int(tag)
        self.next = None if length == UNDEFINED else start + length
        return False

    def end(self, position: int) -> None:
        """Note where the parser stopped of itself, without having met the pixel data."""
        if self.span is not None or self.trouble:
            return
        if position < self.size:
            self.trouble = f"the header breaks off at byte {position:,} of {self.size:,}"
        elif self.next is not None and 0 < self.size - self.next < 8:
            self.stream.seek(self.next)
            if self.stream.read().strip(b"\0\r\n "):  # some writers pad the end
                self.trouble = f"the file ends within an element of its header, after {self.size:,} bytes"
