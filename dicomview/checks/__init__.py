"""What is wrong with a set of files: checks in families, one room each, and the table of what they find.

F files · U identifiers · V values · G geometry · P pixels · N what is no ordinary image.
"""

from dicomview.checks.run import audit, explain

__all__ = ["audit", "explain"]
