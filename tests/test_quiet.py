"""Silence keeps patient values off the screen and the log, and leaves everybody else's warnings alone."""

from __future__ import annotations

import logging
import warnings

import pytest

from dicomview.quiet import quiet

LOGGERS = ("pydicom", "pydicom.pixels.decoders.base", "pydicom.pixels.utils")


@pytest.mark.parametrize("name", LOGGERS)
def test_nothing_is_logged_inside_also_after_a_nested_block(name, caplog):
    with quiet():
        with quiet():
            pass
        logging.getLogger(name).warning("value SECRET^NAME is odd")
    assert "SECRET" not in caplog.text
    logging.getLogger(name).warning("heard again")
    assert "heard again" in caplog.text


def test_filters_are_as_before():
    before = list(warnings.filters)
    with quiet(), quiet():
        assert warnings.filters != before
    assert warnings.filters == before


def test_a_block_of_the_users_that_crosses_ours_leaves_the_users_warnings_alone():
    ours = quiet()
    ours.__enter__()
    theirs = warnings.catch_warnings()
    theirs.__enter__()
    ours.__exit__(None, None, None)
    theirs.__exit__(None, None, None)
    with pytest.warns(UserWarning, match="the user's own"):
        warnings.warn("the user's own", UserWarning, stacklevel=1)
