"""Names of networks, banks and authorities, under which nobody sends without proof."""

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import ProtectedName
from flashsms.models.rows import lock
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound
from flashsms.text.lookalikes import fold, resembles

MOST = 500  # names that operators add
LONGEST = 40
_ADDING = 6  # what the lock of the list is called

_KNOWN = {  # also short forms, by which people know them
    "Networks": (
        "MTN, MTN MoMo, Telecel, Telecel Cash, Vodafone, AirtelTigo, AirtelTigo Money, Airtel, "
        "Tigo, AT, AT Money, Glo"
    ),
    "Banks": (
        "Absa, Access Bank, ADB, Agric Bank, Bank of Africa, Bank of Ghana, BOG, CalBank, CBG, "
        "Consolidated Bank, Ecobank, FBNBank, FBN, Fidelity, FNB, First Atlantic, First National, "
        "FirstBank, GCB, GTBank, NIB, OmniBSIC, Prudential, Republic, SocGen, Société Générale, "
        "Stanbic, StanChart, Standard Chartered, UBA, UMB, Zenith"
    ),
    "Government": (
        "DVLA, EC Ghana, ECG, Electoral Commission, Gh Parliament, Ghana Gov, Ghana Police, "
        "Ghana Post, Ghana Water, Ghana Card, GNFS, GRA, GWCL, GWL, Immigration, NADMO, "
        "NCA, NEDCo, NHIA, NHIS, NIA, NITA, NLA, Parliament, Police, SSNIT, VRA, WAEC"
    ),
    "Services": (
        "Apple, Facebook, G-Money, GhIPSS, GhQR, Google, Instagram, Mastercard, Microsoft, MoMo, "
        "PayPal, TikTok, Visa, WhatsApp"
    ),
}
BUILT_IN = {whose: names.split(", ") for whose, names in _KNOWN.items()}  # by whose they are
_BUILT_IN = tuple(name for names in BUILT_IN.values() for name in names)
_FOLDED = {fold(name): name for name in _BUILT_IN}


def added() -> list[ProtectedName]:
    """Return the names that operators added, by name; there are MOST at most."""
    found = select(ProtectedName).order_by(func.lower(ProtectedName.name), ProtectedName.id)
    return list(db.session.scalars(found.limit(MOST)))


def every() -> list[str]:
    """Return every protected name: those of each installation, and those that were added."""
    return [*_BUILT_IN, *db.session.scalars(select(ProtectedName.name).limit(MOST))]


def looks_like(names: list[str]) -> dict[str, str]:
    """Return which of the sender IDs may be taken for which protected name."""
    known = every() if names else []
    found = ((name, resembles(name, known)) for name in names)
    return {name: protected for name, protected in found if protected is not None}


def add(name: str) -> ProtectedName:
    """Protect another name: an operator's decision.

    Raises DomainError for a bad name, one that is protected already, also if spelt otherwise, and
    beyond MOST.
    """
    wanted, folded = _checked(name)
    with transaction():
        lock(_ADDING, 0)
        if (db.session.scalar(select(func.count(ProtectedName.id))) or 0) >= MOST:
            raise _bad(f"{MOST} names were added already. Remove one that is not needed.")
        added = ProtectedName(name=wanted, folded=folded)
        db.session.add(added)
        try:
            db.session.flush()
        except IntegrityError as error:
            raise _bad(f"{wanted!r} is protected already, maybe in another spelling.") from error
        audit.record(Action.NAME_PROTECTED, wanted, None, after={"name": wanted})
    return added


def find(public_id: str) -> ProtectedName:
    """Return a name that was added, or raise NotFound."""
    query = select(ProtectedName).where(ProtectedName.public_id == _plain(public_id))
    found = db.session.scalar(query)
    if found is None:
        raise _unknown()
    return found


def remove(public_id: str) -> str:
    """Protect a name that was added no longer, and return it: an operator's decision.

    Raises NotFound when it is gone already; those of every installation cannot be removed.
    """
    with transaction():
        # Not past the session: SQLite gives the integer key to the next name.
        name: str | None = db.session.scalar(
            delete(ProtectedName)
            .where(ProtectedName.public_id == _plain(public_id))
            .returning(ProtectedName.name)
        )
        if name is None:
            raise _unknown()
        audit.record(Action.NAME_RELEASED, name, None, before={"name": name})
    return name


def _checked(given: str) -> tuple[str, str]:
    try:
        wanted = line("name", given, LONGEST)
    except DomainError as error:
        raise _bad(error.sentence) from error
    folded = fold(wanted or "")
    if wanted is None or not 2 <= len(folded) <= LONGEST or wanted.replace(" ", "").isdigit():
        raise _bad("name must have 2 or more letters or digits, at least one a letter.")
    if folded in _FOLDED:
        raise _bad(f"name: {_FOLDED[folded]!r} is protected in every installation.")
    return wanted, folded


def _plain(public_id: str) -> str:
    return public_id if public_id.isprintable() else ""  # PostgreSQL does not compare with a NUL


def _unknown() -> NotFound:
    return NotFound(
        "name_unknown",
        "This name is not among those that were added. It may have been removed meanwhile; those "
        "that every installation protects cannot be removed.",
    )


def _bad(sentence: str) -> DomainError:
    return DomainError("bad_protected_name", sentence)
