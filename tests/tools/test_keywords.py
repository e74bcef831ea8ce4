"""Keyword matching: what counts as a term, what does not, and what a job and a resume share."""

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from core.tools import lexicon
from core.tools.keywords import compare, find, mentions, terms
from core.tools.lexicon.words import key, sentences, split
from core.tools.material import JobFacts, Line
from core.tools.overlap import quote


def named(text: str) -> list[str]:
    return [hit.term for hit in find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # boundaries that punctuation makes hard
        ("Experience with C++, C#, .NET, Node.js, Go and R is required.", ["C++", "C#", ".NET", "Node.js", "Go", "R"]),
        ("Deep hands-on Java and/or C#/.NET.", ["Java", "C#", ".NET"]),
        ("ASP.NET Core services", ["ASP.NET"]),
        ("We write F#, T-SQL and PL/SQL.", ["F#", "T-SQL", "PL/SQL"]),
        ("CI/CD with GitLab CI", ["CI/CD", "GitLab CI"]),
        ("TCP/IP and SSL/TLS", ["TCP/IP", "SSL/TLS"]),
        ("(Python)", ["Python"]),
        ("“Kubernetes”", ["Kubernetes"]),
        # one term, many spellings
        ("Postgres", ["PostgreSQL"]),
        ("PostgreSQL 15", ["PostgreSQL"]),
        ("k8s", ["Kubernetes"]),
        ("React.js", ["React"]),
        ("ReactJS", ["React"]),
        ("MS Excel", ["Excel"]),
        ("golang", ["Go"]),
        ("Amazon Web Services", ["AWS"]),
        ("REST APIs", ["REST API"]),
        ("microservice architecture", ["Microservices"]),
        # single letters and everyday words, meant as names
        ("Tools: R, Python, SAS", ["R", "Python", "SAS"]),
        ("Fluent in R.", ["R"]),
        ("R", ["R"]),
        ("The Go programming language", ["Go"]),
        ("Services in Go", ["Go"]),
        ("Word, excel and PowerPoint", ["Excel", "PowerPoint"]),
        # other fields
        ("BLS and ACLS certified RN with Epic experience", ["BLS", "ACLS", "RN", "Epic"]),
        ("SEO, Google Analytics and HubSpot", ["SEO", "Google Analytics", "HubSpot"]),
        ("SolidWorks, GD&T and finite element analysis", ["SolidWorks", "GD&T", "FEA"]),
        ("Classroom management, IEPs and lesson planning", ["Classroom management", "IEP", "Lesson planning"]),
        ("QuickBooks, accounts payable and GAAP", ["QuickBooks", "Accounts payable", "GAAP"]),
    ],
)
def test_a_term_is_found_in_its_one_display_form(text: str, expected: list[str]) -> None:
    found = named(text)
    assert [term for term in found if term in expected] == expected


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("Our platform informs transformation teams.", {"Tform", "Terraform", "R", "Go"}),
        ("Go to our site and apply.", {"Go"}),
        ("Ready, set, Go! We go the extra mile.", {"Go"}),
        ("Own our go-to-market plan. Go-to-market is a team sport.", {"Go"}),
        ("R&D budget and R & D staff", {"R"}),
        ("John R. Smith will call you.", {"R"}),
        ("Ask about R-squared and C-level sponsors.", {"R", "C"}),
        ("Vitamin C and hepatitis C, class C license", {"C"}),
        ("C++ and C# only", {"C"}),
        ("JavaScript", {"Java"}),
        ("See careers.example.net or example.com/go/r", {".NET", "Go", "R"}),
        ("We work in teams. NET income grew.", {".NET"}),
        ("Write to python@example.com", {"Python"}),
        ("Excel in a fast team. You will excel.", {"Excel"}),
        ("React to change, express ideas, spring into action, swift help", {"React", "Express.js", "Spring", "Swift"}),
        ("You will rest and stay safe.", {"REST API", "SAFe"}),
        ("Our teams slack off and zoom in on an epic sketch.", {"Slack", "Zoom", "Epic", "Sketch"}),
        ("Pythonic squirrels", {"Python", "SQL"}),
    ],
)
def test_what_only_looks_like_a_term_is_not_found(text: str, unwanted: set[str]) -> None:
    assert not unwanted & set(named(text))


