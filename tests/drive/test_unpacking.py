"""Files that run a page together, set dates below each other or leave an employer out: still whole posts."""

import pytest

from core.drive.importing import read_resume

PAGE = (
    "Senior Site Manager Summary A site manager with 12 years on hospitals and schools. Led crews of many trades. "
    "Experience Senior Site Manager 2019 – Present Corvane Builders Managed three sites at a time: planning, safety and "
    "handover of every building. Responsibilities: Coordinated forty subcontractors over two years of work; checked each "
    "delivery against drawings before it was unloaded. Key achievements: Finished the children's ward four weeks early. "
    "Planned the night shifts of the tower crane so that the street stayed open. Stack: MS Project, Procore. "
    "Site Engineer 2013 – 2019 Lindholm Bridge Works Surveyed and set out nine bridges, wrote the daily reports and "
    "ordered concrete for all of them. Responsibilities: Measured settlement every week, compared it with what had been "
    "computed and told the designers when the two parted; kept the drawings of the whole site up to date. Trained two "
    "apprentices each year and took them through their first examination. Key achievements: Cut the waste of "
    "reinforcement by a tenth through a better cutting list, which the other sites of the company took over later on. "
    "Education Civil Engineering 2009 – 2013 Technical College of Aalborg Languages Danish English"
)


def posts(text: str) -> list[tuple[str, str, str, str]]:
    """(title, employer, start, end) of each post, what is missing as an empty string."""
    work = read_resume(text.encode(), "resume.txt")["work"]
    return [tuple(each.get(key, "") for key in ("position", "name", "startDate", "endDate")) for each in work]


def test_a_page_in_one_paragraph_is_cut_at_its_headings_and_posts() -> None:
    resume = read_resume(PAGE.encode(), "resume.txt")
    assert posts(PAGE) == [
        ("Senior Site Manager", "Corvane Builders", "2019", ""),
        ("Site Engineer", "Lindholm Bridge Works", "2013", "2019"),
    ]
    kept = str(resume)
    assert all(said in kept for said in ("forty subcontractors", "Procore", "nine bridges", "Aalborg", "12 years"))


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (
            "Marlow Analytics\nAugust 2015 Data Analyst\nMarch 2018\nReports for the claims department of an insurer.\n\n"
            "Tern Bank\nJune 2011 Junior Data Analyst\nJuly 2015\nMonthly tables for twelve branches, by hand at first.",
            [
                ("Data Analyst", "Marlow Analytics", "2015-08", "2018-03"),
                ("Junior Data Analyst", "Tern Bank", "2011-06", "2015-07"),
            ],
        ),
        (
            "Marlow Analytics\nAugust 2015 Data Analyst currently working\n- Reports for the claims department of an insurer.",
            [("Data Analyst", "Marlow Analytics", "2015-08", "")],
        ),
    ],
    ids=["one below the other", "currently working"],
)
def test_two_dates_on_lines_of_their_own_are_one_period(lines: str, wanted: list[tuple[str, ...]]) -> None:
    assert posts(f"Ines Holm\n\nEXPERIENCE\n\n{lines}\n") == wanted


def test_roles_within_the_time_at_one_employer_are_held_there() -> None:
    text = (
        "Ines Holm\n\nEXPERIENCE\n\n2010 - 2022 Harrow Port, Senior Planner\n- Planned berths\n\n"
        "2013 - 2016. Vessel planner\n- Planned cranes\n\n2005 - 2009. Trainee planner\n- Learned it\n"
    )
    assert [(title, name) for title, name, _, _ in posts(text)] == [
        ("Senior Planner", "Harrow Port"),
        ("Vessel planner", "Harrow Port"),
        ("Trainee planner", ""),  # before that time: nobody knows where
    ]


@pytest.mark.parametrize(
    ("heading", "employer"),
    [
        ("2018 - 2021 - Java, Spring, Kafka", ""),
        ("2018 - 2021 cross-platform desktop app for the warehouse", ""),
        ("2018 - 2021 Full responsibility for the short-term planning of the whole warehouse", ""),
        ("2018 - 2021 Oracle, Developer", "Oracle"),
        ("2018 - 2021 Developer, iRobot", "iRobot"),
    ],
)
def test_what_was_used_or_done_is_no_employer(heading: str, employer: str) -> None:
    ((_, name, start, _),) = posts(f"Ines Holm\n\nEXPERIENCE\n\n{heading}\n- Wrote services for the warehouse\n")
    assert (name, start) == (employer, "2018")


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (
            "2016 - 2020 Norrland Wind\nRole: Turbine technician.\nServiced forty turbines.",
            ("Turbine technician", "Norrland Wind"),
        ),
        (
            "2016 - 2020\nRole: Turbine technician\nCompany: Norrland Wind\n- Serviced forty turbines.",
            ("Turbine technician", "Norrland Wind"),
        ),
        (
            "Harrow Port\nMay 2012 - June 2016 Senior Analyst, Project Lead\nMoved the archive.",
            ("Senior Analyst, Project Lead", "Harrow Port"),
        ),
    ],
)
def test_lines_that_name_role_and_employer_are_taken_and_a_second_title_stays_with_the_first(
    lines: str, wanted: tuple[str, str]
) -> None:
    ((title, name, _, _),) = posts(f"Ines Holm\n\nEXPERIENCE\n\n{lines}\n")
    assert (title, name) == wanted
