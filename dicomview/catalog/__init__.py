"""What is in these files, as tables."""

from dicomview.catalog.accessor import TagsAccessor
from dicomview.catalog.among import series_among
from dicomview.catalog.catalog import LINES, Catalog
from dicomview.catalog.columns import row_table
from dicomview.catalog.exchange import read_tags
from dicomview.catalog.instances import Instance, instances_in, of_frame, rows_in
from dicomview.catalog.keys import key_of
from dicomview.catalog.scan import scan
from dicomview.catalog.tables import by_keyword, tags

__all__ = [
    "LINES",
    "Catalog",
    "Instance",
    "TagsAccessor",
    "by_keyword",
    "instances_in",
    "key_of",
    "of_frame",
    "read_tags",
    "row_table",
    "rows_in",
    "scan",
    "series_among",
    "tags",
]
