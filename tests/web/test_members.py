"""Members and invitations in a browser."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from flashsms.extensions import db
from flashsms.models import Invitation, Role, User
from flashsms.services import accounts, people
from tests.factories import Member
from tests.web.browsing import fill, sign_in

SCRIPT = "<script>alert(1)</script>"
PAGE = "/settings/members"


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


@pytest.fixture
def link(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return the path of the invitation that was mailed, or rather logged, last."""
    return lambda: re.findall(rf"{people.INVITATION_PATH}\S+", caplog.text)[-1]


@pytest.fixture
def yaw(ama: Member) -> User:
    """A member of Ama's account."""
    password_hash = accounts.opening.hasher.hash("correct horse")
    user = accounts.add_user(ama.account.id, "yaw@example.com", password_hash, Role.MEMBER)
    db.session.commit()
    return user


def owner_of(member: Member) -> User:
    query = db.session.query(User).filter_by(account_id=member.account.id)
    return query.order_by(User.id).first()


def roles(member: Member) -> dict[str, Role]:
    db.session.commit()
    users = db.session.query(User).filter_by(account_id=member.account.id)
    return {user.email: user.role for user in users.populate_existing()}


def test_an_invitation_is_sent_listed_and_revoked(
    client: FlaskClient, link: Callable[[], str]
) -> None:
    assert fill(client, PAGE, email="yaw@example.com", role="MEMBER").location == PAGE
    page = client.get(PAGE).text
    assert "yaw@example.com is invited" in page
    [invitation] = re.findall(r'action="(/settings/invitations/\w+/revoke)"', page)
    assert fill(client, PAGE, to=invitation).location == PAGE
    assert "/revoke" not in client.get(PAGE).text
    assert client.get(link()).status_code == 400
    assert fill(client, PAGE, to=invitation).status_code == 404


def test_who_is_invited_joins_with_a_password(
    client: FlaskClient, ama: Member, link: Callable[[], str]
) -> None:
    fill(client, PAGE, email="yaw@example.com", role="OWNER")
    visitor = client.application.test_client()
    address = link()
    asked = visitor.get(address)
    assert asked.headers["Cache-Control"] == "no-store"
    page = asked.text
    assert "<strong>Ama</strong> as an owner" in page
    assert "yaw@example.com" in page
    weak = fill(visitor, address, password="yaw@example.com")
    assert weak.status_code == 400
    assert "must not be your e-mail" in weak.text
    assert fill(visitor, address, password="tin roof rain").location == "/"
    assert "Welcome to Ama." in visitor.get(PAGE).text
    assert roles(ama)["yaw@example.com"] is Role.OWNER
    used = visitor.get(address)
    assert used.status_code == 400
    assert "works no more" in used.text


def test_joining_while_somebody_is_signed_in_says_so(
    client: FlaskClient, link: Callable[[], str]
) -> None:
    fill(client, PAGE, email="yaw@example.com", role="MEMBER")
    address = link()
    assert "signed in here as ama@example.com" in client.get(address).text
    fill(client, address, password="tin roof rain")
    assert "yaw@example.com" in client.get("/settings").text


def test_who_signed_up_meanwhile_is_told_so(
    client: FlaskClient, kofi: Member, link: Callable[[], str]
) -> None:
    fill(client, PAGE, email="yaw@example.com", role="MEMBER")
    address = link()
    people.sign_up("Yaw", "0201234567", "yaw@example.com", "tin roof rain", "197.251.1.2")
    answer = fill(client.application.test_client(), address, password="tin roof rain")
    assert answer.status_code == 400
    assert "already belongs to a user" in answer.text


@pytest.mark.parametrize("email", ["", "nonsense", "\0", "x" * 10_000, SCRIPT, "ama@example.com"])
def test_odd_invitations_are_refused_at_their_field(client: FlaskClient, email: str) -> None:
    answer = fill(client, PAGE, email=email, role="MEMBER")
    assert answer.status_code == 400
    assert re.search(r'id="email-hint">[^<]+', answer.text)
    assert SCRIPT not in answer.text


