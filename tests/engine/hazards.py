"""What to keep clear of in the C engine, hazard by hazard (docs/hazards.md): each with a check on what passes to it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.engine.traffic import Traffic


def _hash(name: str) -> int:
    """FNV-1a in 32 bits: all the engine keeps of a name."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 16_777_619) & 0xFFFFFFFF
    return value


def _operators(traffic: Traffic) -> set[str]:
    return {key for key in traffic.keys if key.startswith("$")}


def _fields(traffic: Traffic) -> set[str]:
    """Every name a ruleset tests or a fact carries."""
    tested = {key for _, tests in traffic.patterns for key, _ in tests if not key.startswith("$")}
    marked = {name for _, tests in traffic.patterns for key, named in tests if key == "$ex" for name in named}
    return tested | marked | {name for fact in traffic.facts for name in fact}


def _values(traffic: Traffic) -> list[Any]:
    """Every value a fact carries, but its id."""
    return [value for fact in traffic.facts for name, value in fact.items() if name != "id"]


def _operands(traffic: Traffic) -> list[Any]:
    """What tests are held against; `$ex` has the marker."""
    return [operand for _, tests in traffic.patterns for key, operand in tests if key != "$ex"]


def _one_positive_pattern(traffic: Traffic) -> bool:
    """Every rule: `all`, one pattern, first of all a marker (the warm-up rule: its own field)."""
    shapes = {(*rule, len(rule.get("all", ()))) for ruleset in traffic.rulesets for rule in ruleset.values()}
    return shapes == {("all", 1)} and {tests[0][0] for _, tests in traffic.patterns} == {"$ex", "~zz"}


def _no_branch_twice(traffic: Traffic) -> bool:
    return "$or" not in traffic.keys


def _no_references(traffic: Traffic) -> bool:
    """No test is held against another fact or another field of the same."""
    return all(type(operand) is int for operand in _operands(traffic)) and {a for a, _ in traffic.patterns} == {"m"}


def _no_negation(traffic: Traffic) -> bool:
    return not any(key.endswith(("$not", "$any", "$all")) for key in traffic.keys) and _one_positive_pattern(traffic)


def _markers_come_first(traffic: Traffic) -> bool:
    """Negations alone match the engine's own fact; our patterns hold none, and begin with what must be there."""
    return "$nex" not in traffic.keys and _one_positive_pattern(traffic)


def _no_long_strings(traffic: Traffic) -> bool:
    return not any(isinstance(value, str) for value in _values(traffic)) and all(
        len(f["id"]) < 9 for f in traffic.facts
    )


def _only_ones(traffic: Traffic) -> bool:
    return all(type(value) is int and value == 1 for value in (*_values(traffic), *_operands(traffic)))


def _distinct_hashes(traffic: Traffic) -> bool:
    names = _fields(traffic) | {"id", "sid", "$s", "$forward", "m"}
    ids = {fact["id"] for fact in traffic.facts}
    return len({_hash(name) for name in names}) == len(names) and len({_hash(one) for one in ids}) == len(ids)


def _no_identity_tested(traffic: Traffic) -> bool:
    return not {"id", "sid"} & {key for _, tests in traffic.patterns for key, _ in tests}


def _one_fact_at_a_time(traffic: Traffic) -> bool:
    return not {"assert_facts", "assert_events", "assert_event", "post", "update_state"} & traffic.names


def _no_priorities(traffic: Traffic) -> bool:
    return not {"pri", "count", "cap", "span", "run"} & traffic.keys


def _warmed_before_thrown_away(traffic: Traffic) -> bool:
    """A memory that never fired is not deleted: a firing stands before the first `delete_state` and after each."""
    for calls in traffic.by_handle:
        fired = False
        for call in calls:
            if call.name == "complete_and_start_action":
                fired = True
            if call.name == "delete_state":
                if not fired:
                    return False
                fired = calls[-1].name == "delete_ruleset" and calls[-2] is call
    return True


def _offsets_are_fresh(traffic: Traffic) -> bool:
    """What is started was just stored, at the offset that was given; what is completed was started."""
    for calls in traffic.by_handle:
        live = None
        for call in calls:
            if call.name == "assert_fact":
                status, offset = call.result
                live = offset if status == 0 else None
            elif call.name in ("start_action_for_state", "complete_and_start_action") and call.arguments[1] != live:
                return False
            elif call.name in ("retract_fact", "delete_state"):
                live = None
    return True


def _own_identities(traffic: Traffic) -> bool:
    """Every fact has an id of ours, short, flat, and no sid; a state is not named when it is deleted."""
    flat = not any(isinstance(value, list | dict) for value in _values(traffic))
    unnamed = all(call.arguments[1] is None for call in traffic.calls if call.name == "delete_state")
    return flat and unnamed and all("id" in fact and "sid" not in fact for fact in traffic.facts)


def _state_before_ruleset(traffic: Traffic) -> bool:
    """The state is deleted just before its ruleset, and every ruleset made is deleted."""
    made = Counter(call.name for call in traffic.calls)
    ends = [calls[-2:] for calls in traffic.by_handle]
    named = all([call.name for call in end] == ["delete_state", "delete_ruleset"] for end in ends)
    return named and made["create_ruleset"] == made["delete_ruleset"]


def _calls_take_turns(traffic: Traffic) -> bool:
    """From assert to retract nobody else speaks to the same ruleset, whoever decides beside."""
    order = {
        "assert_fact": ("create_ruleset", "assert_fact", "retract_fact", "delete_state"),
        "start_action_for_state": ("assert_fact",),
        "complete_and_start_action": ("start_action_for_state", "complete_and_start_action"),
        "retract_fact": ("complete_and_start_action",),
    }
    for calls in traffic.by_handle:
        for before, call in itertools.pairwise(calls):
            if call.name in order and before.name not in order[call.name]:
                return False
    return True


