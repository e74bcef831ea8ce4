"""The floors hold: a module imports its own floor or lower, and each outside package stays in its home."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent

# Every module of the house and the floor it lives on. `*` stands for any name.
FLOORS = {
    "0 words": """
        core  core.settings  core.errors  core.schema  core.sureness  core.traces  core.cores  core.child
        core.access  core.drive  core.llm  core.tools
    """,
    "1 pure": """
        core.access.budget_lines  core.access.limits  core.access.lineup  core.access.plans  core.access.policy_values
        core.access.toml_lines
        core.drive.amounts  core.drive.answer_text  core.drive.claims  core.drive.evidence  core.drive.folding  core.drive.numerals
        core.drive.agreement  core.llm.asking  core.llm.denials  core.llm.whereabouts
        core.drive.extents  core.drive.ranks  core.drive.reckoning  core.drive.signs  core.drive.source  core.drive.tenure
        core.drive.verdicts  core.drive.vocabulary
        core.drive.dates  core.drive.kept  core.drive.markdown  core.drive.resume  core.drive.shape
        core.drive.tailoring  core.drive.targets  core.drive.wording
        core.drive.blocks  core.drive.contacts  core.drive.employers  core.drive.entries
        core.drive.headings  core.drive.lists  core.drive.periods  core.drive.spacing
        core.drive.resume_page  core.drive.richtext  core.drive.structure  core.drive.studies  core.drive.unpacking  core.drive.wordlists
        core.llm.answer_schema  core.llm.coerced  core.llm.cooldown  core.llm.deeds  core.llm.fence  core.llm.front_matter
        core.llm.grounding  core.llm.sifting  core.llm.fields  core.llm.own_texts  core.llm.unproven  core.llm.quotations  core.llm.reports
        core.llm.statements  core.llm.json_object  core.llm.json_scan
        core.llm.opening  core.llm.opening_examples  core.llm.opening_wishes  core.llm.parser
        core.llm.catalogue  core.llm.price_book  core.llm.price_rows  core.llm.pricing  core.llm.usage_shapes
        core.llm.placeholders  core.llm.planted  core.llm.prompt  core.llm.prompts  core.llm.prose  core.llm.provider
        core.llm.refusals  core.llm.render  core.llm.router  core.llm.scanner  core.llm.sections  core.llm.sse_reader
        core.llm.rules  core.llm.rules.*  core.llm.sound  core.llm.speech  core.llm.standing  core.llm.text_scan
        core.tools.budget  core.tools.career  core.tools.demands  core.tools.emphasis
        core.tools.encoding  core.tools.encoding.*  core.tools.keywords
        core.tools.kinship  core.tools.lexicon  core.tools.lexicon.*
        core.tools.material  core.tools.overlap  core.tools.posting
        core.tools.scoring  core.tools.terms  core.tools.titles  core.tools.tokens
    """,
    "1 store": "core.store  core.store.*",
    "2 reach": """
        core.access.admission  core.access.budget  core.access.dated_budgets  core.access.ledger
        core.access.settlement
        core.access.members  core.access.offer
        core.access.sight  core.access.tokens
        core.demo.kept  core.demo.load  core.demo.runs  core.demo.shelf  core.demo.year
        core.drive.bin  core.drive.erasure  core.drive.exporting  core.drive.importing  core.drive.made
        core.drive.papers  core.drive.people
        core.drive.reading  core.drive.reading_*  core.drive.save
        core.llm.accounts  core.llm.embedded  core.llm.embedded_*  core.llm.fallback  core.llm.finish  core.llm.history
        core.llm.openai_*  core.llm.outcome  core.llm.run_papers  core.llm.repeats  core.llm.rows  core.llm.run_*  core.llm.runs
        core.llm.trips  core.llm.scripted
        core.tools.context_tools  core.tools.memory
        core.usage  core.usage.*
    """,
    "3 heart": """
        core.llm.call  core.llm.intake  core.llm.live  core.llm.packs  core.llm.past  core.llm.prepare  core.llm.quote
        core.llm.registry  core.llm.runner
        core.portal
    """,
    "4 root": """
        core.__main__  core.cli  core.cli_budgets  core.cli_money  core.cli_pack  core.cli_prices  core.cli_runs  core.cli_tokens
        core.cli_users
        core.cli_usage  core.commands  core.demo  core.doctor  core.serving  core.terminal  core.wiring
    """,
    "5 doors": "core.api  core.api.*  pages.*  workbench",
}

# Where an outside package may be imported: floors or modules. A package that is not here may be used anywhere.
HOMES = {
    "streamlit": "pages  pages.*  workbench",
    "starlette": "core.api  core.api.*",
    "openai": "core.llm.openai_*",
    "sqlalchemy": "1 store, 2 reach",
    "alembic": "1 store",
    "pandas": "core.usage  core.usage.*  pages  pages.*",
    "plotly": "pages  pages.*",
    "pyarrow": "pages.widgets.grid  core.llm.run_export  core.llm.run_lines  core.usage.*",
    "genai_prices": "core.llm.catalogue  core.usage  core.usage.*",
}

# Pairs that stay apart though their floors would allow it: (who, whom, why).
APART = [
    ("1 pure", "1 store", "a pure module knows no database"),
    ("pages  pages.*", "core.store  core.store.*", "a page asks the core and holds no tables"),
    ("pages  pages.*", "core.api  core.api.*", "doors never import each other"),
    ("core.api  core.api.*", "pages  pages.*", "doors never import each other"),
    ("core  core.*  pages  pages.*", "workbench", "the front door is opened by the server alone"),
]


def complaints(house: Path) -> list[str]:
    """What breaks the rules in the house at this folder, one sentence each with file and line."""
    modules = {_name(path.relative_to(house)): path for path in _files(house)}
    found = [
        f"{path.relative_to(house)} is on no floor. Add {module} to FLOORS in tests/test_floors.py."
        for module, path in modules.items()
        if not floor_of(module)
    ]
    for module, path in modules.items():
        for line, target in sorted(set(_imports(module, path, modules))):
            if why := _objection(module, target):
                found.append(f"{path.relative_to(house)}, line {line}, imports {target}: {why}.")
    return found


def floor_of(module: str) -> str:
    return next((floor for floor, names in FLOORS.items() if _listed(module, names)), "")


def _objection(module: str, target: str) -> str | None:
    here, there = floor_of(module), floor_of(target)
    home = HOMES.get(target.partition(".")[0])
    if home is not None:
        return None if here in home.split(", ") or _listed(module, home) else f"its home is {' '.join(home.split())}"
    if here and there and there[0] > here[0]:
        return f"floor {here} does not look up to floor {there}"
    for who, whom, why in APART:
        if _is(module, here, who) and _is(target, there, whom):
            return why
    return None


def _is(module: str, floor: str, names: str) -> bool:
    return floor == names or _listed(module, names)


def _listed(module: str, names: str) -> bool:
    return any(fnmatchcase(module, name) for name in names.split())


def _files(house: Path) -> list[Path]:
    return sorted([*house.glob("core/**/*.py"), *house.glob("pages/**/*.py"), *house.glob("workbench.py")])


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(module: str, path: Path, modules: dict[str, Path]) -> Iterator[tuple[int, str]]:
    """Every import of a file with its line, wherever it stands: in functions and TYPE_CHECKING blocks too."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, one.name) for one in names)
            case ast.ImportFrom(module=source, names=names, level=level):
                up = ".".join(package.split(".")[: len(package.split(".")) - level + 1]) if level else ""
                origin = ".".join(filter(None, [up, source]))
                for one in names:
                    whole = f"{origin}.{one.name}"
                    yield node.lineno, whole if whole in modules else origin
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(target)), *_]
            ):
                if name in ("import_module", "__import__"):
                    yield node.lineno, target


