"""How the node's TLS stands: files, dates, and what the listener agrees on when it is asked."""

from collections.abc import Iterator

from seawall.app.homes import node_runs
from seawall.app.tls import read_material
from seawall.edge.cli.ports import Finding
from seawall.edge.tls.contexts import check, days_left, own_certificate
from seawall.edge.tls.probe import probe
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import SeawallError
from seawall.node.sockets import is_loopback
from seawall.settings import Home, Listen

_SUBJECT = "tls"
_SOON_DAYS = 30
_HYBRID = "MLKEM"


def look(home: Home, listen: Listen) -> Iterator[Finding]:
    """Look at certificate, key and listener; what cannot be looked at says why."""
    if listen.tls is None:
        yield _plain(listen)
        return
    now_s = SystemClock().now_ms() / 1000
    try:
        material = read_material(listen.tls)
        check(material, now_s)
    except SeawallError as error:
        yield Finding(subject=_SUBJECT, level="error", text=f"{error} [{error.code}]", remedy=error.remedy or "")
        return
    left = days_left(own_certificate(material), now_s)
    if left <= _SOON_DAYS:
        remedy = "Put a renewed one in its place, and send the node SIGHUP."
        yield Finding(
            subject=_SUBJECT, level="warning", text=f"the certificate expires in {left:.0f} days", remedy=remedy
        )
    else:
        yield Finding(subject=_SUBJECT, level="ok", text=f"certificate for {left:.0f} days, private key 0600")
    if node_runs(home) is not None:
        yield _ask(listen, material.certificate)


def _plain(listen: Listen) -> Finding:
    if is_loopback(listen.host):
        return Finding(subject=_SUBJECT, level="ok", text="none: the node listens on loopback alone")
    text = f"{listen.host} is reached over a network, and there is no [listen.tls]: the node will not start"
    return Finding(subject=_SUBJECT, level="error", text=text, remedy="Configure [listen.tls] in seawall.toml.")


def _ask(listen: Listen, pem: bytes) -> Finding:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104 - what is asked instead
    try:
        agreed = probe(host, listen.port)
    except SeawallError as error:
        # The command line that started the node may have named another place.
        return Finding(subject=_SUBJECT, level="warning", text=f"{error.text} [{error.code}]")
    if x509.load_pem_x509_certificates(pem)[0].public_bytes(Encoding.DER) != agreed.certificate:
        text = "the node still shows a certificate that is not the one in the file"
        return Finding(subject=_SUBJECT, level="warning", text=text, remedy="Send the node SIGHUP.")
    kind = "post-quantum hybrid" if _HYBRID in agreed.group else "not post-quantum"
    text = f"{agreed.version}, {agreed.group} ({kind}), {agreed.cipher}"
    return Finding(subject=_SUBJECT, level="ok", text=text)
