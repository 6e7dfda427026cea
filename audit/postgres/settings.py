"""Settings and logins that would make a log's promises empty; looked at before it is served."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from audit.postgres.names import MODELS, OWNER, SEARCH_PATH

#: Setting -> the values under which a commit that was acknowledged can be lost, or bytes change, and why.
_REFUSED = {
    "fsync": ({"off"}, "a crash of the machine would lose or tear what was acknowledged"),
    "full_page_writes": ({"off"}, "a crash of the machine would tear pages"),
    "synchronous_commit": ({"off"}, "a commit would be acknowledged before it is on the disk"),
    "server_encoding": ({"SQL_ASCII"}, "text would not be checked"),
    "session_replication_role": ({"replica", "local"}, "ordinary triggers would not fire"),
}


def complaints(connection: sa.Connection) -> Iterator[str]:
    """Give a line for each setting or right of this session under which the log must not be served."""
    for name, (refused, why) in _REFUSED.items():
        value = connection.exec_driver_sql(f"SHOW {name}").scalar()
        if value in refused:
            yield f"`{name}` is `{value}`: {why}"
    yield from _strangers(connection)
    yield from _powers(connection)


def _strangers(connection: sa.Connection) -> Iterator[str]:
    path = connection.exec_driver_sql("SHOW search_path").scalar()
    if str(path).replace(" ", "") != SEARCH_PATH:
        yield f"`search_path` is `{path}`, not `{SEARCH_PATH}`: is there a proxy that shares sessions?"
    like_ours = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relname LIKE %s"
    for name in connection.exec_driver_sql(like_ours, (MODELS, r"audit\_%")).scalars():
        yield f"`{MODELS}.{name}` stands before the log's own: drop it"
    functions = "SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace(%s)"
    for name in connection.exec_driver_sql(functions, (MODELS,)).scalars():
        yield f"function `{MODELS}.{name}` could stand before the log's own: drop it"


def _powers(connection: sa.Connection) -> Iterator[str]:
    login, everything, owns = connection.exec_driver_sql(
        "SELECT current_user, rolsuper, pg_has_role(current_user, %s, 'MEMBER') FROM pg_roles"
        " WHERE rolname = current_user",
        (OWNER,),
    ).one()
    if everything or owns:
        power = "a superuser" if everything else f"a member of `{OWNER}`"
        yield f"`{login}` is {power} and could take the guards away: serve with a login of its own (`grounds db init`)"
