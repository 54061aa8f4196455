"""What every answer tells the browser: what a page may load, and who may frame or keep it."""

from flask import Flask, Response, g, request

_CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_SWITCHED_OFF = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
_PAGE = {
    "Content-Security-Policy": "; ".join(map(" ".join, _CONTENT_SECURITY_POLICY.items())),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _SWITCHED_OFF),
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_ONLY_OVER_TLS = "max-age=31536000"  # a year, for this host alone


def init_app(app: Flask) -> None:
    """Add the headers to every answer, errors and crashes included."""
    app.after_request(_protect)


def keep_private() -> None:
    """Let nobody, not even the visitor's browser, keep a copy of this request's answer.

    For the one place that finds out who is signed in: whatever asks that shows private things.
    """
    g.keep_private = True


def _protect(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html":
        response.headers.update(_PAGE)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = _ONLY_OVER_TLS
    if "keep_private" in g:
        response.headers["Cache-Control"] = "no-store"
    return response
