"""Settings: safe by themselves, and what the environment changes of them."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from netlift import service
from netlift.errors import ConfigError
from netlift.service.core.stores import store


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings as a fresh process would compose them."""
    monkeypatch.setenv("NETLIFT_FOLDER", str(tmp_path))

    def composed(**environment: str) -> dict[str, Any]:
        for name in ("HTTPS", "BEHIND_PROXY", "HOSTS", "ORIGINS", "DATABASE", "LOG", "REQUESTS_PER_MINUTE"):
            monkeypatch.delenv(f"NETLIFT_{name}", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(f"NETLIFT_{name}", value)
        return runpy.run_path(str(Path(service.__file__).with_name("settings.py")))

    return composed


def test_by_themselves_they_let_this_machine_in(settings: Any, tmp_path: Path) -> None:
    found = settings()
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "netlift.sqlite3")
    assert found["SECRET_KEY"] == settings()["SECRET_KEY"]
    assert len(found["SECRET_KEY"]) > 50


def test_behind_https_cookies_and_browsers_stay_there(settings: Any) -> None:
    found = settings(
        HTTPS="1", BEHIND_PROXY="1", HOSTS="shop.example, www.shop.example", ORIGINS="https://shop.example"
    )
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert found["ALLOWED_HOSTS"] == ["shop.example", "www.shop.example"]
    off = settings(HTTPS="0", BEHIND_PROXY="0")
    assert (off["SESSION_COOKIE_SECURE"], off["BEHIND_PROXY"]) == (False, False)


def test_a_store_is_named_by_its_address(settings: Any) -> None:
    found = settings(DATABASE="postgresql://ann:p%40ss@db.example:5433/shop?sslmode=require")["DATABASES"]["default"]
    told = {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert told == {"NAME": "shop", "USER": "ann", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": "5433"}
    assert found["OPTIONS"]["sslmode"] == "require"
    socket = store("postgresql://ann@/shop?host=/run/postgresql&port=5433", Path())
    assert (socket["HOST"], socket["PORT"]) == ("/run/postgresql", "5433")
    assert store("sqlite:////var/shop.db", Path())["NAME"] == "/var/shop.db"


@pytest.mark.parametrize("wrong", [{"LOG": "loud"}, {"REQUESTS_PER_MINUTE": "0"}, {"REQUESTS_PER_MINUTE": "many"}])
def test_a_setting_that_is_none_is_told_by_its_name(settings: Any, wrong: dict[str, str]) -> None:
    assert settings(REQUESTS_PER_MINUTE="50")["REQUESTS_PER_MINUTE"] == 50
    with pytest.raises(ConfigError, match=f"NETLIFT_{next(iter(wrong))}"):
        settings(**wrong)


@pytest.mark.parametrize("address", ["mysql://db/shop", "postgresql://db", "sqlite://", "shop.db"])
def test_an_address_of_no_store_is_told(address: str) -> None:
    with pytest.raises(ConfigError, match="store"):
        store(address, Path())
