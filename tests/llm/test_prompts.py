"""A prompt is refused when it is saved, with its line and its cure; the shipped ones are all good."""

import re
from pathlib import Path

import pytest

from core.errors import Invalid, Misconfigured
from core.llm.prompts import Prompts, parse
from core.schema import FEATURES

HOUSE = Path(__file__).resolve().parents[2]
SHIPPED = HOUSE / "prompts"

GOOD = """\
---
name: match
version: 1
feature: match
output: json
needs: [job, resume]
inputs:
  tone:
    label: "Tone"
    max_chars: 40
temperature: 0.2
max_tokens: 2000
writes: [title, summary, content, bullets]
---

# system

You write match reports.

# user

Today is {{today}}. Tone: {{input.tone}}

{{job}}
{{ resume }}
"""


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def refused(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        parse(text)
    return caught.value.message


def test_a_prompt_says_all_that_its_file_says():
    prompt = parse(GOOD)
    assert (prompt.name, prompt.version, prompt.feature, prompt.output) == ("match", 1, "match", "json")
    assert prompt.needs == ("job", "resume")
    assert prompt.inputs["tone"].label == "Tone"
    assert (prompt.inputs["tone"].required, prompt.inputs["tone"].max_chars) == (False, 40)
    assert (prompt.temperature, prompt.max_tokens) == (0.2, 2000)
    assert prompt.writes == ("title", "summary", "content", "bullets")
    assert prompt.system == "You write match reports."
    assert prompt.user.startswith("Today is {{today}}") and prompt.user.endswith("{{ resume }}")
    assert prompt.placeholders == {"today", "input.tone", "job", "resume"}
    assert prompt.text == GOOD
    assert prompt.label == "match@1"


def test_a_draft_is_labelled_by_its_hash_and_any_edit_gives_another():
    draft, edited = parse(GOOD, draft=True), parse(changed("reports.", "notes."), draft=True)
    assert draft.label == f"match@draft-{draft.sha256[:8]}"
    assert re.fullmatch(r"match@draft-[0-9a-f]{8}", edited.label) and edited.label != draft.label


def test_line_ends_and_a_byte_order_mark_make_no_difference():
    assert parse("\ufeff" + GOOD.replace("\n", "\r\n")) == parse(GOOD)


def test_needs_and_inputs_may_be_left_out():
    text = changed("needs: [job, resume]\n", "").replace('inputs:\n  tone:\n    label: "Tone"\n    max_chars: 40\n', "")
    prompt = parse(text.replace(" Tone: {{input.tone}}", ""))
    assert (prompt.needs, prompt.inputs) == ((), {})


@pytest.mark.parametrize(
    "words",
    [
        '{"title": "Match", "parts": {"inner": {"deep": 1}}}',
        "A single { and a single } and a lone }} are text",
        "f(x) = {x}, { {not one} }",
        "## user\n\n### system",
    ],
)
def test_braces_and_headings_that_are_no_placeholders_are_text(words):
    assert words in parse(changed("You write match reports.", words)).system


FRONT_MATTER = [
    ("name: match\n", "", "Line 1: the front matter lacks name. Add, for example, `name: match`."),
    ("version: 1\n", "", "Line 1: the front matter lacks version."),
    ("feature: match\n", "", "Line 1: the front matter lacks feature."),
    ("output: json\n", "", "Line 1: the front matter lacks output."),
    ("temperature: 0.2\n", "", "Line 1: the front matter lacks temperature."),
    ("max_tokens: 2000\n", "", "Line 1: the front matter lacks max_tokens."),
    ("writes: [title, summary, content, bullets]\n", "", "Line 1: the front matter lacks writes."),
    ("temperature", "temprature", "Line 11: the front matter knows no key 'temprature'. Did you mean temperature?"),
    ("name: match", "name: Match Report", "Line 2: name has to be lower-case letters, digits and `_`"),
    ("version: 1", "version: one", "Line 3: version has to be a whole number from 1. Write, for example, `version: 1`"),
    ("version: 1", 'version: "1"', "Line 3: version has to be a whole number"),
    ("version: 1", "version: true", "Line 3: version has to be a whole number"),
    ("version: 1", "version: 0", "Line 3: version has to be a whole number"),
    ("feature: match", "feature: matching", f"Line 4: feature has to be one of {', '.join(FEATURES)}."),
    ("output: json", "output: xml", "Line 5: output has to be json or text."),
    ("needs: [job, resume]", "needs: [job, memory]", "Line 6: needs has to be a list of job, resume, profile."),
    ("needs: [job, resume]", "needs: job", "Line 6: needs has to be a list of job, resume, profile."),
    ("needs: [job, resume]", "needs: [job, job]", "Line 6: needs names job twice. Keep one of the two."),
    ("temperature: 0.2", "temperature: 3", "Line 11: temperature has to be a number from 0 to 2."),
    ("temperature: 0.2", "temperature: .nan", "Line 11: temperature has to be a number from 0 to 2."),
    ("temperature: 0.2", "temperature: '0.2'", "Line 11: temperature has to be a number from 0 to 2."),
    ("max_tokens: 2000", "max_tokens: 16001", "Line 12: max_tokens has to be a whole number from 1 to 16000."),
    ("bullets]", "score]", "Line 13: writes has to be a list of title, summary, content,"),
    ("[title, summary, content, bullets]", "[]", "Line 13: writes has to be a list of title,"),
    ("bullets]", "bullets, title]", "Line 13: writes names title twice."),
    ("bullets]", "keywords_added]", "Line 13: keywords_added is computed from the finished text, no model writes it."),
    ("bullets]", "changes]", "Line 13: changes belong to tailor_resume, not to match."),
    ("output: json", "output: text", "Line 13: a text answer has no place for bullets. Take it out of writes, or say"),
    (
        "feature: match",
        "feature: tailor_resume",
        "Line 13: a tailored resume is made of changes. Add changes to writes",
    ),
    ('    label: "Tone"\n', "", "Line 8: the input tone lacks label. Add, for example, `label: "),
    ('label: "Tone"', "label: ''", "Line 9: label of the input tone has to be a text of 1 to 80 characters."),
    ("max_chars: 40", "max_char: 40", "Line 10: the input tone knows no key 'max_char'. Did you mean max_chars?"),
    ("max_chars: 40", "max_chars: many", "Line 10: max_chars of the input tone has to be a whole number"),
    ("max_chars: 40", "required: maybe", "Line 10: required of the input tone has to be true or false."),
    ("  tone:", "  Tone Of Voice:", "Line 8: inputs has to be at most 16 names in lower case"),
    ('  tone:\n    label: "Tone"\n    max_chars: 40\n', "  tone: short\n", "Line 8: the input tone has no settings."),
]

YAML = [
    ("version: 1", "version: 1\nname: other", "Line 4: the key 'name' stands there twice. Keep one of the two."),
    ("    max_chars: 40", "    max_chars: 40\n    label: B", "Line 11: the key 'label' stands there twice."),
    (
        "needs: [job, resume]",
        "needs: &n [job, resume]",
        "Line 6: anchors and aliases (`&name`, `*name`) are not allowed",
    ),
    ("version: 1", "version: *n", "Line 3: anchors and aliases"),
    ("version: 1", "version: 2026-11-23", "Line 3: this value is neither text, number, true, false, list nor mapping."),
    ("name: match", "name: !!python/object/apply:os.getcwd []", "Line 2: this value is neither text, number,"),
    ("name: match", "name: !!binary bWF0Y2g=", "Line 2: this value is neither text, number,"),
    ("name: match", "<<: {name: match}", "Line 2: a key of the front matter has to be a word."),
    ("name: match", "1: match", "Line 2: a key of the front matter has to be a word."),
    ("name: match", "? [a]\n: b", "Line 2: a key of the front matter has to be a word."),
    ("name: match", "name: [", "the front matter is not YAML ("),
    ("name: match", "name: match: 2", "Line 2: the front matter is not YAML ("),
    ("name: match", "name: ma\x07tch", "Line 2: the front matter holds a control character."),
    ("name: match", "name: " + "[" * 50_000, "Line 2: the front matter is nested more than 4 deep."),
    ("version: 1", "version: " + "9" * 5_000, "Line 2: the front matter holds a number too long to read."),
]

BODY = [
    ("---\nname", "name", "Line 1: a prompt begins with a line `---` and its front matter."),
    ("---\n\n# system", "\n# system", "Line 1: the front matter is never closed. Add a line `---` after its last key."),
    ("# system", "# System", "Line 14: no line `# system` follows the front matter. Add one, followed by"),
    ("# user", "user:", "Line 14: no line `# user` follows the front matter. Add one, followed by"),
    ("# user\n", "# user\n\n# user\n", "Line 22: a second line `# user`. Keep one, or write `## user` for a heading."),
    ("---\n\n# system", "---\n\nHello\n\n# system", "Line 16: this text belongs to no part. Move it below"),
    ("You write match reports.", "", "Line 16: nothing stands under `# system`. Write that part of the prompt."),
    ("You write match reports.", "Read {{job}}", "Line 18: {{job}} stands under `# system`, where the model takes"),
    ("{{today}}", "{{date}}", "Line 22: unknown placeholder {{date}}. Known are profile, job, resume, keywords,"),
    ("{{job}}", "{{jobs}}", "Line 24: unknown placeholder {{jobs}}. Did you mean {{job}}?"),
    ("{{job}}", "{{job}} {{{job}}}", "Line 24: unknown placeholder {{{job}}. Did you mean {{job}}?"),
    ("{{job}}", "{{job}} {{}}", "Line 24: unknown placeholder {{}}. Known are"),
    ("{{job}}", "{{job}} {{#if job}}", "Line 24: unknown placeholder {{#if job}}."),
    ("{{job}}", "{{job}} {{document:3}}", "Line 24: unknown placeholder {{document:3}}. Did you mean {{documents}}?"),
    ("{{job}}", "{{job}} {{resume", "Line 24: two opening braces without two closing ones. Write {{job}} on one line"),
    ("{{input.tone}}", "{{input.mood}}", "Line 22: the input {{input.mood}} is not declared. Add mood under `inputs`"),
    (
        "{{input.tone}}",
        "short",
        "Line 8: the input tone is declared, but {{input.tone}} stands nowhere under `# user`.",
    ),
    ("{{job}}", "the job", "Line 6: the prompt needs job, but {{job}} stands nowhere under `# user`. Place it there"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), FRONT_MATTER + YAML + BODY)
def test_a_wrong_prompt_is_refused_with_its_line_and_its_cure(old, new, sentence):
    assert sentence in refused(changed(old, new))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Line 1: a prompt begins with a line `---`"),
        ("---\n---\n# system\nA\n# user\nB", "Line 2: the front matter has to be lines of `key: value`."),
        ("---\n- a\n---\n# system\nA\n# user\nB", "Line 2: the front matter has to be lines of `key: value`."),
        ("---\nname: a\n---\n# user\nB\n# system\nA", "Line 4: `# user` stands before `# system`."),
        ("---\nname: a\n---\n# system\nA\n# user\n\n", "Line 6: nothing stands under `# user`."),
        (GOOD + "x" * 60_000, "60,000 is the most. Shorten it."),
        (GOOD + "\ud800", "The prompt holds characters that are no valid Unicode."),
    ],
)
def test_a_file_that_is_no_prompt_is_refused(text, sentence):
    assert sentence in refused(text)


