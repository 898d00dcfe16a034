"""The console in a real browser: enrolment, sign-in, parts that renew themselves, and its own strict policy."""

import socket
import threading

import pytest
import uvicorn

from support.browser import CHROMIUM, Browser
from support.console import CODE, COOKIE, TOKEN, Shelf, console

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def address(shelf):
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(console(shelf), lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path) as opened:
        yield opened


def asked(shelf: Shelf) -> list[str]:
    return [type(command).__name__ for _, command, _ in shelf.asked]


def test_from_an_enrolment_link_to_the_page_and_out_again(browser, address, shelf):
    browser.open(f"{address}/enrol#{CODE}")
    assert browser.run("document.getElementById('code').value") == CODE
    assert browser.run("location.href") == f"{address}/enrol"
    browser.run("document.getElementById('enrol').click()")
    browser.until("document.body.innerText.includes('Welcome, Mei Lin Chan')")
    assert browser.run("document.querySelector('.secret').innerText") == TOKEN
    assert browser.run("document.cookie") == ""
    browser.run("document.querySelector('a.button').click()")
    browser.until("document.querySelectorAll('.stone').length === 95")
    before = asked(shelf).count("ShowLedger")
    browser.run("document.querySelector('[data-renew]').click()")
    browser.until("document.querySelectorAll('.htmx-request').length === 0")
    while asked(shelf).count("ShowLedger") == before:
        browser.until("true")
    browser.run("[...document.querySelectorAll('button')].find(b => b.innerText === 'Sign out').click()")
    browser.until("document.body.innerText.includes('Sign in to Seawall')")
    assert asked(shelf)[-1] == "SignOut"
    assert browser.troubles == []


def test_signing_in_with_a_token_a_wrong_one_first(browser, address):
    browser.open(address)
    browser.run("document.getElementById('token').value = 'swl_wrong'; document.querySelector('button').click()")
    browser.until("document.body.innerText.includes('this credential is not valid')")
    browser.run(f"document.getElementById('token').value = '{TOKEN}'; document.querySelector('button').click()")
    browser.until("document.body.innerText.includes('Practice Guide')")
    cookies = browser.call("Network.getCookies", urls=[address])["cookies"]
    session = next(cookie for cookie in cookies if cookie["name"] == "seawall_session")
    assert (session["value"], session["httpOnly"], session["sameSite"]) == (COOKIE, True, "Strict")


def test_the_page_fits_a_phone_and_both_colour_schemes(browser, address):
    browser.open(address)
    browser.run(f"document.getElementById('token').value = '{TOKEN}'; document.querySelector('button').click()")
    browser.until("document.body.innerText.includes('Practice Guide')")
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    assert browser.run("document.documentElement.scrollWidth") <= 360
    grounds = set()
    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        grounds.add(browser.run("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_everything_can_be_reached_by_keyboard_and_has_a_name(browser, address):
    browser.open(address)
    browser.run(f"document.getElementById('token').value = '{TOKEN}'; document.querySelector('button').click()")
    browser.until("document.body.innerText.includes('Practice Guide')")
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if node.get("role") and not node.get("ignored")
    ]
    for role, name in named:
        if role in {"button", "link", "heading", "textbox", "img", "image"}:
            assert name, f"a {role} without a name"
    assert ("heading", "Keys") in named
    assert any(role in {"img", "image", "SvgRoot"} and "Assessment by domain" in name for role, name in named)
