"""The service: HTTP, the command line, and the use cases that join `engine` and `audit`.

`create_app(Settings())` is an ASGI application; ``grounds`` is the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.app import create_app
    from api.settings import Settings

__all__ = ["Settings", "create_app"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: a command that decides one file should not wait for the web framework."""
    if name == "create_app":
        from api.app import create_app

        return create_app
    if name == "Settings":
        from api.settings import Settings

        return Settings
    raise AttributeError(name)
