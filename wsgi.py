"""The WSGI entry point: any WSGI server runs `wsgi:app`."""

from flashsms import create_app

app = create_app()
