"""The frame round every page: who is here, which pages they have, what to say when one breaks."""

from pathlib import Path

import streamlit as st

from core import cores, wiring
from core.access import members
from core.errors import WorkbenchError
from pages.widgets import address, safe

PAGES = Path(__file__).parent
EVERYONE = ("support", "engineer", "analyst", "admin")

# Section, file, title, icon, what it is for, who has it. The first page a person has is the one at `/`.
ROOMS = (
    (
        "Work",
        "generate.py",
        "Generate",
        ":material/edit_note:",
        "Make a match report, a letter, a tailored resume and more for a candidate and a job.",
        ("support", "engineer", "admin"),
    ),
    (
        "Work",
        "playground.py",
        "Playground",
        ":material/science:",
        "Edit a prompt, see what is sent, run it on a model of your choice.",
        ("engineer", "admin"),
    ),
    (
        "Work",
        "drive.py",
        "Drive",
        ":material/folder_open:",
        "A candidate's jobs, documents, resume versions and memory.",
        ("support", "engineer", "admin"),
    ),
    (
        "Analytics",
        "usage.py",
        "Usage",
        ":material/monitoring:",
        "What was spent, on what, how sure that is, and how well it went.",
        EVERYONE,
    ),
    (
        "Analytics",
        "runs.py",
        "Runs",
        ":material/history:",
        "Every AI call, with its route, attempts and cost.",
        EVERYONE,
    ),
    (
        "Analytics",
        "budgets.py",
        "Budgets",
        ":material/savings:",
        "What is left of the month's budgets, when they run out, and what is unusual.",
        ("analyst", "admin"),
    ),
    (
        "Analytics",
        "whatif.py",
        "What if",
        ":material/compare_arrows:",
        "History under other models, prices or limits; past costs corrected; invoices checked; models that go away.",
        ("analyst", "admin"),
    ),
    (
        "Admin",
        "admin.py",
        "Admin",
        ":material/admin_panel_settings:",
        "API tokens, plans and limits, models, prices.",
        ("analyst", "admin"),
    ),
)

cores.roam()  # unlike the event loop, which started this thread
st.set_page_config(page_title="Workbench", page_icon="🧰", layout="wide")
try:
    workbench = wiring.current()
    if "caller" not in st.session_state:
        st.session_state["member"] = members.local_admin(workbench.store)
        st.session_state["caller"] = members.caller(st.session_state["member"])
except WorkbenchError as closed:
    st.error(closed.message)
    st.stop()
member = st.session_state["member"]

sections: dict[str, list[st.Page]] = {}
for section, file, title, icon, purpose, roles in ROOMS:
    if member.role in roles and (PAGES / file).exists():
        first = not sections
        path = "start" if first else file.removesuffix(".py")  # the first is at `/`, its own name leads there
        page = st.Page(file, title=title, icon=icon, help=purpose, url_path=path, default=first)
        sections.setdefault(section, []).append(page)
rooms = [page for pages in sections.values() for page in pages]


def to_front() -> None:
    """The first page lives at `/`; its name as an address leads there, with what it asked for."""
    st.switch_page(rooms[0], query_params={name: st.query_params.get_all(name) for name in st.query_params})


alias = st.Page(to_front, url_path=rooms[0].title.lower(), title=rooms[0].title, visibility="hidden")
here = st.navigation({**sections, "": [alias]})

with st.sidebar:
    st.caption("Signed in as")
    st.markdown(f"**{safe.plain(member.name)}** :green-badge[{member.role}]")
    st.caption("No sign-in is configured: the workbench serves this machine only, as one local admin.")

with address.held(here.url_path):
    try:
        here.run()
    except WorkbenchError as refused:
        st.error(safe.safe(refused.message), icon=":material/error:")