def test_of_several_mistakes_the_first_in_the_file_is_named():
    text = changed("version: 1", "version: x").replace("max_tokens: 2000", "max_tokens: x")
    assert refused(text).startswith("Line 3: version")


def test_a_misspelt_key_is_named_before_the_one_it_leaves_missing():
    assert "'outputs'. Did you mean output?" in refused(changed("output:", "outputs:"))


# -- the folder -----------------------------------------------------------------------------------------


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def three(tmp_path):
    short = GOOD.replace("name: match", "name: brief")
    return Prompts(folder(tmp_path, match_v1=GOOD, match_v10=GOOD.replace("version: 1", "version: 10"), brief_v1=short))


def test_a_name_means_its_newest_version_and_a_number_that_one(three):
    assert three.names() == ("brief", "match")
    assert three.versions("match") == (1, 10)
    assert three.get("match").label == "match@10"
    assert three.get("match@1").label == "match@1"
    assert three.for_feature("match").label == "match@10"


def test_a_feature_without_a_prompt_of_its_name_takes_the_first_one_made_for_it(tmp_path):
    prompts = Prompts(folder(tmp_path, brief_v1=GOOD.replace("name: match", "name: brief")))
    assert prompts.for_feature("match").label == "brief@1"


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("match@2", "There is no prompt match@2. Choose one of these: match@1, match@10."),
        ("matching", "There is no prompt of that name. Choose one of these: brief, match."),
        ("", "There is no prompt of that name."),
        ("matching@production", "There is no prompt of that name."),
        ("match@production", "labels are not available yet. Ask for match or match@10."),
        ("match@9999999999", "There is no prompt match@9999999999. Choose one of these: match@1, match@10."),
        ("match@" + "9" * 100, "There is no prompt match@99999999999999999999. Choose"),
        ("match@", "There is no prompt match@. Choose one of these: match@1, match@10."),
        ("match@01", "There is no prompt match@01. Choose"),
        ("match@¹", "There is no prompt match@¹. Choose"),
    ],
)
def test_an_unknown_reference_is_refused_with_what_exists(three, reference, sentence):
    with pytest.raises(Invalid, match=re.escape(sentence)):
        three.get(reference)


