"""A zip of named parts with a manifest of their SHA-256: same parts, same bytes; altered ones are refused."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from reconstruct.bundle import version_1
from reconstruct.errors import UsageError
from reconstruct.files import write_whole
from reconstruct.json_text import read_json

SCHEMA: Final = "reconstruct/bundle/2"
READ: Final = (SCHEMA, version_1.SCHEMA)
MANIFEST: Final = "manifest.json"
MAX_PARTS: Final = 32
MAX_MANIFEST_BYTES: Final = 1 << 20
MAX_PART_BYTES: Final = 8 << 30
"""Of any part, unpacked: a window of 100,000 series has about 1 GB; what is larger was made to fill a memory."""
MAX_DEFLATE_RATIO: Final = 1100
"""Deflate cannot shrink by more than 1,032: a part that says so lies about its size."""

_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The zip format's zero: the bytes must not depend on when a bundle is written."""
_UNIX: Final = 3
_STORED_SUFFIX: Final = ".parquet"
"""Compressed inside already."""
_NOT_A_ZIP: Final = (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, OverflowError, EOFError)
"""What zipfile raises on a directory that is none, or was altered: it has no one error for that."""
_ASK_AGAIN: Final = "capture it again, or fetch an unaltered copy"


def write_archive(path: Path, *, parts: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Write `parts` and a manifest of them to `path`, whole or not at all.

    Raises
    ------
    UsageError
        If the file cannot be written there.
    """
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
        for name, content in parts.items()
    }
    text = json.dumps({"schema": SCHEMA, **manifest, "parts": listed}, indent=1, ensure_ascii=True) + "\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in {MANIFEST: text.encode("ascii"), **parts}.items():
            _add(archive, name=name, content=part)
    write_whole(path, content.getvalue(), what="the bundle")


def read_archive(path: Path) -> tuple[Mapping[str, Any], Mapping[str, bytes]]:
    """The manifest and the parts of a bundle, each held against its SHA-256.

    Nothing is unpacked to disk; names in the file are only compared with those in the manifest.

    Raises
    ------
    UsageError
        If it is no bundle, was written by a newer version, or a part is missing, cut or altered: the part is named.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _entries(archive, path=path)
            manifest = _read_manifest(archive, entries=entries, path=path)
            listed = cast("Mapping[str, Mapping[str, Any]]", manifest["parts"])
            if strangers := entries.keys() - listed.keys() - {MANIFEST}:
                raise _altered(path, min(strangers), "it is not in the manifest")
            return manifest, {
                name: _read_part(archive, entries.get(name), name=name, wanted=wanted, path=path)
                for name, wanted in listed.items()
            }
    except _NOT_A_ZIP as error:
        raise UsageError(f"{path} is not a bundle, or is cut off or altered: {error}", hint=_ASK_AGAIN) from error
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror or error}", hint="check the path of the bundle"
        ) from error


def _add(archive: zipfile.ZipFile, *, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_DATE)
    info.create_system = _UNIX
    info.external_attr = 0o100644 << 16
    info.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED_SUFFIX) else zipfile.ZIP_DEFLATED
    archive.writestr(info, content, compresslevel=9)


def _entries(archive: zipfile.ZipFile, *, path: Path) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    entries = {info.filename: info for info in infos}
    if len(infos) > MAX_PARTS or len(entries) != len(infos):
        raise UsageError(f"{path} is not a bundle: too many parts, or one twice", hint=_ASK_AGAIN)
    if MANIFEST not in entries:
        raise UsageError(f"{path} is not a bundle: it has no {MANIFEST}", hint="write one with `reconstruct capture`")
    return entries


def _read_manifest(
    archive: zipfile.ZipFile, *, entries: Mapping[str, zipfile.ZipInfo], path: Path
) -> Mapping[str, Any]:
    content = _read(archive, entries[MANIFEST], limit=MAX_MANIFEST_BYTES, path=path)
    try:
        manifest = read_json(content)
    except (ValueError, RecursionError) as error:
        raise _altered(path, MANIFEST, "it is not JSON") from error
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    family, _, version = str(schema).rpartition("/")
    if schema not in READ and family == SCHEMA.rpartition("/")[0] and version.isdecimal():
        raise UsageError(
            f"{path} was written in the format {schema}; this version reads {SCHEMA}",
            hint="update reconstruct, or capture it again with this version",
        )
    listed = manifest.get("parts") if isinstance(manifest, dict) else None
    if (
        schema not in READ
        or not isinstance(listed, dict)
        or not all(isinstance(part, dict) for part in listed.values())
    ):
        raise _altered(path, MANIFEST, "it is not a bundle's manifest")
    return cast("Mapping[str, Any]", manifest)


def _read_part(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, *, name: str, wanted: Mapping[str, Any], path: Path
) -> bytes:
    if info is None:
        raise _altered(path, name, "it is missing")
    size = wanted.get("size_bytes")
    if not isinstance(size, int) or info.file_size != size:
        raise _altered(path, name, f"it has {info.file_size} bytes, the manifest says {size}")
    content = _read(archive, info, limit=MAX_PART_BYTES, path=path)
    if hashlib.sha256(content).hexdigest() != wanted.get("sha256"):
        raise _altered(path, name, "its SHA-256 is not the one in the manifest")
    return content


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, limit: int, path: Path) -> bytes:
    if info.file_size > limit or info.file_size > max(info.compress_size, 1) * MAX_DEFLATE_RATIO:
        raise _altered(path, info.filename, f"it claims {info.file_size} bytes")
    if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _altered(path, info.filename, "it is encrypted, or compressed in another way")
    content = io.BytesIO()
    try:
        with archive.open(info) as part:
            while chunk := part.read(1 << 20):
                content.write(chunk)
                if content.tell() > info.file_size:
                    raise _altered(path, info.filename, "it is longer than it says")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _altered(path, info.filename, str(error)) from error
    return content.getvalue()


def _altered(path: Path, part: str, why: str) -> UsageError:
    return UsageError(f"{path}: part {part!r} was cut or altered: {why}", hint=_ASK_AGAIN)
