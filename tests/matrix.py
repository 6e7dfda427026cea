"""Writes the tables of docs/access.md from the code: `python -m tests.matrix`, after a change that is meant."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from api.app import create_app
from api.roles import ALLOWED, Permission, Role
from api.settings import Settings
from tests.repository import ROOT

PAGE = ROOT / "docs" / "access.md"


def guarded(handler: Any) -> tuple[Permission, ...]:
    """Give the permissions of which a handler's guards want one."""
    return tuple(each for guard in handler.resolve_guards() for each in getattr(guard, "permissions", ()))


def written(page: str, app: Litestar) -> str:
    """Give the page with its tables as they should be."""
    for name, lines in (("matrix", _matrix()), ("routes", _routes(app))):
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        _, _, after = rest.partition("<!-- end -->")
        table = "".join(f"{line}\n" for line in lines)
        page = f"{before}<!-- {name} -->\n{table}<!-- end -->{after}"
    return page


def _matrix() -> Iterator[str]:
    yield f"| may | {' | '.join(Role)} |"
    yield f"| --- |{' :-: |' * len(Role)}"
    for permission in Permission:
        cells = ("●" if permission in ALLOWED[role] else "" for role in Role)
        yield f"| `{permission}` | {' | '.join(cells)} |"


def _routes(app: Litestar) -> Iterator[str]:
    yield "| route | takes one of |"
    yield "| --- | --- |"
    for route in sorted((each for each in app.routes if isinstance(each, HTTPRoute)), key=lambda each: each.path):
        for method, (handler, _) in sorted(route.route_handler_map.items()):
            if not handler.opt.get("public") and method != "OPTIONS":
                yield f"| `{method} {route.path_format}` | {', '.join(f'`{each}`' for each in guarded(handler))} |"


def main() -> None:
    """Write the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data=Path(folder)))
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), app), encoding="utf-8")


if __name__ == "__main__":
    main()
