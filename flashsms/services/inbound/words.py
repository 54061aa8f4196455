"""The words that make something happen: which they are for an account, and what they answer.

The usual ones are those that Twilio and Telnyx take by default. YES, which Twilio takes for START,
is not among them, as with Telnyx: it answers too many questions that have nothing to do with it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from flashsms.extensions import db, transaction
from flashsms.models import Account, InboundKind, InboundWords
from flashsms.models.rows import replace
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError
from flashsms.text.merge import has_braces
from flashsms.text.segments import unsendable

USUAL = {
    InboundKind.STOP: ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"),
    InboundKind.START: ("START", "UNSTOP"),
    InboundKind.HELP: ("HELP", "INFO"),
}
KINDS = tuple(USUAL)
LONGEST_WORD = 20
LONGEST_WORDS = 200  # characters of all words of a kind
LONGEST_ANSWER = 320

_LONGEST_NAME = 40  # characters of the account's name in the usual answers
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of an account by what they mean, folded, and the answers; "" answers nothing."""

    words: Mapping[InboundKind, tuple[str, ...]]
    answers: Mapping[InboundKind, str]

    def kind_of(self, text: str) -> InboundKind:
        """Return what a text means: one word alone, whatever its case and what stands around it."""
        word = fold(text)
        return next((kind for kind in KINDS if word in self.words[kind]), InboundKind.TEXT)


def fold(text: str) -> str:
    """Return a text as words are compared, without the punctuation around it."""
    return _AROUND.sub("", text).casefold()


def of(account_ids: Iterable[int]) -> dict[int, Wording]:
    """Return the wording of each of some accounts: one statement."""
    found = db.session.execute(
        select(Account, InboundWords)
        .outerjoin(InboundWords, InboundWords.account_id == Account.id)
        .where(Account.id.in_(sorted(set(account_ids))))
    )
    return {account.id: _wording(account, own) for account, own in found}


def save(
    account_id: int, words: Mapping[InboundKind, str], answers: Mapping[InboundKind, str]
) -> bool:
    """Change the words (with blanks or commas between) and the answers; return whether any changed.

    No words at all means the usual ones, so that nobody is without a way out; an empty answer is
    not sent. Raises DomainError naming the field (such as `stop_words`) that is wrong.
    """
    known = {kind: _words(kind, words[kind]) for kind in KINDS}
    _check_apart(known)
    said = {kind: _answer(kind, answers[kind]) for kind in KINDS}
    with transaction():
        account = db.session.get_one(Account, account_id)
        before = of([account_id])[account_id]
        row = _row(account, before, known, said)
        after = _wording(account, InboundWords(**row))
        if after == before:
            return False
        replace(InboundWords, [row], ("account_id",))
        was, now = _shown(before), _shown(after)
        audit.record(
            Action.WORDS_CHANGED,
            "STOP, START and HELP",
            account_id,
            before={name: was[name] for name in was if was[name] != now[name]},
            after={name: now[name] for name in was if was[name] != now[name]},
        )
    return True


def _wording(account: Account, own: InboundWords | None) -> Wording:
    words = {kind: _known(kind, own) for kind in KINDS}
    usual = _usual_answers(account, words)
    stored = {kind: getattr(own, f"{_name(kind)}_answer", None) for kind in KINDS}
    answers = {kind: usual[kind] if said is None else said for kind, said in stored.items()}
    return Wording(words, answers)


def _known(kind: InboundKind, own: InboundWords | None) -> tuple[str, ...]:
    """Return an account's words of a kind, else the usual ones; STOP itself always stops, too."""
    chosen = tuple((getattr(own, f"{_name(kind)}_words", None) or "").split())
    if chosen and kind is InboundKind.STOP:
        return tuple(dict.fromkeys((*chosen, fold(kind))))
    return chosen or _folded(kind)


