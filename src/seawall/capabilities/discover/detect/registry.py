"""All detectors. A new one is a class in a file of its own and one line here."""

from seawall.capabilities.discover.detect.account import AccountDetector
from seawall.capabilities.discover.detect.address import AddressDetector
from seawall.capabilities.discover.detect.base import Detector
from seawall.capabilities.discover.detect.birth import BirthDetector
from seawall.capabilities.discover.detect.cn_resident_id import ResidentIdDetector
from seawall.capabilities.discover.detect.email import EmailDetector
from seawall.capabilities.discover.detect.hkid import HkidDetector
from seawall.capabilities.discover.detect.iban import IbanDetector
from seawall.capabilities.discover.detect.name import NameDetector
from seawall.capabilities.discover.detect.pan import PanDetector
from seawall.capabilities.discover.detect.phone import PhoneDetector
from seawall.capabilities.discover.detect.secret import SecretDetector

DETECTORS: tuple[Detector, ...] = (
    SecretDetector(),
    ResidentIdDetector(),
    IbanDetector(),
    HkidDetector(),
    PanDetector(),
    EmailDetector(),
    AccountDetector(),
    BirthDetector(),
    PhoneDetector(),
    AddressDetector(),
    NameDetector(),
)
"""In the order in which they win a place in a text that several claim with like confidence."""
