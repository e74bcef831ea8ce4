"""The YAML on top of a prompt, read as strict data: plain values only, and a line number for each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from core.errors import Invalid

Path = tuple[str | int, ...]

PLAIN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null"))
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values, and the line in the whole file on which each key or item stands."""

    values: Mapping[str, Any]
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of `path`, or of the nearest key above it that is there; 1 when none is."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str, *, first_line: int) -> FrontMatter:
    """Values and lines of `text`, whose first line is number `first_line` of its file.

    Errors: `Invalid` for what is not YAML, for anchors, tags, dates, repeated keys and deep nesting.
    """
    try:
        _refuse_tricks(text, first_line)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise Invalid(f"Line {first_line}: the front matter has to be lines of `key: value`. Write them so.")
        lines: dict[Path, int] = {}
        _walk(node, (), first_line, lines)
        return FrontMatter(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as wrong:
        line = first_line + (wrong.problem_mark.line if wrong.problem_mark else 0)
        raise Invalid(
            f"Line {line}: the front matter is not YAML ({wrong.problem}). "
            "Write `key: value` and put a value that holds `:` or `#` in quotes."
        ) from None
    except yaml.YAMLError:
        raise Invalid(
            f"Line {first_line}: the front matter holds a control character. Type that line again by hand."
        ) from None
    except ValueError:
        raise Invalid(f"Line {first_line}: the front matter holds a number too long to read. Shorten it.") from None


def _refuse_tricks(text: str, first_line: int) -> None:
    """Stop at anchors and at deep nesting while they are still events, before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = first_line + (event.start_mark.line if event.start_mark else 0)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Invalid(
                f"Line {line}: anchors and aliases (`&name`, `*name`) are not allowed in a prompt. "
                "Write the value out, in quotes if it begins with & or *."
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise Invalid(f"Line {line}: the front matter is nested more than {DEEPEST} deep. Flatten it.")


def _walk(node: yaml.Node, path: Path, first_line: int, lines: dict[Path, int]) -> None:
    line = first_line + node.start_mark.line
    if node.tag not in PLAIN:
        raise Invalid(
            f"Line {line}: this value is neither text, number, true, false, list nor mapping. "
            "Put it in quotes to make it text."
        )
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _walk_key(key, path, first_line, lines)
            _walk(value, (*path, key.value), first_line, lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            lines[*path, number] = first_line + item.start_mark.line
            _walk(item, (*path, number), first_line, lines)


def _walk_key(key: yaml.Node, path: Path, first_line: int, lines: dict[Path, int]) -> None:
    line = first_line + key.start_mark.line
    if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
        raise Invalid(f"Line {line}: a key of the front matter has to be a word. Write `word: value`.")
    if (*path, key.value) in lines:
        raise Invalid(f"Line {line}: the key '{key.value}' stands there twice. Keep one of the two.")
    lines[*path, key.value] = line
