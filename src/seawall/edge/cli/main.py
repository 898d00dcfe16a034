"""The command line: names and words of its commands; each is loaded when it is called."""

import os
import signal
import sys
from collections.abc import Sequence
from typing import cast

from cyclopts import App

from seawall import __version__
from seawall.edge.cli import composed, failures
from seawall.edge.cli.options import after_command
from seawall.edge.cli.ports import Composer

_AT = "seawall.edge.cli.commands"


def build() -> App:
    """Make the tree of commands."""
    app = App(
        name="seawall",
        help="Find sensitive data, protect it under your own keys, watch who touches it, prove it.",
        version=__version__,
        suppress_keyboard_interrupt=False,
    )
    app.command(f"{_AT}.node:init", help="Make a home: store, ledger, root of trust, first administrator.")
    app.command(f"{_AT}.node:up", help="Run a node until it is told to stop.")
    app.command(f"{_AT}.node:doctor", help="Look at a home and say what is wrong and what to do.")
    app.command(f"{_AT}.data:scan", help="Find sensitive data in files and databases.")
    app.command(f"{_AT}.data:protect", help="Write a protected copy of a file or a SQLite database.")
    app.command(f"{_AT}.data:reveal", help="Show what stands behind tokens, to those who may see it.")
    app.command(f"{_AT}.scans:scans", help="List the scans, or show what one found.")
    app.command(f"{_AT}.copies:protections", help="List the protected copies, or show one.")
    app.command(f"{_AT}.copies:retokenise", help="Protect a copy anew under the newest versions of its keys.")
    app.command(f"{_AT}.evidence:assess", help="Answer the Practice Guide's controls from what is measured.")
    app.command("seawall.edge.cli.demo.command:demo", help="Run one turn of the loop on the sample Harbour Bank.")

    keys = App(name="keys", help="Domains and keys: make, rotate, suspend, destroy.")
    for name, text in (
        ("list", "List the keys of a domain, or of all."),
        ("create", "Make a key."),
        ("rotate", "Make a new version, which protects from now on."),
        ("activate", "Begin to use a key."),
        ("suspend", "Stop all use of a key for a time."),
        ("resume", "Go on with a suspended key."),
        ("deactivate", "Stop protecting with a key; what it protected stays readable."),
        ("compromise", "Say that a key is compromised."),
        ("destroy", "Destroy a key when its waiting period is over; unusable at once."),
        ("cancel-destroy", "Take a destruction back while it waits."),
        ("finish-destroy", "Carry out the destructions whose waiting period is over."),
        ("domains", "List the domains."),
        ("create-domain", "Make a domain."),
        ("shred", "Crypto-shred a domain: everything under its keys becomes unreadable for good."),
        ("cancel-shred", "Take the shredding of a domain back while it waits."),
    ):
        keys.command(f"{_AT}.keys:{name.replace('-', '_')}", name=name, help=text)
    for name, text in (
        ("show", "Show a key, its versions and what is said of it."),
        ("create-many", "Make up to 500 keys at once from a JSON list."),
        ("update", "Change what is said of a key: labels, owner, places, dates, periods."),
        ("block", "Throw a key's kill switch: nobody uses it from now on."),
        ("unblock", "Take a key's block away."),
        ("archive", "Keep a deactivated or compromised key without using it."),
        ("recover", "Bring a key back from the archive."),
        ("apply-dates", "Activate and deactivate the keys whose dates have come."),
        ("update-domain", "Change a domain's policy."),
    ):
        keys.command(f"{_AT}.keys_care:{name.replace('-', '_')}", name=name, help=text)
    keys.command(
        f"{_AT}.certificates:erasure_certificate",
        name="erasure-certificate",
        help="Certify that a destroyed key or domain is gone.",
    )
    _exchange_keys(keys)
    _rotate_keys(keys)
    app.command(keys)
    _use_keys(app)

    _add_root(app)
    _add_backups(app)

    ledger = App(name="ledger", help="The record of everything that was done.")
    ledger.command(f"{_AT}.ledger:show", help="Show entries.")
    ledger.command(f"{_AT}.ledger:verify", help="Verify the ledger offline, with public keys alone.")
    ledger.command(f"{_AT}.ledger:proof", help="Write a proof that an entry is in the ledger.")
    ledger.command(f"{_AT}.peers:show", name="peers", help="Show what is kept of other nodes' ledgers.")
    ledger.command(f"{_AT}.peers:close", name="close-peer", help="Close the ledger of a node that is lost.")
    ledger.command(
        f"{_AT}.certificates:verify_certificate",
        name="verify-certificate",
        help="Check a certificate of erasure offline, with public keys alone.",
    )
    app.command(ledger)

    tls = App(name="tls", help="Certificates for trying things out.")
    tls.command(f"{_AT}.tls:trial_ca", name="trial-ca", help="Make an authority and certificates, for trial only.")
    app.command(tls)

    jobs = App(name="jobs", help="Long work: watch it, pause it, go on, stop it.")
    for name, text in (
        ("list", "List the jobs, the newest first."),
        ("show", "Show how a job stands."),
        ("pause", "Let a job rest after what it is doing now."),
        ("resume", "Go on with a job that rests."),
        ("cancel", "Stop a job for good; what it has done stays done."),
    ):
        jobs.command(f"{_AT}.jobs:{name}", name=name, help=text)
    app.command(jobs)

    app.command(f"{_AT}.nodes:join", help="Make a further home on the store of an installation.")
    app.command(f"{_AT}.nodes:nodes", help="List the nodes that share this store.")
    app.command(f"{_AT}.nodes:schedule", help="Show what is done by the clock, and how it went.")

    people = App(name="people", help="Principals, their roles and credentials.")
    for name, text in (
        ("list", "List the principals."),
        ("show", "Show a principal, its tokens and its sessions."),
        ("create", "Make a principal."),
        ("disable", "Stop a principal at once."),
        ("grant", "Give a role."),
        ("revoke", "Take a role away."),
        ("assign", "Say in which domains a principal acts."),
        ("link", "Say that a principal belongs to the same person as another."),
        ("token", "Issue a bearer token; it is shown once."),
        ("revoke-token", "End a token, a session or an enrolment code at once."),
        ("certificate", "Let a client certificate stand for a principal."),
        ("revoke-certificate", "Let a client certificate stand for nobody any more, at once."),
        ("invite", "Make a one-time enrolment code."),
        ("enrol", "Exchange an enrolment code for a token."),
    ):
        people.command(f"{_AT}.people:{name.replace('-', '_')}", name=name, help=text)
    app.command(people)

    _dual_control(app)

    policies = App(name="policies", help="The rules of who may do what.")
    policies.command(f"{_AT}.policies:show", help="Show the policies in force.")
    policies.command(f"{_AT}.policies:load", help="Put the policy files of the home in force, all of them or none.")
    app.command(policies)
    return app


