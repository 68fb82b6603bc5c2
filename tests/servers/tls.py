"""A certificate authority of one test run, and a server certificate for the loopback."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.programs import program


@dataclass(frozen=True)
class Certificates:
    ca: Path
    cert: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    """For 127.0.0.1, valid for a day, signed by an authority that nobody else trusts."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    ca_key, request, names = folder / "ca.key", folder / "server.csr", folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-x509", "-days", "1", "-subj", "/CN=test authority", "-addext", "keyUsage=critical,keyCertSign"]
    signed = ["-CA", str(made.ca), "-CAkey", str(ca_key), "-CAcreateserial"]
    for command in (
        ["req", *curve, *authority, "-keyout", str(ca_key), "-out", str(made.ca)],
        ["req", *curve, "-subj", "/CN=127.0.0.1", "-keyout", str(made.key), "-out", str(request)],
        ["x509", "-req", "-in", str(request), "-days", "1", *signed, "-extfile", str(names), "-out", str(made.cert)],
    ):
        subprocess.run([program("openssl"), *command], check=True, capture_output=True, timeout=120)
    return made
