"""What happens to the cells of a column, batch by batch; each keeps its counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from seawall.capabilities.protect.errors import changed_copy
from seawall.capabilities.protect.masking import mask
from seawall.capabilities.protect.model import MAX_INVALID_ROWS, Cell, Counts
from seawall.capabilities.protect.policy import Mask
from seawall.capabilities.protect.ports import ColumnCipher
from seawall.capabilities.protect.sealing import as_text, is_sealed, open_cells, seal_cells
from seawall.capabilities.protect.tokens import Tokens
from seawall.kernel.errors import InvalidInput

RowName = Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCipher:
    """Seals and opens the cells of one column under one version of a key."""

    cipher: ColumnCipher
    context: bytes
    field: str

    def seal(self, cells: Sequence[Cell]) -> list[str]:
        """Encrypt cells."""
        return seal_cells(self.cipher, cells, self.context) if cells else []

    def open(self, sealed: Sequence[str]) -> list[Cell]:
        """Decrypt cells.

        Raises:
            InvalidInput, Corrupt: as :func:`seawall.capabilities.protect.sealing.open_cells`.
        """
        return open_cells(self.cipher, sealed, self.context, field=self.field) if sealed else []


@dataclass(slots=True, kw_only=True)
class TokeniseCells:
    """Tokenises what is valid and encrypts the rest, so that nothing stays in clear."""

    tokens: Tokens
    invalid: CellCipher
    counts: Counts = field(default_factory=Counts)

    def __call__(self, cells: Sequence[Cell], row: RowName) -> list[Cell]:
        """Convert a batch."""
        out: list[Cell] = list(self.tokens.tokenise([_written(cell) for cell in cells]))
        wrong = [i for i, cell in enumerate(out) if cell is None and cells[i] is not None]
        for i, sealed in zip(wrong, self.invalid.seal([cells[i] for i in wrong]), strict=True):
            out[i] = sealed
        nulls = sum(cell is None for cell in out)
        self.counts.nulls += nulls
        self.counts.invalid += len(wrong)
        self.counts.encrypted += len(wrong)
        self.counts.tokenised += len(out) - nulls - len(wrong)
        self.counts.invalid_rows += [row(i) for i in wrong[: MAX_INVALID_ROWS - len(self.counts.invalid_rows)]]
        return out


@dataclass(slots=True, kw_only=True)
class EncryptCells:
    """Encrypts every cell that is not empty."""

    sealer: CellCipher
    counts: Counts = field(default_factory=Counts)

    def __call__(self, cells: Sequence[Cell], row: RowName) -> list[Cell]:  # noqa: ARG002 - as the port has it
        """Convert a batch."""
        full = [i for i, cell in enumerate(cells) if cell is not None]
        out: list[Cell] = [None] * len(cells)
        for i, sealed in zip(full, self.sealer.seal([cells[i] for i in full]), strict=True):
            out[i] = sealed
        self.counts.encrypted += len(full)
        self.counts.nulls += len(cells) - len(full)
        return out


@dataclass(slots=True, kw_only=True)
class MaskCells:
    """Masks every cell that is not empty, for ever."""

    rule: Mask
    counts: Counts = field(default_factory=Counts)

    def __call__(self, cells: Sequence[Cell], row: RowName) -> list[Cell]:  # noqa: ARG002 - as the port has it
        """Convert a batch."""
        rule = self.rule
        out: list[Cell] = [
            None
            if (text := as_text(cell)) is None
            else mask(
                text,
                keep_first=rule.keep_first,
                keep_last=rule.keep_last,
                keep_length=rule.keep_length,
                character=rule.character,
            )
            for cell in cells
        ]
        nulls = sum(cell is None for cell in out)
        self.counts.masked += len(out) - nulls
        self.counts.nulls += nulls
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """Turns the cells of a protected column back, before they are protected anew; never written anywhere."""

    name: str
    sealed: CellCipher
    tokens: Tokens | None = None

    def __call__(self, cells: Sequence[Cell], row: RowName) -> list[Cell]:
        """Return what stands behind a batch.

        Raises:
            Conflict: for a cell that is neither token nor ciphertext, with ``protect.copy_changed``.
            Corrupt: for a ciphertext that was changed or moved.
        """
        out: list[Cell] = list(self.tokens.reveal([_token(c) for c in cells])) if self.tokens else [None] * len(cells)
        sealed = [i for i, cell in enumerate(cells) if is_sealed(cell)]
        try:
            opened = self.sealed.open([str(cells[i]) for i in sealed])
        except InvalidInput:
            raise changed_copy(self.name, row(sealed[0])) from None
        for i, cell in zip(sealed, opened, strict=True):
            out[i] = cell
        for i, cell in enumerate(out):
            if cell is None and cells[i] is not None:
                raise changed_copy(self.name, row(i))
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """Turns cells back and protects them again, in one pass."""

    clear: Clear
    protect: TokeniseCells | EncryptCells

    @property
    def counts(self) -> Counts:
        """What was done."""
        return self.protect.counts

    def __call__(self, cells: Sequence[Cell], row: RowName) -> list[Cell]:
        """Convert a batch."""
        return self.protect(self.clear(cells, row), row)


Conversion = TokeniseCells | EncryptCells | MaskCells | Anew


def _written(cell: Cell) -> str | None:
    if isinstance(cell, str):
        return cell
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else None


def _token(cell: Cell) -> str | None:
    return cell if isinstance(cell, str) and not is_sealed(cell) else None
