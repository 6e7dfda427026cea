"""``python -m tests.client``: write `api/client/models.py` and `operations.py` anew from the OpenAPI document."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.app import create_app
from api.contract import document
from api.settings import Settings
from tests.client.models import models
from tests.client.operations import operations
from tests.repository import ROOT

FOLDER = ROOT / "api" / "client"


def written(described: dict[str, Any]) -> Mapping[str, str]:
    """Give the files by name, as the formatter leaves them."""
    return {"models.py": _formatted(models(described)), "operations.py": _formatted(operations(described))}


def described() -> dict[str, Any]:
    """Draw the document as a service with every setting left alone does."""
    from api.service import Service

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data=Path(folder) / "data"))
        service: Service = app.state.service
        try:
            return document(app)
        finally:
            service.close()


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--config", str(ROOT / "pyproject.toml"), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    for name, text in written(described()).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"api/client/{name}: {text.count(chr(10))} lines\n")
