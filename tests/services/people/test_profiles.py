"""What people say about themselves and their account."""

import pytest

from flashsms.models import User
from flashsms.services import people
from flashsms.services.errors import DomainError


def test_a_user_has_a_name_or_none(abena: User) -> None:
    assert people.edit_profile(abena, " Abena Owusu ").name == "Abena Owusu"
    assert people.edit_profile(abena, " ").name is None
    with pytest.raises(DomainError, match="name"):
        people.edit_profile(abena, "x" * 121)


def test_an_account_changes_what_is_given(abena: User) -> None:
    edited = people.edit_account(abena.account_id, name="Owusu & Daughters", phone="055 123 4567")
    assert (edited.name, edited.phone) == ("Owusu & Daughters", "055 123 4567")
    assert edited.timezone == "Africa/Accra"
    assert people.edit_account(abena.account_id, timezone="Europe/Paris").timezone == "Europe/Paris"
    assert people.edit_account(abena.account_id).name == "Owusu & Daughters"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("phone", "1"),
        ("timezone", "Africa/Atlantis"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Africa"),
        ("timezone", ""),
    ],
)
def test_what_is_wrong_is_named(abena: User, field: str, value: str) -> None:
    with pytest.raises(DomainError, match=field) as refused:
        people.edit_account(abena.account_id, **{field: value})
    assert refused.value.code == f"bad_{field}"
    assert people.edit_account(abena.account_id).name == "Abena's shop"
