"""Numbers as people write them."""

from typing import Any

from wtforms import IntegerField, StringField


class WholeNumber(IntegerField):
    """A whole number as people write it: 12,000 or 12 000, with any kind of minus."""

    data: Any
    example = "500"
    widget = StringField.widget

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; keep what is none, to show it again."""
        typed = "".join(valuelist[:1])
        bare = "".join(typed.split()).replace(",", "").replace("\N{MINUS SIGN}", "-")
        self.data = None
        if typed and not bare:
            raise ValueError(f"Enter a whole number, such as {self.example}.")
        try:
            super().process_formdata([bare] if bare else [])
        except ValueError as error:
            raise ValueError(f"Enter a whole number, such as {self.example}.") from error


class Percent(WholeNumber):
    """A whole number of percent, with the sign for it or without."""

    example = "80"

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; keep what is none, to show it again."""
        bare = [typed.strip().removesuffix("%") or typed for typed in valuelist]
        super().process_formdata(bare)
