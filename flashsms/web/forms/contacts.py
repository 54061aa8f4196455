"""The address book."""

from collections.abc import Sequence

from wtforms import EmailField, SelectField, StringField, TelField
from wtforms.fields.choices import SelectChoice

from flashsms.models import Group
from flashsms.services.errors import DomainError
from flashsms.web.forms.asking import Form, required
from flashsms.web.forms.blaming import blame

_TAKEN = "There is a contact with this number already. Search for it and change that one."


class PersonForm(Form):
    """What is known about a person."""

    phone = TelField("Phone", [required("a phone number")])
    first_name = StringField("First name")
    last_name = StringField("Last name")
    email = EmailField("E-mail")

    def given(self) -> dict[str, str | None]:
        """Return what was filled in by the names that services use."""
        return {
            "phone": self.phone.data,
            "firstName": self.first_name.data,
            "lastName": self.last_name.data,
            "email": self.email.data,
        }

    def complain(self, error: DomainError) -> None:
        """Show a refusal at the field that it is about."""
        if error.code == "contact_exists":
            self.phone.errors = [_TAKEN]
            return
        names = {"firstName": "first_name", "lastName": "last_name"}
        blame(self, error, otherwise="phone", phone="phone", email="email", **names)


class ContactForm(PersonForm):
    """A new person of the address book, in a group if one is chosen."""

    group = SelectField("Group", choices=[], validate_choice=False)

    def offer(self, groups: Sequence[Group], chosen: str | None) -> None:
        """Offer the groups there are, one of them `chosen` until somebody says otherwise."""
        known = (SelectChoice(value=one.public_id, label=one.name) for one in groups)
        self.group.choices = [SelectChoice(value="", label="No group"), *known]
        self.group.data = self.group.data or chosen


class GroupForm(Form):
    """A group of contacts."""

    name = StringField("Name", [required("a name for the group")])


class OptOutForm(Form):
    """A number that must not be sent to."""

    phone = TelField("Phone", [required("a phone number")])
