"""Every limit and place of a running service, from the environment (``GROUNDS_...``) with safe defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SHIPPED_POLICIES = Path(__file__).resolve().parent.parent / "policies"


class Settings(BaseSettings):
    """What a service is started with; the command line overrides the environment."""

    model_config = SettingsConfigDict(env_prefix="GROUNDS_", frozen=True, extra="ignore")

    data: Path = Path("var")  #: holds the SQLite file and the keys
    policies: Path = SHIPPED_POLICIES
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    executor: Literal["durable-rules", "index"] = "durable-rules"  #: who matches the rules
    verify: Literal["off", "sample", "always"] = "sample"  #: hold decisions against the reference evaluator
    body_limit_bytes: int = Field(default=1_048_576, ge=1_024)
    json_depth: int = Field(default=16, ge=5, le=200)
    queue_bound: int = Field(default=4_096, ge=1)  #: decisions waiting to be written; beyond it callers get 503
    retry_after_seconds: int = Field(default=1, ge=1)
    page_limit: int = Field(default=100, ge=1, le=1_000)  #: most items on one page
    key_memory_seconds: float = Field(default=2.0, ge=0)  #: how long a checked API key is remembered
    shutdown_seconds: int = Field(default=30, ge=1)  #: how long requests under way may take on the way out

    @property
    def database(self) -> Path:
        """The SQLite file of the log and its read models."""
        return self.data / "grounds.db"
