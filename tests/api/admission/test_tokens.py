"""Tokens of an issuer: every way in which one can be wrong (RFC 8725), and whose it is when it is right."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from httpx import Client
from hypothesis import strategies as st
from joserfc.jwk import OctKey
from litestar.testing import TestClient

from api.admission.issuer import Issuer
from api.admission.keysets import TrustedKeys, source
from api.admission.tokens import LONGEST, Tokens
from api.app import create_app
from api.errors import Forbidden, SettingsRefused, Unauthenticated
from api.idempotency import Fingerprints
from api.roles import Role
from api.settings import Settings
from tests.api.admission.issuing import (
    AUDIENCE,
    EC,
    ISSUER,
    NOW,
    RSA,
    STRANGER,
    claims,
    handmade,
    jwks,
    later,
    resigned,
    token,
    unsigned,
)
from tests.api.admission.issuing import trusting as trusting_settings
from tests.api.conftest import Clock, ask

PEM = RSA.as_pem(private=False)
GOOD = {"alg": "RS256", "kid": "rsa", "typ": "JWT"}
NOBODY = {"alg": "none", "typ": "JWT"}
BODY = json.dumps(claims()).encode()


def tokens(clock: Clock, keys: str = "", **changes: Any) -> Tokens:
    """Check tokens of our issuer at the clock's time."""
    issuer = Issuer.of(trusting_settings(Settings(), keys or jwks(RSA, EC), **changes))
    assert issuer is not None
    trusted = TrustedKeys(source(issuer.keys), issuer.keys_seconds, lambda: 0.0)
    trusted.load()
    return Tokens(issuer, trusted, Fingerprints(b"a secret").user, clock)


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
def test_a_good_token_is_taken(clock: Clock, key: Any, alg: str) -> None:
    """By every algorithm that is allowed: the role it names, until it ends, under an id that names nobody."""
    principal, ends_at = tokens(clock).check(token(key, alg))
    assert (principal.role, principal.kind, ends_at) == (Role.INTEGRATOR, "user", later(330))
    assert re.fullmatch(r"user:[0-9a-f]{24}", principal.actor)


WRONG = {
    "nothing signed it": unsigned(NOBODY, BODY),
    "none, spelt otherwise": unsigned({**NOBODY, "alg": "nOnE"}, BODY),
    "none, with a signature": unsigned(NOBODY, BODY, b"x"),
    "the public key as a shared secret": resigned("HS256", PEM),
    "a modulus as a shared secret": resigned("HS256", str(RSA.as_dict(private=False)["n"]).encode()),
    "somebody else's key": token(STRANGER),
    "a key it brings along": token(STRANGER, header={"jwk": STRANGER.as_dict(private=False), "kid": None}),
    "a key it says where to find": token(STRANGER, header={"jku": "https://evil.example/jwks"}),
    "an algorithm that is not allowed": token(RSA, "RS384"),
    "the algorithm of another key": token(EC, "ES256", {"kid": "rsa"}),
    "no key named among two": token(header={"kid": None}),
    "a key that is not there": token(header={"kid": "other"}),
    "a kid that is no text": handmade({**GOOD, "kid": 7}, BODY),
    "a kind of token that is something else": token(header={"typ": "logout+jwt"}),
    "a critical extension nobody knows": handmade({**GOOD, "crit": ["x"], "x": 1}, BODY),
    "another issuer": token(iss=ISSUER + "/"),
    "no issuer": token(iss=None),
    "another audience": token(aud="somebody-else"),
    "other audiences": token(aud=["a", "b"]),
    "no audience": token(aud=None),
    "over": token(exp=NOW - 30),
    "without an end": token(exp=None),
    "an end that is no number": token(exp="tomorrow"),
    "an end beyond all years": token(exp=10**30),
    "an end that never comes": handmade(GOOD, BODY.replace(str(NOW + 300).encode(), b"Infinity")),
    "living for years": token(exp=NOW + 90_000),
    "not yet": token(nbf=NOW + 31),
    "issued in the future": token(iat=NOW + 31),
    "without a beginning": token(iat=None),
    "nobody's": token(sub=None),
    "nobody's, by an empty name": token(sub=""),
    "nobody's, by a number": token(sub=7),
    "a name without end": token(sub="x" * 256),
    "cut off": token()[:-10],
    "with another end": token().rsplit(".", 1)[0] + "." + token(sub="other").rsplit(".", 1)[1],
    "no JSON in it": handmade(GOOD, b"\xff\xfe"),
    "a list for a header": handmade([], BODY),
    "nested without end": handmade(GOOD, b"[" * 5_000),
    "a header nested without end": unsigned(GOOD, BODY).replace("eyJ", "W1tb" * 1_000, 1),
    "claims that are a list": handmade(GOOD, b"[]"),
    "an end that is true": handmade(GOOD, BODY.replace(str(NOW + 300).encode(), b"true")),
    "longer than any": token(padding="x" * LONGEST),
    "three dots and nothing": "..",
}


