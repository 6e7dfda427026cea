"""Signed notes, checkpoints and receipts: the specifications' examples, round trips, and every way to be malformed."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, head_text, parse_head
from audit.errors import AuditError, NoteInvalid, ProofInvalid
from audit.merkle import Frontier, leaf_hash
from audit.note import Signer, VerifierKey, text_of
from audit.receipt import Receipt

# The example of https://c2sp.org/signed-note
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
    "OBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The example of https://c2sp.org/tlog-checkpoint
HEAD = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

SIGNER = Signer("grounds.test/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer("grounds.test/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
ENTRY = b'{"id":"x"}'
CHECKPOINT = Checkpoint.sign(1, leaf_hash(ENTRY), SIGNER)


def test_the_example_of_the_specification_verifies() -> None:
    """The published note opens under the published key, which prints as it was read."""
    key = VerifierKey.parse(VKEY)

    assert text_of(NOTE, key) == "This is an example message.\n"
    assert str(key) == VKEY
    assert key.key_id.hex() == "530d903a"


def test_the_example_checkpoint_reads_and_prints() -> None:
    """The published checkpoint text parses into its parts and prints back."""
    origin, size, root = parse_head(HEAD)

    assert (origin, size) == ("example.com/behind-the-sofa", 20_852_163)
    assert head_text(origin, size, root) == HEAD


@given(st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1).map(lambda text: text + "\n"))
def test_a_signed_note_gives_its_text_back(text: str) -> None:
    """Whatever text is signed comes back from the note, also one with blank lines and em dashes."""
    assert text_of(SIGNER.sign(text), SIGNER.vkey) == text


def test_other_signatures_are_ignored() -> None:
    """A note with lines of unknown keys before and after ours still opens; without ours it does not."""
    theirs = OTHER.sign(CHECKPOINT.text.split("\n\n")[0] + "\n").split("\n\n")[1]
    text, ours = CHECKPOINT.text.split("\n\n")

    assert Checkpoint.verify(f"{text}\n\n{theirs}{ours}{theirs}", SIGNER.vkey).size == 1
    with pytest.raises(NoteInvalid, match="no signature"):
        Checkpoint.verify(f"{text}\n\n{theirs}", SIGNER.vkey)


def test_every_flipped_bit_of_a_checkpoint_is_refused() -> None:
    """No single bit of a checkpoint is free to change, the padding bits of its base64 included."""
    note = CHECKPOINT.text.encode()
    accepted = []
    for position in range(len(note) * 8):
        bent = bytearray(note)
        bent[position // 8] ^= 1 << position % 8
        try:
            Checkpoint.verify(bent.decode(), SIGNER.vkey)
            accepted.append(position)
        except (NoteInvalid, UnicodeDecodeError):
            pass

    assert accepted == []


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text",
        "text\n",
        "text\n\n",
        "text\n\n— name",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("message", "mes\tsage"),
        NOTE.replace("=", ""),
        "text\n\n" + "— a AAAAAAA=\n" * 65,
        "text\n\n— a AAAA\n",
    ],
)
def test_a_malformed_note_is_refused(note: str) -> None:
    """Anything but text, a blank line and well-formed signature lines is refused."""
    with pytest.raises(NoteInvalid):
        text_of(note, VerifierKey.parse(VKEY))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n01\n" + b64encode(bytes(32)).decode() + "\n",
        "origin\n-1\n" + b64encode(bytes(32)).decode() + "\n",
        "origin\n1\n" + b64encode(bytes(31)).decode() + "\n",
        "origin\n\n1\n" + b64encode(bytes(32)).decode() + "\n",
        "\n1\n" + b64encode(bytes(32)).decode() + "\n",
        "origin\n1\n" + b64encode(bytes(32)).decode(),
        "origin\n١\n" + b64encode(bytes(32)).decode() + "\n",
        "origin\n1" + "0" * 30 + "\n" + b64encode(bytes(32)).decode() + "\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    """A checkpoint text is three lines in their one spelling, or it is refused."""
    with pytest.raises(NoteInvalid):
        parse_head(text)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    """A key speaks only for the origin it is named after."""
    note = SIGNER.sign(head_text("grounds.test/another", 1, bytes(32)))

    with pytest.raises(NoteInvalid, match="speaks for"):
        Checkpoint.verify(note, SIGNER.vkey)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a",
        "a+b",
        VKEY.replace("530d903a", "530d903b"),
        VKEY[:-4],
        VKEY.replace("+Aek", "+Bek"),
        VKEY + "A",
        "+" + VKEY,
    ],
)
def test_a_malformed_verifier_key_is_refused(vkey: str) -> None:
    """A verifier key with a wrong id, type, length or name is refused."""
    with pytest.raises(NoteInvalid):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize("name", ["", "with space", "with+plus", "with\u00a0space", "with\nline"])
def test_a_name_that_breaks_the_format_is_refused(name: str) -> None:
    """A key name that could not stand in a signature line makes no signer."""
    with pytest.raises(NoteInvalid):
        Signer(name, Ed25519PrivateKey.generate())


@given(st.integers(1, 200), st.data())
def test_a_receipt_round_trips_and_proves(size: int, data: st.DataObject) -> None:
    """A receipt prints, parses to the same, and proves its entry and no other."""
    index = data.draw(st.integers(0, size - 1))
    entries = [b"%d" % number for number in range(size)]
    leaves = [leaf_hash(each) for each in entries]
    checkpoint = Checkpoint.sign(size, Frontier().extend(leaves).root(), SIGNER)
    path = _path(index, leaves)
    text = str(Receipt(index, path, checkpoint.text))

    assert Receipt.parse(text) == Receipt(index, path, checkpoint.text)
    assert str(Receipt.parse(text)) == text
    assert Receipt.parse(text).check(entries[index], SIGNER.vkey) == checkpoint
    with pytest.raises(ProofInvalid):
        Receipt.parse(text).check(b"another entry", SIGNER.vkey)
    with pytest.raises(NoteInvalid):
        Receipt.parse(text).check(entries[index], OTHER.vkey)


def test_an_extra_line_is_allowed_in_a_receipt() -> None:
    """The format's optional line of unauthenticated data is read over."""
    text = str(Receipt(0, (), CHECKPOINT.text)).replace("\nindex", "\nextra AAAA\nindex")

    assert Receipt.parse(text).check(ENTRY, SIGNER.vkey) == CHECKPOINT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 0", "index 00"),
        ("index 0", "index"),
        ("index 0\n", "index 0\nAAAA\n"),
        ("index 0\n", "index 0\n" + (b64encode(bytes(32)).decode() + "\n") * 64),
        ("index 0\n", "index 0\nextra AAAA\n"),
        ("\n\ngrounds", "\ngrounds"),
    ],
)
def test_a_malformed_receipt_is_refused(old: str, new: str) -> None:
    """A receipt is the format's lines in their order, or it is refused."""
    text = str(Receipt(0, (), CHECKPOINT.text))

    assert old in text
    with pytest.raises(AuditError):
        Receipt.parse(text.replace(old, new, 1)).check(ENTRY, SIGNER.vkey)


def _path(index: int, leaves: list[bytes]) -> tuple[bytes, ...]:
    from audit.merkle import root_of
    from audit.proofs import inclusion_path

    return inclusion_path(index, len(leaves), lambda level, n: root_of(leaves[n << level : (n + 1) << level]))
