"""Objects beside images: reports, plans, waveforms, documents, as words in order."""

from dicomview.objects.document import Attachment, Curves, Document, Node, Table
from dicomview.objects.kinds import document_of, documents_of

__all__ = ["Attachment", "Curves", "Document", "Node", "Table", "document_of", "documents_of"]
