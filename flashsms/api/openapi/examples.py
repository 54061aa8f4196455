"""An example of everything that the API takes and answers."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from flashsms.api import schemas
from flashsms.models import now

CONTACT_ID = "cnt_mwsfbg9f8e6b581a86c3"
GROUP_ID = "grp_mwsfbhgk05a816a873a2"
MESSAGE_ID = "cmwsfbp4k8x2v9q7d3n6w1j5z"
SENDER_ID = "sid_mwsfbe1c7b3f9a2d6e80"
TEMPLATE_ID = "tpl_mwsfbj2m7c41d09b5e8f"
TRANSACTION_ID = "txn_mwsfbp4k3e9a6c1f7b20"
WEBHOOK_ID = "whk_mwsfbg2d5a8c0e7f4b91"
DELIVERY_ID = "dlv_mwsfbp5n9d4b7e2a6c08"
_MADE = "2024-12-21T10:30:00Z"
_LATER = f"{now() + timedelta(days=180):%Y-%m-%d}T10:30:00Z"  # what is past would be refused
_FIRST_PAGE = {"page": 1, "limit": 20, "total": 1, "totalPages": 1, "hasMore": False}

# Path parameters: what they begin with and how long they go on, an example, what they are.
IDS = {
    "messageId": ("c", 24, MESSAGE_ID, "The `messageId` that sending answered."),
    "contactId": ("cnt_", 20, CONTACT_ID, "The contact's `id`."),
    "groupId": ("grp_", 20, GROUP_ID, "The group's `id`."),
    "templateId": ("tpl_", 20, TEMPLATE_ID, "The template's `id`."),
    "webhookId": ("whk_", 20, WEBHOOK_ID, "The webhook's `id`."),
    "deliveryId": ("dlv_", 20, DELIVERY_ID, "The delivery's `id`."),
}

# Bodies, each under a name for people.
BODIES: dict[type[BaseModel], dict[str, dict[str, Any]]] = {
    schemas.SendRequest: {
        "To numbers": {
            "recipients": ["0201234567", "0241234567"],
            "message": "Hello from FlashSMS!",
            "senderId": "MyBrand",
            "campaignName": "Welcome Campaign",
        },
        "To a group, each by name": {
            "groupId": GROUP_ID,
            "message": "Hi {{firstName|there}}, we are open until 8 tonight.",
        },
        "Later": {
            "recipients": ["0201234567"],
            "message": "Your appointment is tomorrow at 10.",
            "isScheduled": True,
            "scheduleDate": _LATER,
        },
        "From a template": {
            "recipients": ["0201234567"],
            "templateId": TEMPLATE_ID,
            "variables": {"item": "phone"},
        },
        "Looking first": {
            "sendToAllContacts": True,
            "message": "Pay ₵5, {{firstName|friend}}.",
            "dryRun": True,
        },
    },
    schemas.EstimateRequest: {
        "A text for many": {
            "message": "Hi {{firstName|there}}, your order is ready.",
            "recipientCount": 500,
        }
    },
    schemas.ContactRequest: {
        "A contact": {
            "phone": "0201234567",
            "firstName": "Ama",
            "lastName": "Mensah",
            "customFields": {"town": "Kumasi"},
            "groupId": GROUP_ID,
        }
    },
    schemas.ContactChange: {
        "A change": {"lastName": "Owusu", "email": None, "customFields": {"town": "Accra"}}
    },
    schemas.ImportRequest: {
        "Two contacts": {
            "contacts": [
                {"phone": "0201234567", "firstName": "Kofi"},
                {"phone": "0241234567", "firstName": "Ama", "customFields": {"town": "Kumasi"}},
            ],
            "groupId": GROUP_ID,
        }
    },
    schemas.GroupRequest: {"A group": {"name": "VIP Customers"}},
    schemas.TemplateRequest: {
        "A template": {
            "name": "Order ready",
            "content": "Hi {{firstName|there}}, your {{item}} is ready.",
        }
    },
    schemas.TemplateChange: {
        "Another text": {"content": "Hi {{firstName|there}}, come and get your {{item}}."}
    },
    schemas.WebhookRequest: {
        "A webhook": {
            "url": "https://example.com/sms-events",
            "events": ["message.completed", "sms.received"],
            "description": "Our shop",
        }
    },
    schemas.WebhookChange: {
        "Other events": {"events": ["recipient.delivered", "recipient.failed"]},
        "A pause": {"paused": True},
    },
}

_CONTACT: dict[str, Any] = {
    "id": CONTACT_ID,
    "phone": "233201234567",
    "firstName": "Ama",
    "lastName": "Mensah",
    "email": None,
    "customFields": {"town": "Kumasi"},
    "optedOut": False,
    "createdAt": _MADE,
    "updatedAt": _MADE,
}
_GROUP = {"id": GROUP_ID, "name": "VIP Customers", "contactCount": 142, "createdAt": _MADE}
_TEMPLATE = {
    "id": TEMPLATE_ID,
    "name": "Order ready",
    "content": "Hi {{firstName|there}}, your {{item}} is ready.",
    "variables": ["firstName", "item"],
    "createdAt": _MADE,
    "updatedAt": _MADE,
}
_MESSAGE = {
    "id": MESSAGE_ID,
    "message": "Hello from FlashSMS!",
    "recipientCount": 2,
    "status": "DELIVERED",
    "creditsUsed": 2,
    "senderId": "MyBrand",
    "scheduledAt": None,
    "sentAt": _MADE,
    "createdAt": _MADE,
}
_WEBHOOK = {
    "id": WEBHOOK_ID,
    "url": "https://example.com/sms-events",
    "description": "Our shop",
    "events": ["message.completed", "sms.received"],
    "paused": False,
    "pausedReason": None,
    "failures": 0,
    "failingSince": None,
    "createdAt": _MADE,
}
_SECRET = {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
_DELIVERY = {
    "id": DELIVERY_ID,
    "status": "DELIVERED",
    "events": ["message.completed"],
    "eventCount": 3,
    "attempts": 2,
    "createdAt": _MADE,
    "deliveredAt": "2024-12-21T10:30:06Z",
}
_ATTEMPT = {
    "sentAt": "2024-12-21T10:30:06Z",
    "milliseconds": 48,
    "statusCode": 204,
    "error": None,
}
_LEFT_OUT = {
    "invalidRecipients": [],
    "optedOutRecipients": 0,
    "deletedRecipients": 0,
    "skippedRecipients": [],
    "skippedCount": 0,
}

ANSWERS: dict[type[BaseModel], dict[str, Any]] = {
    schemas.SentAnswer: {
        "messageId": MESSAGE_ID,
        "recipientsSent": 2,
        **_LEFT_OUT,
        "creditsUsed": 2,
        "remainingCredits": 998,
        "scheduled": False,
        "scheduleDate": None,
    },
    schemas.DryRunAnswer: {
        "dryRun": True,
        "senderId": "MyBrand",
        "recipientsSent": 120,
        **_LEFT_OUT,
        "duplicateRecipients": 5,
        "creditsRequired": 240,
        "currentBalance": 1000,
        "canAfford": True,
        "parts": [{"parts": 2, "recipients": 120, "credits": 240}],
        "operators": {"MTN": 80, "Telecel": 40},
        "message": {
            "length": 89,
            "encoding": "UCS-2",
            "creditsSaved": 120,
            "encodings": {"UCS-2": 120},
            "suggestion": "Pay GHS 5, {{firstName|friend}}.",
            "culprits": [
                {
                    "character": "₵",
                    "name": "cedi sign",
                    "count": 1,
                    "position": 4,
                    "replacement": "GHS",
                }
            ],
            "inValues": [{"character": "ɛ", "recipients": 14, "replacement": "e"}],
            "samples": [{"phone": "233201234567", "message": "Pay ₵5, Ama."}],
        },
    },
    schemas.EstimateAnswer: {
        "message": {"length": 41, "parts": 1, "encoding": "GSM-7", "variables": ["firstName"]},
        "recipientCount": 500,
        "creditsRequired": 500,
        "currentBalance": 1000,
        "canAfford": True,
    },
    schemas.MessageAnswer: _MESSAGE,
    schemas.MessagesAnswer: {"messages": [_MESSAGE], "pagination": _FIRST_PAGE},
    schemas.ReportAnswer: {
        "messageId": MESSAGE_ID,
        "status": "DELIVERED",
        "recipientCount": 2,
        "recipients": [
            {"phone": "233201234567", "status": "DELIVERED", "sentAt": _MADE, "reason": None},
            {
                "phone": "233241234567",
                "status": "FAILED",
                "sentAt": _MADE,
                "reason": "Absent subscriber",
            },
        ],
        "stats": {"delivered": 1, "failed": 1, "pending": 0, "deliveryRate": 50.0},
        "pagination": _FIRST_PAGE | {"limit": 1000, "total": 2},
    },
    schemas.BalanceAnswer: {
        "balance": 1000,
        "currency": "credits",
        "accountName": "Ama's Shop",
        "accountPhone": "0201234567",
    },
    schemas.SendersAnswer: {
        "senderIds": [
            {
                "id": SENDER_ID,
                "name": "MyBrand",
                "status": "APPROVED",
                "createdAt": "2024-10-01T00:00:00Z",
                "approvedAt": "2024-10-03T12:00:00Z",
            }
        ]
    },
    schemas.ContactAnswer: _CONTACT | {"groups": [{"id": GROUP_ID, "name": "VIP Customers"}]},
    schemas.ContactsAnswer: {
        "contacts": [_CONTACT],
        "pagination": _FIRST_PAGE | {"limit": 50, "totalIsExact": True},
    },
    schemas.ImportAnswer: {
        "imported": 9,
        "created": 7,
        "skipped": 2,
        "invalid": 1,
        "total": 10,
        "invalidContacts": [
            {
                "index": 3,
                "phone": "12",
                "error": "phone: '12' cannot be sent to. Mobile numbers of Ghana look like "
                "0201234567 or 233201234567; other countries are for the operator to allow.",
            }
        ],
    },
    schemas.GroupAnswer: _GROUP | {"contactCount": 0},
    schemas.GroupsAnswer: {"groups": [_GROUP]},
    schemas.TemplateAnswer: _TEMPLATE,
    schemas.TemplatesAnswer: {"templates": [_TEMPLATE]},
    schemas.TransactionsAnswer: {
        "transactions": [
            {
                "id": TRANSACTION_ID,
                "type": "USAGE",
                "amount": -50,
                "balance": 950,
                "description": "API SMS: Welcome Campaign (50 recipients)",
                "reference": MESSAGE_ID,
                "createdAt": _MADE,
            }
        ],
        "pagination": _FIRST_PAGE,
    },
    schemas.WebhookAnswer: _WEBHOOK,
    schemas.WebhooksAnswer: {"webhooks": [_WEBHOOK]},
    schemas.WebhookSecretAnswer: _WEBHOOK | _SECRET,
    schemas.WebhookRotatedAnswer: _WEBHOOK
    | _SECRET
    | {"oldSecretValidUntil": "2024-12-22T10:30:00Z"},
    schemas.WebhookTestAnswer: {
        "webhookId": WEBHOOK_ID,
        "eventId": "evt_mwsfbp4q1c8e5a3b7d60",
        "type": "webhook.test",
    },
    schemas.DeliveriesAnswer: {
        "deliveries": [_DELIVERY | {"lastAttempt": _ATTEMPT}],
        "pagination": _FIRST_PAGE,
    },
    schemas.ReplayAnswer: _DELIVERY | {"status": "PENDING", "deliveredAt": None},
    schemas.DeletedAnswer: {"id": CONTACT_ID, "deleted": True},
}
