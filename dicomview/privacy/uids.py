"""What a key makes of an identifier: the same each time, and nothing that leads back without the key."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from pydicom import config
from pydicom.uid import UID

__all__ = ["file_token", "fingerprint", "is_of_the_standard", "keyed_days", "new_uid", "pseudonym"]

_STANDARD = "1.2.840.10008."


def is_of_the_standard(uid: str) -> bool:
    """Return True for a UID that DICOM itself gives: a class, a transfer syntax, a well-known frame of reference.

    The root alone is no proof: there are programs that have numbered their own instances below it.
    """
    return uid.startswith(_STANDARD) and UID(uid, config.IGNORE).name != uid


@lru_cache(65536)
def new_uid(key: bytes, uid: str) -> str:
    """Return the UID that stands for `uid`: "2.25." and 128 bits of HMAC-SHA256, the same in every file and run.

    A hash without a key could be tried out with known UIDs. UIDs of the standard stay as they are.
    """
    bare = uid.strip(" \0")
    if not bare or is_of_the_standard(bare):
        return bare
    return f"2.25.{int.from_bytes(_mac(key, 'uid', bare)[:16])}"


def pseudonym(key: bytes, subject: str) -> str:
    """Return the name and number that stand for a patient."""
    return f"P{_mac(key, 'patient', subject)[:6].hex().upper()}"


def keyed_days(key: bytes, subject: str) -> int:
    """Return by how many days the dates of a patient move: 1 to 3652 days back, never into the future."""
    return -1 - int.from_bytes(_mac(key, "dates", subject)[:8]) % 3652


def file_token(key: bytes, identifier: str) -> str:
    """Return a part of a path, of sixteen hexadecimal digits."""
    return _mac(key, "path", identifier)[:8].hex()


def fingerprint(key: bytes) -> str:
    """Return what tells one key from another and does not tell the key."""
    return _mac(key, "fingerprint", "")[:8].hex()


def _mac(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\0{text}".encode(), hashlib.sha256)
