"""The procedure of docs/witness.md for a third party's clock: openssl stamps a checkpoint and checks the stamp."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.audit.cases import one_by_one, opened, plain

AUTHORITY = """
[req]
distinguished_name = name
x509_extensions = stamping
prompt = no
[name]
CN = time stamping authority of the tests
[stamping]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = us
[us]
serial = serial
signer_cert = authority.pem
signer_key = authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""


def openssl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run openssl in a folder."""
    return subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_a_stamped_checkpoint_is_dated_and_a_changed_one_is_not(tmp_path: Path) -> None:
    """A token over a checkpoint verifies against it and the authority's certificate, and against nothing else."""
    with opened(tmp_path) as log:
        one_by_one(log, [plain(log, 0)])
        (tmp_path / "checkpoint").write_text(log.checkpoint().text, "utf-8")
    (tmp_path / "authority.cnf").write_text(AUTHORITY)
    (tmp_path / "serial").write_text("01\n")
    made = ["-keyout", "authority.key", "-out", "authority.pem", "-days", "2", "-config", "authority.cnf"]
    steps = [
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *made],
        ["ts", "-query", "-data", "checkpoint", "-sha256", "-cert", "-out", "checkpoint.tsq"],
        ["ts", "-reply", "-config", "authority.cnf", "-queryfile", "checkpoint.tsq", "-out", "checkpoint.tsr"],
    ]
    for step in steps:
        done = openssl(tmp_path, *step)
        assert done.returncode == 0, done.stderr
    verify = ["ts", "-verify", "-data", "checkpoint", "-in", "checkpoint.tsr", "-CAfile", "authority.pem"]
    good = openssl(tmp_path, *verify)
    (tmp_path / "checkpoint").write_text((tmp_path / "checkpoint").read_text("utf-8").replace("\n1\n", "\n2\n"))
    bad = openssl(tmp_path, *verify)

    assert (good.returncode, "Verification: OK" in good.stdout + good.stderr) == (0, True)
    assert bad.returncode != 0
