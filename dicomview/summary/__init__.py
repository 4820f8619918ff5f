"""One page about a set of files: how many of what, what is wrong with them, and who could be recognised in them."""

from dicomview.summary.report import findings_on_page, report

__all__ = ["findings_on_page", "report"]
