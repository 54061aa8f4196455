"""The API's own description, made from its routes, its shapes and its refusals.

`document` gives it as a dictionary in the form of OpenAPI 3.1; other doors than the API's find the
same function in `app.extensions["openapi"]`. `collection` turns it into one for Postman.
"""

from flashsms.api.openapi.document import document, init_app
from flashsms.api.openapi.postman import collection

__all__ = ["collection", "document", "init_app"]
