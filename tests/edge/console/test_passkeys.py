"""Passkeys in a real browser with a virtual authenticator: made, registered, voted with, on the console's own pages."""

import socket
import threading

import pytest
import uvicorn

from seawall.access.approvals import commands as c
from seawall.access.approvals.model import KeyKind, State
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.edge.console.pages import Console
from seawall.edge.console.ports import LedgerHealth
from seawall.kernel.secret import Secret
from support.browser import CHROMIUM, Browser
from support.dual import Chamber, Destroy, custodians, rule

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
PAN = Destroy(domain="retail", key="pan")


@pytest.fixture
def chamber(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    store.create_all()
    made = Chamber(store, RowMac(Secret(bytes(32))))
    yield made
    made.close()
    store.close()


@pytest.fixture
def address(chamber):
    health = LedgerHealth(backlog=0, signatures=())
    console = Console(
        chamber.desk, chamber.authenticator, lambda: health, chamber.clock, hosts=["localhost"], version="1"
    )
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(console.app(), lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://localhost:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path / "browser") as opened:
        opened.call("WebAuthn.enable")
        yield opened


def authenticator(browser: Browser) -> str:
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made: str = browser.call("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"]
    return made


def test_from_a_new_passkey_to_the_vote_that_lets_it_run(chamber, address, browser):
    custodians(chamber, 3)
    virtual = authenticator(browser)
    browser.open(address)
    browser.run(
        f"document.getElementById('token').value = '{chamber.tokens['c2']}'; document.querySelector('button').click()"
    )
    browser.until("document.body.innerText.includes('Sign out')")

    # A passkey is offered; that it counts needs the approval of somebody else.
    browser.open(f"{address}/approvers")
    browser.run("document.querySelector('#make-passkey button').click()")
    browser.until("location.pathname.startsWith('/approvals/') && document.readyState === 'complete'")
    chamber.vote("c1", browser.run("location.pathname").rpartition("/")[2])
    browser.open(f"{address}/approvers")
    browser.run("[...document.querySelectorAll('button')].find(b => b.innerText === 'Let passkey count').click()")
    browser.until("document.readyState === 'complete' && document.body.innerText.includes('Retire passkey')")
    browser.until("!document.body.innerText.includes('Let passkey count')")
    (key,) = [one for one in chamber.do("c2", c.ListApproverKeys()).items if one.kind is KeyKind.PASSKEY]
    assert key.registered_ms is not None
    assert key.rp_id == "localhost"

    # The request shows exactly what is asked, and the vote is signed by the authenticator.
    approval = chamber.ask("c1", rule(approvals=1))
    browser.open(address)
    browser.until("document.querySelector('#approvals a') !== null")
    browser.run("document.querySelector('#approvals th a').click()")
    browser.until(f"location.pathname === '/approvals/{approval}' && document.readyState === 'complete'")
    shown = browser.run("document.querySelector('pre.document').innerText")
    assert '"actions": [\n      "keys.destroy"\n    ]' in shown

    # Whoever does not verify themselves to the authenticator casts no vote.
    browser.call("WebAuthn.setUserVerified", authenticatorId=virtual, isUserVerified=False)
    browser.run("document.querySelector('[data-vote=approve]').click()")
    browser.until("!document.getElementById('trouble').hidden && document.getElementById('trouble').innerText !== ''")
    assert chamber.do("c1", c.ShowApproval(approval=approval)).state is State.PENDING
    browser.call("WebAuthn.setUserVerified", authenticatorId=virtual, isUserVerified=True)
    browser.run("document.querySelector('[data-vote=approve]').click()")
    browser.until("document.querySelector('.badge').innerText === 'approved'")
    assert chamber.do("c1", rule(approvals=1)).rules[0].id == "destroy"
    # RSA is left out on purpose, which Chromium remarks on.
    assert [one for one in browser.troubles if "pubKeyCredParams" not in one] == []

    # A denial holds the next request up; taking it back needs a vote again.
    denied = chamber.ask("c1", PAN)
    browser.open(f"{address}/approvals/{denied}")
    browser.run("document.querySelector('[data-vote=deny]').click()")
    browser.until("document.querySelector('.badge').innerText === 'denied'")
    assert chamber.do("c1", c.ShowApproval(approval=denied)).votes[0].voter_name == "c2"
