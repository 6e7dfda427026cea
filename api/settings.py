"""Every limit and place of a running service, from the environment (``GROUNDS_...``) with safe defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, IPvAnyNetwork, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

SHIPPED_POLICIES = Path(__file__).resolve().parent.parent / "policies"
SHIPPED_RETENTION = Path(__file__).resolve().parent / "retention.toml"
SHIPPED_CASEWORK = Path(__file__).resolve().parent / "casework.toml"
SHIPPED_LETTERHEAD = Path(__file__).resolve().parent / "letters" / "letterhead.toml"
SHIPPED_PACKS = Path(__file__).resolve().parent / "clocks" / "packs"
AttachmentType = Literal["application/pdf", "image/png", "image/jpeg", "image/tiff"]
#: What a token may be signed with: by a private key whose public half the issuer publishes, never by a shared secret.
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]


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
    bulk_lines: int = Field(default=10_000, ge=1)  #: of one bulk that comes as NDJSON
    bulk_limit_bytes: int = Field(default=16_777_216, ge=1_024)  #: and its length
    json_depth: int = Field(default=16, ge=5, le=200)
    recorder: Literal["process", "thread"] = "process"  #: where `grounds serve` records decisions
    queue_bound: int = Field(default=4_096, ge=1)  #: decisions waiting to be written; beyond it callers get 503
    batch_limit: int = Field(default=1_024, ge=1)  #: of them share one transaction at most
    retry_after_seconds: int = Field(default=1, ge=1)
    page_limit: int = Field(default=100, ge=1, le=1_000)  #: most items on one page
    export_limit: int = Field(default=1_000_000, ge=1)  #: most rows of one export over HTTP
    key_memory_seconds: float = Field(default=2.0, ge=0)  #: how long a checked API key is remembered
    auth_failures: int = Field(default=10, ge=1)  #: credentials refused at once, per address and per key
    auth_regain_seconds: float = Field(default=6.0, gt=0)  #: and one more after so long
    #: GROUNDS_PROXIES=10.0.0.0/8,...: whose X-Forwarded-For is believed
    proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    rate_limit: int = Field(default=60_000, ge=0)  #: requests of one key in a window, in this process; 0: no limit
    rate_window_seconds: int = Field(default=60, ge=1)
    hsts_seconds: int = Field(default=0, ge=0)  #: Strict-Transport-Security; 0 until everybody comes by https
    metrics_public: bool = False  #: serve /metrics to whoever can reach it
    oidc_issuer: str = ""  #: whose tokens are taken beside keys; empty: nobody's (docs/access.md)
    oidc_audience: str = ""  #: this service, as the issuer names it
    oidc_keys: str = ""  #: the issuer's public keys: a JWKS itself, its file, or its https address
    oidc_algorithms: Annotated[tuple[Algorithm, ...], NoDecode] = ("RS256", "PS256", "ES256", "Ed25519")
    oidc_role_claim: str = "roles"  #: where a token names roles; a dot leads into an object
    oidc_roles: Mapping[str, Role] = {}  #: GROUNDS_OIDC_ROLES={"credit-reviewers": "reviewer"}
    oidc_leeway_seconds: int = Field(default=30, ge=0, le=300)  #: how far the issuer's clock may be off
    oidc_keys_seconds: float = Field(default=600.0, ge=1)  #: how long fetched keys are believed
    retention: Path = SHIPPED_RETENTION  #: how long what is sealed is kept
    lines: Literal["here", "elsewhere"] = "here"  #: whether approvals open accounts that later decisions follow
    jurisdiction: str = "CN"  #: whose retention classes and periods apply, e.g. CN, US, EU, UK
    attachment_limit_bytes: int = Field(default=5_242_880, ge=1_024, le=6_000_000)  #: of one document of a case
    attachments: int = Field(default=20, ge=1)  #: documents of one case
    #: GROUNDS_ATTACHMENT_TYPES: of these, what is taken; each is recognised by its first bytes
    attachment_types: Annotated[tuple[AttachmentType, ...], NoDecode] = ("application/pdf", "image/png", "image/jpeg")
    casework: Path = SHIPPED_CASEWORK  #: how cases are worked on: leases, second persons, reasons
    packs: Path = SHIPPED_PACKS  #: the folder of the jurisdiction packs: periods, rights, next remedies
    letterhead: Path = SHIPPED_LETTERHEAD  #: who writes to applicants
    pre_checks: int = Field(default=10, ge=1)  #: of one applicant in a window, in this process
    pre_check_window_seconds: int = Field(default=3_600, ge=1)
    webhook_private: bool = False  #: let events go to addresses inside this network, and by plain http to this machine
    webhook_senders: int = Field(default=8, ge=1, le=64)  #: deliveries at a time; one subscription takes half at most
    webhook_timeout_seconds: float = Field(default=10.0, gt=0)  #: for one delivery, from its name to its answer
    webhook_tries: int = Field(default=12, ge=1)  #: then it is given up, about 40 hours after the first
    webhook_first_pause_seconds: float = Field(default=5.0, gt=0)  #: before the second try; each later pause is longer
    webhook_poll_seconds: float = Field(default=0.2, gt=0)  #: how often the log is looked at for events
    webhook_keep_days: int = Field(default=30, ge=1)  #: how long what was delivered or given up can be looked up
    tracing: bool = False  #: OpenTelemetry (extra `otel`); where to is said by the standard OTEL_... variables
    witness_seconds: float = Field(default=60.0, gt=0)  #: how often the witnesses of DATA/witnesses are asked
    witness_age_seconds: int = Field(default=600, ge=1)  #: without enough cosignatures for so long, readiness warns
    console_hours: int = Field(default=12, ge=1, le=168)  #: how long a session of the console lasts
    console_zone: str = "Asia/Shanghai"  #: in which time zone the console shows moments (IANA name)
    shutdown_seconds: int = Field(default=30, ge=1)  #: how long requests under way may take on the way out

    @field_validator("proxies", "oidc_algorithms", "attachment_types", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        """Take what stands between commas."""
        return [each.strip() for each in given.split(",") if each.strip()] if isinstance(given, str) else given

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the console; raise ZoneInfoNotFoundError if nobody knows it."""
        return ZoneInfo(self.console_zone)

    @property
    def database(self) -> Path | sa.URL:
        """Where the log and its read models are: a file in the data directory, unless a database was named."""
        from audit.database import locate  # a slow import, and few commands need it

        return locate(self.url.get_secret_value()) if self.url else self.data / "grounds.db"
