"""Answering people, and the words that they may write."""

from collections.abc import Mapping

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from flashsms.models import InboundKind
from flashsms.services.errors import DomainError
from flashsms.services.inbound.words import LONGEST_ANSWER, LONGEST_WORDS, Wording
from flashsms.web.forms.asking import Form, one_line_end, required
from flashsms.web.forms.blaming import blame

_WORDS = Length(max=LONGEST_WORDS, message=f"Use at most {LONGEST_WORDS} characters.")
_ANSWER = Length(max=LONGEST_ANSWER, message=f"Use at most {LONGEST_ANSWER} characters.")


class ReplyForm(Form):
    """A text to one person. `attempt` names this form, so that it is sent once."""

    attempt = HiddenField()
    text = TextAreaField("Your answer", [required("what you want to say")], filters=[one_line_end])


class WordsForm(Form):
    """The words that make something happen, and what they answer."""

    stop_words = StringField("Words", [_WORDS])
    stop_answer = TextAreaField("Answer", [_ANSWER])
    start_words = StringField("Words", [_WORDS])
    start_answer = TextAreaField("Answer", [_ANSWER])
    help_words = StringField("Words", [_WORDS])
    help_answer = TextAreaField("Answer", [_ANSWER])

    def show(self, wording: Wording) -> None:
        """Fill in what applies now."""
        for kind, words in wording.words.items():
            self[f"{kind.lower()}_words"].data = " ".join(words).upper()
            self[f"{kind.lower()}_answer"].data = wording.answers[kind]

    def words(self) -> Mapping[InboundKind, str]:
        """Return the words as they were typed."""
        return self._typed("words")

    def answers(self) -> Mapping[InboundKind, str]:
        """Return the answers as they were typed."""
        return self._typed("answer")

    def complain(self, error: DomainError) -> None:
        """Show a refusal at the field that it is about."""
        names = [name for name in self._fields if name.endswith(("_words", "_answer"))]
        blame(self, error, otherwise="stop_words", **{name: name for name in names})

    def _typed(self, what: str) -> Mapping[InboundKind, str]:
        kinds = (InboundKind.STOP, InboundKind.START, InboundKind.HELP)
        return {kind: self[f"{kind.lower()}_{what}"].data or "" for kind in kinds}
