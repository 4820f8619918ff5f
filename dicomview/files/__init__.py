"""The only door to the disk: find files, read headers, glance at them, open pixel data."""

from dicomview.files.ahead import ahead
from dicomview.files.attributes import ATTRIBUTES, Attribute
from dicomview.files.behind import broken_sequence, elements_behind
from dicomview.files.extent import PixelSpan
from dicomview.files.glance import Glance, Glancer
from dicomview.files.headers import STATUSES, Header, Status, read_header
from dicomview.files.locate import Location, Source, locate
from dicomview.files.read import Headers, read_headers
from dicomview.files.remote import is_url
from dicomview.files.target import NUMBERED, ending_of, new_file, new_folder
from dicomview.files.template import Facts

__all__ = [
    "ATTRIBUTES",
    "NUMBERED",
    "STATUSES",
    "Attribute",
    "Facts",
    "Glance",
    "Glancer",
    "Header",
    "Headers",
    "Location",
    "PixelSpan",
    "Source",
    "Status",
    "ahead",
    "broken_sequence",
    "elements_behind",
    "ending_of",
    "is_url",
    "locate",
    "new_file",
    "new_folder",
    "read_header",
    "read_headers",
]
