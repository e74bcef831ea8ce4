"""A small resume and posting that the rules, the finishing and the grounding are tried on."""

from dataclasses import replace
from datetime import date

from core.drive.resume import normalise
from core.tools.material import JobFacts, Material

TODAY = date(2026, 11, 23)

RESUME = normalise(
    {
        "basics": {
            "name": "Ines Holm",
            "label": "Backend Developer",
            "email": "ines@example.com",
            "summary": "Backend developer who likes small services. I have run PostgreSQL in production since 2018.",
        },
        "work": [
            {
                "name": "Brightmoor Rail",
                "position": "Backend Developer",
                "startDate": "2021-03",
                "highlights": [
                    "Wrote the onboarding guide for new colleagues",
                    "Built a ticket service in Python on PostgreSQL that answers 900 requests a second",
                    "Cut the nightly import from 4 hours to 20 minutes",
                ],
            },
            {
                "name": "Fennel Shop",
                "position": "Software Developer",
                "startDate": "2017-01",
                "endDate": "2020-02",
                "highlights": ["Moved 12 services to Docker", "Maintained the Perl billing scripts"],
            },
        ],
        "education": [{"institution": "Aarhus University", "studyType": "Bachelor", "area": "Computer Science"}],
        "skills": [
            {"name": "Office", "keywords": ["Excel"]},
            {"name": "Backend", "keywords": ["Java", "Python", "PostgreSQL", "Docker"]},
        ],
    }
)

JOB = JobFacts(
    1,
    "Senior Backend Engineer",
    "Tideline Energy",
    """# Senior Backend Engineer

## What you will do

- Design Python services on PostgreSQL that answer thousands of requests a second
- Bring every service into Docker and Kubernetes

## Requirements

- 5+ years of experience in backend development
- Python and PostgreSQL in production
- Kubernetes and Terraform
- Bachelor's degree in computer science or equivalent experience

## Nice to have

- Kafka

## Benefits

- Health insurance, a pension, and free Salesforce training
""",
)

MATERIAL = Material(profile={"name": "Ines Holm", "plan": "pro"}, resume=RESUME, job=JOB)


def without(*names: str) -> Material:
    """The material without a job or a resume."""
    return replace(MATERIAL, **dict.fromkeys(names))


def asking(description: str, title: str = "Senior Backend Engineer") -> Material:
    """The same candidate for another posting."""
    return replace(MATERIAL, job=JobFacts(1, title, "Tideline Energy", description))
