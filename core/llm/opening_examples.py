"""The one example that the 135M model sees, a fictional one, in the shape of each feature."""

from collections.abc import Mapping

from core.schema import Feature

SYSTEM = (
    "You finish short sentences about a job application. The beginning of each is given. "
    "Use only the facts you are given. Invent nothing."
)

FACTS = """\
Name: Ines Duarte
Profession: Accountant
Role: Senior Accountant at Mill & Sons
Achievement: Closed the monthly books two days faster by checking the payroll first.
Strengths: bookkeeping, payroll, Excel
Job: Finance Manager at Orbit Foods"""
TEXT = "Text: I do the books of a small mill and I am looking for more responsibility."

DEED = " the monthly books two days faster by checking the payroll first."


def _pair(facts: str, *sentences: tuple[str, str]) -> tuple[str, str]:
    starts = [f"Sentence {number} begins: {start}" for number, (start, _) in enumerate(sentences, 1)]
    first, *others = (f"{start}{rest}" for start, rest in sentences)
    return "\n".join([*starts, facts]), "\n\n".join([first, " ".join(others)]).strip()


EXAMPLES: Mapping[Feature, tuple[str, str]] = {
    "match": _pair(
        FACTS,
        ("Ines Duarte brings bookkeeping", ", payroll and Excel to the role of Finance Manager at Orbit Foods."),
        ("As Senior Accountant at Mill & Sons, Ines closed", DEED),
        ("The job at Orbit Foods asks for payroll", " and Excel."),
    ),
    "recruiter_lens": _pair(
        FACTS,
        ("Ines Duarte comes with bookkeeping", ", payroll and Excel to the role of Finance Manager at Orbit Foods."),
        ("As Senior Accountant at Mill & Sons, Ines closed", DEED),
        ("A recruiter will ask about payroll", " and Excel."),
    ),
    "tailor_resume": _pair(
        FACTS,
        ("The resume of Ines Duarte can lead with bookkeeping", ", payroll and Excel."),
        ("As Senior Accountant at Mill & Sons, Ines closed", DEED),
        ("Its first lines can show payroll", " and Excel."),
    ),
    "cover_letter": _pair(
        FACTS,
        ("Ines Duarte applies for the role of Finance Manager at Orbit Foods with bookkeeping", ", payroll and Excel."),
        ("At Mill & Sons, I closed", DEED),
        ("I would like to bring my experience with payroll", " and Excel to Orbit Foods."),
    ),
    "interview_prep": _pair(
        FACTS,
        ("Ines Duarte should talk about bookkeeping", ", payroll and Excel."),
        ("As Senior Accountant at Mill & Sons, you closed", DEED),
        ("You can expect questions on payroll", " and Excel."),
    ),
    "improve_text": _pair(
        TEXT,
        ("The text says that the writer", " does the books of a small mill and looks for more responsibility."),
    ),
}
