"""The console of a real node on a real home: what strangers get, how one enrols, and what each role is shown."""

import json
import re
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from support.browser import CHROMIUM, Browser
from support.node import Node, Ran, Reply, TrialHome, running

CLOSED = "Your roles do not show you"
SEES = {
    "owner": {"Approvals", "Practice Guide", "Protected data"},
    "auditor": {"Approvals", "Practice Guide", "Protected data", "Keys", "Ledger", "People and applications"},
    "admin": {"Approvals", "People and applications"},
    "custodian": {"Approvals", "Keys"},
    "engineer": {"Approvals", "Practice Guide", "Protected data", "Keys"},
}
PANELS = SEES["auditor"]


@dataclass
class Visitor:
    """A browser without pictures: it keeps cookies and sends the forms that it is shown."""

    node: Node
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Reply:
        return self._ask("GET", path, None, headers)

    def send(self, page: Reply, path: str, **fields: str) -> Reply:
        """Fill in the form of a page."""
        token = re.search(r'name="form_token" value="([^"]+)"', page.body.decode())
        return self.post(path, form_token=unescape(token[1]) if token else "", **fields)

    def post(self, path: str, **fields: str) -> Reply:
        headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        if self.cookies:
            headers = {**headers, "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        with closing(HTTPConnection("127.0.0.1", self.node.port, timeout=20)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    self._keep(value)
            return Reply(status=answer.status, headers=dict(answer.getheaders()), body=answer.read())

    def _keep(self, told: str) -> None:
        for name, morsel in SimpleCookie(told).items():
            assert morsel["httponly"]
            assert morsel["samesite"] == "strict"
            self.cookies.pop(name, None)
            if morsel["max-age"] != "0":
                self.cookies[name] = morsel.value


def enter(node: Node, who: str) -> tuple[Visitor, Reply]:
    visitor = Visitor(node)
    reply = visitor.send(visitor.get("/"), "/sign-in", token=node.home.token(who))
    assert reply.status == 303, reply.body
    return visitor, visitor.get("/")


def outcomes(home: TrialHome, action: str, count: int) -> list[tuple[str, str]]:
    """How an action ended, the oldest first, once the scribe has told of it that often."""
    deadline = time.monotonic() + 20
    while True:
        ran = home.call("ledger", "show", "--action", action, "--json", who="auditor")
        told = [(row["outcome"], row["code"]) for row in reversed(ran.json["rows"])]
        if len(told) >= count or time.monotonic() > deadline:
            return told


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/parts/keys", "/parts/ledger", "/static/../x", "/docs"])
def test_a_stranger_gets_the_sign_in_page_and_nothing_more(shared: Node, path: str) -> None:
    reply = Visitor(shared).get(quote(path))
    body = reply.body.decode()
    assert reply.status in {200, 401, 404}
    assert not body or "Sign in to Seawall" in body or path.startswith("/static")
    for told in ("harbour", "custodian", "payments-app", str(shared.home.path), "tokens"):
        assert told not in body


def test_what_a_stranger_forges_opens_nothing(shared: Node) -> None:
    forger = Visitor(shared, {"seawall_session": "sws_aaaaaaaaaaaaaaaa_" + "b" * 43})
    assert b"Sign in to Seawall" in forger.get("/").body
    page = Visitor(shared).get("/")
    token = shared.home.token("auditor")
    # A form without its cookie, with another's, without its token, from another place, for another host.
    alone = Visitor(shared)
    assert alone.send(page, "/sign-in", token=token).status == 403
    crossed = Visitor(shared)
    crossed.get("/")
    assert crossed.send(page, "/sign-in", token=token).status == 403
    assert crossed.post("/sign-in", token=token).status == 403
    assert b"Sign in to Seawall" in crossed.get("/").body
    assert Visitor(shared).get("/", host="evil.example").status in {400, 403, 421}
    client = shared.client()
    away = client.ask(
        "POST",
        "/sign-in",
        raw=urlencode({"token": token}).encode(),
        **{"content-type": "application/x-www-form-urlencoded", "origin": "http://evil.example"},
    )
    client.close()
    assert away.status == 403


def test_the_enrolment_link_works_once(demo: tuple[TrialHome, Ran], node: Node) -> None:
    url = demo[1].json["home"]["enrolment_url"]
    code = url.partition("#")[2]
    visitor = Visitor(node)
    page = visitor.get("/enrol")
    assert page.status == 200
    wrong = visitor.send(page, "/enrol", code=code[:-4] + "AAAA")
    assert (wrong.status, b"swl_" in wrong.body) == (401, False)
    done = visitor.send(page, "/enrol", code=code)
    assert done.status == 200
    token = re.search(rb"swl_[\w-]+", done.body)
    assert token
    assert b"People and applications" in visitor.get("/").body
    # The code is spent; the token that came of it is the administrator's.
    late = Visitor(node)
    assert late.send(late.get("/enrol"), "/enrol", code=code).status == 401
    assert b"Sign in to Seawall" in late.get("/").body
    again = Visitor(node)
    assert again.send(again.get("/"), "/sign-in", token=token[0].decode()).status == 303
    assert b"admin" in again.get("/").body
    told = outcomes(node.home, "access.enrol", 2)
    assert [outcome for outcome, _ in told].count("success") == 2  # the demo's own, and this one
    # Those who came without a code that works are strangers: the first is an entry, others are counted.
    assert [code for _, code in outcomes(node.home, "access.authenticate", 1)][-1].startswith("access.")


@pytest.mark.parametrize("who", SEES)
def test_each_role_sees_what_is_its_own(shared: Node, who: str) -> None:
    visitor, page = enter(shared, who)
    text = unescape(page.body.decode())
    sections = {
        part.partition("<h2")[2].partition(">")[2].partition("<")[0]: part for part in text.split("<section")[1:]
    }
    assert sections.keys() == PANELS
    assert {name for name, part in sections.items() if CLOSED not in part} == SEES[who]
    if "Keys" not in SEES[who]:
        assert "before destruction" not in text
    assert visitor.get("/parts/keys").status == 200
    out = visitor.send(page, "/sign-out")
    assert out.status == 303
    assert b"Sign in to Seawall" in visitor.get("/").body


def test_a_session_that_was_ended_elsewhere_is_ended_here(node: Node) -> None:
    visitor, _ = enter(node, "owner")
    stolen = dict(visitor.cookies)
    assert node.home.call("people", "disable", "owner", "--json", who="admin").code == 0
    for cookies in (visitor.cookies, stolen):
        assert b"Sign in to Seawall" in Visitor(node, cookies).get("/").body
    assert Visitor(node, stolen).get("/parts/protected").status == 401


def test_the_page_shows_the_figures_of_the_demo(demo: tuple[TrialHome, Ran], shared: Node) -> None:
    figures = demo[1].json
    _, page = enter(shared, "auditor")
    text = re.sub(r"<[^>]+>", " ", unescape(page.body.decode())).replace("\u202f", "")
    flat = " ".join(text.split())
    totals = figures["assess"]["totals"]
    assert f"{totals['satisfied']} of {sum(totals.values())} controls satisfied" in flat
    columns = figures["protect"]["result"]["columns"]
    values = sum(column["tokenised"] + column["encrypted"] + column["masked"] for column in columns)
    assert f"values protected {values} columns {len(columns)}" in flat
    assert f"{figures['scan']['totals']['values']}" in flat
    assert "trial-1 destroyed" in flat
    for domain, counts in figures["assess"]["domains"].items():
        assert f"{domain} {counts['satisfied']}/{sum(counts.values())}" in flat


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "browser") as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_real_browser_enrols_and_sees_the_wall(
    demo: tuple[TrialHome, Ran], home: TrialHome, tmp_path: Path, browser: Browser
) -> None:
    code = demo[1].json["home"]["enrolment_url"].partition("#")[2]
    with running(home, tmp_path / "log", workers=1) as node:
        address = f"http://127.0.0.1:{node.port}"
        browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        browser.open(f"{address}/enrol#{code}")
        # What stands behind the # was taken into the form, and out of the address.
        assert browser.run("location.href") == f"{address}/enrol"
        browser.run("document.getElementById('enrol').click()")
        browser.until("document.body.innerText.includes('Welcome, admin')")
        browser.open(address)
        browser.until("document.body.innerText.includes('People and applications')")
        browser.run("[...document.querySelectorAll('button')].find(b => b.innerText === 'Sign out').click()")
        browser.until("document.body.innerText.includes('Sign in to Seawall')")
        token = json.dumps(home.token("auditor"))
        browser.run(f"document.getElementById('token').value = {token}; document.querySelector('button').click()")
        browser.until("document.querySelectorAll('.stone').length > 40")
        assert browser.run("document.documentElement.scrollWidth") <= 1280
        # Nothing is fetched from elsewhere, and the picture is drawn: it is not one colour.
        fetched = browser.run("performance.getEntriesByType('resource').map(e => e.name)")
        assert fetched
        assert all(url.startswith(address) for url in fetched)
        svg = "document.querySelector('.stone').closest('svg')"
        box = browser.run(f"(r => [r.x, r.y, r.width, r.height])({svg}.getBoundingClientRect())")
        clip = {**dict(zip(("x", "y", "width", "height"), box, strict=True)), "scale": 1}
        assert clip["width"] > 800
        drawn = b64decode(browser.call("Page.captureScreenshot", clip=clip)["data"])
        assert len(drawn) > 5_000
        assert browser.troubles == []
