"""The issuer's keys, fetched from the one address that is configured: cached, renewed, and never believed too long."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import ECKey, OctKey
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from api.admission.keysets import KeysRefused, TrustedKeys, read, source
from api.errors import IssuerSilent
from tests.api.admission.issuing import EC, RSA, STRANGER, jwks, short_key
from tests.api.admission.test_throttle import Hand

pytestmark = pytest.mark.anyio


class Issuer:
    """An issuer's address that answers as a test wants, and counts how often it was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.asked = 0
        self.answer = Response(jwks(RSA), content_type="application/json")
        server.expect_request("/jwks").respond_with_handler(self._respond)
        self.url = server.url_for("/jwks")

    def _respond(self, _: Request) -> Response:
        self.asked += 1
        return self.answer


@pytest.fixture
def issuer(httpserver: HTTPServer) -> Issuer:
    """Publish keys on this machine."""
    return Issuer(httpserver)


@pytest.fixture
def hand() -> Hand:
    """Stand at zero."""
    return Hand()


@pytest.fixture
def keys(issuer: Issuer, hand: Hand) -> TrustedKeys:
    """Trust what the issuer publishes for ten minutes."""
    return TrustedKeys(source(issuer.url), 600.0, hand)


async def settled(keys: TrustedKeys) -> None:
    """Wait for a fetch that is under way."""
    if keys._asking is not None:
        await keys._asking


async def test_keys_are_fetched_once_and_kept(keys: TrustedKeys, issuer: Issuer, hand: Hand) -> None:
    """A thousand tokens ask once; before the first fetch there are none."""
    with pytest.raises(IssuerSilent):
        keys.current()
    for _ in range(1_000):
        await keys.prepare("rsa")
    hand.at = 299.0
    await keys.prepare("rsa")
    assert (issuer.asked, [key.kid for key in keys.current()]) == (1, ["rsa"])


async def test_a_new_key_of_the_issuer_is_found_but_not_by_every_made_up_name(
    keys: TrustedKeys, issuer: Issuer, hand: Hand
) -> None:
    """A name that is not there asks again, at most every ten seconds however many are made up."""
    await keys.prepare("rsa")
    issuer.answer = Response(jwks(RSA, EC))
    for number in range(100):
        await keys.prepare(f"made-up-{number}")
    assert issuer.asked == 1
    hand.at = 10.0
    await keys.prepare("ec")
    assert (issuer.asked, {key.kid for key in keys.current()}) == (2, {"rsa", "ec"})


async def test_keys_are_renewed_before_they_are_too_old(keys: TrustedKeys, issuer: Issuer, hand: Hand) -> None:
    """After half their time new ones are asked for while the old ones serve; a key taken back is gone then."""
    await keys.prepare("rsa")
    issuer.answer = Response(jwks(EC))
    hand.at = 300.0
    await keys.prepare("rsa")
    await settled(keys)
    assert (issuer.asked, [key.kid for key in keys.current()]) == (2, ["ec"])


BROKEN = {
    "an error": Response(status=500),
    "a way elsewhere": Response(status=302, headers={"Location": "http://127.0.0.1:9/jwks"}),
    "no JSON": Response("<html>"),
    "no keys": Response('{"keys": []}'),
    "far too much": Response('{"keys": [' + " " * 300_000 + "]}"),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_an_issuer_that_fails_is_refused_in_the_end(
    keys: TrustedKeys, issuer: Issuer, hand: Hand, case: str
) -> None:
    """What was fetched serves until it is too old and then counts as none; when the issuer is back, so are its keys."""
    await keys.prepare("rsa")
    good, issuer.answer = issuer.answer, BROKEN[case]
    for at in (300.0, 305.0, 400.0, 599.0):
        hand.at = at
        await keys.prepare("rsa")
        await settled(keys)
        assert keys.current()
    assert issuer.asked == 4, "asked again, but not within ten seconds of the last time"
    hand.at = 600.0
    await keys.prepare("rsa")
    with pytest.raises(IssuerSilent):
        keys.current()
    issuer.answer, hand.at = good, 620.0
    await keys.prepare("rsa")
    assert keys.current()


async def test_an_issuer_that_is_away_is_refused(hand: Hand) -> None:
    """Nobody listens there: no keys, no token, and no exception of a library."""
    keys = TrustedKeys(source("http://127.0.0.1:9/jwks"), 600.0, hand)
    await keys.prepare("rsa")
    with pytest.raises(IssuerSilent):
        keys.current()


def test_what_is_not_for_us_is_left_out() -> None:
    """Keys to encrypt with and keys of kinds nobody here knows are skipped (RFC 7517, section 5)."""
    kept = RSA.as_dict(private=False)
    others = [
        {**EC.as_dict(private=False), "use": "enc"},
        {"kty": "AKP", "kid": "tomorrow", "alg": "ML-DSA-44", "pub": "x"},
    ]
    assert [key.kid for key in read(json.dumps({"keys": [*others, kept]}))] == ["rsa"]


REFUSED = {
    "not an object": "[]",
    "keys that are none": '{"keys": [1]}',
    "keys that are no list": '{"keys": "rsa"}',
    "a key without its numbers": '{"keys": [{"kty": "RSA"}]}',
    "a short key": short_key(),
    "a shared secret": json.dumps({"keys": [OctKey.generate_key(256).as_dict(private=True)]}),
    "a secret half": json.dumps({"keys": [ECKey.generate_key("P-256", private=True).as_dict(private=True)]}),
    "the same name twice": jwks(RSA, STRANGER),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_key_set_that_could_be_misunderstood_is_refused(case: str) -> None:
    """Duplicate names, secret halves, shared secrets and short keys are no way to check a token."""
    with pytest.raises(KeysRefused):
        read(REFUSED[case])
