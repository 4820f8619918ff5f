"""What a notebook shows: the only rooms that know Jupyter and matplotlib."""

from dicomview.views.browser import Browser, browse
from dicomview.views.document_view import DocumentView
from dicomview.views.door import view
from dicomview.views.figures import figure
from dicomview.views.slice_view import SliceView

__all__ = ["Browser", "DocumentView", "SliceView", "browse", "figure", "view"]
