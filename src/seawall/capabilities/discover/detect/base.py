"""What a detector is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

Flags = npt.NDArray[np.bool_]
THRESHOLD = 0.5
"""Confidence from which a match counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where in a text a value stands. The value itself is not carried along."""

    data_class: DataClass
    start: int
    end: int
    valid: bool = True
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Judgement of cells, one each: whether it is written like the class, and whether its check digit is right."""

    written: Flags
    valid: Flags


class Detector(ABC):
    """Finds one class of data.

    Attributes:
        data_class: the class.
        hint: an RE2 pattern that every text with a match contains; texts without it are passed over.
        chance: the share of meaningless values, written like the class, that pass its check; None without a check.
        specificity: without a check, how much the way it is written says at least, 0 to 1.
        prior: which column names speak for it.
    """

    data_class: ClassVar[DataClass]
    hint: ClassVar[str]
    chance: ClassVar[float | None] = None
    specificity: ClassVar[float] = 0.0
    prior: ClassVar[Prior]

    @abstractmethod
    def find(self, text: str) -> Iterator[Match]:
        """Find values inside a text, those of little confidence too."""

    @abstractmethod
    def judge(self, value: str) -> bool | None:
        """Judge one whole cell: None where it is not written like the class, otherwise whether its check passes."""

    def judge_all(self, values: Sequence[str]) -> Verdicts:
        """Judge whole cells."""
        verdicts = [self.judge(value) for value in values]
        count = len(verdicts)
        return Verdicts(
            written=np.fromiter((v is not None for v in verdicts), np.bool_, count),
            valid=np.fromiter((v is True for v in verdicts), np.bool_, count),
        )