def test_a_feature_no_prompt_is_made_for_is_refused(three):
    with pytest.raises(Invalid, match="No prompt is made for the feature cover_letter"):
        three.for_feature("cover_letter")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"match_v1": GOOD.replace("output: json", "output: xml")}, "match_v1.md: Line 5: output has to be"),
        ({"match_v2": GOOD}, "match_v2.md: its front matter says match, version 1. Call the file match_v1.md"),
        ({"cover_v1": GOOD}, "cover_v1.md: its front matter says match, version 1. Call the file match_v1.md"),
        ({"notes": "Hello"}, "notes.md is not named like a prompt. Call it <name>_v<version>.md or move it away."),
        ({"match_v01": GOOD}, "match_v01.md is not named like a prompt."),
        ({}, "is empty. Put back files such as match_v1.md."),
    ],
)
def test_a_wrong_folder_is_refused_naming_the_file(tmp_path, files, sentence):
    with pytest.raises(Misconfigured, match=re.escape(sentence)):
        Prompts(folder(tmp_path, **files))


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="The prompts folder gone cannot be read"):
        Prompts(tmp_path / "gone")


def test_a_file_that_is_not_utf8_is_refused_naming_it(tmp_path):
    (tmp_path / "match_v1.md").write_bytes(b"---\nname: \xff\n---\n")
    with pytest.raises(Misconfigured, match=r"match_v1\.md cannot be read"):
        Prompts(tmp_path)


