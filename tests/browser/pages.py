"""Every page, and who looks at it: a visitor, the owner of a new account, or of a busy one."""

VISITOR = [
    ("landing", "/"),
    ("sign-up", "/signup"),
    ("sign-in", "/login"),
    ("forgot-password", "/forgot-password"),
]
LISTS = [
    ("home", "/"),
    ("campaigns", "/campaigns"),
    ("compose", "/campaigns/new"),
    ("contacts", "/contacts"),
    ("contacts-nobody", "/contacts?q=nobody"),
    ("opt-outs", "/contacts/opt-outs"),
    ("import", "/contacts/import"),
    ("new-group", "/contacts/groups"),
    ("templates", "/templates"),
    ("new-template", "/templates/new"),
    ("sender-ids", "/sender-ids"),
    ("credits", "/credits"),
    ("api-keys", "/api-keys"),
    ("new-api-key", "/api-keys/new"),
    ("settings", "/settings"),
    ("settings-account", "/settings/account"),
    ("settings-security", "/settings/security"),
    ("settings-members", "/settings/members"),
    ("settings-activity", "/settings/activity"),
]
DETAILS = [  # of the busy account
    ("campaign", "/campaigns/{campaign}"),
    ("campaign-failed", "/campaigns/{campaign}?kind=failed"),
    ("campaign-scheduled", "/campaigns/{scheduled}"),
    ("draft", "/campaigns/drafts/{draft}"),
    ("review", "/campaigns/drafts/{draft}/review"),
    ("group", "/contacts?group={group}"),
    ("rename-group", "/contacts/groups/{group}/edit"),
    ("contact", "/contacts/{contact}/edit"),
    ("import-columns", "/contacts/import/{import}"),
    ("template", "/templates/{template}"),
]
