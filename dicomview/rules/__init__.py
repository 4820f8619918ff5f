"""What is wrong with a set of files: checks in families, one room each, and the table of what they find.

F files · U identifiers · V values · G geometry · P pixels · M modalities · N what is no ordinary image · A whether it
may be shared · D whether a set is fit to learn from · X what other verifiers say.
"""

from dicomview.rules.findings import Findings
from dicomview.rules.run import audit, checks, explain

__all__ = ["Findings", "audit", "checks", "explain"]
