"""Programs for people to paste: files that the tests run, with what is a reader's own filled in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from flask import current_app
from markupsafe import Markup, escape
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType

from flashsms.models import now

KEY = "bms_test_your_api_key"  # what a reader puts a key of theirs for
_ADDRESS = "https://sms.example.com/api/v1"
_MOMENT = "2030-01-31T09:00:00Z"
_KINDS = {Token.Comment: "comment", Token.Literal.String: "string", Token.Keyword: "keyword"}


@dataclass(frozen=True, slots=True)
class Language:
    """A language that samples are in; `run` says how to run one, whose name it has a place for."""

    slug: str
    name: str
    suffix: str
    run: str


LANGUAGES = (
    Language("bash", "curl", ".sh", "Paste it into a terminal."),
    Language("javascript", "JavaScript", ".mjs", "Node.js 18 or newer: `node {name}.mjs`"),
    Language("python", "Python", ".py", "Python 3.9 or newer, nothing to install: `{python}`"),
    Language("php", "PHP", ".php", "PHP 8 with its curl extension: `{php}`"),
    Language("go", "Go", ".go", "Go 1.18 or newer, nothing to install: `go run {name}.go`"),
    Language("csharp", "C#", ".cs", ".NET 8, as the Program.cs of {project}: `dotnet run`"),
)


@dataclass(frozen=True, slots=True)
class Filling:
    """What stands in the samples for a reader: the API's address and a key."""

    address: str
    key: str = KEY

    def into(self, code: Markup | str) -> Markup:
        """Return code, escaped for a page, with it."""
        tomorrow = datetime.combine(now().date() + timedelta(days=1), time(9), UTC)
        filled = (
            str(code)
            .replace(_ADDRESS, str(escape(self.address)))
            .replace(KEY, str(escape(self.key)))
            .replace(_MOMENT, tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ"))
        )
        return Markup(filled)  # noqa: S704  (a sample of ours, and what was escaped just now)


@dataclass(frozen=True, slots=True)
class Sample:
    """A program in one language; `id` is that of its code on the page."""

    id: str
    language: Language
    run: str
    code: Markup


def of(task: str, filling: Filling) -> list[Sample]:
    """Return the samples of a task in the languages that it has, as a page shows them."""
    folder = Path(str(current_app.template_folder), "docs", "samples")
    files = [(one, folder / f"{task}{one.suffix}") for one in LANGUAGES]
    return [
        Sample(
            f"{task}-{language.slug}",
            language,
            _how(language, task),
            filling.into(_highlighted(path, language.slug)),
        )
        for language, path in files
        if path.exists()
    ]


def _how(language: Language, task: str) -> str:
    """Say how to run a sample; a receiver needs something around it in some languages."""
    receives = task == "webhook"
    if receives and language.slug == "bash":
        return "With OpenSSL, for a look by hand."
    return language.run.format(
        name=task,
        php=f"php -S 0.0.0.0:4000 {task}.php" if receives else f"php {task}.php",
        python=f"python3 {task}.py",
        project="`dotnet new web`" if receives else "`dotnet new console`",
    )


@cache
def _highlighted(path: Path, lexer: str) -> Markup:
    tokens = get_lexer_by_name(lexer).get_tokens(path.read_text().rstrip())
    pairs = ((_kind(token), text) for token, text in tokens)
    return Markup("").join(_spans(pairs)).rstrip()


def _spans(pairs: Iterator[tuple[str, str]]) -> Iterator[Markup]:
    """Yield what is alike as one piece, so that what is filled in later is never torn apart."""
    for kind, together in groupby(pairs, itemgetter(0)):
        text = escape("".join(text for _, text in together))
        yield Markup('<span class="code-{}">{}</span>').format(kind, text) if kind else text


def _kind(token: _TokenType) -> str:
    return next((name for kind, name in _KINDS.items() if token in kind), "")
