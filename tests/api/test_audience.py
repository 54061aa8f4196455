"""Sending through the API to the address book, by name, and as a dry run."""

import pytest
from flask.testing import FlaskClient

from flashsms.models import OptSource
from flashsms.services import contacts, opt_outs, templates
from flashsms.services.contacts import Draft
from tests.api.calls import data, error, get, send, stored
from tests.factories import Member, phones


@pytest.fixture
def vip(ama: Member) -> str:
    """A group of Ama's with two people in it; returns its id."""
    group = contacts.groups.create(ama.account.id, "VIP")
    people = [
        Draft("233201111111", "Ama", fields={"town": "Kumasi"}),
        Draft("233242222222", "Kofi"),
    ]
    contacts.add(ama.account.id, people, group.id)
    return group.public_id


def test_a_group_is_sent_to(client: FlaskClient, ama: Member, vip: str):
    """The reference's own example: `sendToGroup('grp_...', 'Promotion for VIP customers!')`."""
    answer = data(send(client, ama, recipients=None, groupId=vip, message="Promotion!"))
    assert (answer["recipientsSent"], answer["creditsUsed"]) == (2, 2)


def test_sources_are_merged(client: FlaskClient, ama: Member, vip: str):
    single = contacts.create(ama.account.id, Draft("233503333333")).public_id
    answer = data(
        send(
            client,
            ama,
            recipients=["0201111111", "0260000000"],
            groupId=vip,
            groupIds=[vip],
            contactIds=[single, single],
        )
    )
    assert answer["recipientsSent"] == 4
    answer = data(send(client, ama, recipients=["0260000000"], sendToAllContacts=True))
    assert answer["recipientsSent"] == 4


def test_who_opted_out_or_is_deleted_is_counted(client: FlaskClient, ama: Member, vip: str):
    gone = contacts.create(ama.account.id, Draft("233503333333")).public_id
    contacts.delete(ama.account.id, gone)
    opt_outs.opt_out(ama.account.id, "233242222222", OptSource.REPLY)
    answer = data(send(client, ama, recipients=None, groupId=vip, contactIds=[gone]))
    assert answer["recipientsSent"] == answer["creditsUsed"] == 1
    assert answer["optedOutRecipients"] == answer["deletedRecipients"] == 1


def test_each_reader_gets_their_own_text_and_the_report_shows_it(
    client: FlaskClient, ama: Member, vip: str
):
    answer = data(
        send(client, ama, recipients=["0260000000"], groupId=vip, message="{{firstName}}, hello!")
    )
    assert answer["recipientsSent"] == 2
    assert answer["skippedRecipients"] == [
        {"phone": "233260000000", "reason": "There is no value for firstName."}
    ]
    assert answer["skippedCount"] == 1
    report = data(get(client, ama, f"sms/{answer['messageId']}/recipients"))
    assert {one["phone"]: one["message"] for one in report["recipients"]} == {
        "233201111111": "Ama, hello!",
        "233242222222": "Kofi, hello!",
    }
    status = data(get(client, ama, f"sms/status/{answer['messageId']}"))
    assert status["message"] == "{{firstName}}, hello!"


def test_a_template_is_sent_with_values(client: FlaskClient, ama: Member, kofi: Member):
    template = templates.create(ama.account.id, "Code", "Your code is {{code}}.")
    wanted = {"message": None, "templateId": template.public_id, "variables": {"code": "4711"}}
    answer = data(send(client, ama, **wanted))
    status = data(get(client, ama, f"sms/status/{answer['messageId']}"))
    assert status["message"] == "Your code is 4711."
    assert template.public_id in error(send(client, kofi, **wanted), 404, "template_unknown")


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"message": None}, "invalid_request", "message is required"),
        ({"templateId": "tpl_1"}, "invalid_request", "exclude each other"),
        ({"variables": {"x": "1"}}, "unknown_variable", "{{x}}"),
        ({"message": "{{x}}", "variables": {"x": 1}}, "invalid_request", "variables.x"),
        ({"message": "{{x}}", "variables": ["x"]}, "invalid_request", "an object of strings"),
        ({"message": "{{x}}", "variables": {"x": None}}, "no_recipients", "{{x}}"),
        ({"message": "Hi {{first name}}"}, "bad_message", "Character 4"),
        ({"message": "Hi {{firstname}}"}, "bad_message", "{{firstName}}"),
        ({"message": "{{x}}"}, "no_recipients", "{{x}} at character 1"),
        ({"message": "{{x}}", "variables": {"x": "a" * 919}}, "bad_message", "919"),
        ({"message": "a{{x}}", "variables": {"x": "b\0"}}, "bad_message", "NUL"),
        ({"contactIds": ["cnt_1"] * 1000}, "too_many_recipients", "1,002"),
        ({"dryRun": "yes"}, "invalid_request", "dryRun"),
    ],
)
def test_what_cannot_be_sent_is_named_and_leaves_nothing(
    client: FlaskClient, ama: Member, body: dict[str, object], code: str, named: str
):
    before = stored(ama)
    for dry_run in (None, True):
        response = send(client, ama, **{"dryRun": dry_run, **body})
        assert named in error(response, 400, code)
    assert stored(ama) == before


