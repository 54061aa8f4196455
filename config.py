"""Every setting, read once from the environment; `docs/configuration.md` explains each."""

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_DURATION = 366 * 86400  # seconds
_SOCKET_PATH_LIMIT = 100  # a unix socket's path may have about 108 bytes


class SettingError(SystemExit):
    """A setting whose value cannot be used: its sentence, which names it, ends the process."""


class Config:
    """The settings of one installation. `env` is a mapping such as `os.environ`."""

    SQLALCHEMY_TRACK_MODIFICATIONS = False
    MAX_CONTENT_LENGTH = 10 * 1024 * 1024

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self.FLASHSMS_HOME = Path(env.get("FLASHSMS_HOME") or "instance").absolute()
        self.FLASHSMS_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.SECRET_KEY = env.get("SECRET_KEY") or _kept_secret(self.FLASHSMS_HOME / "secret_key")
        self.HOST = env.get("HOST") or "127.0.0.1"
        self.PORT = _whole(env, "PORT", 8000, least=1, most=65535)
        self.TRUSTED_PROXIES = _whole(env, "TRUSTED_PROXIES", 0, most=10)
        self.WORKERS = _whole(env, "WORKERS", 2, least=1)
        self.SQLALCHEMY_DATABASE_URI = _database_url(env, self.FLASHSMS_HOME)
        self.SQLALCHEMY_ENGINE_OPTIONS = _engine_options(self.SQLALCHEMY_DATABASE_URI)
        private = f"unix://{redis_socket(self.FLASHSMS_HOME)}"
        self.REDIS_URL = _url(env, "REDIS_URL", private, ("redis", "rediss", "unix"))
        self.CARRIER_URL = env.get("CARRIER_URL") or ""
        self._read_mail(env)
        self._read_policy(env)
        self._read_tuning(env)

    def _read_mail(self, env: Mapping[str, str]) -> None:
        self.PUBLIC_URL = _public_url(env, self.HOST, self.PORT)
        self.SMTP_URL = _server(env, "SMTP_URL", "", ("smtp", "smtps"))
        self.MAIL_FROM = env.get("MAIL_FROM") or ""
        if (self.SMTP_URL or self.MAIL_FROM) and not _is_mailbox(self.MAIL_FROM):
            example = "`Your shop <sms@example.com>`"
            raise SettingError(f"MAIL_FROM must be who mail comes from, such as {example}.")

    def _read_policy(self, env: Mapping[str, str]) -> None:
        self.BILLING = _one_of(env, "BILLING", ("part", "message"))
        self.COUNTRIES = _countries(env)
        self.REFUND_UNDELIVERED = _switch(env, "REFUND_UNDELIVERED")
        self.RESEND_UNKNOWN = _switch(env, "RESEND_UNKNOWN")
        self.SCHEDULE_GRACE = _duration(env, "SCHEDULE_GRACE", "6h")
        self.VALIDITY = _duration(env, "VALIDITY", "24h")
        self.UNKNOWN_AFTER = _duration(env, "UNKNOWN_AFTER", "48h")
        self.RATE_LIMIT = _whole(env, "RATE_LIMIT", 100)
        self.SIGNUP_CREDITS = _whole(env, "SIGNUP_CREDITS", 5)
        self.SIGNUP_LIMIT = _whole(env, "SIGNUP_LIMIT", 30)
        self.TEST_LIMIT = _whole(env, "TEST_LIMIT", 10_000)
        self.WEBHOOK_ALLOW = _networks(env, "WEBHOOK_ALLOW")

    def _read_tuning(self, env: Mapping[str, str]) -> None:
        self.BATCH_SIZE = _whole(env, "BATCH_SIZE", 500, least=1)
        self.URGENT_MAX = _whole(env, "URGENT_MAX", 20)
        self.CLAIM_LEASE = _duration(env, "CLAIM_LEASE", "90s")
        self.STALL_AFTER = _duration(env, "STALL_AFTER", "20s")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as Flask takes them: upper-case names to values."""
        names = [name for name in dir(self) if name.isupper()]
        return {name: getattr(self, name) for name in names}


class TestConfig(Config):
    """Settings for tests: a given home, and errors that reach the test."""

    TESTING = True
    __test__ = False  # to pytest, a name that begins with Test is a class of tests


def redis_socket(home: Path) -> Path:
    """Return where the private Redis of the installation in `home` listens."""
    path = home / "redis.sock"
    if len(str(path)) <= _SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"flashsms-{digest}.sock"


def _kept_secret(path: Path) -> str:
    """Return the secret kept at `path`, made on the first run; whole even if two runs race."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _database_url(env: Mapping[str, str], home: Path) -> str:
    default = f"sqlite:///{home / 'flashsms.db'}"
    schemes = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")
    url = _url(env, "DATABASE_URL", default, schemes)
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}}
    # Storage without moving heads, and statements too short for a compiler to pay off.
    return {
        "pool_pre_ping": True,
        "connect_args": {"options": "-c random_page_cost=1.1 -c jit=off"},
    }


