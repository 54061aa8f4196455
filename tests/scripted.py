"""Carrier sessions whose every answer a test decides, in place of a worker's real ones."""

from collections.abc import Callable, Sequence

from flask import Flask

from flashsms.carriers.contract import Fate, Outcome, Submission

Answer = Callable[[Submission], Outcome]


class ScriptedSessions:
    """Answers each submission by `answer`, and remembers all of them in `submitted`."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.up = True
        self.submitted: list[Submission] = []

    def ready(self, key: int, url: str) -> bool:
        return self.up

    def submit(self, key: int, url: str, submissions: Sequence[Submission]) -> list[Outcome]:
        self.submitted += submissions
        return [self.answer(submission) for submission in submissions]


def install(app: Flask, answer: Answer) -> ScriptedSessions:
    """Make `answer` what the application's carrier says."""
    sessions = ScriptedSessions(answer)
    app.extensions["carriers"] = sessions
    return sessions


def accepted(submission: Submission) -> Outcome:
    """The carrier takes it; its id is `1` followed by our reference."""
    return Outcome(submission.reference, Fate.ACCEPTED, (f"1{submission.reference}",))


def answers(fate: Fate, reason: str = "because", code: str = "") -> Answer:
    """Answer everything with one fate."""
    return lambda submission: Outcome(submission.reference, fate, (), reason, code)
