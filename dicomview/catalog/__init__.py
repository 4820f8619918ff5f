"""What is in these files, as tables."""

from dicomview.catalog.accessor import TagsAccessor
from dicomview.catalog.catalog import Catalog
from dicomview.catalog.exchange import read_tags
from dicomview.catalog.scan import scan
from dicomview.catalog.tables import tags

__all__ = ["Catalog", "TagsAccessor", "read_tags", "scan", "tags"]
