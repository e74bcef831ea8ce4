"""What a model writes is shown as words: it loads nothing, hides nothing and stays readable."""

import re

import pytest

from pages.widgets.safe import line, plain, safe

ACTIVE = re.compile(r"(?<!\\)(?:\\\\)*[\[<$]")  # an opening mark that no backslash holds back


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("![map](https://x.example/a.png)", "map (https://x.example/a.png)"),
        ("![](https://x.example/a.png)", "https://x.example/a.png"),
        ('![map](<https://x.example/a.png> "title")', "map (https://x.example/a.png)"),
        ("[my site](https://x.example/?q=1)", "my site (https://x.example/?q=1)"),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("costs $5 or $6", r"costs \$5 or \$6"),
        (r"already \$5", r"already \$5"),
        ("<img src=x>", r"\<img src=x>"),
        ("~20 people, ~5 teams", r"\~20 people, \~5 teams"),
        ("uses `C++` and `node.js`", "uses `C++` and `node.js`"),
        ("# Title\n\ntext", "### Title\n\ntext"),
        ("Kind regards,\nAda", "Kind regards,  \nAda"),
        ("**bold**, *thin*\n\n- one", "**bold**, *thin*\n\n- one"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
    ],
)
def test_prose_stays_and_what_would_act_is_shown_as_text(written: str, shown: str) -> None:
    assert safe(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "![a][ref]\n\n[ref]: https://x.example/a.png",
        "![ref]\n\n[ref]: https://x.example/a.png",
        r"\\![a](https://x.example/a.png)",
        r"![a\](https://x.example/a.png)",
        "![a\n](https://x.example/a.png)",
        "![a](https://x.example/a(1).png)",
        "[![a](https://x.example/a.png)](https://x.example)",
        "`![a](https://x.example/a.png)`",
        "```\n![a](https://x.example/a.png)\n```",
        "- ```\n![a](https://x.example/a.png)",
        "`` ` ![a](https://x.example/a.png)",
        "<img src='https://x.example/a.png'>",
        "<https://x.example>",
        "$$\\href{https://x.example}{x}$$",
        ":red[![a](https://x.example/a.png)]",
        "[^1]: ![a](https://x.example/a.png)",
        "[x](javascript:alert(1))",
    ],
)
@pytest.mark.parametrize("make", [safe, line, plain])
def test_nothing_that_loads_links_or_computes_is_left(written: str, make) -> None:
    assert not ACTIVE.search(make(written))


def test_a_label_is_no_markdown_at_all() -> None:
    assert plain("*Senior* [Engineer] `C`\n$5") == r"\*Senior\* \[Engineer\] \`C\` \$5"
