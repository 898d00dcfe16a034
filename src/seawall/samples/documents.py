"""The bank's documents folder: real files of seven kinds, each with what it holds."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from seawall.samples import formats, records
from seawall.samples.customers import Customer
from seawall.samples.mail import write_eml
from seawall.samples.truth import DocumentTruth, Marks
from seawall.samples.writing import compose

_ENCODINGS = ("utf-8", "big5hkscs", "utf-16", "utf-8-sig")


class _Author:
    """Writes one document, about one customer or some."""

    def __init__(self, folder: Path, rng: Random, customers: Sequence[Customer], number: int) -> None:
        self._folder = folder
        self._rng = rng
        self._number = number
        self._customer = rng.choice(customers)
        self._some = rng.sample(customers, min(25, len(customers)))
        self.mark = Marks()

    def _place(self, kind: str, name: str) -> Path:
        stem, _, extension = name.rpartition(".")
        path = self._folder / kind / f"{stem}-{self._number:04d}.{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _lines(self, length: int = 6, *, chinese: bool = False) -> list[str]:
        return compose(self._rng, self._customer, self.mark, chinese=chinese, length=length)

    def letter(self) -> Path:
        path = self._place("letters", "letter.txt")
        path.write_text("\n\n".join(self._lines()) + "\n", "utf-8", newline="\n")
        return path

    def chinese_letter(self) -> Path:
        path = self._place("letters", "letter-zh.txt")
        encoding = _ENCODINGS[self._number // len(_KINDS) % len(_ENCODINGS)]
        path.write_bytes(("\n".join(self._lines(chinese=True)) + "\n").encode(encoding))
        return path

    def message(self) -> Path:
        path = self._place("mail", "message.eml")
        write_eml(path, self._rng, self._customer, self._lines(4), self.mark)
        return path

    def chinese_message(self) -> Path:
        path = self._place("mail", "message-zh.eml")
        write_eml(path, self._rng, self._customer, self._lines(4, chinese=True), self.mark)
        return path

    def minutes(self) -> Path:
        path = self._place("office", "minutes.docx")
        formats.write_docx(path, self._lines(), records.details(self._customer, self.mark))
        return path

    def chinese_minutes(self) -> Path:
        path = self._place("office", "minutes-zh.docx")
        formats.write_docx(path, self._lines(chinese=True), records.details(self._customer, self.mark))
        return path

    def statement(self) -> Path:
        path = self._place("statements", "statement.pdf")
        formats.write_pdf(path, [self._lines(), self._lines(8)])
        return path

    def chinese_statement(self) -> Path:
        path = self._place("statements", "statement-zh.pdf")
        formats.write_pdf(path, [self._lines(chinese=True)])
        return path

    def people_csv(self) -> Path:
        path = self._place("exports", "customers.csv")
        formats.write_csv(path, *records.people(self._rng, self._some, self.mark))
        return path

    def people_json(self) -> Path:
        path = self._place("exports", "customers.json")
        formats.write_json(path, *records.people(self._rng, self._some, self.mark))
        return path

    def people_xlsx(self) -> Path:
        path = self._place("exports", "customers.xlsx")
        formats.write_xlsx(path, *records.people(self._rng, self._some, self.mark))
        return path

    def cards(self) -> Path:
        path = self._place("exports", "cards.csv")
        formats.write_csv(path, *records.cards(self._rng, self._some, self.mark))
        return path

    def log(self) -> Path:
        path = self._place("logs", "service.log")
        path.write_text("".join(f"{line}\n" for line in records.log(self._rng)), "utf-8", newline="\n")
        return path

    def orders(self) -> Path:
        path = self._place("exports", "orders.json")
        formats.write_json(path, *records.orders(self._rng))
        return path


_KINDS: tuple[Callable[[_Author], Path], ...] = (
    _Author.letter,
    _Author.chinese_letter,
    _Author.message,
    _Author.minutes,
    _Author.chinese_minutes,
    _Author.statement,
    _Author.chinese_statement,
    _Author.people_csv,
    _Author.people_json,
    _Author.chinese_message,
    _Author.people_xlsx,
    _Author.cards,
    _Author.log,
    _Author.orders,
)
"""Documents come in these turns, so that every kind is met early."""


def write_documents(
    folder: Path, rng: Random, customers: Sequence[Customer], count: int, progress: Callable[[int, int], None]
) -> tuple[DocumentTruth, ...]:
    """Write that many documents and say what each holds."""
    truth = []
    for i in range(count):
        author = _Author(folder, rng, customers, i)
        path = _KINDS[i % len(_KINDS)](author)
        truth.append(DocumentTruth(path=path.relative_to(folder).as_posix(), values=author.mark.values()))
        progress(i + 1, count)
    return tuple(truth)
