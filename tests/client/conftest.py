"""The service the client speaks to is the one all tests of the API use."""

from tests.api.conftest import app, clock, http, key, new_key, settings

__all__ = ["app", "clock", "http", "key", "new_key", "settings"]
