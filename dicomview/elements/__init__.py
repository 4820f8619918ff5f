"""Data elements as rows and plain values."""

from dicomview.elements.flatten import COLUMNS, level_of, plain, rows_of

__all__ = ["COLUMNS", "level_of", "plain", "rows_of"]