def _usual_answers(
    account: Account, words: Mapping[InboundKind, tuple[str, ...]]
) -> dict[InboundKind, str]:
    name = "We" if has_braces(account.name) else account.name[:_LONGEST_NAME].strip()
    stop, start = (words[kind][0].upper() for kind in (InboundKind.STOP, InboundKind.START))
    again, end = f"Reply {start} to get them again.", f"Reply {stop} to get no more messages."
    return {
        InboundKind.STOP: f"{name}: you get no more messages from us. {again}",
        InboundKind.START: f"{name}: you get our messages again. {end}",
        InboundKind.HELP: f"{name}: call {account.phone} for help. {end}",
    }


def _folded(kind: InboundKind) -> tuple[str, ...]:
    return tuple(map(fold, USUAL[kind]))


def _name(kind: InboundKind) -> str:
    return kind.value.lower()


def _words(kind: InboundKind, given: str) -> tuple[str, ...]:
    field = f"{_name(kind)}_words"
    found = tuple(dict.fromkeys(fold(one) for one in _BETWEEN.split(given.strip()) if one))
    for one in found:
        if not (one.isalnum() and len(one) <= LONGEST_WORD):
            raise DomainError(
                "bad_words",
                f"{field} must be single words of letters and digits, at most {LONGEST_WORD} "
                f"characters each; {one[:30]!r} is none.",
            )
    if len(" ".join(found)) > LONGEST_WORDS:
        raise DomainError("bad_words", f"{field} may have at most {LONGEST_WORDS} characters.")
    return found


def _check_apart(known: Mapping[InboundKind, tuple[str, ...]]) -> None:
    """Refuse a word of two meanings; to blame is a field with words that are not the usual ones.

    The usual words of STOP never mean anything else: people know them from everybody else.
    """
    meant = dict.fromkeys(_folded(InboundKind.STOP), InboundKind.STOP)
    for kind in sorted(KINDS, key=lambda one: bool(set(known[one]) - set(_folded(one)))):
        for word in known[kind] or _folded(kind):
            if (other := meant.setdefault(word, kind)) is not kind:
                raise DomainError(
                    "bad_words",
                    f"{_name(kind)}_words must not have {word.upper()!r}: it means {other}.",
                )


def _answer(kind: InboundKind, given: str) -> str:
    field, text = f"{_name(kind)}_answer", " ".join(given.split())
    if len(text) > LONGEST_ANSWER:
        raise DomainError(
            "bad_answer",
            f"{field} has {len(text)} characters; it may have at most {LONGEST_ANSWER}.",
        )
    if has_braces(text):
        raise DomainError("bad_answer", f"{field} cannot have placeholders: leave {{{{ out.")
    if text and (problem := unsendable(text)):
        raise DomainError("bad_answer", f"{field} cannot be sent: {problem}")
    return text


def _row(
    account: Account,
    before: Wording,
    words: Mapping[InboundKind, tuple[str, ...]],
    answers: Mapping[InboundKind, str],
) -> dict[str, Any]:
    """Return what is stored: nothing where it is as usual, so that the usual may change.

    A usual answer names the words to reply, so it is usual with those of before, too.
    """
    known = {kind: words[kind] or _folded(kind) for kind in KINDS}
    usual = _usual_answers(account, known), _usual_answers(account, before.words)
    row: dict[str, Any] = {"account_id": account.id}
    for kind in KINDS:
        as_usual = set(known[kind]) == set(_folded(kind))
        row[f"{_name(kind)}_words"] = None if as_usual else " ".join(known[kind])
        said = answers[kind]
        row[f"{_name(kind)}_answer"] = None if said in {one[kind] for one in usual} else said
    return row


def _shown(wording: Wording) -> dict[str, str]:
    words = {f"{kind} words": " ".join(wording.words[kind]).upper() for kind in KINDS}
    answers = {f"answer to {kind}": wording.answers[kind] or "none" for kind in KINDS}
    return words | answers
