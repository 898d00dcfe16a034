"""Show the root of trust, and compare its tokens with the store."""

from collections import Counter
from uuid import UUID

from seawall.capabilities.keys.certificate import assess
from seawall.capabilities.keys.commands_root import (
    CertificateView,
    DiscrepancyView,
    GenerationView,
    ModuleView,
    Reconciled,
    ReconcileRoot,
    RootView,
    ShowRoot,
    TokenView,
)
from seawall.capabilities.keys.reconcile import Expected, compare
from seawall.capabilities.keys.root import RootDescription, RootGeneration, RootKind, sealed_by
from seawall.capabilities.keys.root_ports import RootTokens, RootUses
from seawall.kernel.command import Turn


class RootViewer:
    """Looks, and changes nothing.

    Args:
        root: the root of trust.
        uses: what is stored under root keys.
    """

    def __init__(self, root: RootTokens, uses: RootUses) -> None:
        self._root = root
        self._uses = uses

    def show(self, turn: Turn, command: ShowRoot) -> RootView:  # noqa: ARG002 - a handler is given its command
        """Show the root of trust.

        Raises:
            SeawallError: when no token answers.
        """
        self._root.check()
        told = self._root.describe()
        used = Counter(sealed_by(value) for _, value in self._uses.sealed())
        certificate = _certificate(told, turn.now_ms)
        turn.note(generations=len(told.generations), certificate=certificate.standing.value)
        return RootView(
            kind=told.kind,
            label=told.label,
            hardware=told.hardware,
            extractable=told.extractable,
            generations=[_generation(one, told.key_id, used[one.key_id]) for one in told.generations],
            tokens=[
                TokenView(
                    label=token.label,
                    serial=token.serial,
                    primary=token.primary,
                    state=token.state,
                    code=token.code,
                )
                for token in told.tokens
            ],
            mechanisms=list(told.mechanisms),
            certificate=certificate,
            module=_module(told),
        )

    def reconcile(self, turn: Turn, command: ReconcileRoot) -> Reconciled:  # noqa: ARG002 - as above
        """Compare what the tokens hold with what the store uses.

        A root key that lies in a sealed file is looked at too: one that the store needs and that is nowhere is missing.

        Raises:
            SeawallError: when a token cannot be listed.
        """
        self._root.check()
        told = self._root.describe()
        held = self._root.objects()
        expected = self._expected(told)
        found = compare(
            held,
            expected,
            current=UUID(told.key_id),
            standbys=[token.label or token.serial for token in told.tokens if not token.primary],
        )
        turn.note(objects=len(held), discrepancies=len(found))
        return Reconciled(
            objects=len(held),
            expected=len(expected),
            discrepancies=[
                DiscrepancyView(difference=one.difference, key_id=one.key_id, token=one.token, text=one.text)
                for one in found
            ],
        )

    def _expected(self, told: RootDescription) -> list[Expected]:
        elsewhere = {one.key_id for one in told.generations if one.kind is not RootKind.PKCS11}
        users: dict[UUID, Counter[str]] = {}
        for what, value in self._uses.sealed():
            users.setdefault(sealed_by(value), Counter())[what] += 1
        wanted = [
            Expected(key_id=key_id, root=True, used_by=", ".join(f"{n} {what}" for what, n in sorted(found.items())))
            for key_id, found in users.items()
            if key_id not in elsewhere
        ]
        return [*wanted, *(Expected(key_id=key, root=False, used_by=what) for what, key in self._uses.resident())]


def _generation(one: RootGeneration, current: str, uses: int) -> GenerationView:
    return GenerationView(
        number=one.number,
        key_id=str(one.key_id),
        kind=one.kind,
        scheme=one.scheme,
        extractable=one.extractable,
        current=str(one.key_id) == current,
        uses=uses,
        created_ms=one.created_ms,
    )


def _module(told: RootDescription) -> ModuleView | None:
    if told.module is None:
        return None
    return ModuleView(
        manufacturer=told.module.manufacturer,
        model=told.module.model,
        firmware_version=told.module.firmware_version,
        hardware_version=told.module.hardware_version,
        library=told.module.library,
    )


def _certificate(told: RootDescription, now_ms: int) -> CertificateView:
    recorded, found = told.validation, assess(told.validation, now_ms)
    if recorded is None:
        return CertificateView(standing=found.standing, alarm=found.alarm, text=found.text)
    return CertificateView(
        standing=found.standing,
        alarm=found.alarm,
        text=found.text,
        number=recorded.number,
        standard=recorded.standard,
        level=recorded.level,
        status=recorded.status or "",
        sunset=recorded.sunset.isoformat() if recorded.sunset else "",
        days_left=found.days_left,
    )
