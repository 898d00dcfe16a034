import pytest

from seawall.kernel.errors import InvalidInput
from seawall.settings import DEFAULT_PORT, Home, default_home


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("SEAWALL_STORE", "SEAWALL_LISTEN_HOST", "SEAWALL_LISTEN_PORT"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path)


def test_a_folder_without_a_home_says_what_to_do(home):
    with pytest.raises(InvalidInput, match="seawall init"):
        home.settings()


def test_an_empty_file_is_the_embedded_default(home):
    home.config.write_text("")
    settings = home.settings()
    assert (settings.store, settings.root.kind, settings.listen.port) == ("", "sealed_file", DEFAULT_PORT)


def test_the_environment_wins(home, monkeypatch):
    home.config.write_text('store = "sqlite:///x"\n[listen]\nport = 1\n')
    monkeypatch.setenv("SEAWALL_LISTEN_PORT", "9000")
    monkeypatch.setenv("SEAWALL_STORE", "postgresql://db/seawall")
    settings = home.settings()
    assert (settings.listen.port, settings.store) == (9000, "postgresql://db/seawall")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "TOML"),
        ("colour = 1", "colour"),
        ("[listen]\nport = 70000", "port"),
        ('[root]\nkind = "pkcs11"', "PKCS#11"),
        ('[root]\nkind = "paper"', "kind"),
        ('store = "mysql://x"', "sqlite"),
    ],
)
def test_a_wrong_setting_names_itself(home, text, says):
    home.config.write_text(text)
    with pytest.raises(InvalidInput, match=says):
        home.settings()


def test_default_home_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("SEAWALL_HOME", raising=False)
    assert default_home() == tmp_path / "seawall"
    monkeypatch.setenv("SEAWALL_HOME", str(tmp_path / "other"))
    assert default_home() == tmp_path / "other"
