"""A metrics file's content: unpacked, as text, as JSON; what a file is, its content tells, never its name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from reconstruct.errors import UsageError
from reconstruct.json_text import read_json

MAX_FILE_BYTES: Final = 2 * 1024**3
"""A guess: more does not fit into the memory of the machine that a postmortem is written on."""
PARQUET_MAGIC: Final = b"PAR1"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZIP: Final = b"PK\x03\x04"
_EXPORT: Final = re.compile(r"-data(?:-as-\w+)?-\d{4}-\d\d-\d\d.*$")


@dataclass(frozen=True)
class Content:
    """The bytes of one file and what they say."""

    path: Path
    raw: bytes
    """Unpacked."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def stem(self) -> str:
        """The name without its endings: what a series without a name is called. Grafana adds `-data-<time>`."""
        return _EXPORT.sub("", self.path.name.partition(".")[0]) or self.path.name

    @property
    def is_parquet(self) -> bool:
        """Whether it is Parquet."""
        return self.raw[:4] == PARQUET_MAGIC

    @cached_property
    def text(self) -> str:
        """The content as text; "" for Parquet.

        Raises
        ------
        UsageError
            If it is no text.
        """
        return "" if self.is_parquet else _decoded(self.raw, path=self.path)

    @cached_property
    def document(self) -> Any:
        """The JSON document; None where it is not one."""
        if not self.looks_like_json:
            return None
        try:
            return read_json(self.text)
        except ValueError:
            return None

    @cached_property
    def json_lines(self) -> tuple[Mapping[str, Any], ...]:
        """The objects of a file with one JSON object a line; () where it is not such a file."""
        if not self.text.lstrip().startswith("{"):
            return ()
        found: list[Mapping[str, Any]] = []
        for line in self.text.splitlines():
            if not line.strip():
                continue
            try:
                one = read_json(line)
            except ValueError:
                return ()
            if not isinstance(one, dict):
                return ()
            found.append(one)
        return tuple(found)

    @property
    def looks_like_json(self) -> bool:
        """Whether it begins like JSON."""
        return self.text.lstrip()[:1] in ("{", "[") and not self.text.lstrip().startswith("{__name__=")

    def lines(self) -> Iterator[str]:
        """The lines, without their ends."""
        yield from self.text.splitlines()


def read_content(path: Path) -> Content:
    """The content of the file at `path`; gzip, bzip2, xz, zstd, and a zip with one file are unpacked.

    Raises
    ------
    UsageError
        If it cannot be read, is too big, or is not completely there.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_FILE_BYTES:
            raise UsageError(
                f"{path} is too big ({size_bytes / 1024**3:.1f} GiB)", hint="cut it to the window, or use fewer metrics"
            )
        return Content(path, _unpacked(path.read_bytes(), path=path))
    except (EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: cannot be unpacked: {error}", hint="was it copied completely?") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="is the path right, and may you read it?") from error


def _unpacked(raw: bytes, *, path: Path) -> bytes:
    if raw[:2] == b"\x1f\x8b":
        return _bounded(gzip.GzipFile(fileobj=io.BytesIO(raw)), path=path)
    if raw[:3] == b"BZh":
        return _bounded(bz2.BZ2File(io.BytesIO(raw)), path=path)
    if raw[:6] == b"\xfd7zXZ\x00":
        return _bounded(lzma.LZMAFile(io.BytesIO(raw)), path=path)
    if raw[:4] == _ZSTD:
        return _bounded(zstd.ZstdFile(io.BytesIO(raw)), path=path)
    if raw[:4] == _ZIP:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            files = [one for one in packed.infolist() if not one.is_dir()]
            if len(files) != 1:
                inside = ", ".join(one.filename for one in files[:5])
                raise UsageError(
                    f"{path} is a zip with {len(files)} files ({inside})",
                    hint="unpack it and give the files with metrics, each with its own --metrics",
                )
            with packed.open(files[0]) as opened:
                return _bounded(opened, path=path)
    return raw


def _bounded(opened: Any, *, path: Path) -> bytes:
    found = opened.read(MAX_FILE_BYTES + 1)
    if len(found) > MAX_FILE_BYTES:
        raise UsageError(f"{path} is too big once unpacked", hint="cut it to the window, or use fewer metrics")
    return bytes(found)


def _decoded(raw: bytes, *, path: Path) -> str:
    encoding = "utf-16" if raw[:2] in _UTF16_MARKS else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in raw[:4096]:
            raise UsageError(
                f"{path} is neither CSV nor Parquet", hint="export it as CSV (UTF-8), or as Parquet"
            ) from error
        # What spreadsheets on Windows write when nobody asks for UTF-8; every byte means something in it.
        return raw.decode("latin-1")
    return text