@pytest.mark.anyio
@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_token_is_refused_without_particulars(clock: Clock, case: str) -> None:
    """Each is refused with the same words, whatever is wrong; and preparing for it raises nothing."""
    checking = tokens(clock)
    await checking.prepare(WRONG[case])
    with pytest.raises(Unauthenticated) as refused:
        checking.check(WRONG[case])
    assert str(refused.value).startswith("Authorization: this token is not taken here (")


@hypothesis.given(st.text(alphabet='eyJhbGciOiJub25lIn0.-_{}[]"', max_size=200) | st.text(max_size=50))
def test_no_text_breaks_the_check(text: str) -> None:
    """Whatever is sent, it is refused and nothing else."""
    with pytest.raises(Unauthenticated):
        tokens(Clock()).check(text)


def test_the_clock_of_the_issuer_may_be_off_a_little(clock: Clock) -> None:
    """Thirty seconds either way are let pass, and not one more."""
    checking = tokens(clock)
    checking.check(token(nbf=NOW + 30, iat=NOW + 30))
    late = token(exp=NOW - 29)
    checking.check(late)
    clock.now = later(1)
    with pytest.raises(Unauthenticated):
        checking.check(late)


def test_one_role_and_no_more(clock: Clock) -> None:
    """No role, or several of ours, is forbidden: together they could do what no role may."""
    checking = tokens(clock, oidc_role_claim="realm_access.roles")
    none_or_more: tuple[Any, ...] = (
        [],
        ["all-staff"],
        None,
        "all-staff",
        {"a": 1},
        ["credit-integrators", "credit-admins"],
    )
    for roles in none_or_more:
        with pytest.raises(Forbidden, match=r"names (no|2) roles"):
            checking.check(token(roles=None, realm_access={"roles": roles}))
    one: tuple[Any, ...] = (["credit-reviewers"], "credit-reviewers", ["credit-reviewers", "credit-reviewers", 7])
    for roles in one:
        principal, _ = checking.check(token(roles=None, realm_access={"roles": roles}))
        assert principal.role is Role.REVIEWER


def test_a_holder_is_the_same_one_for_ever_and_has_no_name(clock: Clock) -> None:
    """The id depends on issuer, subject and this log's secret and on nothing else, so nobody outside can make it."""
    one = tokens(clock).check(token())[0]
    again = tokens(clock).check(token(EC, "ES256", exp=NOW + 100, roles="credit-admins"))[0]
    other = tokens(clock).check(token(sub="ada.lovelace@example.org"))[0]
    elsewhere = Fingerprints(b"another secret").user(ISSUER, "ada.lovelace@example.com")
    assert one.key_id == again.key_id
    assert len({one.key_id, other.key_id, elsewhere}) == 3
    user = Fingerprints(b"s").user
    assert user("https://a", "bc") != user("https://ab", "c")


