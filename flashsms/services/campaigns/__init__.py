"""Campaigns: messages as the dashboard's people see them, from the first word to the report."""

from flashsms.services.campaigns import again, drafts, glance, listing, report
from flashsms.services.campaigns.drafts import AlreadySent
from flashsms.services.campaigns.wish import NotReady, Wish

__all__ = ["AlreadySent", "NotReady", "Wish", "again", "drafts", "glance", "listing", "report"]