def test_the_longest_term_wins_and_hits_never_overlap() -> None:
    hits = find("React Native, Spring Boot, Azure DevOps and Google Tag Manager")
    assert {"React Native", "Spring Boot", "Azure DevOps", "Google Tag Manager"} <= {hit.term for hit in hits}
    assert all(one.end <= other.start for one, other in pairwise(hits))


_ALPHABET = [
    "C++", "c#", ".NET", "node.js", "Go", "R", "Postgres", "k8s", "É", "İstanbul", "ß", "’", "“", "\r\n", "\n", "\t", "  ", "-", "–", "/",
    "&", "(", ")", ",", ".", "naïve", "数据", "🙂", "e\u0301", "_", "snake_case", "platform", "RN", "patient care", "lesson plans", "\x92",
    "\u2028", "Experience with", "and", "50%", "www.x.org", "a@b.co", "Kubernetes",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_offsets_point_at_a_spelling_of_the_term(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(_ALPHABET) + chance.choice(["", " ", " ", " "]) for _ in range(60))
    book, past = lexicon.shipped(), 0
    for hit in find(text):
        assert past <= hit.start < hit.end <= len(text)
        assert book.entries[key(text[hit.start : hit.end])].shown == hit.term
        past = hit.end


@pytest.mark.parametrize("text", ["", " ", "\r\n\r\n", "\x00", "....", "-" * 500, "🙂" * 50, "İ" * 50])
def test_odd_text_names_nothing_and_breaks_nothing(text: str) -> None:
    assert find(text) == []
    assert terms(text) == ()
    assert not mentions(text, "Python")


def test_line_endings_and_case_change_nothing() -> None:
    text = "Requirements:\nPython and PostgreSQL\nKubernetes"
    assert named(text) == named(text.replace("\n", "\r\n"))
    assert {"Python", "PostgreSQL", "Kubernetes"} <= set(named(text.upper())) & set(named(text.lower()))


@pytest.mark.parametrize(
    "unit", ["Python and SQL. ", "a", " ", "\n", "@", "a@", "www.", ".", "x." * 40 + "com", "-", "( "]
)
def test_a_long_text_is_read_to_its_end(unit: str) -> None:
    text = unit * (250_000 // len(unit)) + "\n\nWe use Kubernetes"
    assert named(text)[-1] == "Kubernetes"


def test_every_thread_sees_the_same_lexicon() -> None:
    with ThreadPoolExecutor(8) as pool:
        books = list(pool.map(lambda _: lexicon.shipped(), range(16)))
    assert len({id(book) for book in books}) == 1


def test_the_shipped_lexicon_is_whole() -> None:
    book = lexicon.shipped()
    assert len(book.entries) > 30_000
    assert all(set(book.weights[kind]) for kind in ("before", "pair", "after", "case", "line", "context"))
    assert all(name == key(name) or entry.score is not None for name, entry in book.entries.items())
    notice = (lexicon.HERE / "NOTICE").read_text(encoding="utf-8")
    for word in ("O*NET", "USDOL/ETA", "CC BY 4.0", "skill-extractor", "SkillSpan", "MIT License"):
        assert word in notice


def test_every_hand_written_spelling_shows_its_own_line() -> None:
    lines = (lexicon.HERE / "known.txt").read_text(encoding="utf-8").splitlines()
    entries = lexicon.read_known(lines)
    names = [line.split("|")[0].strip().lstrip("=") for line in lines if line.strip() and line[:2] != "# "]
    assert len(names) == len(set(names))
    assert [name for name in names if entries[key(name)].shown != name] == []


@pytest.mark.parametrize(
    ("word", "same"),
    [
        ("databases", "database"),
        ("APIs", "API"),
        ("policies", "policy"),
        ("processes", "process"),
        ("switches", "switch"),
        ("full-stack", "full stack"),
        ("master’s degree", "master's degrees"),
        ("CI / CD", "CI/CD"),
    ],
)
def test_spellings_that_differ_only_in_form_share_a_key(word: str, same: str) -> None:
    assert key(word) == key(same)


@pytest.mark.parametrize(
    ("word", "other"), [("Windows", "window"), ("C++", "C"), ("C#", "C"), ("sales", "sale"), (".NET", "net")]
)
def test_different_names_keep_different_keys(word: str, other: str) -> None:
    assert key(word) != key(other)


def test_places_stay_true_where_lower_case_is_longer() -> None:
    said = split("İİ Python")
    assert (said.starts[-1], said.ends[-1]) == (3, 9)


def test_a_wrapped_line_is_one_sentence_and_a_list_is_many() -> None:
    wrapped = "We are looking for somebody with long experience of machine\nlearning in production"
    assert len(sentences(wrapped)) == 1
    assert "Machine learning" in named(wrapped)
    assert len(sentences("python\nsql\ngo")) == 3


@pytest.mark.parametrize(
    ("text", "term", "is_named"),
    [
        ("Deployed on k8s", "Kubernetes", True),
        ("Deployed on Kubernetes", "k8s", True),
        ("Ran Postgres 12", "PostgreSQL", True),
        ("a data platform", "Tform", False),
        ("Wrote JavaScript", "Java", False),
        ("Go to market", "Go", False),
        ("Wrote services in Go", "Go", True),
        ("R&D lead", "R", False),
        ("Led zebrafish husbandry", "Zebrafish Husbandry", True),
        ("Led zebrafish", "zebrafish husbandry", False),
        ("anything", "", False),
    ],
)
def test_mentions_knows_spellings_and_whole_terms(text: str, term: str, is_named: bool) -> None:
    assert mentions(text, term) is is_named


POSTING = """About us
We sell shoes. Our founders met over Photoshop.

Requirements:
- 5+ years with Python and Django; PostgreSQL required
- Kubernetes and Terraform
- Strong communication skills

Nice to have:
- Elixir

Benefits
- Dental insurance, a gym and a Slack full of cats
"""


def job(description: str = POSTING, title: str = "Backend Engineer", company: str = "Shoe Co") -> JobFacts:
    return JobFacts(1, title, company, description)


def test_terms_that_are_required_come_before_those_that_are_a_wish() -> None:
    order = terms(POSTING)
    assert max(order.index(term) for term in ("Python", "Django", "PostgreSQL")) < order.index("Elixir")
    assert order.index("Kubernetes") < order.index("Photoshop") if "Photoshop" in order else True
    assert len(order) == len(set(order))


def test_a_comparison_parts_matched_from_missing_with_evidence() -> None:
    lines = [
        Line("s1", "skills/s1/keywords", "Skills", "Python, Postgres, Git"),
        Line("w1h1", "work/w1/highlights/w1h1", "Engineer, Acme", "Moved 40 services to k8s with Python tooling"),
    ]
    found = compare(job(), lines)
    matched = {one.term: one.evidence for one in found.matched}
    missing = {one.term: one.evidence for one in found.missing}
    assert {"Python", "PostgreSQL", "Kubernetes"} <= set(matched)
    assert {"Django", "Terraform"} <= set(missing)
    assert not set(matched) & set(missing)
    assert matched["Python"][0] == "Engineer, Acme: Moved 40 services to k8s with Python tooling"
    assert missing["Terraform"] == ("Kubernetes and Terraform",)
    assert not found.low_confidence


def test_what_an_employer_says_of_itself_is_not_asked_for() -> None:
    found = compare(job(company="Django"), [])
    assert not {"Slack", "Photoshop", "Django"} & {one.term for one in found.missing}


def test_spelling_across_the_ocean_counts_as_the_same() -> None:
    lines = [Line("w1", "work/w1/summary", "Work", "Statistical modelling and organizational psychology")]
    found = compare(job("Requirements:\nstatistical modeling, organisational psychology"), lines)
    assert found.missing == ()


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("hypertension", "hypotension"),
        ("mechanical engineering", "chemical engineering"),
        ("Java", "JavaScript"),
        ("Angular", "Anglers"),
    ],
)
def test_words_that_only_look_alike_stay_apart(asked: str, held: str) -> None:
    found = compare(job(f"Requirements:\n- {asked} required", title=""), [Line("x", "work/w1/summary", "Work", held)])
    assert found.matched == ()


