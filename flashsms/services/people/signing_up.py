"""Opening an account from the outside."""

from flask import current_app

from flashsms.models import User
from flashsms.services import accounts, audit
from flashsms.services.audit import Actor
from flashsms.services.people import attempts, passwords


def sign_up(name: str, phone: str, email: str, password: str, address: str) -> User:
    """Open an account with its owner and the welcome credits, or nothing, and return the owner.

    `name` and `phone` are the account's, `address` is the visitor's IP address. Raises DomainError
    bad_name, bad_phone, bad_email, bad_password, email_taken or too_many_attempts: SIGNUP_LIMIT in
    an hour may open accounts, or learn which e-mails have one.
    """
    passwords.check_new(password, email)
    wanted = accounts.checked(
        accounts.NewAccount(
            name=name,
            phone=phone,
            email=email,
            password=password,
            credits=current_app.config["SIGNUP_CREDITS"],
            reason="Welcome",
        )
    )
    if limit := current_app.config["SIGNUP_LIMIT"]:
        attempts.check(attempts.sign_up(limit), attempts.network(address))
    with audit.acting(Actor(wanted.email, address)):
        return accounts.create_with_owner(wanted)
