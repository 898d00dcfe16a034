"""The console: a stranger sees the door, somebody known sees what policy lets them see."""

import re
from html.parser import HTMLParser
from importlib import resources
from urllib.parse import urlencode

import pytest

from seawall.access.commands import ListPrincipals
from seawall.access.tokens import csrf_token
from seawall.capabilities.evidence.commands import ShowAssessment
from seawall.capabilities.keys.commands import ListDomains
from seawall.capabilities.protect.commands import ShowProtections
from seawall.kernel.errors import Denied, Unavailable
from seawall.ledger.commands import LedgerPage, ShowLedger
from support.asgi import ask
from support.console import AUDITOR, CODE, COOKIE, TOKEN, Shelf, console, nothing_yet, row

SIGNED_IN = {"cookie": f"seawall_session={COOKIE}"}
FORM = {"content_type": "application/x-www-form-urlencoded"}


def form_of(text: str) -> str:
    return re.search(r'name="form_token" value="([^"]+)"', text)[1]


def submit(app, path: str, cookie: str, form_token: str, /, **fields: str):
    return lambda **headers: ask(
        app,
        "POST",
        path,
        urlencode({"form_token": form_token, **fields}).encode(),
        **(FORM | {"cookie": cookie} | headers),
    )


class Balance(HTMLParser):
    """Checks that every element that is opened is closed, in order."""

    VOID = frozenset({"meta", "link", "input", "img", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/parts/nothing"])
def test_a_stranger_gets_the_sign_in_page_and_nothing_is_asked(path):
    shelf = Shelf()
    answer = ask(console(shelf), "GET", path)
    assert "<h1>Sign in to Seawall</h1>" in answer.text
    assert shelf.asked == []
    assert answer.status == (200 if path in {"/", "/sign-in"} else 404)


def test_a_session_that_ended_leads_a_part_to_the_door():
    shelf = Shelf()
    answer = ask(console(shelf), "GET", "/parts/keys", cookie="seawall_session=sws_old")
    assert (answer.status, answer.header("hx-redirect"), answer.body) == (401, "/sign-in", b"")
    assert shelf.asked == []


def test_every_answer_is_guarded():
    for answer in (ask(console(), "GET", "/"), ask(console(), "GET", "/", **SIGNED_IN)):
        policy = answer.header("content-security-policy")
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.header("cache-control") == "no-store"
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("referrer-policy") == "same-origin"


def test_nothing_on_the_page_comes_from_elsewhere_or_needs_what_the_policy_forbids():
    for text in (ask(console(), "GET", "/").text, ask(console(), "GET", "/", **SIGNED_IN).text):
        assert not re.search(r'(src|href|action)="(?!/|#)', text)
        assert " style=" not in text
        assert not re.search(r" on[a-z]+=", text)
        assert "<style" not in text
        assert not re.search(r"<script(?! src=\"/static/)", text)


def test_the_page_is_well_formed():
    for app in (console(), console(Shelf(nothing_yet()))):
        balance = Balance()
        balance.feed(ask(app, "GET", "/", **SIGNED_IN).text)
        assert balance.open == []
        assert len(balance.ids) == len(set(balance.ids))


def test_the_page_shows_what_is_protected_by_which_keys_and_how_the_ledger_and_the_guide_stand():
    shelf = Shelf()
    text = ask(console(shelf), "GET", "/", **SIGNED_IN).text
    assert "Mei Lin Chan" in text
    for expected in ("customers.hkid", "tokenise", "54\u202f083", "/srv/out/bank.protected.sqlite"):
        assert expected in text
    for expected in ("harbour", "40 min", "compromised", "and 12 more", "30 days before destruction"):
        assert expected in text
    for expected in ("204\u202f118", "Ed25519 and ML-DSA-44", "1 s ago", "access.role", "Ada Custodian"):
        assert expected in text
    assert text.count('class="stone ') == 95
    assert "of 95 controls satisfied" in text
    assert "reconstructed" in text
    assert {principal for principal, _, _ in shelf.asked} == {AUDITOR}
    assert {origin for _, _, origin in shelf.asked} == {"127.0.0.9"}


def test_looks_at_the_page_are_not_news():
    assert "keys.list" not in ask(console(), "GET", "/parts/ledger", **SIGNED_IN).text


def test_alike_events_in_a_row_are_told_as_one():
    def rows(_):
        told = [row(n, "evidence.assess", "success", f"fact-{n}") for n in (9, 8, 7)]
        return LedgerPage(
            rows=[row(10, "keys.rotate", "success", "a"), *told, row(6, "evidence.assess", "denied", "b")],
            next_cursor=None,
            size=10,
            signed_s=0,
        )

    text = ask(console(Shelf(answers={ShowLedger: rows})), "GET", "/parts/ledger", **SIGNED_IN).text
    assert text.count("<li ") == 3
    assert "fact-9 and 2 more" in text
    assert "fact-8" not in text
    assert "none yet" in text


def test_what_was_intended_is_told_only_while_nobody_knows_its_end():
    def rows(_):
        told = [
            row(9, "data.reveal", "denied", "e"),
            row(8, "data.reveal", "intent", "d"),
            row(7, "data.reveal", "success", "c"),
            row(6, "data.reveal", "intent", "b"),
            row(5, "keys.rotate", "success", "a"),
        ]
        return LedgerPage(rows=told, next_cursor=None, size=10, signed_s=0)

    text = ask(console(Shelf(answers={ShowLedger: rows})), "GET", "/parts/ledger", **SIGNED_IN).text
    assert re.findall(r'<li class="(\w+)"', text) == ["denied", "intent", "success", "success"]


def test_what_others_wrote_is_shown_as_text():
    text = ask(console(), "GET", "/", **SIGNED_IN).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "held &lt;independently&gt;" in text


def test_what_the_viewer_may_not_see_says_so_and_stands_last():
    closed = {
        c: Denied("access.role", "you may not.") for c in (ShowAssessment, ShowProtections, ListDomains, ShowLedger)
    }
    text = ask(console(Shelf(closed)), "GET", "/", **SIGNED_IN).text
    assert text.count("Your roles do not show you") == 4
    assert "customers.hkid" not in text
    assert text.index("People and applications") < text.index("Practice Guide")
    # What is closed is not asked for again every minute: each refusal is a record.
    assert re.findall(r'hx-get="/parts/(\w+)"', text) == ["approvals", "people"]


def test_a_new_home_says_what_to_do_next():
    text = ask(console(Shelf(nothing_yet())), "GET", "/", **SIGNED_IN).text
    assert "Run: seawall assess" in text


def test_trouble_in_one_part_leaves_the_others():
    trouble = Unavailable("store.locked", "the store is busy.", remedy="Try again.")
    text = ask(console(Shelf({ListPrincipals: trouble})), "GET", "/", **SIGNED_IN).text
    assert "the store is busy. Try again." in text
    assert "customers.hkid" in text


@pytest.mark.parametrize("name", ["assessment", "protected", "keys", "ledger", "people"])
def test_each_part_renews_itself(name):
    answer = ask(console(), "GET", f"/parts/{name}", **SIGNED_IN)
    assert answer.status == 200
    assert answer.text.lstrip().startswith(f'<section class="panel {name}" id="{name}"')
    assert f'hx-get="/parts/{name}"' in answer.text


def test_signing_in_with_a_token_begins_a_session_that_scripts_and_other_sites_cannot_use():
    app = console()
    door = ask(app, "GET", "/")
    visit = door.cookies()["seawall_visit"].split(";")[0]
    answer = submit(app, "/sign-in", visit, form_of(door.text), token=f" {TOKEN} ")(origin="http://127.0.0.1:8643")
    assert (answer.status, answer.header("location")) == (303, "/")
    cookie = answer.cookies()["seawall_session"]
    assert cookie.startswith(f"seawall_session={COOKIE};")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert TOKEN not in cookie


def test_over_tls_the_cookie_is_secure():
    app = console()
    door = ask(app, "GET", "/", scheme="https")
    assert "Secure" in door.cookies()["seawall_visit"]


def test_a_wrong_token_is_turned_away_and_not_repeated():
    app = console()
    door = ask(app, "GET", "/sign-in")
    visit = door.cookies()["seawall_visit"].split(";")[0]
    answer = submit(app, "/sign-in", visit, form_of(door.text), token="swl_wrong")()
    assert answer.status == 401
    assert "this credential is not valid." in answer.text
    assert "swl_wrong" not in answer.text
    assert "seawall_session" not in answer.cookies()


def test_enrolment_shows_the_new_token_once_and_begins_a_session():
    shelf = Shelf()
    app = console(shelf)
    page = ask(app, "GET", "/enrol")
    visit = page.cookies()["seawall_visit"].split(";")[0]
    answer = submit(app, "/enrol", visit, form_of(page.text), code=CODE)()
    assert answer.status == 200
    assert TOKEN in answer.text
    assert answer.cookies()["seawall_session"].startswith(f"seawall_session={COOKIE};")
    assert answer.header("cache-control") == "no-store"
    assert shelf.asked[0][0].anonymous


def test_the_code_of_an_enrolment_link_is_in_no_address_that_is_sent():
    script = resources.files("seawall.edge.console").joinpath("static", "console.js").read_text()
    assert "location.hash" in script
    assert 'method="post"' in ask(console(), "GET", "/enrol").text


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("wrong", {}),
        (csrf_token("another"), {}),
        (None, {"origin": "http://evil.example"}),
        (None, {"origin": "null"}),
        (None, {"sec_fetch_site": "cross-site"}),
        (None, {"sec_fetch_site": "same-site"}),
        (None, {"host": "evil.example"}),
        (None, {"cookie": ""}),
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/enrol", "/sign-out"])
def test_a_form_that_no_page_of_ours_sent_does_nothing(path, token, headers):
    shelf = Shelf()
    app = console(shelf)
    good = csrf_token(COOKIE)
    send = submit(app, path, SIGNED_IN["cookie"], good if token is None else token, token=TOKEN, code=CODE)
    answer = send(**headers)
    assert answer.status == 403
    assert shelf.asked == []
    assert answer.cookies().get("seawall_session") is None


def test_signing_out_ends_the_session():
    shelf = Shelf()
    answer = submit(console(shelf), "/sign-out", SIGNED_IN["cookie"], csrf_token(COOKIE))()
    assert answer.status == 303
    assert 'seawall_session=""' in answer.cookies()["seawall_session"]
    assert [type(command).__name__ for _, command, _ in shelf.asked] == ["SignOut"]


def test_a_form_that_is_too_large_or_none_is_refused():
    app = console()
    send = submit(app, "/sign-out", SIGNED_IN["cookie"], csrf_token(COOKIE), more="x" * 9000)
    assert send().status == 400
    assert submit(app, "/sign-out", SIGNED_IN["cookie"], csrf_token(COOKIE))(content_type="text/plain").status == 400
    assert ask(app, "POST", "/sign-out", b"\xff" * 20, **FORM, **SIGNED_IN).status == 400


def test_signing_in_is_not_offered_to_whoever_is():
    answer = ask(console(), "GET", "/sign-in", **SIGNED_IN)
    assert (answer.status, answer.header("location")) == (303, "/")


def test_static_files_are_named_by_their_content_and_kept():
    page = ask(console(), "GET", "/").text
    for address in re.findall(r'"(/static/[^"]+)"', page):
        answer = ask(console(), "GET", address)
        assert answer.status == 200
        assert "immutable" in answer.header("cache-control")
        assert answer.body
    assert ask(console(), "GET", "/static/pages.py").status == 404
    assert ask(console(), "GET", "/static/..%2fpages.py").status == 404


def test_htmx_comes_with_its_licence_line():
    text = resources.files("seawall.edge.console").joinpath("static", "htmx.min.js").read_text()
    assert text.startswith("/* htmx 2.0.11")
    assert "BSD" in text[:200]


def test_wrong_methods_and_pages():
    assert ask(console(), "GET", "/nothing", **SIGNED_IN).status == 404
    assert ask(console(), "POST", "/", **SIGNED_IN).status == 405
