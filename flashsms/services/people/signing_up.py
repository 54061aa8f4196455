"""Opening an account from the outside."""

from flask import current_app

from flashsms.models import User
from flashsms.services import accounts
from flashsms.services.people import passwords


def sign_up(name: str, phone: str, email: str, password: str) -> User:
    """Open an account with its owner and the welcome credits, or nothing, and return the owner.

    `name` and `phone` are the account's. Raises DomainError bad_name, bad_phone, bad_email,
    email_taken or bad_password.
    """
    passwords.check_new(password, email)
    return accounts.create_with_owner(
        accounts.NewAccount(
            name=name,
            phone=phone,
            email=email,
            password=password,
            credits=current_app.config["SIGNUP_CREDITS"],
            reason="Welcome",
        )
    )
