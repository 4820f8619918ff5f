"""What is in these files, as tables."""

from dicomview.catalog.accessor import TagsAccessor
from dicomview.catalog.exchange import read_tags
from dicomview.catalog.tables import tags

__all__ = ["TagsAccessor", "read_tags", "tags"]
