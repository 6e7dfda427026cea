"""Rego, the language of Open Policy Agent, by regorus (Rust): the whole policy compiled, JSON in and out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import regorus

from bench.engines.applicants import POLICY, Facts
from bench.engines.contest import Answer, Contender, Settlement
from bench.engines.spelling import Dialect, alternatives, branches, condition, output, stored
from engine import PolicySet
from engine.expression import Expression
from engine.policy import Derived, Policy

_ENTRY = "data.credit.decision"


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the compiled form, run on regorus's virtual machine."""
    policy = policies[POLICY]
    settle, names = Settlement(policy), [rule.name for rule in policy.rules]
    program = regorus.Program.compile_from_modules("{}", [("credit.rego", module(policy))], [_ENTRY])
    machine = regorus.Rvm()
    machine.load_program(program)
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode

    def decide(facts: Facts) -> Answer:
        machine.set_input_json(encode(facts).decode())
        result = decode(machine.execute())
        return settle([names[index] for index in result["fired"]], facts | result)

    yield Contender("Rego (regorus)", decide)


def module(policy: Policy) -> str:
    """Write the policy as one Rego module; fired rules are told by their number, so that they come in order."""
    known = {one.name for one in policy.derived}
    dialect = Dialect(
        name=lambda name: name if name in known else f"input.{name}",
        word='"{}"',
        negation="not {}",
        among="{item} in {{{values}}}",
        binary="{left} {op} {right}",
        floor="floor(({left}) / ({right}))",
        least="min([{left}, {right}])",
        most="max([{left}, {right}])",
        true="true",
    )
    lines = ["package credit", "import rego.v1"]
    lines += [_derived(one, dialect) for one in policy.derived]
    for number, rule in enumerate(policy.rules):
        lines += [f"fired contains {number} if {{ {body} }}" for body in _bodies(rule.when, dialect)]
    answer = ", ".join(f'"{name}": {name}' for name in (*sorted(known), "fired"))
    return "\n".join([*lines, f"decision := {{{answer}}}"])


def _bodies(when: Expression, dialect: Dialect) -> list[str]:
    return ["; ".join(condition(term, dialect) for term in terms) for terms in alternatives(when)]


def _derived(derived: Derived, dialect: Dialect) -> str:
    if derived.formula is not None:
        return f"{derived.name} := {stored(derived.formula, derived.kind, dialect)}"
    rows = [
        f"{output(value, dialect)} if {{ {body} }}"
        for when, value in branches(derived)
        for body in _bodies(when, dialect)
    ]
    return f"{derived.name} := " + "\nelse := ".join(rows)
