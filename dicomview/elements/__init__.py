"""Data elements as rows and typed values."""

from dicomview.elements.entries import Entry, entry_of
from dicomview.elements.flatten import COLUMNS, Row, row_of, rows_of
from dicomview.elements.identity import HIDDEN, Identity, fits, fitting, hides, identifies, tells
from dicomview.elements.masked import masked
from dicomview.elements.plain import plain
from dicomview.elements.profile import Rule, edition, rule_of, rules
from dicomview.elements.stored import NUMBERS, Level, Stored
from dicomview.elements.types import dtype_of, is_many, name_parts, raw_text, typed

__all__ = [
    "COLUMNS",
    "HIDDEN",
    "NUMBERS",
    "Entry",
    "Identity",
    "Level",
    "Row",
    "Rule",
    "Stored",
    "dtype_of",
    "edition",
    "entry_of",
    "fits",
    "fitting",
    "hides",
    "identifies",
    "is_many",
    "masked",
    "name_parts",
    "plain",
    "raw_text",
    "row_of",
    "rows_of",
    "rule_of",
    "rules",
    "tells",
    "typed",
]
