"""Settings of a person, an account, and who belongs to it."""

from functools import cache
from zoneinfo import available_timezones

from wtforms import EmailField, PasswordField, SelectField, StringField, TelField
from wtforms.fields.choices import SelectChoice

from flashsms.models import Role
from flashsms.web.forms.asking import Form, required

HOME_TIMEZONE = "Africa/Accra"
ROLES = [
    SelectChoice(Role.MEMBER.value, "Member: sends messages, keeps contacts and templates"),
    SelectChoice(Role.OWNER.value, "Owner: also sees to credits, API keys and members"),
]


class ProfileForm(Form):
    """What somebody is called."""

    name = StringField("Your name")


class AccountForm(Form):
    """What an account is called, and where it is."""

    name = StringField("Business name", [required("the name of your business")])
    phone = TelField("Phone", [required("your phone number")])
    timezone = SelectField("Timezone", choices=[], validate_choice=False)

    def offer_timezones(self, present: str) -> None:
        """List the timezones, that of the account among them in any case."""
        known = [HOME_TIMEZONE, *_timezones()]
        self.timezone.choices = known if present in known else [*known, present]


class ChangePasswordForm(Form):
    """Another password for somebody who knows the present one."""

    current = PasswordField("Current password", [required("your current password")])
    password = PasswordField("New password", [required("a password of 8 characters or more")])


class SwitchOffForm(Form):
    """No codes any more, for somebody who knows the password."""

    current = PasswordField("Your password", [required("your password")])


class FirstCodeForm(Form):
    """The first code of an authenticator app, which shows that it works."""

    code = StringField("Code", [required("the six digits that your app shows now")])


class InviteForm(Form):
    """Somebody to join the account."""

    email = EmailField("E-mail", [required("the e-mail address of who shall join")])
    role = SelectField("Role", choices=ROLES, default=Role.MEMBER.value)


class RoleForm(Form):
    """What a member shall be."""

    role = SelectField(choices=ROLES)


@cache
def _timezones() -> list[str]:
    """The timezones of places, by name, and UTC."""
    places = (zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/")
    return ["UTC", *sorted(zone for zone in places if zone != HOME_TIMEZONE)]
