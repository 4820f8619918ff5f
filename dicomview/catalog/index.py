"""The memory of a scan: a Parquet file with a row for each path, so that unchanged files are not opened again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.catalog.packed import NO_INTEGER, Coded, empty, veiled
from dicomview.errors import AlreadyThere, MissingExtra, writing
from dicomview.files import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from dicomview.catalog.packed import Column, Packed
    from dicomview.files import Location

__all__ = ["Index"]

_MARK = b"dicomview.scan"
_COLUMNS = ("status", "detail", "size", "mtime_ns", "pixels", *(one.keyword for one in ATTRIBUTES))
_VERSION = f"2 {' '.join(_COLUMNS)}".encode()
"""A file of other columns is read anew: values mean what they meant."""
_VEILED = _VERSION + b" (hidden)"
_COMPARED = ("size", "mtime_ns")
_KINDS = {attribute.keyword: attribute.kind for attribute in ATTRIBUTES}


class _Remembered(Mapping[str, "Column"]):
    """The columns of a Parquet file: at first those by which files are compared, all once another is asked for.

    Parameters
    ----------
    path : Path
        Of the file. Its bytes are kept, for it may be written anew before the rest is asked for.
    hide : bool
        Whether one is content with a file in which names are hidden.

    Raises
    ------
    AlreadyThere
        It is a file of another kind, or damaged; also later, when it is damaged further on.
    """

    def __init__(self, path: Path, hide: bool) -> None:
        self._path, self._content = path, b""
        self._likes = empty()
        self._known: dict[str, Column] = {}
        table = self._read(["path", *_COMPARED])
        written = (table.schema.metadata or {}).get(_MARK)
        if written is None:
            raise AlreadyThere(f"{path.name} was not written by dv.scan; name another file as cache")
        self.current = written == _VERSION or (hide and written == _VEILED)
        """False when another version has written it, or one that hid what is asked for now."""
        self.veiled = written == _VEILED
        if self.veiled:
            self._likes = veiled(self._likes)
        self.paths: list[str] = []
        if self.current:
            self.paths = table.column("path").to_pylist()
            self._take(table, _COMPARED)

    def __getitem__(self, name: str) -> Column:
        if name not in self._known and name in self._likes:
            self._take(self._read(None), self._likes)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._likes)

    def __len__(self) -> int:
        return len(self._likes)

    def _take(self, table: Any, names: Iterable[str]) -> None:
        self._known |= {name: _column(table.column(name), name, self._likes[name]) for name in names}

    def _read(self, columns: list[str] | None) -> Any:
        import pyarrow as pa

        coded = [name for name, like in self._likes.items() if isinstance(like, Coded)]
        parquet = _parquet()
        try:
            self._content = self._content or self._path.read_bytes()
            file = parquet.ParquetFile(pa.BufferReader(self._content), read_dictionary=coded)
            return file.read(columns, use_threads=False)
        except Exception as error:
            if isinstance(error, MemoryError):
                raise
            raise AlreadyThere(
                f"{self._path.name} is no Parquet file that can be read; name another file as cache"
            ) from None


class Index:
    """What an earlier scan has found.

    Parameters
    ----------
    path : Path
        Of the Parquet file.
    keys : list of str
        Absolute path of each row, and the member of an archive behind ``::``.
    packed : Packed
    hide : bool
        Whether names are to be hidden in what is written.
    """

    def __init__(self, path: Path, keys: list[str], packed: Packed, hide: bool) -> None:
        self.path, self.packed, self._keys, self._hide = path, packed, keys, hide
        self.tells = hide and isinstance(packed, _Remembered) and not packed.veiled
        """True when the file holds names that are to be hidden."""

    def __len__(self) -> int:
        return len(self._keys)

    @classmethod
    def opened(cls, path: str | os.PathLike[str], *, hide: bool) -> Index:
        """Return the memory in a file; an empty one when there is no file yet, or it was written by another version.

        One that a scan has written which hid names is empty for a scan that does not `hide`.

        Raises
        ------
        AlreadyThere
            It is a file of another kind.
        MissingExtra
            pyarrow is not installed.
        """
        _parquet()
        target = Path(path).expanduser()
        with writing(f"the cache {target.name}"):  # a folder into which one may not look
            there = target.exists()
        if not there:
            return cls(target, [], empty(), hide)
        packed = _Remembered(target, hide)
        return cls(target, packed.paths, packed, hide) if packed.current else cls(target, [], empty(), hide)

    def rows_of(self, places: Sequence[Location]) -> NDArray[np.intp]:
        """Return the row of each place that is as it was when it was looked at; -1 for the others."""
        rows: Iterable[int] = range(len(places))
        # Mostly none has come or gone, and an absolute path is a key as it stands.
        if self._keys != [None if one.member else one.file for one in places]:
            known = {key: row for row, key in enumerate(self._keys)}
            rows = [known.get(key, -1) for key in _keys(places)]
        facts = list(zip(*(np.asarray(self.packed[name]).tolist() for name in ("size", "mtime_ns")), strict=True))
        found = [row if row >= 0 and _facts(one) == facts[row] else -1 for row, one in zip(rows, places, strict=True)]
        return np.array(found, np.intp)

    def write(self, places: Sequence[Location], packed: Packed) -> None:
        """Put these rows, and no others, into the file."""
        parquet = _parquet()
        import pyarrow as pa

        version = _VEILED if self._hide else _VERSION
        columns: dict[str, Any] = {"path": pa.array(_keys(places), pa.string())}
        columns |= {name: _array(column, name) for name, column in packed.items()}
        keep = np.flatnonzero([one.dataset is None for one in places])
        table = pa.table(columns).take(pa.array(keep)).replace_schema_metadata({_MARK: version})
        scratch = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        with writing(f"the cache {self.path.name}"):
            try:
                parquet.write_table(table, scratch, compression="zstd")
                scratch.replace(self.path)
            finally:
                scratch.unlink(missing_ok=True)


def _facts(one: Location) -> tuple[int, int] | None:
    """Return size and time of writing of a file; None when they are not to be had."""
    if one.remote is not None:
        both = one.remote.size, one.remote.mtime_ns
        return both if min(both) >= 0 else None  # the listing may not say enough
    if one.file is None:
        return None
    try:
        facts = os.stat(one.file)  # noqa: PTH116  text, for speed
    except (OSError, ValueError):
        return None
    return facts.st_size, facts.st_mtime_ns


def _keys(places: Sequence[Location]) -> list[str]:
    """Return the keys of places; of one in memory an empty text."""
    folders: dict[str, str] = {}  # absolute, for what is done once a folder need not be done once a file
    keys = []
    for _, path, member, _, remote in places:
        if path is None:
            keys.append("" if remote is None else remote.url)
            continue
        at = path.rfind(os.sep) + 1
        absolute = folders.get(path[:at])
        if absolute is None:
            absolute = folders[path[:at]] = os.path.join(os.path.abspath(path[:at]), "")  # noqa: PTH100, PTH118
        key = absolute + path[at:]
        if member is not None:
            key = f"{key}::{member}"
        keys.append(key if key.isascii() else key.encode("utf-8", "backslashreplace").decode())
    return keys


def _array(column: Column, name: str) -> Any:
    import pyarrow as pa

    if isinstance(column, Coded):
        words = [_written(word) for word in column.words[1:]]
        codes = column.codes.astype(np.int64)
        return pa.DictionaryArray.from_arrays(pa.array(codes - 1, mask=codes == 0), pa.array(words, pa.string()))
    if column.dtype == np.int64 and name in _KINDS:
        return pa.array(column, mask=column == NO_INTEGER)
    return pa.array(column, mask=np.isnan(column) if column.dtype == np.float64 else None)


def _column(array: Any, name: str, like: Column) -> Column:
    array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if isinstance(like, Coded):
        many = _KINDS.get(name) == "numbers"
        words = [None, *(_read(word) if many else word for word in array.dictionary.to_pylist())]
        codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
        return Coded(codes.astype(np.min_scalar_type(len(words))), words)
    if like.dtype == np.int64 and name in _KINDS:
        array = array.fill_null(NO_INTEGER)
    return np.array(array.to_numpy(zero_copy_only=False), like.dtype)  # Parquet has no dates in seconds


def _written(word: Any) -> str:
    return "\\".join(map(repr, word)) if isinstance(word, tuple) else word.encode("utf-8", "replace").decode()


def _read(word: str) -> tuple[float, ...]:
    return tuple(map(float, word.split("\\")))


def _parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra('a cache needs pyarrow: python -m pip install "dicomview[parquet]"') from error
    return pyarrow.parquet
