"""The root of trust, as evidence sees it."""

import pytest

from seawall.adapters.roots.memory import memory_root
from seawall.app.bridges.root_seen import RootDescribed, read_certificate
from seawall.capabilities.keys.root import ModuleInfo, RootDescription, RootKind


class Token:
    """Describes itself as a token of a vendor does."""

    def __init__(self, certificate: str | None) -> None:
        self._certificate = certificate

    def describe(self) -> RootDescription:
        module = ModuleInfo(
            manufacturer="Maker",
            model="Model 7",
            serial="1234",
            token_label="bank",
            hardware_version="1.0",
            firmware_version="2.1",
            library="lib 3",
        )
        return RootDescription(
            kind=RootKind.PKCS11,
            label="root",
            key_id="id",
            hardware=True,
            extractable=False,
            module=module,
            certificate=self._certificate,
        )


def test_a_root_in_memory_is_told_as_what_it_is():
    seen = RootDescribed(memory_root(label="m"), trial=True).root()
    assert (seen.kind, seen.label, seen.hardware, seen.extractable) == ("memory", "m", False, True)
    assert (seen.trial, seen.module, seen.certificate) == (True, "", None)


def test_a_token_is_told_in_one_line_without_its_serial_number():
    seen = RootDescribed(Token("FIPS 140-3 #4811; active; sunset 2030-01-31"), trial=False).root()
    assert (seen.kind, seen.hardware, seen.extractable, seen.trial) == ("pkcs11", True, False, False)
    assert seen.module == "Maker Model 7 2.1"
    assert seen.certificate is not None
    assert seen.certificate.reference == "FIPS 140-3 #4811"


@pytest.mark.parametrize(
    ("text", "reference", "status", "sunset_ms"),
    [
        ("FIPS 140-3 #4811, active, sunset 2030-01-31", "FIPS 140-3 #4811", "active", 1_896_048_000_000),
        ("CMVP #4811 level 3 (Historical)", "CMVP #4811 level 3", "historical", None),
        ("#4811 sunset: 2030-01-31, revoked", "#4811", "revoked", 1_896_048_000_000),
        ("CC EAL4+", "CC EAL4+", "", None),
        ("active", "active", "active", None),
        ("#4811 sunset 2030-02-31", "#4811", "", None),
        ("#4811 inactive", "#4811 inactive", "", None),
    ],
)
def test_what_was_recorded_of_a_certificate_is_taken_apart(text, reference, status, sunset_ms):
    seen = read_certificate(text)
    assert (seen.reference, seen.status, seen.sunset_ms) == (reference, status, sunset_ms)