def _whole(
    env: Mapping[str, str], name: str, default: int, least: int = 0, most: int = 1_000_000
) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        wanted = f"a whole number from {least} to {most:,}"
        raise SettingError(f"{name} must be {wanted}, not {text!r}.")
    return int(text)


def _url(env: Mapping[str, str], name: str, default: str, schemes: tuple[str, ...]) -> str:
    text = env.get(name) or default
    if text and not text.startswith(tuple(f"{scheme}:" for scheme in schemes)):
        raise SettingError(f"{name} must be a URL that begins with {', '.join(schemes)}.")
    return text


def _server(env: Mapping[str, str], name: str, default: str, schemes: tuple[str, ...]) -> str:
    """Return a URL that names a host, or the empty default."""
    text = _url(env, name, default, schemes)
    try:
        parts = urlsplit(text)
        usable = not text or (parts.hostname and parts.port != 0)
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise SettingError(f"{name} must name a host, such as {schemes[0]}://example.com.")
    return text


def _public_url(env: Mapping[str, str], host: str, port: int) -> str:
    near = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104 (what to bind to)
    default = f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
    return _server(env, "PUBLIC_URL", default, ("https", "http")).rstrip("/")


def _is_mailbox(text: str) -> bool:
    local, _, host = parseaddr(text)[1].partition("@")
    return bool(local and host) and text.isprintable()


def _countries(env: Mapping[str, str]) -> tuple[str, ...]:
    codes = tuple(env.get("COUNTRIES", "").upper().replace(",", " ").split())
    if codes:
        from phonenumbers import SUPPORTED_REGIONS  # slow to import, and rarely needed

        for code in codes:
            if code not in SUPPORTED_REGIONS:
                raise SettingError(f"COUNTRIES: {code!r} is no ISO code of a country, such as NG.")
    return codes


def _networks(env: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(text) for text in env.get(name, "").replace(",", " ").split())
    except ValueError as error:
        example = "127.0.0.0/8, ::1/128"
        raise SettingError(f"{name} must be networks such as {example}: {error}.") from error


def _switch(env: Mapping[str, str], name: str) -> bool:
    return _one_of(env, name, ("0", "1", "")) == "1"


def _one_of(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    text = env.get(name, "") or allowed[0]
    if text not in allowed:
        raise SettingError(
            f"{name} must be one of {', '.join(filter(None, allowed))}, not {text!r}."
        )
    return text


def _duration(env: Mapping[str, str], name: str, default: str) -> timedelta:
    match = _DURATION.fullmatch((env.get(name) or default).strip().lower())
    seconds = float(match[1]) * _UNIT_SECONDS[match[2]] if match else 0.0
    if not 0 < seconds <= _LONGEST_DURATION:
        raise SettingError(f"{name} must be a duration such as 90s, 15m, 6h or 2d, up to 366d.")
    return timedelta(seconds=seconds)
