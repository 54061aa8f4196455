"""Names of networks, banks and authorities: those of every installation, and those added."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import AuditEntry, ProtectedName
from flashsms.services import protected_names
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError, NotFound


def noted() -> list[tuple[str, str, dict[str, str] | None, dict[str, str] | None]]:
    """What the audit log says now about protected names, the oldest first."""
    db.session.commit()
    names = (Action.NAME_PROTECTED, Action.NAME_RELEASED)
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action.in_(names)).order_by(AuditEntry.id)
    )
    return [(one.action, one.subject, one.before, one.after) for one in entries]


def test_networks_banks_and_authorities_are_protected_from_the_start(app: Flask) -> None:
    known = protected_names.every()
    for name in ("MTN", "AirtelTigo", "Telecel", "GCB", "Bank of Ghana", "GRA", "NHIS", "WhatsApp"):
        assert name in known
    assert len(set(known)) == len(known)
    assert protected_names.added() == []


@pytest.mark.parametrize(
    ("name", "protected"),
    [
        ("MTN", "MTN"),
        ("M7N Promo", "MTN"),
        ("MTN M0M0", "MTN MoMo"),
        ("Te1ecel", "Telecel"),
        ("VodafoneGH", "Vodafone"),
        ("AT Ghana", "AT"),
        ("GCBank", "GCB"),
        ("EcoBank GH", "Ecobank"),
        ("BankofGhana", "Bank of Ghana"),
        ("StandardCha", "Standard Chartered"),
        ("GhanaPolice", "Ghana Police"),
        ("ECGpower", "ECG"),
        ("ecgpower", "ECG"),
        ("GhanaWater", "Ghana Water"),
        ("NHIS Renew", "NHIS"),
        ("55NIT", "SSNIT"),
        ("VVhatsApp", "WhatsApp"),
        ("GooglePay", "Google"),
    ],
)
def test_their_look_alikes_are_known(app: Flask, name: str, protected: str) -> None:
    assert protected_names.looks_like([name, "AmaShop"]) == {name: protected}


@pytest.mark.parametrize(
    "name",
    ["AmaShop", "Kwaku Art", "Grace Salon", "Grand Hotel", "Gloria Hair", "AtHome", "Adabraka"],
)
def test_names_of_shops_raise_no_alarm(app: Flask, name: str) -> None:
    assert protected_names.looks_like([name]) == {}


@pytest.mark.parametrize(
    "name", ["Kumasi News", "Umbrella GH", "Pineapple", "Accessories", "Global Tech", "Tigers FC"]
)
def test_words_that_begin_like_one_raise_no_alarm(app: Flask, name: str) -> None:
    assert protected_names.looks_like([name]) == {}


def test_an_added_name_protects_and_is_noted_once(app: Flask) -> None:
    made = protected_names.add("  Kumasi Water ")
    assert (made.name, made.folded) == ("Kumasi Water", "kumaslwater")
    assert protected_names.looks_like(["KUMASIWATER"]) == {"KUMASIWATER": "Kumasi Water"}
    assert [one.name for one in protected_names.added()] == ["Kumasi Water"]
    assert noted() == [("name protected", "Kumasi Water", None, {"name": "Kumasi Water"})]


def test_a_removed_name_protects_no_longer_and_is_noted_once(app: Flask) -> None:
    made = protected_names.add("Kumasi Water")
    assert protected_names.remove(made.public_id) == "Kumasi Water"
    assert protected_names.looks_like(["KumasiWater"]) == {}
    with pytest.raises(NotFound, match="removed meanwhile"):
        protected_names.remove(made.public_id)
    assert noted()[1:] == [
        ("name no longer protected", "Kumasi Water", {"name": "Kumasi Water"}, None)
    ]


@pytest.mark.parametrize("name", ["MTN", "mtn", "M T N", "M7N", "Ghana Pol1ce"])
def test_a_name_of_every_installation_is_not_added(app: Flask, name: str) -> None:
    with pytest.raises(DomainError, match="is protected in every installation"):
        protected_names.add(name)
    assert noted() == []


@pytest.mark.parametrize("name", ["MTN", "", "pro_nothing", "pro_\0", "x" * 5000])
def test_only_what_was_added_can_be_removed(app: Flask, name: str) -> None:
    with pytest.raises(NotFound, match="cannot be removed"):
        protected_names.remove(name)
    assert "MTN" in protected_names.every()


def test_a_name_is_added_once_however_it_is_spelt(app: Flask) -> None:
    protected_names.add("Kofi Bank")
    for name in ("Kofi Bank", "K0FI BANK", "kofibank"):
        with pytest.raises(DomainError, match="protected already"):
            protected_names.add(name)
    assert len(noted()) == 1


@pytest.mark.parametrize(
    "name", ["", " ", "x", "-", "12345", "x" * 41, "a\0b", "two\nlines", "\ufdfa" * 10, "--a--"]
)
def test_a_bad_name_is_refused(app: Flask, name: str) -> None:
    with pytest.raises(DomainError, match="name") as refused:
        protected_names.add(name)
    assert refused.value.code == "bad_protected_name"
    assert noted() == []


def test_so_many_names_are_added_and_no_more(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protected_names, "MOST", 2)
    for name in ("First one", "Second one"):
        protected_names.add(name)
    with pytest.raises(DomainError, match="2 names were added already"):
        protected_names.add("Third one")


def test_of_eight_operators_at_once_one_protects_a_name(app: Flask) -> None:
    start = Barrier(8)

    def add(_: int) -> str:
        with app.app_context():
            start.wait(10)
            try:
                return protected_names.add("Kumasi Water").name
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(add, range(8)))
    assert outcomes == ["Kumasi Water", *7 * ["bad_protected_name"]]
    assert len(noted()) == db.session.query(ProtectedName).count() == 1
