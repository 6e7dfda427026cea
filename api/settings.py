"""Every limit and place of a running service, from the environment (``GROUNDS_...``) with safe defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    import sqlalchemy as sa

SHIPPED_POLICIES = Path(__file__).resolve().parent.parent / "policies"
SHIPPED_RETENTION = Path(__file__).resolve().parent / "retention.toml"


class Settings(BaseSettings):
    """What a service is started with; the command line overrides the environment."""

    model_config = SettingsConfigDict(env_prefix="GROUNDS_", frozen=True, extra="ignore", populate_by_name=True)

    data: Path = Path("var")  #: holds the keys, and the SQLite file if no other database is named
    #: GROUNDS_DATABASE: e.g. postgresql://USER@HOST/NAME; secret, since it may hold a password
    url: SecretStr | None = Field(default=None, validation_alias="GROUNDS_DATABASE")
    policies: Path = SHIPPED_POLICIES
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    executor: Literal["durable-rules", "index"] = "durable-rules"  #: who matches the rules
    verify: Literal["off", "sample", "always"] = "sample"  #: hold decisions against the reference evaluator
    trial_mib: int = Field(default=1_024, ge=128)  #: memory a trial process may take before policies are put in force
    trial_seconds: int = Field(default=60, ge=1)  #: and time
    body_limit_bytes: int = Field(default=1_048_576, ge=1_024)
    json_depth: int = Field(default=16, ge=5, le=200)
    queue_bound: int = Field(default=4_096, ge=1)  #: decisions waiting to be written; beyond it callers get 503
    retry_after_seconds: int = Field(default=1, ge=1)
    page_limit: int = Field(default=100, ge=1, le=1_000)  #: most items on one page
    export_limit: int = Field(default=1_000_000, ge=1)  #: most rows of one export over HTTP
    key_memory_seconds: float = Field(default=2.0, ge=0)  #: how long a checked API key is remembered
    retention: Path = SHIPPED_RETENTION  #: how long what is sealed is kept
    jurisdiction: str = "CN"  #: whose retention classes apply, e.g. CN, US, EU
    witness_seconds: float = Field(default=60.0, gt=0)  #: how often the witnesses of DATA/witnesses are asked
    witness_age_seconds: int = Field(default=600, ge=1)  #: without enough cosignatures for so long, readiness warns
    shutdown_seconds: int = Field(default=30, ge=1)  #: how long requests under way may take on the way out

    @property
    def database(self) -> Path | sa.URL:
        """Where the log and its read models are: a file in the data directory, unless a database was named."""
        from audit.database import locate  # a slow import, and few commands need it

        return locate(self.url.get_secret_value()) if self.url else self.data / "grounds.db"