@pytest.mark.parametrize("kept", ["inline", "file"])
def test_tokens_are_taken_over_http_beside_keys(settings: Settings, clock: Clock, tmp_path: Path, kept: str) -> None:
    """Decide, and see one's own; the log names the holder by an id; a key works as ever; a bad token is 401."""
    (tmp_path / "jwks.json").write_text(jwks(RSA), encoding="utf-8")
    keys = jwks(RSA) if kept == "inline" else str(tmp_path / "jwks.json")
    with TestClient(create_app(trusting_settings(settings, keys), clock)) as client:
        client.headers["Authorization"] = f"Bearer {token()}"
        decided = ask(client)
        mine = client.get("/decisions").json()["items"]
        entry = client.get(f"/log/entries/{decided.json()['log']['index']}")
        holder = entry.json()["actor"].removeprefix("user:")
        assert client.post(f"/keys/{holder}/rotate", json={}).status_code == 404, "who shows a token has no key"
        client.headers["Authorization"] = f"Bearer {token(sub='somebody-else', aud=['other', AUDIENCE])}"
        assert client.get(f"/decisions/{decided.json()['id']}").status_code == 404
        client.headers["Authorization"] = f"Bearer {token(STRANGER)}"
        refused = client.get("/decisions")
    assert decided.status_code == 201
    assert [item["id"] for item in mine] == [decided.json()["id"]]
    assert entry.json()["actor"].startswith("user:")
    assert "lovelace" not in entry.text
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="grounds"')


def test_a_remembered_token_ends_with_its_time(settings: Settings, clock: Clock) -> None:
    """Memory never makes a token live longer than it says."""
    lasting = trusting_settings(settings, jwks(RSA), key_memory_seconds=1_000_000)
    with TestClient(create_app(lasting, clock)) as client:
        client.headers["Authorization"] = f"Bearer {token(exp=NOW + 60)}"
        assert client.get("/policies").status_code == 200
        clock.now = later(89)
        assert client.get("/policies").status_code == 200
        clock.now = later(90)
        assert client.get("/policies").status_code == 401


def test_without_an_issuer_no_token_is_taken(http: Client) -> None:
    """A service that was told of none takes keys and nothing else."""
    assert http.get("/policies", headers={"Authorization": f"Bearer {token()}"}).status_code == 401


REFUSED: dict[str, dict[str, Any]] = {
    "named by halves": {"oidc_audience": ""},
    "no roles": {"oidc_roles": {}},
    "no keys": {"oidc_keys": ""},
    "keys by plain http": {"oidc_keys": "http://id.example/jwks"},
    "keys by another way": {"oidc_keys": "ftp://127.0.0.1/jwks"},
    "a file that is not there": {"oidc_keys": "/nowhere/jwks.json"},
    "no key set": {"oidc_keys": "{}"},
    "a shared secret": {"oidc_keys": json.dumps({"keys": [OctKey.generate_key(256).as_dict(private=True)]})},
    "a private key": {"oidc_keys": json.dumps({"keys": [RSA.as_dict(private=True)]})},
    "two keys of one name": {"oidc_keys": jwks(RSA, STRANGER)},
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_issuer_that_could_not_be_checked_is_refused_at_the_start(settings: Settings, case: str) -> None:
    """The service does not start, says which setting, and lets go of the data directory."""
    chosen = trusting_settings(settings, jwks(RSA), **REFUSED[case])
    with pytest.raises(SettingsRefused, match="GROUNDS_OIDC_"):
        create_app(chosen)
    create_app(settings)


@pytest.mark.parametrize(
    ("name", "given"), [("ALGORITHMS", "HS256"), ("ALGORITHMS", "none"), ("ROLES", '{"x": "emperor"}')]
)
def test_shared_secrets_and_unknown_roles_are_no_settings(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str
) -> None:
    """HS256 and `none` cannot even be asked for; nor can a role that is not in the table."""
    monkeypatch.setenv("GROUNDS_OIDC_ALGORITHMS", "RS256, ES512")
    assert Settings().oidc_algorithms == ("RS256", "ES512")
    monkeypatch.setenv(f"GROUNDS_OIDC_{name}", given)
    with pytest.raises(ValueError, match="validation error"):
        Settings()
