"""A folder of YAML files -> a checked PolicySet; and bundles, the closed forms digests are taken of.

The bundle is canonical JSON (RFC 8785; it holds only text, lists and mappings) of the policy file less comments and
layout, in the one spelling of numbers and expressions, with the facts and reasons it uses. A recorded bundle loads
again by itself, so that a decision can be replayed from the log alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.errors import Finding, PolicyError, UnknownPolicy
from engine.policy import Policy
from engine.reading.decided_places import check_conditions
from engine.reading.facts_file import read_facts, read_reasons
from engine.reading.language import FACT, POLICY, REASON
from engine.reading.policy_file import read_policy, with_digest
from engine.reading.shape import Fields
from engine.reading.source import MAX_BYTES, Findings, Item, Plain, Skip, read_yaml
from engine.reading.spelling import canonical
from engine.reading.standards import check_order, check_reasons
from engine.running.network import NetworkLimit, compile_network
from engine.vocabulary import Reason, Vocabulary

T = TypeVar("T")

LANGUAGE = "1"  #: version of the policy language; part of every bundle, so a change of meaning changes digests
_SHARED = ("facts.yaml", "reasons.yaml")


class PolicySet:
    """The policies of one folder: frozen, checked, each closed over what it uses."""

    def __init__(self, vocabulary: Vocabulary, policies: Mapping[str, Policy], bundles: Mapping[str, bytes]) -> None:
        self.vocabulary = vocabulary
        self._policies = dict(policies)
        self._bundles = dict(bundles)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all policies, in order."""
        return tuple(self._policies)

    def __getitem__(self, name: str) -> Policy:
        """Give a policy by name; raise UnknownPolicy."""
        if name not in self._policies:
            raise UnknownPolicy(name, self.names)
        return self._policies[name]

    def __iter__(self) -> Iterator[Policy]:
        return iter(self._policies.values())

    def bundle(self, name: str) -> bytes:
        """Give the canonical JSON of a policy with all it uses; its SHA-256 is the policy's digest."""
        return self._bundles[self[name].name]


def load_policies(folder: Path) -> PolicySet:
    """Read and check all policies of a folder; raise PolicyError with every finding of every file."""
    findings = Findings()
    if not folder.is_dir():
        wrong = "this is a file, not a folder" if folder.exists() else "there is no such folder"
        raise PolicyError([Finding(str(folder), 1, "", wrong, "name a folder with facts.yaml")])
    shared = {name: _read(folder / name, findings) for name in _SHARED}
    facts = _attempt(lambda: read_facts(_given(shared["facts.yaml"])))
    reasons = _attempt(lambda: _specific(_given(shared["reasons.yaml"]), findings))
    vocabulary = Vocabulary(facts or {}, reasons or {})
    policies, bundles = {}, {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name in _SHARED:
            continue
        root = _read(path, findings)
        if facts is None or reasons is None:
            continue  # without a vocabulary every name would be reported as unknown
        policy = _attempt(lambda root=root: read_policy(_given(root), vocabulary))  # type: ignore[misc]  # mypy cannot see the default
        if policy is None or root is None:
            continue
        if policy.name != path.stem:
            findings.add(root, f"policy `{policy.name}` stands in `{path.name}`", f"name the file {policy.name}.yaml")
        check_order(root, policy, findings)
        check_conditions(root, policy, findings)
        if not findings.all and (bundle := _attempt(lambda p=policy, r=root: _closed(p, r, shared))):  # type: ignore[misc]  # as above
            bundles[policy.name] = bundle
            policies[policy.name] = with_digest(policy, hashlib.sha256(bundle).hexdigest())
    _unused(shared["reasons.yaml"], vocabulary, policies, findings)
    if findings.all:
        raise PolicyError(findings.all)
    if not policies:
        raise PolicyError(
            [Finding(str(folder), 1, "", "the folder holds no policy", "write NAME.yaml beside facts.yaml")]
        )
    return PolicySet(vocabulary, policies, bundles)


def load_bundle(bundle: bytes) -> PolicySet:
    """Read a recorded bundle back into a set of one policy with the same digest; raise PolicyError."""
    findings = Findings()
    try:
        parts = read_yaml(bundle, "bundle", findings, times=4).fields(["facts", "language", "policy", "reasons"])
        if parts["language"].text() != LANGUAGE:
            parts["language"].wrong(f"language `{parts['language'].text()}` is not spoken here", f"this is {LANGUAGE}")
        vocabulary = Vocabulary(read_facts(parts["facts"]), read_reasons(parts["reasons"]))
        policy = with_digest(read_policy(parts["policy"], vocabulary), hashlib.sha256(bundle).hexdigest())
    except Skip:
        raise PolicyError(findings.all) from None
    if findings.all:
        raise PolicyError(findings.all)
    return PolicySet(vocabulary, {policy.name: policy}, {policy.name: bundle})


def _given(item: Item | None) -> Item:
    if item is None:
        raise Skip
    return item


def _attempt(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Skip:
        return None


def _specific(item: Item, findings: Findings) -> Mapping[str, Reason]:
    reasons = read_reasons(item)
    check_reasons(item, reasons, findings)
    return reasons


def _read(path: Path, findings: Findings) -> Item | None:
    if path.exists() and not path.is_file():
        findings.all.append(Finding(path.name, 1, "", "cannot be read: it is no file", "a policy is text in a file"))
        return None
    try:
        with path.open("rb") as file:  # however large: no more of it is taken in than shows that it is too large
            return read_yaml(file.read(MAX_BYTES + 1), path.name, findings)
    except OSError as error:
        findings.all.append(Finding(path.name, 1, "", f"cannot be read: {error.strerror}", "is it there, and yours?"))
    except Skip:
        pass
    return None


def _unused(item: Item | None, vocabulary: Vocabulary, policies: Mapping[str, Policy], findings: Findings) -> None:
    if item is None or findings.all:
        return
    used = {code for policy in policies.values() for code in policy.reasons}
    entries = item.mapping()["reasons"].mapping()
    for code in vocabulary.reasons:
        if code not in used:
            findings.add(entries[code], f"no policy uses reason `{code}`", "remove it or use it")


def _closed(policy: Policy, root: Item, shared: Mapping[str, Item | None]) -> bytes:
    """Give the bundle of a policy the rule network can hold."""
    try:
        compile_network(policy)
    except NetworkLimit as limit:
        root.wrong(str(limit), "split the policy or simplify its conditions")
    return _bundle(policy, root, shared)


def _bundle(policy: Policy, root: Item, shared: Mapping[str, Item | None]) -> bytes:
    def part(file: str, key: str, used: Mapping[str, object], shape: Fields) -> Plain:
        entries = _given(shared[file]).mapping()[key].mapping()
        return {name: canonical(entries[name], shape) for name in used}

    closed: Plain = {
        "language": LANGUAGE,
        "policy": canonical(root, POLICY),
        "facts": {"facts": part("facts.yaml", "facts", _facts_of_examples(policy) | dict(policy.facts), FACT)},
        "reasons": {"reasons": part("reasons.yaml", "reasons", policy.reasons, REASON)},
    }
    return msgspec.json.encode(closed, order="deterministic")


def _facts_of_examples(policy: Policy) -> dict[str, object]:
    return {name: None for example in policy.examples for name in example.given}
