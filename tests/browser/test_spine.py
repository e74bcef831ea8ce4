"""The spine in a browser: an answer of the embedded model arrives word by word, is saved and found in Drive."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

STEPS = 5  # the text must be seen to grow in more steps than these
STOPPED = re.compile("Stopped before (the end|anything had arrived)")  # the title alone is no word of the model
SLOW_MS = 180_000  # the embedded model on a busy machine
SHOWS_ITS_URL = """() => document.querySelector('h1')?.innerText ===
    {'/': 'Generate', '/drive': 'Drive', '/playground': 'Playground', '/runs': 'Runs'}[location.pathname]"""
TWO_CLICKS = """apart => new Promise(done => {
    const links = [...document.querySelectorAll('[data-testid=stSidebarNav] a')];
    const press = name => links.find(link => link.innerText.includes(name)).click();
    press('Generate');
    setTimeout(() => { press('Runs'); done(); }, apart);
})"""


def settled(tab: Page) -> None:
    """Wait until the script of the page has run through."""
    tab.wait_for_timeout(250)
    tab.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'"
    )


def opened(tab: Page, url: str, wait_for: str) -> None:
    tab.goto(url)
    tab.locator(wait_for).wait_for()
    settled(tab)


def watched(tab: Page, page: str) -> list[str]:
    """Every state the answer was seen in until it was finished, oldest first."""
    answer, save = tab.locator(f".st-key-{page}_answer"), tab.locator(f".st-key-{page}_save button")
    seen: list[str] = []
    until = time.monotonic() + SLOW_MS / 1000
    while not save.is_visible():
        assert time.monotonic() < until, f"No answer after {SLOW_MS / 1000:.0f} s; last seen: {seen[-1:]}"
        if answer.is_visible() and (text := answer.inner_text()) and text not in seen:
            seen.append(text)
        tab.wait_for_timeout(15)
    return seen


def keep(tab: Page, page: str, title: str) -> None:
    """Save the answer to Drive under this title, follow the link and see it there."""
    tab.locator(f".st-key-{page}_save button").click()
    field = tab.get_by_role("dialog").get_by_label("Title")
    field.fill(title)
    field.press("Tab")
    settled(tab)
    tab.locator(f".st-key-{page}_save_now button").click()
    expect(tab.get_by_test_id("stAlertContentSuccess").get_by_text(f"Saved to Drive: {title}")).to_be_visible()
    tab.get_by_role("link", name="Open in Drive").click()
    expect(tab.get_by_role("heading", name="Drive")).to_be_visible()
    expect(tab.get_by_test_id("stMainBlockContainer").get_by_text(title).first).to_be_visible()


def test_generate_streams_saves_and_is_found_in_drive(tab: Page, address: str) -> None:
    opened(tab, f"{address}/?user=1", ".st-key-generate_go")
    tab.locator(".st-key-generate_go button").click()
    growing = watched(tab, "generate")
    assert len(growing) > STEPS, growing
    assert "run=" in tab.url
    keep(tab, "generate", "Kept by the browser check")


def test_a_click_elsewhere_a_reload_and_another_page_come_back_to_the_same_run(tab: Page, address: str) -> None:
    opened(tab, f"{address}/?user=2", ".st-key-generate_go")
    tab.locator(".st-key-generate_go button").click()
    tab.wait_for_function("() => location.search.includes('run=')")
    run = parse_qs(urlsplit(tab.url).query)["run"]
    tab.locator(".st-key-generate_chips").get_by_text("Profile").click()
    tab.reload()
    tab.locator(".st-key-generate_answer").wait_for()
    tab.get_by_test_id("stSidebarNav").get_by_text("Drive").click()
    expect(tab.get_by_role("heading", name="Drive")).to_be_visible()
    tab.get_by_test_id("stSidebarNav").get_by_text("Generate").click()
    watched(tab, "generate")
    assert parse_qs(urlsplit(tab.url).query)["run"] == run


def test_the_way_back_leads_to_the_page_before_and_to_nothing_in_between(tab: Page, address: str) -> None:
    opened(tab, f"{address}/runs", "h1")
    pages = ("Generate", "Drive", "Playground")
    for name in pages:
        tab.get_by_test_id("stSidebarNav").get_by_text(name, exact=True).click()
        expect(tab.get_by_role("heading", name=name, exact=True)).to_be_visible()
        tab.wait_for_function("() => location.search.includes('user=')")
        settled(tab)
    met = ["Playground"]
    while met[-1] != "Runs":
        tab.evaluate("() => history.back()")
        tab.wait_for_function(SHOWS_ITS_URL)  # else the next step back could leave the workbench
        settled(tab)
        here = tab.get_by_role("heading", level=1).inner_text()
        met += [here] if here != met[-1] else []
        assert len(met) <= len(pages) + 1, met
    assert met == [*reversed(pages), "Runs"]
    tab.wait_for_function("() => location.search === ''")  # no filter came from another page's address
    assert urlsplit(tab.url).path == "/runs"


@pytest.mark.parametrize("apart_ms", [20, 60, 100, 150, 250])
def test_a_page_left_before_it_was_drawn_leaves_nothing_in_the_url_of_the_next(
    tab: Page, address: str, apart_ms: int
) -> None:
    opened(tab, f"{address}/runs", "h1")
    tab.evaluate(TWO_CLICKS, apart_ms)
    expect(tab.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    tab.wait_for_timeout(1_000)
    settled(tab)
    tab.wait_for_function("() => location.pathname === '/runs' && location.search === ''")


def test_stop_ends_the_answer_and_keeps_what_had_arrived(tab: Page, address: str) -> None:
    opened(tab, f"{address}/?user=3", ".st-key-generate_go")
    tab.locator(".st-key-generate_go button").click()
    expect(tab.locator(".st-key-generate_answer h3")).to_be_visible()
    tab.locator(".st-key-generate_stop button").click()
    expect(tab.get_by_text(STOPPED)).to_be_visible()


def test_an_edited_prompt_runs_in_the_playground_and_is_found_in_drive(tab: Page, address: str) -> None:
    opened(tab, f"{address}/playground?user=1", ".st-key-playground_go")
    source = tab.get_by_role("textbox", name="Source")
    source.fill(source.input_value().replace("You write match reports", "You write very short match reports"))
    source.press("Tab")
    expect(tab.get_by_text("Edited: a run records it as match@draft-")).to_be_visible()
    settled(tab)
    tab.locator(".st-key-playground_go button").click()
    growing = watched(tab, "playground")
    assert len(growing) > STEPS, growing
    expect(tab.get_by_text("match@draft-").last).to_be_visible()
    keep(tab, "playground", "Kept from the playground")
