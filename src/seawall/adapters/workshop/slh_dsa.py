"""SLH-DSA for the node: :class:`seawall.crypto.algorithms.slh_dsa.SlhDsaEngine`, computed in a workshop."""

from importlib.util import find_spec

from seawall.adapters.workshop import messages as m
from seawall.adapters.workshop.workshop import Workshop, check_message, failed
from seawall.crypto.algorithms.slh_dsa import missing
from seawall.kernel.secret import Secret


def slh_dsa_is_installed() -> bool:
    """Tell whether the extra ``slh-dsa`` is installed; nothing of it is imported."""
    return find_spec("tink") is not None


class WorkshopSlhDsa:
    """Asks a workshop, which imports Tink in a process of its own."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def generate(self) -> Secret:
        """Make a raw private key of 64 bytes."""
        return Secret(self._made(m.MakeSlhDsa()))

    def sign(self, private: Secret, message: bytes) -> bytes:
        """Sign with a raw private key.

        Raises:
            TooLarge: ``crypto.too_large``, for more than 16 MiB.
        """
        check_message(message)
        return self._made(m.SignSlhDsa(private=private.expose(), message=message))

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is good.

        Raises:
            TooLarge: ``crypto.too_large``, for more than 16 MiB.
        """
        check_message(message)
        answer = self._ask(m.VerifySlhDsa(public=public, message=message, signature=signature))
        if not isinstance(answer, m.Judged):
            raise failed()
        return answer.good

    def _made(self, request: m.Request) -> bytes:
        answer = self._ask(request)
        if not isinstance(answer, m.Made):
            raise failed()
        return answer.value

    def _ask(self, request: m.Request) -> m.Answer:
        if not slh_dsa_is_installed():
            raise missing()
        answer = self._workshop.ask(request)
        if isinstance(answer, m.Missing):
            raise missing()
        return answer