@pytest.mark.parametrize(
    ("asked", "place", "held"),
    [
        ("backend engineering", "Senior Backend Engineer, Acme (2020–now)", "Ran the night shift"),
        ("public cloud", "Work", "Services on AWS"),
        ("UX research", "Experience", "UX Researcher, Acme"),
        ("web applications", "Work", "Pages in React and HTML"),
        ("relational databases", "Work", "Reports from MySQL"),
        ("data analysis", "Experience", "Junior Data Analyst, Acme"),
        ("patient care", "Work", "Coordinated the care of 140 patients"),
    ],
)
def test_a_term_in_other_words_counts_with_its_evidence(asked: str, place: str, held: str) -> None:
    found = compare(
        job(f"Requirements:\n- Experience with {asked} required", title=""), [Line("x", "work/w1", place, held)]
    )
    assert found.missing == () and found.matched and held in found.matched[0].evidence[0]


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("Google Analytics", "Google Sheets for analytics"),
        ("product marketing", "Marketing of many a fine and long awaited product"),
        ("public cloud", "A public park"),
        ("Azure", "Services on AWS"),
    ],
)
def test_the_words_of_a_name_or_far_apart_are_no_evidence(asked: str, held: str) -> None:
    text = f"Requirements:\n- Experience with {asked} required"
    assert compare(job(text, title=""), [Line("x", "work/w1", "Work", held)]).matched == ()


