"""Carriers: how messages leave."""

import secrets
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.admin import bp
from flashsms.admin.forms.carriers import CarrierForm, PauseForm, TrialForm
from flashsms.models import now
from flashsms.services import carriers, senders
from flashsms.services.carriers import Unchanged, WayOut, standing, trying
from flashsms.services.carriers.trying import Trial
from flashsms.services.errors import DomainError
from flashsms.web import asking
from flashsms.web.pages import by_htmx, render

REFRESH = 3  # seconds
_RECEIPT_WAIT = 900  # seconds for which the receipt of a test is looked for
_WORDS = {  # what carriers answer, by `carriers.contract.Fate`
    "accepted": "accepted",
    "refused": "refused for good",
    "elsewhere": "not allowed by it",
    "busy": "refused for now",
    "throttled": "told to slow down",
    "unsent": "not sent",
    "unknown": "no answer",
}
_KINDS = {  # the kinds of carriers, by the scheme of their URLs
    "smpp": "SMPP",
    "smpps": "SMPP over TLS",
    "simulator": "Simulator",
    "hubtel": "Hubtel",
    "arkesel": "Arkesel",
    "mnotify": "mNotify",
    "africastalking": "Africa's Talking",
    "twilio": "Twilio",
    "kannel": "Kannel",
}


@bp.errorhandler(Unchanged)
def lead_back(error: Unchanged) -> ResponseReturnValue:
    """Show the carriers as they are to whoever pressed a button that no longer applies."""
    flash(error.sentence, "error")
    return redirect(url_for(".list_carriers"))


@bp.get("/carriers")
def list_carriers() -> ResponseReturnValue:
    """Show the carriers in the order in which they are tried, and how they do."""
    standings = standing.of(carriers.every())
    return render(
        "admin/carriers/index.html",
        "admin/carriers/_list.html",
        standings=standings,
        waiting=standing.waiting(standings),
        doubled=standing.doubled(standings),
        **_shared(),
    )


@bp.route("/carriers/new", methods=["GET", "POST"])
def add_carrier() -> ResponseReturnValue:
    """Add a carrier; messages may leave by it at once."""
    form = CarrierForm()
    if form.validate_on_submit():
        try:
            carrier = carriers.add(*_address(form), **_routes(form))
        except DomainError as error:
            form.complain(error)
        else:
            flash(f"{carrier.name} was added. Test it with one message.")
            return redirect(url_for(".show_carrier", carrier_id=carrier.public_id))
    if form.is_submitted():
        form.forget_password()
    return render_template("admin/carriers/new.html", form=form), 400 if form.errors else 200


@bp.get("/carriers/<carrier_id>")
def show_carrier(carrier_id: str) -> ResponseReturnValue:
    """Show one carrier: how it does, and what can be done about it."""
    ways = carriers.every()
    if by_htmx():
        one = _standing(ways, carrier_id)
        alone = _is_alone(ways, one.way)
        return render_template("admin/carriers/_live.html", one=one, alone=alone, **_shared())
    return _page(carrier_id, ways)


@bp.post("/carriers/<carrier_id>")
def edit_carrier(carrier_id: str) -> ResponseReturnValue:
    """Change a carrier."""
    form = CarrierForm()
    if form.validate_on_submit():
        try:
            carrier = carriers.edit(carrier_id, *_address(form), **_routes(form))
        except DomainError as error:
            if error.status != 400:
                raise
            form.complain(error)
        else:
            flash(f"{carrier.name} was saved. Workers take it over within seconds.")
            return redirect(url_for(".show_carrier", carrier_id=carrier.public_id))
    form.forget_password()
    return _page(carrier_id, carriers.every(), form=form), 400


@bp.post("/carriers/<carrier_id>/pause")
def pause_carrier(carrier_id: str) -> ResponseReturnValue:
    """Send nothing more by a carrier, for a reason."""
    form = PauseForm()
    if form.validate_on_submit():
        try:
            carrier = carriers.pause(carrier_id, form.reason.data)
        except DomainError as error:
            if error.code != "bad_reason":
                raise
            form.reason.errors = [error.sentence]
        else:
            others = "leave by the others" if carriers.in_order() else "wait for another carrier"
            one = _standing(carriers.every(), carrier_id)
            heard = standing.hearing(one.way, one.condition)
            flash(f"{carrier.name} is paused. Messages {others}; {heard}.")
            return redirect(url_for(".show_carrier", carrier_id=carrier_id))
    return _page(carrier_id, carriers.every(), pausing=form), 400


@bp.post("/carriers/<carrier_id>/resume")
def resume_carrier(carrier_id: str) -> ResponseReturnValue:
    """Send by a paused carrier again."""
    flash(f"{carriers.resume(carrier_id).name} is used again.")
    return redirect(url_for(".show_carrier", carrier_id=carrier_id))


@bp.post("/carriers/<carrier_id>/close-breaker")
def close_breaker(carrier_id: str) -> ResponseReturnValue:
    """Send by a carrier again at once, although its circuit breaker is open."""
    name = carriers.close_breaker(carrier_id).name
    flash(f"{name} is tried again at once. Its circuit breaker opens anew if it answers as before.")
    return redirect(url_for(".show_carrier", carrier_id=carrier_id))