def _exchange_keys(keys: App) -> None:
    for function, text in (
        ("import_key", "Bring a key in."),
        ("import_version", "Bring a key's next version in."),
        ("export", "Hand an exportable key out under a key of the receiver."),
        ("export_plain", "Hand an exportable key out as it is; best never."),
        ("uses", "Show how often each version of a key was used, and when last."),
        ("rotate_due", "Rotate every key whose policy wants it by now."),
    ):
        name = function.removesuffix("_key").replace("_", "-")
        keys.command(f"{_AT}.keys_exchange:{function}", name=name, help=text)


def _use_keys(app: App) -> None:
    data = App(
        name="data", help="Use keys on single values: from files and standard input, to files and standard output."
    )
    for name, text in (
        ("encrypt", "Encrypt a value under a key's current version."),
        ("decrypt", "Decrypt what a version of a key encrypted."),
        ("rewrap", "Encrypt anew under the current version, without showing the value."),
        ("wrap", "Wrap key material that you have."),
        ("unwrap", "Unwrap key material."),
        ("data-key", "Make a data key and wrap it."),
        ("derive", "Agree on key material with another party."),
        ("encapsulate", "Make a secret for the owner of a key."),
        ("decapsulate", "Open what was encapsulated for a key."),
        ("random", "Take random bytes."),
        ("hash", "Hash a message."),
    ):
        data.command(f"{_AT}.values:{name.replace('-', '_')}", name=name, help=text)
    for name, text in (
        ("sign", "Sign a message, or its digest."),
        ("verify", "Verify a signature."),
        ("mac", "Authenticate a message."),
        ("verify-mac", "Verify a message authentication code."),
    ):
        data.command(f"{_AT}.signatures:{name.replace('-', '_')}", name=name, help=text)
    app.command(data)