@pytest.mark.parametrize(("text", "is_named"), [("p99 fell to 20 ms", False), ("MS in biology", True)])
def test_a_unit_is_no_degree(text: str, is_named: bool) -> None:
    assert mentions(text, "MS") is is_named


def test_the_employers_own_short_name_is_no_skill() -> None:
    text = "Requirements:\n- Python, SQL and UX research at TTS\nThe Technology Transformation Services (TTS) help. TTS is good."
    assert "TTS" not in [one.term for one in compare(job(text), []).missing]


def test_few_terms_of_a_long_posting_mean_low_confidence() -> None:
    asked = "Requirements:\n- Python, SQL, Docker, Kubernetes, Terraform, Kafka\n"
    assert not compare(job(asked, title=""), []).low_confidence
    assert compare(job(asked + "We like it here and so will you. " * 90, title=""), []).low_confidence


def test_few_terms_mean_low_confidence() -> None:
    assert compare(job("We need Python.", title="Engineer"), []).low_confidence
    assert compare(job("", title=""), []).low_confidence


def test_a_limit_keeps_the_most_important() -> None:
    found = compare(job(), [], limit=3)
    assert len(found.missing) == 3
    assert {one.term for one in found.missing} <= set(terms(f"Backend Engineer\n{POSTING}")[:12])


def test_evidence_is_short_and_shows_the_term() -> None:
    long = "We did much before, " * 30 + "then PostgreSQL, " + "and much after that, " * 30
    lines = [Line(f"w{n}", f"work/w{n}/summary", "Senior Engineer, A Company With A Long Name", long) for n in range(5)]
    (only,) = [one for one in compare(job("PostgreSQL required"), lines).matched if one.term == "PostgreSQL"]
    assert 1 <= len(only.evidence) <= 3
    assert all(len(said) <= 160 and "PostgreSQL" in said and "\n" not in said for said in only.evidence)


@pytest.mark.parametrize("size", [20, 40, 80, 160])
def test_a_quote_keeps_to_its_size_wherever_the_term_stands(size: int) -> None:
    text = "- " + "alpha beta gamma " * 20 + "\nnext line"
    for start in range(2, 300, 7):
        said = quote(text, start, start + 5, size)
        assert len(said) <= size
        assert text[start : start + 5].strip() in said
        assert "next" not in said


def test_the_last_word_of_each_term_of_several_is_known() -> None:
    book = lexicon.shipped()
    assert book.ends == {name.rpartition(" ")[2] for name in book.entries if " " in name}
    assert lexicon.build({}, {}).ends == frozenset()