def _retracted_by_id(traffic: Traffic) -> bool:
    """What is retracted is what was stored; a memory that may hold more is thrown away whole."""
    for calls in traffic.by_handle:
        stored: str | None = None
        for call in calls:
            if call.name == "assert_fact":
                if stored is not None:
                    return False
                stored = call.arguments[1] if call.result[0] == 0 else None
            elif call.name == "retract_fact":
                if stored is None or call.arguments[1].rstrip("}") not in stored:
                    return False
                stored = None
            elif call.name == "delete_state":
                stored = None
    return True


def _trie(ruleset: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """The nodes of the engine's tree of tests: (path, the test that hangs below), None where a rule ends."""
    for rule in ruleset.values():
        (pattern,) = rule["all"]
        tests = pattern["m"].get("$and", [pattern["m"]])
        path = tuple(str(test) for test in tests)
        for depth, test in enumerate(path):
            yield path[:depth], test
        yield path, None


def _most(traffic: Traffic, count: Callable[[dict[str, Any]], int]) -> int:
    return max(count(ruleset) for ruleset in traffic.rulesets)


def _rules_per_node(ruleset: dict[str, Any]) -> int:
    return max(Counter(path for path, test in _trie(ruleset) if test is None).values())


def _tests_per_node(ruleset: dict[str, Any]) -> int:
    below: dict[tuple[str, ...], set[str]] = {}
    for path, test in _trie(ruleset):
        if test is not None:
            below.setdefault(path, set()).add(test)
    return max(map(len, below.values()))


def _pending(ruleset: dict[str, Any]) -> int:
    """Matches the engine may hold at once: all markers of a fact but one, and all that hangs below that one."""
    marked = Counter(path for path, test in _trie(ruleset) if len(path) == 1 and test is not None)
    waves = Counter(path[0].rpartition("m")[0] for path in marked)
    return max((waves[path[0].rpartition("m")[0]] - 1 + count for path, count in marked.items()), default=0)


HAZARDS: dict[str, Callable[[Traffic], bool]] = {
    "W1 `$or` fires once per true branch": _no_branch_twice,
    "W2 a join after `$or` is not evaluated": _no_references,
    "W3 an `$or` of a test and a join misses": _no_references,
    "W4 a late negated fact does not withdraw": _no_negation,
    "W5 a withdrawal takes other rules along": _no_negation,
    "W6 `$not` as the first pattern never fires": _no_negation,
    "W7 `any` fires 2^n - 1 times": _no_negation,
    "W8 256 rules on one node overrun a list": lambda t: _most(t, _rules_per_node) <= 255,
    "W9 a comparison within a fact reads unset memory": _no_references,
    "W10 negations alone match the engine's own fact": _markers_come_first,
    "W11 strings of 65,536 bytes are cut": _no_long_strings,
    "W12 integers beyond 64 bits saturate": _only_ones,
    "W13 values of two types are equal": _only_ones,
    "W14 names are told apart by hash alone": _distinct_hashes,
    "W15 an id in a condition points nowhere": _no_identity_tested,
    "W16 a batch of facts drops some": _one_fact_at_a_time,
    "W17 priorities wrap at 16 bits": _no_priorities,
    "C1 a state that never fired frees what it does not own": _warmed_before_thrown_away,
    "C2 an empty batch crashes": _one_fact_at_a_time,
    "C3 a stale offset crashes": _offsets_are_fresh,
    "C4 a join inside `$and` reads out of bounds": _no_references,
    "C5 retracting a fact of many patterns has no bound": _one_positive_pattern,
    "C6 an abandoned action and a retraction crash the next": lambda t: "abandon_action" not in t.names,
    "C7 a huge id or a deep list overruns the stack": _own_identities,
    "C8 a sid that is no plain string is used after free": _own_identities,
    "C9 the 1,025th live sid crashes": _own_identities,
    "C10 a division by zero ends the process": lambda t: _operators(t) == {"$and", "$ex"},
    "C11 a regular expression reads a dead stack": lambda t: not {"$mt", "$imt"} & _operators(t),
    "C12 512 nodes below one hang": lambda t: _most(t, _tests_per_node) <= 500,
    "C13 a ruleset deleted before its state leaks": _state_before_ruleset,
    "D4 one fact at a time, with an id of ours": lambda t: _one_fact_at_a_time(t) and _own_identities(t),
    "D6 what was stored is retracted by its id": _retracted_by_id,
    "D9 calls about one ruleset take turns": _calls_take_turns,
    "D10 no timers run behind us": lambda t: not {"assert_timers", "start_timer", "start_action"} & t.names,
    "L1 64 matches pending": lambda t: _most(t, _pending) <= 64,
    "L2 255 rules ending on one node": lambda t: _most(t, _rules_per_node) <= 255,
    "L3 127 continuations by `$nex` and `$or`": lambda t: not {"$nex", "$or"} & t.keys,
    "L4 500 tests below one node": lambda t: _most(t, _tests_per_node) <= 500,
    "L5 31 tokens in a pattern": lambda t: all(sum(k == "$and" for k, _ in tests) == 0 for _, tests in t.patterns),
    "L6 16 patterns in a rule": _one_positive_pattern,
    "L7 252 fields in a fact": lambda t: max(map(len, t.facts)) <= 252,
    "L8 4,096 rules in a ruleset": lambda t: _most(t, len) <= 4_096,
    "L9 65,535 bytes in a string": _no_long_strings,
    "L10 1,024 live states": _own_identities,
}
