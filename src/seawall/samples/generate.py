"""Make the sample: one seed, one result."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from seawall.kernel.errors import Conflict, InvalidInput
from seawall.samples.customers import make_customers
from seawall.samples.database import write_database
from seawall.samples.documents import write_documents
from seawall.samples.truth import DATABASE_FILE, DOCUMENTS_FOLDER, Manifest

DOCUMENTS = 154
Progress = Callable[[str, int, int], None]


def generate(
    out: Path,
    seed: int = 20260108,
    customers: int = 10_000,
    payments: int = 100_000,
    progress: Progress | None = None,
) -> Manifest:
    """Write *Harbour Bank* into a folder: database, documents and the truth about both.

    Args:
        out: a folder; it is made where missing, and must not hold a sample already.
        seed: the same seed gives the same bytes.
        customers: how many, at least 100.
        payments: how many rows.
        progress: told what is made, how much of it is done, and how much there is.

    Raises:
        InvalidInput: with ``samples.size`` where there are too few customers.
        Conflict: with ``samples.exists`` where the folder holds a sample.
    """
    if customers < 100 or payments < 0:
        raise InvalidInput("samples.size", "a sample has at least 100 customers and no fewer than 0 payments.")
    database, folder = out / DATABASE_FILE, out / DOCUMENTS_FOLDER
    if database.exists() or folder.exists():
        raise Conflict(
            "samples.exists", "this folder holds a sample already.", remedy="Choose another folder, or remove this one."
        )
    tell: Progress = progress or (lambda _what, _done, _total: None)
    folder.mkdir(parents=True)
    people = make_customers(Random(seed), customers)
    columns = write_database(database, Random(seed + 1), people, payments, lambda d, t: tell("payments", d, t))
    documents = write_documents(folder, Random(seed + 2), people, DOCUMENTS, lambda d, t: tell("documents", d, t))
    manifest = Manifest(
        seed=seed,
        customers=customers,
        payments=payments,
        database=DATABASE_FILE,
        documents_folder=DOCUMENTS_FOLDER,
        columns=columns,
        documents=documents,
    )
    manifest.write(out)
    return manifest
