"""What goes wrong with a source, in words that say what to do."""

from seawall.kernel.errors import Corrupt, InvalidInput, Unavailable


def not_a_target() -> InvalidInput:
    """Say that a text names nothing that can be scanned."""
    return InvalidInput(
        "source.target",
        "this is no target.",
        field="targets",
        remedy="Give a path, a glob, sqlite:///path/to/file or postgresql://user@host/database.",
    )


def not_found() -> InvalidInput:
    """Say that there is nothing."""
    return InvalidInput("source.not_found", "there is no such file, folder or database.", field="targets")


def outside() -> InvalidInput:
    """Say that it is fenced off."""
    return InvalidInput(
        "source.outside",
        "this lies in Seawall's own home, or outside the folders that this node may use.",
        field="targets",
        remedy="Name something else; over the network, something in a folder that the setting listen.roots lists.",
    )


def no_permission() -> InvalidInput:
    """Say that it must not be read."""
    return InvalidInput(
        "source.permission",
        "this must not be read by the user that Seawall runs as.",
        field="targets",
        remedy="Give that user leave to read it, or run the scan as one who has it.",
    )


def locked() -> Unavailable:
    """Say that somebody else holds the database."""
    return Unavailable(
        "source.locked",
        "another program holds the database locked.",
        remedy="Let it finish, or scan a backup of the database.",
    )


def corrupt() -> Corrupt:
    """Say that the database is broken."""
    return Corrupt(
        "source.corrupt",
        "the file is not a database, or a damaged one.",
        remedy="Check it with the database's own tools, and scan a backup.",
    )


def unreachable() -> Unavailable:
    """Say that the server does not answer."""
    return Unavailable(
        "source.unreachable",
        "the database server cannot be reached or refuses the connection.",
        remedy="Check address, user and password, and that the server is up.",
    )


def interrupted() -> Unavailable:
    """Say that reading stopped half-way."""
    return Unavailable("source.interrupted", "reading stopped half-way.", remedy="Scan it again.")
