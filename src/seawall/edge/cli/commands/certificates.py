"""``keys erasure-certificate`` and ``ledger verify-certificate``."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.edge.cli.commands.ledger import _home_keys, _text
from seawall.edge.cli.options import Options
from seawall.edge.cli.private import write_private
from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from seawall.ledger.certificates import Certificate

_STYLE = (
    "body{font:16px/1.5 serif;max-width:48em;margin:3em auto;padding:0 1em}"
    "td,th{text-align:left;padding:.2em 1em .2em 0;border-bottom:1px solid #ccc}"
    "code{font-size:85%;overflow-wrap:anywhere}"
)


def erasure_certificate(
    what: str, *, out: Path | None = None, html: Path | None = None, options: Options | None = None
) -> int:
    """Certify that a destroyed key or domain is gone; anybody can check the certificate with public keys alone.

    Args:
        what: a key as domain/key, or a domain.
        out: file for the certificate; standard output otherwise.
        html: a second file, for people to read.
    """
    from seawall.ledger.certificates import encode_certificate
    from seawall.ledger.commands_erasure import CertifyDomain, CertifyKey

    options = options or Options()
    output = options.output
    domain, slash, key = what.partition("/")
    command = CertifyKey(domain=domain, key=key) if slash else CertifyDomain(domain=domain)
    with options.session() as session:
        certificate = session.perform(command)
    text = encode_certificate(certificate).decode()
    if html is not None:
        write_private(html, _page(certificate))
    if out is None:
        output.console.print(text, end="", markup=False, soft_wrap=True)
        return 0
    write_private(out, text)
    output.document({"written": str(out), "index": certificate.proof.index})
    for line in certificate.vouches:
        output.plain(line)
    output.plain(f"wrote {out}")
    return 0


def verify_certificate(file: Path, *, verifiers: Path | None = None, options: Options | None = None) -> int:
    """Check a certificate of erasure offline, with public keys alone, and say what it vouches for.

    Args:
        file: the certificate.
        verifiers: the ledger's public keys, one a line; those beside the home's ledger otherwise.
    """
    from seawall.kernel.clock import iso
    from seawall.ledger.certificates import verify_certificate as check
    from seawall.ledger.keys import Verifiers

    options = options or Options()
    output = options.output
    keys = _text(verifiers, "--verifiers") if verifiers else _home_keys(options.path)
    try:
        data = file.read_bytes()
    except OSError:
        raise InvalidInput("cli.file_unreadable", f"{file} cannot be read.", field="file") from None
    certificate, checkpoint = check(data, Verifiers.parse(keys))
    origin = checkpoint.note.partition("\n")[0]
    output.document(
        {
            "holds": True,
            "log": origin,
            "index": certificate.proof.index,
            "size": checkpoint.size,
            "signed_s": checkpoint.time_s,
            "statement": certificate.statement,
            "vouches": certificate.vouches,
        }
    )
    signed = iso(checkpoint.time_s * 1000)
    output.plain(f"it holds: entry {certificate.proof.index} of the log {origin}, signed {signed}")
    for line in certificate.vouches:
        output.plain(f"  {line}")
    return 0


def _page(certificate: "Certificate") -> str:
    from seawall.kernel.clock import iso

    rows = "".join(
        f"<tr><td>{escape(key.domain)}/{escape(key.name)}</td><td>{version.number}</td>"
        f"<td>{escape(version.algorithm)}</td><td><code>{escape(version.key_check_value)}</code></td>"
        f"<td>{iso(version.created_ms)}</td></tr>"
        for key in certificate.inventory
        for version in key.versions
    )
    said = "".join(f"<li>{escape(line)}</li>" for line in certificate.vouches)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Certificate of erasure</title>'
        f"<style>{_STYLE}</style><h1>Certificate of erasure</h1><ul>{said}</ul>"
        f"<table><tr><th>key<th>version<th>algorithm<th>key check value<th>made</tr>{rows}</table>"
        f"<h2>Where it stands</h2><p>Entry {certificate.proof.index} of the log whose checkpoint is:</p>"
        f"<pre><code>{escape(certificate.proof.checkpoint)}</code></pre>"
        "<p>This page is for reading. What proves it is the certificate's file: check it with "
        "<code>seawall ledger verify-certificate</code> and the ledger's public keys.</p></html>\n"
    )
