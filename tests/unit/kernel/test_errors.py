import pickle

from seawall.kernel.errors import Conflict, InvalidInput


def test_reads_as_field_text_and_remedy():
    error = InvalidInput("a.b", "it is empty.", field="name", remedy="Give one.")
    assert str(error) == "name: it is empty. Give one."
    assert str(Conflict("a.b", "not now.")) == "not now."


def test_survives_a_process_boundary():
    error = pickle.loads(pickle.dumps(InvalidInput("a.b", "no.", field="f", remedy="r.")))
    assert (type(error), error.code, error.text, error.field, error.remedy) == (InvalidInput, "a.b", "no.", "f", "r.")
