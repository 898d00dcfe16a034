"""The program's entry: hands the command line its composer."""

import sys

from seawall.edge.cli.main import run


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(_Lazy(), sys.argv[1:]))


class _Lazy:
    """Stands for the composer until a command needs it, so that ``--help`` loads nothing but the command line."""

    def __getattr__(self, name: str) -> object:
        from seawall.app.composition import Composition

        return getattr(Composition(), name)


if __name__ == "__main__":
    main()
