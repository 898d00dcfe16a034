"""``data …``: encrypt, wrap, agree and encapsulate; and random bytes and digests, which need no key."""

from pathlib import Path

from seawall.edge.cli.commands.key_traits import chosen
from seawall.edge.cli.options import Options
from seawall.edge.cli.payload import Incoming, Outgoing, beside, checked, give
from seawall.edge.cli.private import place_for_bytes


def encrypt(
    domain: str,
    key: str,
    *,
    context: str = "",
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Encrypt a value under a key's current version.

    Args:
        domain: the domain.
        key: the key.
        context: what the value belongs to; decrypting needs the same.
    """
    from seawall.capabilities.keys.commands import Encrypt

    plaintext = (incoming or Incoming()).read()
    return give(options, outgoing, Encrypt(domain=domain, key=key, plaintext=plaintext, context=context), "ciphertext")


def decrypt(
    domain: str,
    key: str,
    *,
    context: str = "",
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Decrypt what a version of a key encrypted.

    Args:
        domain: the domain.
        key: the key.
        context: what it was encrypted for.
    """
    from seawall.capabilities.keys.commands import Decrypt

    sealed = (incoming or Incoming()).read()
    return give(options, outgoing, Decrypt(domain=domain, key=key, ciphertext=sealed, context=context), "plaintext")


def rewrap(
    domain: str,
    key: str,
    *,
    context: str = "",
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Encrypt anew under the current version, without showing the value.

    Args:
        domain: the domain.
        key: the key.
        context: what it was encrypted for.
    """
    from seawall.capabilities.keys.commands import Rewrap

    sealed = (incoming or Incoming()).read()
    return give(options, outgoing, Rewrap(domain=domain, key=key, ciphertext=sealed, context=context), "ciphertext")


def wrap(
    domain: str,
    key: str,
    *,
    context: str = "",
    envelope: bool = True,
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Wrap key material that you have.

    Args:
        domain: the domain.
        key: a wrapping key.
        context: what it belongs to; unwrapping needs the same.
        envelope: whether it goes into Seawall's envelope; others unwrap what has none.
    """
    from seawall.capabilities.keys.commands_use import WrapMaterial

    material = (incoming or Incoming()).read(private=True)
    command = WrapMaterial(domain=domain, key=key, material=material, context=context, raw=not envelope)
    return give(options, outgoing, command, "wrapped")


def unwrap(
    domain: str,
    key: str,
    *,
    context: str = "",
    envelope: bool = True,
    version: int | None = None,
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Unwrap key material.

    Args:
        domain: the domain.
        key: the wrapping key.
        context: what it was wrapped for.
        envelope: whether it is in Seawall's envelope.
        version: which wrapped what has no envelope; the current one when not given.
    """
    from seawall.capabilities.keys.commands_use import UnwrapMaterial

    command = UnwrapMaterial(
        domain=domain,
        key=key,
        wrapped=(incoming or Incoming()).read(),
        context=context,
        raw=not envelope,
        version=version,
    )
    return give(options, outgoing, command, "material")


def data_key(
    domain: str,
    key: str,
    *,
    length: int = 32,
    context: str = "",
    plaintext_out: Path | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Make a data key and wrap it.

    Args:
        domain: the domain.
        key: a wrapping key.
        length: of the data key in bytes, 16 to 64.
        context: what it belongs to; unwrapping needs the same.
        plaintext_out: a new file for the data key itself, which its owner alone may read.
    """
    from seawall.capabilities.keys.commands_use import MakeDataKey

    options = options or Options()
    command = MakeDataKey(domain=domain, key=key, length=length, context=context, plaintext=plaintext_out is not None)
    with (outgoing or Outgoing()).place(options) as place, place_for_bytes(plaintext_out, "--plaintext-out") as write:
        with options.session() as session:
            made = session.perform(checked(command))
        write(made.plaintext or b"")
        place.give(made, "wrapped", without=("plaintext",))
    return 0


def derive(
    domain: str,
    key: str,
    *,
    peer: str,
    length: int = 32,
    info: str = "",
    salt: str = "",
    version: int | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Agree on key material with another party.

    Args:
        domain: the domain.
        key: a key to derive with.
        peer: the other party's public key in DER: a file, or base64:….
        length: of the material in bytes.
        info: binds it to its use: a file, or base64:….
        salt: a file, or base64:….
        version: of the key; the current one when not given.
    """
    from seawall.capabilities.keys.commands_use import Derive

    command = Derive(
        domain=domain,
        key=key,
        peer=beside(peer, "--peer"),
        length=length,
        info=beside(info, "--info") if info else b"",
        salt=beside(salt, "--salt") if salt else b"",
        version=version,
    )
    return give(options, outgoing, command, "material")


def encapsulate(
    domain: str, key: str, *, secret_out: Path, outgoing: Outgoing | None = None, options: Options | None = None
) -> int:
    """Make a secret for the owner of a key's current version; its ciphertext comes out.

    Args:
        domain: the domain.
        key: a key that encapsulates.
        secret_out: a new file for the secret, which its owner alone may read.
    """
    from seawall.capabilities.keys.commands_use import Encapsulate

    options = options or Options()
    with (outgoing or Outgoing()).place(options) as place, place_for_bytes(secret_out, "--secret-out") as write:
        with options.session() as session:
            made = session.perform(Encapsulate(domain=domain, key=key))
        write(made.secret)
        place.give(made, "ciphertext", without=("secret",))
    return 0


def decapsulate(
    domain: str,
    key: str,
    *,
    version: int | None = None,
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Open what was encapsulated for a key; the secret comes out.

    Args:
        domain: the domain.
        key: the key.
        version: for which it was; the current one when not given.
    """
    from seawall.capabilities.keys.commands_use import Decapsulate

    ciphertext = (incoming or Incoming()).read()
    command = Decapsulate(domain=domain, key=key, ciphertext=ciphertext, version=version)
    return give(options, outgoing, command, "secret")


def random(length: int = 32, *, outgoing: Outgoing | None = None, options: Options | None = None) -> int:
    """Take random bytes.

    Args:
        length: how many, at most 65,536.
    """
    from seawall.capabilities.keys.commands_use import Random

    return give(options, outgoing, Random(length=length), "bytes")


def hash(
    *,
    algorithm: str = "SHA-256",
    incoming: Incoming | None = None,
    outgoing: Outgoing | None = None,
    options: Options | None = None,
) -> int:
    """Hash a message.

    Args:
        algorithm: SHA-256, SHA-384, SHA-512 or one of SHA3-256, SHA3-384, SHA3-512.
    """
    from seawall.capabilities.keys.commands_use import Hash, HashName

    message = (incoming or Incoming()).read()
    command = Hash(message=message, algorithm=chosen(HashName, [algorithm], "--algorithm")[0])
    return give(options, outgoing, command, "digest")
