"""Tables on the standard output, plain, and in files, by their suffix."""

from __future__ import annotations

import html
import json
import math
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd

from dicomview.catalog import exchange
from dicomview.errors import writing
from dicomview.files import new_file

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

__all__ = ["give", "printed"]

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>dicomview</title><style>:root { color-scheme: light dark; }
body { font: 14px/1.4 system-ui, sans-serif; } table { border-collapse: collapse; }
th, td { padding: 3px 8px; text-align: left; vertical-align: top; border-bottom: 1px solid #8886; }</style></head><body>
"""


def give(table: pd.DataFrame, options: argparse.Namespace, *, shown: list[str] | None = None, width: int = 72) -> None:
    """Write the table to the file that is asked for, else print it.

    Parameters
    ----------
    table : pandas.DataFrame
    options : argparse.Namespace
        Of `dicomview.cli.words`: output, format, overwrite.
    shown : list of str, optional
        The columns of the printed text; files, CSV and JSON have all.
    width : int
        Letters of a printed cell, at most.
    """
    if options.output is not None:
        _write(table, options.output, overwrite=options.overwrite)
    elif options.format == "csv":
        printed(exchange.csv_text(table, "\n"), end="")
    elif options.format == "json":
        printed(_json(table))
    elif len(table):
        printed(_text(table if shown is None else table[shown], width))


def printed(text: str, end: str = "\n") -> None:
    """Print text, whatever letters the terminal knows."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    print(text, end=end)


def _write(table: pd.DataFrame, target: Path, *, overwrite: bool) -> None:
    suffix = target.suffix.lower()
    with writing(target.name):
        if suffix == ".csv":
            exchange.to_csv(table, target, overwrite=overwrite)
        elif suffix == ".parquet":
            exchange.to_parquet(table, target, overwrite=overwrite)
        else:
            text = _json(table) if suffix == ".json" else _html(table)
            with new_file(target, overwrite=overwrite) as place:
                place.write_text(text, encoding="utf-8", errors="backslashreplace")


def _text(table: pd.DataFrame, width: int) -> str:
    """Return the table in columns. What is not printable is replaced: text of files does not steer a terminal."""
    rows = [list(map(str, table.columns))]
    rows += [[_short(cell, width) for cell in cells] for cells in table.itertuples(index=False)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _short(cell: Any, width: int) -> str:
    if isinstance(cell, list | tuple):
        parts = list(map(_words, cell))
        words = ", ".join(parts) if len(parts) < 4 else f"{parts[0]} + {len(parts) - 1}"
    else:
        words = _words(cell)
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in words)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _words(cell: Any) -> str:
    """Return one value as people write it; what programs read has dates and times in ISO 8601."""
    if cell is not pd.NaT and isinstance(cell, pd.Timestamp | pd.Timedelta):
        return str(cell).removesuffix(" 00:00:00").removeprefix("0 days ")
    plain = _plain(cell)
    return "" if plain is None else str(plain)


def _json(table: pd.DataFrame) -> str:
    names = list(map(str, table.columns))
    rows = [dict(zip(names, map(_plain, cells), strict=True)) for cells in table.itertuples(index=False)]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _html(table: pd.DataFrame) -> str:
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table.columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(_short(cell, 2000))}</td>' for cell in cells)}</tr>"
        for cells in table.itertuples(index=False)
    )
    return f"{_PAGE}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></body></html>\n"


def _plain(cell: Any) -> Any:
    """Return a cell as JSON has it."""
    if isinstance(cell, list | tuple):
        return [_plain(one) for one in cell]
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and not math.isfinite(cell)):
        return None
    if isinstance(cell, bytes):
        return f"0x{cell.hex()}"
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    if hasattr(cell, "item"):
        return _plain(cell.item())
    return cell if isinstance(cell, str | int | float) else str(cell)