def test_every_module_keeps_to_its_floor_and_every_package_to_its_home() -> None:
    found = complaints(HOUSE)
    assert not found, "\n" + "\n".join(found)


# -- the check itself -----------------------------------------------------------------------------------

SOUND = {
    "workbench.py": "import streamlit as st\nfrom core import wiring\nfrom core.api import routes\n",
    "core/__init__.py": "",
    "core/llm/__init__.py": "",
    "core/llm/runner.py": "from core.llm import router, runs\nfrom core.store import Store\nfrom core import errors\n",
    "core/llm/router.py": "from core.access.plans import Policy\nfrom . import provider\nfrom ..schema import Usage\n",
    "core/llm/provider.py": "import json\n",
    "core/llm/runs.py": "from sqlalchemy import select\n",
    "core/llm/openai_provider.py": "import openai\n",
    "core/store/__init__.py": "from sqlalchemy import orm\n",
    "core/api/routes.py": "from starlette.routing import Route\nfrom core.wiring import Workbench\n",
    "core/wiring.py": "from core.llm import runner\n",
    "pages/usage.py": "import pandas\nimport plotly.express as px\nimport streamlit\nfrom pages.widgets import chips\n",
    "pages/widgets/chips.py": "from core.schema import AiRequest\n",
}

BROKEN = {
    "an upward import": ("core/llm/router.py", "from core.llm.runner import run", "1 pure does not look up to floor 3"),
    "an upward module": ("core/llm/router.py", "from core.llm import runner", "imports core.llm.runner"),
    "an upward relative import": ("core/llm/router.py", "from . import runner", "imports core.llm.runner"),
    "an upward relative import of two": ("core/llm/router.py", "from ..wiring import build", "imports core.wiring"),
    "an upward import in a function": (
        "core/llm/router.py",
        "def f():\n    import core.wiring",
        "line 2, imports core.wiring",
    ),
    "an upward import for types": (
        "core/llm/router.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.llm import runner",
        "line 3, imports core.llm.runner",
    ),
    "an upward import by name": (
        "core/llm/router.py",
        "import importlib\nimportlib.import_module('core.llm.runner')",
        "line 2, imports core.llm.runner",
    ),
    "an upward import of the words": ("core/schema.py", "from core.llm import provider", "0 words does not look up"),
    "a package that imports on loading": (
        "core/llm/__init__.py",
        "from core.llm.runner import run",
        "0 words does not",
    ),
    "a pure module with tables": ("core/llm/pricing.py", "from core.store import AiRun", "knows no database"),
    "streamlit in the core": ("core/llm/runner.py", "import streamlit as st", "its home is pages pages.* workbench"),
    "sqlalchemy in a pure module": ("core/llm/router.py", "import sqlalchemy", "its home is 1 store, 2 reach"),
    "sqlalchemy in the heart": ("core/llm/runner.py", "from sqlalchemy import text", "its home is 1 store, 2 reach"),
    "sqlalchemy in a page": ("pages/usage.py", "from sqlalchemy import text", "its home is 1 store, 2 reach"),
    "openai in a page": ("pages/usage.py", "import openai", "its home is core.llm.openai_*"),
    "openai in the runner": ("core/llm/runner.py", "from openai.types import x", "its home is core.llm.openai_*"),
    "tables in a page": ("pages/usage.py", "from core.store import AiRun", "holds no tables"),
    "tables in a widget": ("pages/widgets/chips.py", "from core import store", "holds no tables"),
    "a page in the api": ("core/api/routes.py", "from pages import usage", "doors never import each other"),
    "the api in a page": ("pages/usage.py", "from core.api.routes import x", "doors never import each other"),
    "starlette in the root": ("core/wiring.py", "from starlette.routing import Route", "its home is core.api"),
    "pandas in the runner": ("core/llm/runner.py", "import pandas as pd", "its home is core.usage"),
    "plotly in the core": ("core/usage/charts.py", "import plotly.graph_objects", "its home is pages"),
    "the front door from inside": ("pages/usage.py", "import workbench", "opened by the server alone"),
    "a page in the core": ("core/wiring.py", "from pages.widgets import chips", "4 root does not look up to floor 5"),
    "a module on no floor": (
        "core/llm/helpers.py",
        "",
        "core/llm/helpers.py is on no floor. Add core.llm.helpers to FLOORS",
    ),
}


def build(house: Path, files: dict[str, str]) -> None:
    for name, code in files.items():
        path = house / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, encoding="utf-8")


def test_a_sound_house_gets_no_complaint(tmp_path: Path) -> None:
    build(tmp_path, SOUND)
    assert complaints(tmp_path) == []


@pytest.mark.parametrize(("name", "code", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_each_kind_of_breach_is_found_and_named(tmp_path: Path, name: str, code: str, words: str) -> None:
    build(tmp_path, SOUND | {name: code})
    (complaint,) = complaints(tmp_path)
    assert complaint.startswith(name)
    assert words in complaint


def test_each_name_of_the_map_stands_for_a_module() -> None:
    modules = [_name(path.relative_to(HOUSE)) for path in _files(HOUSE)]
    patterns = " ".join(FLOORS.values()).split()
    assert [one for one in patterns if not any(fnmatchcase(name, one) for name in modules)] == []


def test_each_module_is_on_one_floor_only() -> None:
    modules = [_name(path.relative_to(HOUSE)) for path in _files(HOUSE)]
    doubled = {m: [f for f, names in FLOORS.items() if _listed(m, names)] for m in modules}
    assert {m: floors for m, floors in doubled.items() if len(floors) > 1} == {}
