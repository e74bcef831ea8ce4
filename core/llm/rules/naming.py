"""What an answer is called: known before a word of it is written."""

from core.llm.rules.facts import Facts
from core.schema import Feature


def title(feature: Feature, facts: Facts) -> str:
    """The answer's title, from names alone."""
    about = facts.job_name
    match feature:
        case "match":
            if facts.has_resume and facts.job:
                return f"Match report: {facts.who} for {about}"
            if facts.has_resume:
                return f"{facts.who}: what the resume shows"
            return f"What {about} asks" if facts.job else "Nothing to compare yet"
        case "recruiter_lens":
            if not facts.has_resume:
                return "Recruiter's view: no resume to read"
            return f"Recruiter's view: {facts.who}" + (f" for {about}" if about else "")
        case "tailor_resume":
            return (
                f"Resume of {facts.who}" + (f" for {about}" if about else "")
                if facts.has_resume
                else "No resume to tailor"
            )
        case "cover_letter":
            return f"Cover letter: {about or 'position to be named'}"
        case "interview_prep":
            return f"Interview pack: {about or facts.who}"
        case "improve_text":
            return "Improved text"
