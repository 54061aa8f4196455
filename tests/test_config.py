"""Settings from the environment."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from config import Config, SettingError, redis_socket


def test_defaults_need_nothing_but_a_home(tmp_path: Path) -> None:
    config = Config({"FLASHSMS_HOME": str(tmp_path / "home")})
    assert f"sqlite:///{tmp_path}/home/flashsms.db" == config.SQLALCHEMY_DATABASE_URI
    assert f"unix://{tmp_path}/home/redis.sock" == config.REDIS_URL
    assert timedelta(hours=6) == config.SCHEDULE_GRACE


def test_the_secret_is_made_once_and_kept_to_the_owner(tmp_path: Path) -> None:
    first = Config({"FLASHSMS_HOME": str(tmp_path)}).SECRET_KEY
    assert first == Config({"FLASHSMS_HOME": str(tmp_path)}).SECRET_KEY
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_postgresql_urls_name_the_driver(tmp_path: Path) -> None:
    for url in ("postgres://u:p@h/d", "postgresql://u:p@h/d"):
        config = Config({"FLASHSMS_HOME": str(tmp_path), "DATABASE_URL": url})
        assert config.SQLALCHEMY_DATABASE_URI == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "80000"),
        ("WORKERS", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("DATABASE_URL", "mysql://h/d"),
        ("REDIS_URL", "somewhere"),
        ("COUNTRIES", "NG, XX"),
        ("BILLING", "letter"),
        ("REFUND_UNDELIVERED", "yes"),
        ("CLAIM_LEASE", "soon"),
        ("WEBHOOK_ALLOW", "127.0.0.1/8"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Config({"FLASHSMS_HOME": str(tmp_path), name: value})


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("6h", 21600), ("2d", 172800), ("0.5", 0.5)]
)
def test_durations_take_a_unit(tmp_path: Path, text: str, seconds: float) -> None:
    config = Config({"FLASHSMS_HOME": str(tmp_path), "CLAIM_LEASE": text})
    assert config.CLAIM_LEASE.total_seconds() == seconds


def test_a_socket_path_stays_within_what_the_system_allows() -> None:
    deep = Path("/" + "a" * 200)
    assert len(str(redis_socket(deep))) < 100
    assert redis_socket(deep) != redis_socket(Path("/" + "b" * 200))
