"""Names in the database: two schemas, and four roles that nobody logs in as; logins are made members of them."""

from __future__ import annotations

SCHEMA = "grounds"  #: the log
MODELS = "grounds_models"  #: what is derived from it, made and made again by services
#: Where names are looked up. Without pg_temp named last, a temporary table would stand before the log's.
SEARCH_PATH = f"{MODELS},{SCHEMA},pg_temp"
OWNER = "grounds_owner"  #: owns the schema and all in it; used by `grounds db` alone
APP = "grounds_app"  #: what a service may do: read the log, append through functions, write read models
READ = "grounds_read"  #: an auditor
RETENTION = "grounds_retention"  #: may also delete what is sealed, once its erasure is recorded
ROLES = (OWNER, APP, READ, RETENTION)