def test_a_dry_run_says_everything_and_does_nothing(client: FlaskClient, ama: Member, vip: str):
    before = stored(ama)
    response = send(
        client,
        ama,
        headers={"Idempotency-Key": "dry"},
        recipients=["0201111111", "0201111111", "12"],
        groupId=vip,
        message="Akwaaba {{firstName}}, pay ₵5" + "x" * 60,
        dryRun=True,
    )
    answer = data(response)
    culprits = answer["message"].pop("culprits")
    answer["message"]["samples"].sort(key=lambda sample: sample["phone"])
    assert answer == {
        "dryRun": True,
        "senderId": "MyBrand",
        "recipientsSent": 2,
        "invalidRecipients": ["12"],
        "optedOutRecipients": 0,
        "deletedRecipients": 0,
        "skippedRecipients": [],
        "skippedCount": 0,
        "duplicateRecipients": 2,
        "creditsRequired": 4,
        "currentBalance": 1000,
        "canAfford": True,
        "parts": [{"parts": 2, "recipients": 2, "credits": 4}],
        "operators": {"Telecel": 1, "MTN": 1},
        "message": {
            "length": 85,
            "encoding": "UCS-2",
            "creditsSaved": 2,
            "encodings": {"UCS-2": 2},
            "inValues": [],
            "samples": [
                {"phone": phone, "message": f"Akwaaba {name}, pay ₵5" + "x" * 60}
                for phone, name in (("233201111111", "Ama"), ("233242222222", "Kofi"))
            ],
            "suggestion": "Akwaaba {{firstName}}, pay GHS 5" + "x" * 60,
        },
    }
    assert culprits == [
        {
            "character": "₵",
            "name": "cedi sign",
            "count": 1,
            "position": 27,
            "replacement": "GHS",
        }
    ]
    assert stored(ama) == before


def test_a_dry_run_names_the_readers_whose_own_values_are_dear(client: FlaskClient, ama: Member):
    people = [
        Draft("233201111111", "Ɛsi"),
        Draft("233202222222", "Kɔfi Ɛ"),
        Draft("233203333333", "Ama"),
    ]
    contacts.add(ama.account.id, people)
    wanted = {"recipients": None, "sendToAllContacts": True, "dryRun": True}
    answer = data(send(client, ama, message="Hi {{firstName}}! " + "x" * 70, **wanted))
    assert answer["parts"] == [
        {"parts": 1, "recipients": 1, "credits": 1},
        {"parts": 2, "recipients": 2, "credits": 4},
    ]
    assert answer["message"]["encodings"] == {"GSM-7": 1, "UCS-2": 2}
    assert answer["message"]["culprits"] == []
    assert answer["message"]["inValues"] == [
        {"character": "Ɛ", "recipients": 2, "replacement": "E"},
        {"character": "ɔ", "recipients": 1, "replacement": "o"},
    ]


def test_a_dry_run_tells_what_cannot_be_afforded(client: FlaskClient, ama: Member):
    answer = data(send(client, ama, recipients=phones(501), message="x" * 161, dryRun=True))
    assert (answer["creditsRequired"], answer["canAfford"]) == (1002, False)


def test_a_template_can_be_estimated(client: FlaskClient, ama: Member):
    template = templates.create(ama.account.id, "Hi", "Hi {{firstName|there}}, {{town}}!")
    response = client.post(
        "/api/v1/sms/estimate",
        json={"templateId": template.public_id, "recipientCount": 10},
        headers=ama.headers,
    )
    assert data(response)["message"] == {
        "length": len("Hi there, town!"),
        "parts": 1,
        "encoding": "GSM-7",
        "variables": ["firstName", "town"],
    }
