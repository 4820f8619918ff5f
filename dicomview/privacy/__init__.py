"""De-identified copies, with proof: what is there, what will happen, the copies, and a search for what was left.

>>> dv.privacy.inventory("study")                                        # doctest: +SKIP
>>> planned = dv.privacy.plan("study", options="retain_modified_dates")  # doctest: +SKIP
>>> copies = dv.privacy.apply(planned, "to_share")                       # doctest: +SKIP
>>> proof = dv.privacy.verify(copies)                                    # doctest: +SKIP
>>> proof.release()                                                      # doctest: +SKIP

Copies are "de-identified with profile …, options …, edition …". Whether that is enough is for people to say.
"""

from dicomview.privacy.apply import Copies, apply
from dicomview.privacy.burned_in import preview, risks
from dicomview.privacy.inventory import inventory
from dicomview.privacy.plan import Plan, plan
from dicomview.privacy.policy import OPTIONS
from dicomview.privacy.proof import Proof
from dicomview.privacy.verify import verify

__all__ = ["OPTIONS", "Copies", "Plan", "Proof", "apply", "inventory", "plan", "preview", "risks", "verify"]