# -- the shipped ones -------------------------------------------------------------------------------------


def test_every_feature_has_a_shipped_prompt():
    prompts = Prompts(SHIPPED)
    assert {prompts.for_feature(feature).name for feature in FEATURES} == set(FEATURES)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_shipped_prompt_describes_each_field_it_asks_for(feature):
    prompt = Prompts(SHIPPED).for_feature(feature)
    named = "- `{}`:" if prompt.output == "json" else "- {}:"
    for field in prompt.writes:
        word = field if prompt.output == "json" else field.capitalize()
        assert named.format(word) in prompt.system


@pytest.mark.parametrize("feature", FEATURES)
def test_a_shipped_prompt_has_a_place_for_every_chip_and_for_instructions(feature):
    placed = Prompts(SHIPPED).for_feature(feature).placeholders
    assert placed >= {"profile", "job", "resume", "keywords", "documents", "memory", "instructions", "today"}


def test_only_improving_a_text_works_without_a_job_and_a_resume():
    prompts = Prompts(SHIPPED)
    assert {name for name in FEATURES if not prompts.get(name).needs} == {"improve_text"}
    assert prompts.get("improve_text").inputs["text"].required
    assert not prompts.get("improve_text").inputs["goal"].required


def test_letters_and_edited_texts_stream_as_text_and_the_rest_as_json():
    prompts = Prompts(SHIPPED)
    assert {name for name in FEATURES if prompts.get(name).output == "text"} == {"cover_letter", "improve_text"}


def test_a_tailored_resume_asks_a_model_for_no_text_that_code_would_replace():
    prompt = Prompts(SHIPPED).for_feature("tailor_resume")
    assert "content" not in prompt.writes and "`content`" not in prompt.system


@pytest.mark.parametrize("feature", [name for name in FEATURES if name not in ("improve_text",)])
def test_a_shipped_prompt_says_what_to_do_with_a_badly_read_file_and_a_nameless_company(feature):
    system = Prompts(SHIPPED).for_feature(feature).system
    assert "odd sign" in system or "garbled" in system
    assert "<ORGANIZATION>" in system
