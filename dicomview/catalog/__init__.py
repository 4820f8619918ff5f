"""What is in these files, as tables."""

from dicomview.catalog.tables import tags

__all__ = ["tags"]
