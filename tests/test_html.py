"""HTML by hand: whatever the words are, they are words."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import pytest

from dicomview import _html

NASTY = "<script>alert('1')</script>\"&amp; onload=x>"


class Reader(HTMLParser):
    """Tags with attributes, and the text between them, as a browser would read them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.said = [], [], ""
        self.feed(page)
        self.close()
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


@pytest.mark.parametrize(
    "make",
    [
        lambda: _html.leaf(NASTY),
        lambda: _html.leaf("", NASTY),
        lambda: _html.leaf("", "", NASTY),
        lambda: _html.branch(NASTY, "", "", _html.escaped("inside"), opened=True),
        lambda: _html.table([NASTY], [["cell"]]),
        lambda: _html.table(["head"], [[NASTY]]),
        lambda: _html.link(NASTY, "QQ==", "a.pdf"),
    ],
)
def test_text_is_shown_letter_by_letter(make):
    read = Reader(make())
    assert NASTY in read.said
    assert {tag for tag, _ in read.tags} <= {"div", "span", "b", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "a"}  # fmt: skip  # noqa: E501
    assert not any(name.startswith("on") for _, attributes in read.tags for name in attributes)


def test_attributes_hold_text_too():
    for page in (_html.link("x", "QQ==", NASTY), _html.picture("QQ==", NASTY)):
        ((_, attributes),) = Reader(page).tags
        assert NASTY in attributes.values()
        assert "onload" not in attributes


def test_a_link_holds_bytes_and_no_page():
    ((_, attributes),) = Reader(_html.link("Save", base64.b64encode(b"<script>").decode(), "a.bin")).tags
    kind, encoded = attributes["href"].split(",")
    assert kind == "data:application/octet-stream;base64"
    assert base64.b64decode(encoded) == b"<script>"


def test_a_branch_is_folded_unless_asked():
    folded, opened = (Reader(_html.branch("a", "b", "", _html.escaped("c"), opened=way)) for way in (False, True))
    assert ("details", {}) in folded.tags
    assert ("details", {"open": None}) in opened.tags
    assert opened.said == "a bc"