def test_an_odd_role_is_refused(client: FlaskClient, ama: Member, yaw: User) -> None:
    assert fill(client, PAGE, email="esi@example.com", role="KING").status_code == 400
    fill(client, PAGE, to=f"{PAGE}/{yaw.public_id}/role", role="KING")
    assert "Choose whether" in client.get(PAGE).text
    assert roles(ama)["yaw@example.com"] is Role.MEMBER


def test_roles_change_and_the_last_owner_stays(client: FlaskClient, ama: Member, yaw: User) -> None:
    herself = f"{PAGE}/{owner_of(ama).public_id}/role"
    fill(client, PAGE, to=herself, role="MEMBER")
    assert "An account needs an owner" in client.get(PAGE).text
    fill(client, PAGE, to=f"{PAGE}/{yaw.public_id}/role", role="OWNER")
    assert roles(ama)["yaw@example.com"] is Role.OWNER
    assert fill(client, PAGE, to=herself, role="MEMBER").location == "/settings"
    assert client.get(PAGE).status_code == 403


def test_a_member_is_removed_and_out(client: FlaskClient, ama: Member, yaw: User) -> None:
    his = client.application.test_client()
    sign_in(his, "yaw@example.com")
    fill(client, PAGE, to=f"{PAGE}/{yaw.public_id}/remove")
    assert "The member was removed." in client.get(PAGE).text
    assert list(roles(ama)) == ["ama@example.com"]
    assert his.get("/settings").status_code == 302


def test_who_was_removed_does_not_come_back_by_an_invitation(
    client: FlaskClient, ama: Member, yaw: User, link: Callable[[], str]
) -> None:
    people.change_role(ama.account.id, yaw.public_id, Role.OWNER, owner_of(ama))
    people.invite(ama.account.id, "yaw.again@example.com", Role.OWNER, yaw)
    fill(client, PAGE, to=f"{PAGE}/{yaw.public_id}/remove")
    assert "yaw.again@example.com" not in client.get(PAGE).text
    assert client.application.test_client().get(link()).status_code == 400


def test_another_accounts_people_are_unknown(client: FlaskClient, kofi: Member) -> None:
    stranger = owner_of(kofi)
    theirs = people.invite(kofi.account.id, "esi@example.com", Role.MEMBER, stranger)
    page = client.get(PAGE).text
    assert "kofi@example.com" not in page
    assert "esi@example.com" not in page
    for path in (
        f"{PAGE}/{stranger.public_id}/role",
        f"{PAGE}/{stranger.public_id}/remove",
        f"{PAGE}/%00/remove",
        f"/settings/invitations/{theirs.public_id}/revoke",
        "/settings/invitations/%00/revoke",
    ):
        assert fill(client, PAGE, to=path, role="MEMBER").status_code == 404, path
    assert roles(kofi) == {"kofi@example.com": Role.OWNER}


def test_names_are_shown_as_text(client: FlaskClient, ama: Member, yaw: User) -> None:
    people.edit_profile(yaw, SCRIPT)
    people.edit_account(ama.account.id, name=SCRIPT)
    page = client.get(PAGE).text
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


def test_a_member_can_do_nothing_of_this(client: FlaskClient, ama: Member, yaw: User) -> None:
    his = client.application.test_client()
    sign_in(his, "yaw@example.com")
    owner = owner_of(ama).public_id
    for path in (PAGE, f"{PAGE}/{owner}/role", f"{PAGE}/{owner}/remove"):
        answer = fill(his, "/settings", to=path, email="x@example.com", role="MEMBER")
        assert answer.status_code == 403
    assert roles(ama)["ama@example.com"] is Role.OWNER
    assert db.session.query(Invitation).count() == 0


def test_the_statements_do_not_grow_with_the_rows(client: FlaskClient, ama: Member) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        client.get(PAGE)
        event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    before = statements()
    for number in range(5):
        accounts.add_user(ama.account.id, f"m{number}@example.com", "x", Role.MEMBER)
        db.session.commit()
        people.invite(ama.account.id, f"i{number}@example.com", Role.MEMBER, owner_of(ama))
    assert statements() == before
    assert "i4@example.com" in client.get(PAGE).text
