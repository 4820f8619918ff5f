"""The only door to the disk: find files, read headers, open pixel data."""

from dicomview.files.extent import PixelSpan
from dicomview.files.headers import Header, Status, read_header
from dicomview.files.locate import Location, Source, locate
from dicomview.files.read import Headers, read_headers

__all__ = ["Header", "Headers", "Location", "PixelSpan", "Source", "Status", "locate", "read_header", "read_headers"]
