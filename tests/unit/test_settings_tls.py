"""What ``[listen.tls]`` can say, and the files that it names."""

import pytest

from seawall.kernel.errors import InvalidInput
from seawall.settings import Home
from seawall.settings_tls import Tls, read_file

SECTION = '[listen.tls]\ncertificate = "/c.pem"\nkey = "/c.key"\n'


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("SEAWALL_STORE", "SEAWALL_LISTEN_HOST", "SEAWALL_LISTEN_PORT"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path)


def test_the_section_is_read(home):
    home.config.write_text(SECTION + 'client = "required"\nclient_ca = "/ca.pem"\nrequire_group = "X25519MLKEM768"\n')
    tls = home.settings().listen.tls
    assert tls == Tls(
        certificate="/c.pem", key="/c.key", client="required", client_ca="/ca.pem", require_group="X25519MLKEM768"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[listen.tls]\ncertificate = "/c.pem"\n', "key"),
        ('[listen.tls]\ncertificate = "c.pem"\nkey = "/c.key"\n', "listen.tls.certificate"),
        ('[listen.tls]\ncertificate = "/c.pem"\nkey = ""\n', "listen.tls.key"),
        (SECTION + 'client = "required"\n', "listen.tls.client_ca"),
        (SECTION + 'client_ca = "/ca.pem"\n', "listen.tls.client_ca"),
        (SECTION + 'crl = "/crl.pem"\n', "listen.tls.crl"),
        (SECTION + 'crl = "crl.pem"\n', "listen.tls.crl"),
        (SECTION + 'client = "sometimes"\n', "client"),
        (SECTION + 'require_group = "ffdhe2048"\n', "require_group"),
        (SECTION + 'minimum_version = "1.2"\n', "minimum_version"),
    ],
)
def test_what_is_wrong_is_named(home, text, says):
    home.config.write_text(text)
    with pytest.raises(InvalidInput, match=says) as caught:
        home.settings()
    assert caught.value.code == "settings.invalid"


def test_a_private_file_is_nobody_else_s(tmp_path):
    path = tmp_path / "server.key"
    path.write_bytes(b"secret")
    path.chmod(0o600)
    assert read_file(str(path), "key", private=True) == b"secret"
    for mode in (0o640, 0o604, 0o660, 0o601):
        path.chmod(mode)
        with pytest.raises(InvalidInput) as caught:
            read_file(str(path), "key", private=True)
        assert (caught.value.code, caught.value.field) == ("tls.key_open", "listen.tls.key")
        assert caught.value.remedy == f"chmod 600 {path}"
        assert read_file(str(path), "certificate") == b"secret"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="No such file") as caught:
        read_file(str(tmp_path / "none"), "crl")
    assert (caught.value.code, caught.value.field) == ("tls.file", "listen.tls.crl")
    assert read_file("", "crl") == b""