@bp.post("/carriers/<carrier_id>/off")
def switch_off_carrier(carrier_id: str) -> ResponseReturnValue:
    """Switch a carrier off, after asking."""
    ways = carriers.every()
    way = carriers.among(ways, carrier_id)
    if not asking.is_sure():
        return asking.ask(
            f"Switch {way.name} off?",
            _consequence(ways, way),
            yes="Switch it off",
            back=url_for(".show_carrier", carrier_id=carrier_id),
            area="carriers",
        )
    name = carriers.remove(carrier_id).name
    flash(f"{name} is switched off. {standing.rest(carriers.in_order())}")
    return redirect(url_for(".list_carriers"))


@bp.post("/carriers/<carrier_id>/on")
def switch_on_carrier(carrier_id: str) -> ResponseReturnValue:
    """Use a carrier that was switched off again."""
    flash(f"{carriers.switch_on(carrier_id).name} is switched on.")
    return redirect(url_for(".show_carrier", carrier_id=carrier_id))


@bp.post("/carriers/<carrier_id>/move")
def move_carrier(carrier_id: str) -> ResponseReturnValue:
    """Try a carrier before or after its neighbour."""
    carriers.move(carrier_id, 1 if request.form.get("direction") == "later" else -1)
    return redirect(url_for(".list_carriers"))


@bp.post("/carriers/<carrier_id>/test")
def test_carrier(carrier_id: str) -> ResponseReturnValue:
    """Send one message by a carrier."""
    form = TrialForm()
    if form.validate_on_submit():
        try:
            trial = trying.send_once(
                current_user.account.id,
                carrier_id,
                attempt=form.attempt.data or secrets.token_urlsafe(),
                phone=form.phone.data,
                sender=form.sender.data or None,
            )
        except DomainError as error:
            if error.status == 404:
                raise
            form.phone.errors = [error.sentence.removeprefix("phone: ")]
        else:
            here = url_for(".show_carrier", carrier_id=carrier_id, test=trial)
            return redirect(f"{here}#test")
    return _page(carrier_id, carriers.every(), testing=form), 400


@bp.get("/carriers/<carrier_id>/tests/<message_id>")
def show_trial(carrier_id: str, message_id: str) -> ResponseReturnValue:
    """Show how a test message stands; without HTMX on the carrier's page."""
    if not by_htmx():
        return redirect(url_for(".show_carrier", carrier_id=carrier_id, test=message_id))
    way = carriers.find(carrier_id)
    trial = trying.find(current_user.account.id, way.id, message_id)
    return render_template("admin/carriers/_trial.html", way=way, **_trial(trial))


def _page(
    carrier_id: str,
    ways: list[WayOut],
    *,
    form: CarrierForm | None = None,
    pausing: PauseForm | None = None,
    testing: TrialForm | None = None,
) -> str:
    one = _standing(ways, carrier_id)
    approved = senders.approved(current_user.account.id)
    testing = testing or TrialForm(formdata=None)
    testing.offer(approved)
    testing.attempt.data = testing.attempt.data or secrets.token_urlsafe()
    tested = request.args.get("test")
    trial = trying.find(current_user.account.id, one.way.id, tested) if tested else None
    return render_template(
        "admin/carriers/show.html",
        one=one,
        way=one.way,
        form=form or _filled(one.way),
        pausing=pausing or PauseForm(formdata=None),
        testing=testing,
        senders=approved,
        consequence=_consequence(ways, one.way),
        alone=_is_alone(ways, one.way),
        environment=carriers.ENVIRONMENT,
        **_trial(trial),
        **_shared(),
    )


def _shared() -> dict[str, Any]:
    return {
        "State": standing.State,
        "hearing": standing.hearing,
        "kinds": _KINDS,
        "words": _WORDS,
        "refresh": REFRESH,
    }


def _trial(trial: Trial | None) -> dict[str, Any]:
    """Return a test and whether it is worth looking again."""
    young = trial and (now() - trial.created_at).total_seconds() < _RECEIPT_WAIT
    return {"trial": trial, "poll": bool(trial and young and not trial.ended)}


def _standing(ways: list[WayOut], carrier_id: str) -> standing.Standing:
    wanted = carriers.among(ways, carrier_id)
    return standing.of(ways, [wanted])[0]


def _filled(way: WayOut) -> CarrierForm:
    return CarrierForm(
        formdata=None,
        name=way.name,
        url=way.shown_url,
        priority=way.priority,
        weight=way.weight,
        operators=list(way.operators),
        accounts="\n".join(carriers.clients.named(way.id)) if way.accounts else "",
    )


def _address(form: CarrierForm) -> tuple[str, str]:
    return form.name.data, form.url.data


def _routes(form: CarrierForm) -> dict[str, Any]:
    return {
        "priority": form.priority.data,
        "weight": form.weight.data,
        "operators": form.operators.data,
        "accounts": form.named_accounts(),
    }


def _is_alone(ways: list[WayOut], way: WayOut) -> bool:
    """Whether a carrier is the only one that messages can leave by."""
    return [one.public_id for one in carriers.used(ways)] == [way.public_id]


def _consequence(ways: list[WayOut], way: WayOut) -> str:
    """Say what switching a carrier off leads to."""
    if _is_alone(ways, way):
        if carriers.used(one for one in ways if one.public_id != way.public_id):
            return (
                f"{way.name} is the last carrier that messages can leave by. Then the simulator "
                "answers: messages cost credits, look delivered, and reach nobody."
            )
        return (
            f"{way.name} is the last carrier that messages can leave by. Then they wait, and are "
            "refunded when they expire."
        )
    heard = standing.hearing(replace(way, active=False), None)
    return f"Nothing more is sent by {way.name}; {heard}."
