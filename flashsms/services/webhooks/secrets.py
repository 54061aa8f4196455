"""The secrets that an endpoint shares with its receiver: sealed in the database."""

from flashsms.models import WebhookEndpoint, now
from flashsms.services import vault

_PURPOSE = "webhook secret"


def seal(secret: str) -> str:
    """Return a secret as it is stored."""
    return vault.seal(_PURPOSE, secret)


def of(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets to sign with, the present one first, then the old one while it is good.

    One that cannot be read, because SECRET_KEY is another, is left out.
    """
    sealed = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > now():
        sealed.append(endpoint.old_secret)
    read = (vault.unseal(_PURPOSE, one) for one in sealed)
    return [secret for secret in read if secret is not None]
