"""``data …``: sign and authenticate, and verify both."""

from seawall.edge.cli.commands.key_traits import chosen
from seawall.edge.cli.failures import FOUND
from seawall.edge.cli.options import Options
from seawall.edge.cli.payload import Incoming, Outgoing, beside, checked, give
from seawall.kernel.command import Command


def sign(
    domain: str,
    key: str,
    *,
    given: str = "message",
    mechanism: str = "",
    context: str = "",
    form: str = "der",
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Sign a message, or its digest, with a key's current version.

    Args:
        domain: the domain.
        key: the key.
        given: message, digest or mu: what is read.
        mechanism: one of the key's; its first when not given.
        context: for ML-DSA and composites: a file, or base64:….
        form: of an ECDSA signature: der or raw.
    """
    from seawall.capabilities.keys.commands_use import Sign
    from seawall.crypto.algorithms.instruments import Given, SignatureForm
    from seawall.crypto.algorithms.registry import Mechanism

    command = Sign(
        domain=domain,
        key=key,
        message=(incoming or Incoming()).read(),
        given=chosen(Given, [given], "--given")[0],
        mechanism=chosen(Mechanism, [mechanism], "--mechanism")[0] if mechanism else None,
        context=beside(context, "--context") if context else b"",
        form=chosen(SignatureForm, [form], "--form")[0],
    )
    return give(options, outgoing, command, "signature")


def verify(
    domain: str,
    key: str,
    *,
    signature: str,
    version: int | None = None,
    given: str = "message",
    mechanism: str = "",
    context: str = "",
    form: str = "der",
    incoming: Incoming | None = None,
    options: Options | None = None,
) -> int:
    """Verify a signature; exit code 1 when it is not good.

    Args:
        domain: the domain.
        key: the key.
        signature: a file with its bytes, or base64:….
        version: which signed; the current one when not given.
        given: message, digest or mu: what is read.
        mechanism: how it was signed; the key's first when not given.
        context: as it was signed: a file, or base64:….
        form: of an ECDSA signature: der or raw.
    """
    from seawall.capabilities.keys.commands_use import Verify
    from seawall.crypto.algorithms.instruments import Given, SignatureForm
    from seawall.crypto.algorithms.registry import Mechanism

    command = Verify(
        domain=domain,
        key=key,
        message=(incoming or Incoming()).read(),
        signature=beside(signature, "--signature"),
        version=version,
        given=chosen(Given, [given], "--given")[0],
        mechanism=chosen(Mechanism, [mechanism], "--mechanism")[0] if mechanism else None,
        context=beside(context, "--context") if context else b"",
        form=chosen(SignatureForm, [form], "--form")[0],
    )
    return _judge(options, command)


def mac(
    domain: str,
    key: str,
    *,
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Authenticate a message with a key's current version.

    Args:
        domain: the domain.
        key: the key.
    """
    from seawall.capabilities.keys.commands_use import MakeMac

    message = (incoming or Incoming()).read()
    return give(options, outgoing, MakeMac(domain=domain, key=key, message=message), "mac")


def verify_mac(
    domain: str,
    key: str,
    *,
    mac: str,
    version: int | None = None,
    incoming: Incoming | None = None,
    options: Options | None = None,
) -> int:
    """Verify a message authentication code; exit code 1 when it is not good.

    Args:
        domain: the domain.
        key: the key.
        mac: a file with its bytes, or base64:….
        version: which made it; the current one when not given.
    """
    from seawall.capabilities.keys.commands_use import VerifyMac

    message = (incoming or Incoming()).read()
    return _judge(
        options, VerifyMac(domain=domain, key=key, message=message, mac=beside(mac, "--mac"), version=version)
    )


def _judge(options: Options | None, command: Command) -> int:
    options = options or Options()
    with options.session() as session:
        result = session.perform(checked(command))
    options.output.document(result)
    options.output.plain(f"{'good' if result.valid else 'not good'}, by version {result.version}")
    return 0 if result.valid else FOUND
