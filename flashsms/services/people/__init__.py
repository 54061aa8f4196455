"""The people of an account: in and out, passwords, second factors, members, profiles."""

from flashsms.services.people.letters import INVITATION_PATH, RESET_PATH, send_letter
from flashsms.services.people.members import (
    LastOwner,
    OwnersOnly,
    accept,
    change_role,
    find_invitation,
    invitations,
    invite,
    members,
    remove,
    revoke,
)
from flashsms.services.people.operators import appoint, dismiss, operators_among
from flashsms.services.people.passwords import (
    ask_reset,
    change_password,
    check_reset,
    reset,
    sign_out_everywhere,
)
from flashsms.services.people.profiles import edit_account, edit_profile
from flashsms.services.people.second_factor import (
    Enrolment,
    begin,
    codes_left,
    confirm,
    resume,
    switch_off,
    verify,
)
from flashsms.services.people.signing_in import (
    SignedIn,
    load,
    proven,
    sign_in,
    sign_in_with_code,
)
from flashsms.services.people.signing_up import sign_up

__all__ = [
    "INVITATION_PATH",
    "RESET_PATH",
    "Enrolment",
    "LastOwner",
    "OwnersOnly",
    "SignedIn",
    "accept",
    "appoint",
    "ask_reset",
    "begin",
    "change_password",
    "change_role",
    "check_reset",
    "codes_left",
    "confirm",
    "dismiss",
    "edit_account",
    "edit_profile",
    "find_invitation",
    "invitations",
    "invite",
    "load",
    "members",
    "operators_among",
    "proven",
    "remove",
    "reset",
    "resume",
    "revoke",
    "send_letter",
    "sign_in",
    "sign_in_with_code",
    "sign_out_everywhere",
    "sign_up",
    "switch_off",
    "verify",
]