def _dual_control(app: App) -> None:
    approvals = App(name="approvals", help="Dual control: what waits for the approval of others, and your votes.")
    for name, text in (
        ("list", "List the requests that concern you."),
        ("show", "Show a request with its exact parameters."),
        ("vote", "Vote, signed by a key that is yours alone."),
        ("revoke", "Take your approval back while it was not used."),
        ("withdraw", "Take back what you asked for."),
        ("make-key", "Make a key to vote with, in an encrypted file."),
        ("register", "Offer a key of yours and let it count."),
        ("confirm", "Let a key that you offered count, once others approved it."),
        ("keys", "List the keys with which you vote."),
        ("retire", "Let a key count no more."),
        ("breaks", "List the commands that ran without their quorum."),
        ("acknowledge", "Say, as an auditor, that you looked into one."),
    ):
        approvals.command(f"{_AT}.approvals:{name.replace('-', '_')}", name=name, help=text)
    app.command(approvals)

    quorum = App(name="quorum", help="Which commands need how many approvals, and by whom.")
    quorum.command(f"{_AT}.quorum:show", help="Show the rules in force.")
    quorum.command(f"{_AT}.quorum:set", help="Put a rule in force; under the quorum itself once there is one.")
    quorum.command(f"{_AT}.quorum:remove", help="Take a rule out of force, under the quorum itself.")
    app.command(quorum)


def _rotate_keys(keys: App) -> None:
    for name, text in (
        ("rotate-kek", "Replace a domain's key-encryption key while its keys are used."),
        ("rewrap", "Move what older versions of a key protected to its current one."),
        ("rewrap-show", "Show how a key's campaign stands, and what is under older versions."),
        ("rewrap-pause", "Let a key's campaign rest."),
        ("rewrap-resume", "Go on with a key's campaign."),
        ("retire-version", "Erase an older version's material when nothing known uses it."),
        ("touched", "List everything that a compromised key touched."),
    ):
        keys.command(f"{_AT}.keys_work:{name.replace('-', '_')}", name=name, help=text)


def _add_root(app: App) -> None:
    root = App(name="root", help="The root of trust: its generations and its tokens.")
    root.command(f"{_AT}.root:show", help="Show the root keys, the tokens and the module's validation.")
    root.command(f"{_AT}.keys_work:rotate_root", name="rotate", help="Replace the root key while everything goes on.")
    root.command(f"{_AT}.root:reconcile", help="Compare what the tokens hold with what the store uses.")
    app.command(root)


def _add_backups(app: App) -> None:
    ceremony = App(name="ceremony", help="Custodians' shares: make sets, drill possession, sign the transcript.")
    for name, text in (
        ("make-key", "Make a custodian's keys."),
        ("init", "Make a set of shares, each sealed to one custodian."),
        ("activate", "Let a new set open the root of trust, after its shares were tried."),
        ("show", "List the sets of shares, who holds them, and when each was proven."),
        ("open-share", "Open a share with its custodian's key, to write it down."),
        ("challenge", "Begin a drill: write a challenge for every custodian of a set."),
        ("answer", "Answer a challenge with a share, without showing it."),
        ("drill", "Record the answer of a custodian who proved to have a share."),
        ("sign-transcript", "Sign a ceremony's transcript as one who attended."),
        ("verify-transcript", "Verify a ceremony's transcript offline."),
        ("recover", "Put the root of trust under a new passphrase with the shares for recovery."),
    ):
        ceremony.command(f"{_AT}.ceremony:{name.replace('-', '_')}", name=name, help=text)
    app.command(ceremony)

    backup = App(name="backup", help="Backups of the whole store and its keys, sealed to custodians.")
    for name, text in (
        ("create", "Back up the store and its keys to the custodians of a set."),
        ("list", "List the backups."),
        ("verify", "Verify a backup offline, without restoring it."),
        ("restore", "Restore a backup to a new home and an empty database."),
    ):
        backup.command(f"{_AT}.backup:{'list_' if name == 'list' else name}", name=name, help=text)
    app.command(backup)


def run(composer: Composer | object, arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    composed.hold(cast("Composer", composer))
    as_json = "--json" in arguments
    # What this program writes is for its owner alone.
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = build()(
            after_command(arguments), result_action="return_value", exit_on_error=False, print_error=not as_json
        )
        sys.stdout.flush()
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # rich leaves so when nobody reads any more
            return failures.unread()
        return leaving.code if isinstance(leaving.code, int) else failures.INSIDE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line: no traceback, it may quote a value
        return failures.end(error, as_json=as_json)
    return code if isinstance(code, int) else 0


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
