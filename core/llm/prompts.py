"""The shipped prompts: a folder of `<name>_v<version>.md` files, read once and refused at start when one is wrong."""

import re
from collections.abc import Mapping
from pathlib import Path

from core.errors import Invalid, Misconfigured
from core.llm.prompt import Input, Prompt, parse

__all__ = ["Input", "Prompt", "Prompts", "parse"]

FILE = re.compile(r"([a-z][a-z0-9_]*)_v([1-9][0-9]{0,5})\.md")
NUMBER = re.compile("[1-9][0-9]{0,5}")
LABEL = re.compile("[a-z][a-z0-9_-]*")


class Prompts:
    """The shipped prompts of a folder, read once; every `.md` file in it is one version of a prompt."""

    def __init__(self, folder: Path) -> None:
        """Errors: `Misconfigured`, naming the file, what is wrong in it and the cure."""
        self._versions: dict[str, dict[int, Prompt]] = {}
        for prompt in _shipped(folder):
            self._versions.setdefault(prompt.name, {})[prompt.version] = prompt

    def names(self) -> tuple[str, ...]:
        """The names of all prompts, sorted."""
        return tuple(sorted(self._versions))

    def versions(self, name: str) -> tuple[int, ...]:
        """The versions of one prompt, oldest first. Errors: `Invalid` for an unknown name."""
        return tuple(sorted(self._named(name)))

    def get(self, reference: str) -> Prompt:
        """The prompt of `match` (its newest version) or `match@1`. Errors: `Invalid`, saying what exists."""
        name, at, version = reference.partition("@")
        versions = self._named(name)
        if not at:
            return versions[max(versions)]
        if LABEL.fullmatch(version):
            raise Invalid(f"Prompt labels are not available yet. Ask for {name} or {name}@{max(versions)}.")
        if not NUMBER.fullmatch(version) or int(version) not in versions:
            there = ", ".join(f"{name}@{number}" for number in sorted(versions))
            raise Invalid(f"There is no prompt {name}@{version[:20]}. Choose one of these: {there}.")
        return versions[int(version)]

    def for_feature(self, feature: str) -> Prompt:
        """The newest version of the feature's own prompt, else of the first prompt made for it.

        Errors: `Invalid` when no prompt is made for the feature.
        """
        if feature in self._versions:
            return self.get(feature)
        for name in self.names():
            if (prompt := self.get(name)).feature == feature:
                return prompt
        raise Invalid(f"No prompt is made for the feature {feature}. Choose a prompt by name: {self._list()}.")

    def origin(self, draft: Prompt) -> Prompt | None:
        """The shipped prompt a draft was made from, by its name and version, else by its feature; None for neither."""
        if versions := self._versions.get(draft.name):
            return versions.get(draft.version) or versions[max(versions)]
        return next((one for one in map(self.get, self.names()) if one.feature == draft.feature), None)

    def _named(self, name: str) -> Mapping[int, Prompt]:
        if name not in self._versions:
            raise Invalid(f"There is no prompt of that name. Choose one of these: {self._list()}.")
        return self._versions[name]

    def _list(self) -> str:
        return ", ".join(self.names())


def _shipped(folder: Path) -> list[Prompt]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".md")
    except OSError:
        raise Misconfigured(f"The prompts folder {folder.name} cannot be read. Check WORKBENCH_PROMPTS_DIR.") from None
    if not files:
        raise Misconfigured(f"The prompts folder {folder.name} is empty. Put back files such as match_v1.md.")
    return [_read(path) for path in files]


def _read(path: Path) -> Prompt:
    named = FILE.fullmatch(path.name)
    if not named:
        raise Misconfigured(f"{path.name} is not named like a prompt. Call it <name>_v<version>.md or move it away.")
    try:
        prompt = parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{path.name} cannot be read. Check its rights and save it as UTF-8.") from None
    except Invalid as wrong:
        raise Misconfigured(f"{path.name}: {wrong.message}") from None
    if (prompt.name, str(prompt.version)) != (named[1], named[2]):
        raise Misconfigured(
            f"{path.name}: its front matter says {prompt.name}, version {prompt.version}. "
            f"Call the file {prompt.name}_v{prompt.version}.md, or mend the front matter."
        )
    return prompt
