"""Policy files, `facts.yaml` and `reasons.yaml` in their one format: the same meaning, the same comments."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from engine.authoring.comments import Comments
from engine.authoring.layout import Layout
from engine.errors import Finding, PolicyError
from engine.reading.language import FACTS, POLICY, REASONS
from engine.reading.shape import Fields
from engine.reading.source import Findings, Item, Plain, Skip, read_yaml
from engine.reading.spelling import canonical

_SHAPES: Mapping[str, Fields] = {"facts.yaml": FACTS, "reasons.yaml": REASONS}


def formatted(data: bytes, file: str) -> str:
    """Give the text of a file in the one format; `file` is its name without folders.

    What the file means (its part of any digest) and its comments are the same afterwards, and formatting again changes
    nothing; raise PolicyError when it cannot be read.
    """
    shape = _SHAPES.get(file, POLICY)
    root, meaning = _read(data, file, shape)
    text = _laid_out(data.decode("utf-8"), root, shape)
    again, same = _read(text.encode(), file, shape)
    if meaning != same or _comments(data.decode("utf-8"), root) != _comments(text, again):
        raise _unsafe(file, "would change its meaning or lose a comment")
    if _laid_out(text, again, shape) != text:
        raise _unsafe(file, "would not come to rest")
    return text


def _read(data: bytes, file: str, shape: Fields) -> tuple[Item, Plain]:
    findings = Findings()
    try:
        root = read_yaml(data, file, findings)
        if not root.mapping():
            root.wrong("the file is empty", "see policies/README.md for what it holds")
        meaning = canonical(root, shape)
    except Skip:
        raise PolicyError(findings.all) from None
    if findings.all:
        raise PolicyError(findings.all)
    return root, meaning


def _laid_out(text: str, root: Item, shape: Fields) -> str:
    assert isinstance(root.node, yaml.MappingNode)
    return Layout(text, root.node).text(root.node, shape)


def _comments(text: str, root: Item) -> list[str]:
    return Comments(text, root.node).all


def _unsafe(file: str, what: str) -> PolicyError:
    return PolicyError([Finding(file, 1, "", f"formatting {what}", "leave it as it is and report the fault")])
