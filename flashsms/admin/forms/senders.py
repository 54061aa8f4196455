"""What operators decide about sender IDs, and names that they protect."""

from wtforms import BooleanField, StringField
from wtforms.validators import Length

from flashsms.services.protected_names import LONGEST
from flashsms.services.senders import LONGEST_REASON
from flashsms.web.forms.asking import Form, required


class ApproveForm(Form):
    """That an account may send under a name; for a protected one there must be proof."""

    proven = BooleanField("I have proof that this account may send under this name.")


class RejectForm(Form):
    """Why an account may not send under a name."""

    reason = StringField(
        "Reason",
        [
            required("the reason, which the account will read"),
            Length(max=LONGEST_REASON, message=f"Use at most {LONGEST_REASON} characters."),
        ],
    )


class ProtectForm(Form):
    """A name that nobody may send under without proof."""

    name = StringField(
        "Name",
        [
            required("the name to protect"),
            Length(max=LONGEST, message=f"Use at most {LONGEST} characters."),
        ],
    )
