"""Data elements as rows and plain values."""

from dicomview.elements.flatten import COLUMNS, plain, rows_of

__all__ = ["COLUMNS", "plain", "rows_of"]
