"""The outcome of a verification, and its two reports: one to send along, one to lock away."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview._html import leaf
from dicomview.errors import AlreadyThere, NotReleasable, UnknownChoice
from dicomview.privacy.findings import KINDS
from dicomview.privacy.uids import new_uid

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd

    from dicomview.privacy.apply import Copy
    from dicomview.privacy.plan import Plan

__all__ = ["Proof"]

NOT_SEARCHED = (
    "values shorter than four characters, and words that say nothing (none, unknown, normal …)",
    "values of one patient in the files of another",
    "numbers (DS, IS and binary ones) and times of day, which turn up everywhere by chance",
    "values of bytes (OB, UN …) that were removed: their text is not known as text",
    "in uncompressed pixel values: spellings shorter than eight bytes; in all pixel data: two bytes a letter",
    "bits of pixel values that are not used, where no overlay plane is said to lie in them",
    "what is drawn into the pictures, and faces that can be made of them: no program sees all of it",
    "what only a decoder makes visible, such as packed text in a compressed picture",
)


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """What a verification has found.

    Attributes
    ----------
    plan : Plan
    out : Path
    findings : pandas.DataFrame
        id, status ("open", "reviewed", "harmless"), kind, file, path, detail, offset, remark. It quotes no value.
    files : int
        Copies examined.
    terms, searched : int
        How many values were searched for, in how many bytes.
    made : dict of str to Copy
        Of `Copies`, where they were given.
    """

    plan: Plan
    out: Path
    findings: pd.DataFrame
    files: int
    terms: int
    searched: int
    made: Mapping[str, Copy]

    @property
    def open(self) -> pd.DataFrame:
        """The findings that stand in the way."""
        return self.findings[self.findings["status"] == "open"]

    @property
    def releasable(self) -> bool:
        """True when copies were examined and no finding is open."""
        return self.files > 0 and not len(self.open)

    @property
    def not_searched(self) -> tuple[str, ...]:
        """What this proof does not cover."""
        return NOT_SEARCHED

    def release(self) -> Path:
        """Return the folder to share.

        Raises
        ------
        NotReleasable
            A finding is open.
        """
        if not self.releasable:
            kinds = ", ".join(f"{number} {kind}" for kind, number in self.open["kind"].value_counts().items())
            raise NotReleasable(
                f"{len(self.open)} findings are open ({kinds or 'nothing was examined'}); look at proof.open, mend the "
                "plan and write again, or give verify the ids you have looked at: reviewed={id: what you saw}"
            )
        return self.out

    def statement(self) -> str:
        """Return how the copies may be described; never as anonymous, which is not for a program to say."""
        facts = self.plan.policy.facts()
        options = ", ".join(map(str, facts["options"])) or "none"  # type: ignore[call-overload]
        return (
            f"De-identified with profile {facts['profile']}, options: {options}, by DICOM PS3.15 Table E.1-1, edition "
            f"{self.plan.edition}."
        )

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the report that may go along with the copies: Markdown without any value of the source.

        Raises
        ------
        AlreadyThere
            The path exists.
        """
        return _new_file(Path(path), self._release())

    def confidential(self, path: str | os.PathLike[str]) -> Path:
        """Write the report that leads back: JSON with source paths, identities, UIDs and date offsets.

        Raises
        ------
        AlreadyThere
            The path exists.
        UnknownChoice
            It lies among the copies or in the source.
        """
        target = Path(path).expanduser().resolve()
        if any(target.is_relative_to(folder) for folder in (self.out.resolve(), *self.plan.folders)):
            raise UnknownChoice(
                "the confidential report may lie neither with the copies nor in the source; keep it apart"
            )
        return _new_file(target, json.dumps(self._facts(), indent=1, ensure_ascii=False))

    def __repr__(self) -> str:
        counts = self.findings["status"].value_counts()
        told = ", ".join(f"{counts[word]} {word}" for word in ("open", "reviewed", "harmless") if word in counts)
        state = "releasable" if self.releasable else "not releasable"
        read = f"{self.files} copies, {self.terms} values, {self.searched:,} bytes"
        return f"Proof: {state} · {read} · findings: {told or 'none'}"

    def _repr_html_(self) -> str:
        return f"{leaf(repr(self))}{self.findings.to_html(index=False, max_rows=40)}"

    def _release(self) -> str:
        facts = self.plan.policy.facts()
        aside = Counter(one.aside for one in self.plan.entries if one.aside)
        aside.update(one.aside for one in self.made.values() if one.aside)
        status = Counter((kind, state) for kind, state in self.findings[["kind", "status"]].itertuples(index=False))
        lines = [
            "# De-identification report",
            "",
            self.statement(),
            "",
            f"- plan {self.plan.digest}, key {facts['key_fingerprint']} (a fingerprint, not the key)",
            f"- copies: {self.files}, patients: {len(self.plan.subjects)}",
            f"- reviewed descriptions: {facts['reviewed_descriptions']}; reviewed private creators: "
            f"{len(self.plan.policy.creators)}; series with rectangles blacked out: {facts['series_blacked_out']}",
            f"- verified: {'releasable' if self.releasable else 'NOT releasable, findings are open'}",
            "",
            "## Not copied",
            "",
            *([f"- {number}: {why}" for why, number in aside.most_common()] or ["- nothing"]),
            "",
            "## Verification",
            "",
            f"{self.terms} values of the source were searched in {self.searched:,} bytes, in several spellings and "
            "encodings. Not searched:",
            "",
            *(f"- {sentence}" for sentence in NOT_SEARCHED),
            "",
            *(
                [f"- {number} {state}: {KINDS[kind]}" for (kind, state), number in sorted(status.items())]
                or ["No finding."]
            ),
            "",
            "## What was done to each attribute",
            "",
            "| attribute | tag | action | rule | elements |",
            "|---|---|---|---|---|",
            *_attributes(self.plan.table),
            "",
        ]
        return "\n".join(lines)

    def _facts(self) -> dict[str, object]:
        key, keeps = self.plan.key, "retain_uids" in self.plan.policy.options
        files = []
        for entry in self.plan.entries:
            made = self.made.get(entry.target) if entry.target else None
            files.append(
                {
                    "source": entry.location.label,
                    "copy": entry.target,
                    "aside": made.aside if made is not None else entry.aside,
                    "sha256_of_source": made.digest if made is not None else "",
                    "uid": entry.uid,
                    "new_uid": entry.uid if keeps or not entry.uid else new_uid(key, entry.uid),
                }
            )
        patients = [
            {"identity": one.identity, "pseudonym": one.pseudonym, "days": one.days}
            for one in self.plan.subjects.values()
        ]
        return {
            "confidential": "leads back to the patients; keep it apart from the copies",
            "statement": self.statement(),
            "plan": self.plan.digest,
            "patients": patients,
            "files": files,
            "findings": self.findings.to_dict("records"),
        }


def _attributes(table: pd.DataFrame) -> list[str]:
    """Return a row for each attribute; private ones together, for the names of their creators are values."""
    rows: Counter[tuple[str, str, str, str]] = Counter()
    for path, tag, action, rule, elements in table[["path", "tag", "action", "rule", "elements"]].itertuples(
        index=False
    ):
        private = int(tag[4], 16) & 1 or any("xx" in part and " " in part for part in path.split("[]."))
        key = ("private", "", action, rule) if private else (path, tag, action, rule)
        rows[key] += elements
    return [f"| {path} | {tag} | {action} | {rule} | {number} |" for (path, tag, action, rule), number in rows.items()]


def _new_file(path: Path, text: str) -> Path:
    try:
        with path.expanduser().open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise AlreadyThere(f"{path} is there already; give another name, nothing was overwritten") from error
    return path
