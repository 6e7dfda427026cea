"""YAML text with places: every value knows its file, line and path, and numbers stay exact.

The dialect is small on purpose: no duplicate keys, no anchors, no tags, no nulls, no `yes/no/on/off`. A JSON
document is read the same way, so a recorded bundle loads by the same code as a file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from sys import intern
from typing import NoReturn, TypeVar

import yaml

from engine.errors import Finding, meant
from engine.kinds import read_date

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_NODES = 100_000

LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DISGUISED = frozenset({"yes", "no", "on", "off", "y", "n"})
_NULLS = frozenset({"", "~", "null"})
_TRUTH = {"true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9][0-9_]{0,30}\Z")
_NUMBER = re.compile(r"[-+]?[0-9][0-9_]{0,30}(\.[0-9_]{1,30})?\Z")

#: What YAML or JSON readers may change or refuse; a bundle must come back as it went.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")

T = TypeVar("T")
Plain = str | list["Plain"] | dict[str, "Plain"]


class Skip(Exception):
    """this part is wrong and reported; go on with the next"""


class Findings:
    """Collects what is wrong, so that one run reports everything, and nothing that only follows from it."""

    def __init__(self) -> None:
        self.all: list[Finding] = []
        self.broken: set[str] = set()  #: names declared in a way that is wrong, and reported; who uses them is silent

    def add(self, item: Item, message: str, remedy: str = "") -> None:
        """Report one mistake at a place."""
        self.all.append(Finding(item.file, item.line, item.path, message, remedy))


class Item:
    """One YAML value and where it stands; its methods read it as something and report when it is something else."""

    def __init__(self, node: yaml.Node, path: str, file: str, findings: Findings) -> None:
        self.node = node
        self.path = path
        self.file = file
        self.line: int = node.start_mark.line + 1
        self.findings = findings

    def wrong(self, message: str, remedy: str = "") -> NoReturn:
        """Report a mistake here and give up on this part."""
        self.findings.add(self, message, remedy)
        raise Skip

    def text(self) -> str:
        """Read a word or a sentence; anything YAML would turn into something else must be quoted."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.wrong("text is needed here", "write a word or a sentence")
        value: str = self.node.value
        if self.plain_style and value.lower() in _NULLS:
            self.wrong("nothing stands here", "leave the key out or give it a value")
        if self.plain_style and value.lower() in _DISGUISED:
            self.wrong(f"`{value}` is a boolean in disguise", "write true or false, or quote the word")
        if _UNPRINTABLE.search(value):
            self.wrong("the text holds a control character or a line separator", "remove it")
        return intern(value)  # names are looked up many times a decision

    def sentence(self) -> str:
        """Read text that says something."""
        text = self.text()
        if not text.strip():
            self.wrong("the text is empty", "write what people should read")
        return text

    @property
    def plain_style(self) -> bool:
        """Whether a scalar stands without quotes."""
        return isinstance(self.node, yaml.ScalarNode) and not self.node.style

    @property
    def scalar(self) -> bool:
        """Whether this is a single value."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def listed(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def mapped(self) -> bool:
        """Whether this is a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    def integer(self, low: int, high: int) -> int:
        """Read a whole number within bounds."""
        text = self.text()
        if not _INTEGER.match(text) or not low <= int(text.replace("_", "")) <= high:
            self.wrong(f"`{text[:60]}` is not a whole number from {low} to {high}", "write digits, e.g. 1_000")
        return int(text.replace("_", ""))

    def number(self) -> Fraction:
        """Read an exact decimal number."""
        text = self.text()
        if not _NUMBER.match(text):
            self.wrong(f"`{text[:60]}` is not a number", "write digits, e.g. 5_000.00 or 0.185")
        return Fraction(text.replace("_", ""))

    def boolean(self) -> bool:
        """Read true or false."""
        text = self.text()
        if text not in _TRUTH:
            self.wrong(f"`{text[:60]}` is neither true nor false", "write true or false")
        return _TRUTH[text]

    def date(self) -> dt.date:
        """Read YYYY-MM-DD."""
        text = self.text()
        date = read_date(text)
        if date is None:
            self.wrong(f"`{text[:60]}` is not a date", "write YYYY-MM-DD")
        return date

    def choice(self, options: Sequence[str]) -> str:
        """Read one of a few words."""
        text = self.text()
        if text not in options:
            self.sound(text)
            known = f"is not one of {some(options)}" if options else "is not declared"
            self.wrong(f"`{text[:60]}` {known}", meant(text, [*options, *self.findings.broken], "write one of them"))
        return text

    def sound(self, *names: str) -> None:
        """Give up on this part without a word when it only uses a name whose declaration is wrong."""
        if not self.findings.broken.isdisjoint(names):
            raise Skip

    def sequence(self) -> list[Item]:
        """Read a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.wrong("a list is needed here", "write [..] or lines that begin with `- `")
        return [
            Item(node, f"{self.path}[{index}]", self.file, self.findings) for index, node in enumerate(self.node.value)
        ]

    def mapping(self) -> dict[str, Item]:
        """Read a mapping whose keys are free; duplicate keys are reported."""
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong("a mapping is needed here", "write `key: value` lines")
        found: dict[str, Item] = {}
        for key_node, value_node in self.node.value:
            key = Item(key_node, self.path, self.file, self.findings).text()
            value = Item(value_node, f"{self.path}.{key}" if self.path else key, self.file, self.findings)
            value.line = key_node.start_mark.line + 1
            if key in found:
                self.findings.add(value, f"`{key}` stands here twice", "keep one of them")
            found[key] = value
        return found

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Item]:
        """Read a mapping of known keys; missing and unknown keys are reported, missing ones give up on this part."""
        found = self.mapping()
        required, known = tuple(required), (*required, *optional)
        for key, item in found.items():
            if key not in known:
                self.findings.add(item, f"unknown key `{key}`", meant(key, known, f"known keys: {', '.join(known)}"))
        absent = [key for key in required if key not in found]
        if absent:
            self.wrong(f"missing {', '.join(f'`{key}`' for key in absent)}", "every one of them is required")
        return found

    def each(self, read: Callable[[Item], T]) -> list[T]:
        """Read every element of a list, going on after a wrong one."""
        return [value for item in self.sequence() for value in attempt(read, item)]

    def named(self, read: Callable[[str, Item], T]) -> list[T]:
        """Read every entry of a mapping by its key and value, going on after a wrong one."""
        found = []
        for name, item in self.mapping().items():
            try:
                found.append(read(name, item))
            except Skip:
                self.findings.broken.add(name)
        return found

    def plain(self) -> Plain:
        """The value as bare strings, lists and mappings, spelled as they are written."""
        if self.mapped:
            return {key: item.plain() for key, item in self.mapping().items()}
        if self.listed:
            return [item.plain() for item in self.sequence()]
        return self.text()


def name_of(item: Item, key: str) -> set[str]:
    """The name an entry of a list gives itself under a key, whatever else is wrong with it; nothing without one."""
    pairs = item.node.value if isinstance(item.node, yaml.MappingNode) else ()
    return {value.value for name, value in pairs if name.value == key and isinstance(value, yaml.ScalarNode)}


def disguised(text: str) -> bool:
    """Whether a word has to be quoted, lest YAML take it for a boolean or for nothing."""
    return text.lower() in _NULLS | _DISGUISED


def attempt(read: Callable[[Item], T], item: Item) -> list[T]:
    """Give [value], or [] when the part was wrong (and is reported)."""
    try:
        return [read(item)]
    except Skip:
        return []


def some(words: Sequence[str]) -> str:
    """List words, the first dozen when there are many."""
    more = f" and {len(words) - 12} more" if len(words) > 12 else ""
    return ", ".join(words[:12]) + more


def read_yaml(data: bytes, file: str, findings: Findings, times: int = 1) -> Item:
    """Read one document; raise Skip (with a finding) when it is not one, or is beyond `times` the limits."""
    failed = Item(yaml.ScalarNode("", "", yaml.Mark(file, 0, 0, 0, None, 0)), "", file, findings)
    if len(data) > MAX_BYTES * times:
        failed.wrong(f"the file has more than {MAX_BYTES * times} bytes", "split it")
    try:
        text = data.decode("utf-8")
        _bounded(text, failed, times)
        node = yaml.compose(text, Loader=LOADER)
    except UnicodeDecodeError as error:
        failed.wrong(f"byte {error.start} is not UTF-8", "save the file as UTF-8")
    except yaml.MarkedYAMLError as error:
        failed.line = getattr(error.problem_mark, "line", 0) + 1
        failed.wrong(f"broken YAML: {error.problem}", "check indentation, quotes and brackets near this line")
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        failed.wrong(f"broken YAML: {str(error).splitlines()[0][:120]}", "remove control characters")
    if node is None:
        failed.wrong("the file is empty", "see policies/README.md for what it holds")
    return Item(node, "", file, findings)


def _bounded(text: str, failed: Item, times: int) -> None:
    """Refuse nesting, size, anchors and tags before anything recursive sees the text."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=LOADER)):
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        failed.line = getattr(event.start_mark, "line", 0) + 1
        if depth > MAX_DEPTH + times or nodes > MAX_NODES * times:
            failed.wrong(f"deeper than {MAX_DEPTH} levels or more than {MAX_NODES} values", "split or simplify it")
        if getattr(event, "anchor", None) or isinstance(event, yaml.AliasEvent):
            failed.wrong("anchors and aliases are not used in policies", "repeat the value")
        if tag := getattr(event, "tag", None):
            failed.wrong(f"the tag `{tag}` is not used in policies", "remove it")
    failed.line = 1
