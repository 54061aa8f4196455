"""The files under static/: served from memory, compressed, and cached for long by their hash."""

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from flask import Flask, current_app, url_for
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What pages load, by suffix; scripts, licences and notes that lie beside it are not served.
_TYPES = {
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_FOREVER = "public, max-age=31536000, immutable"
_SHORTLY = "public, max-age=300"


@dataclass(frozen=True)
class Asset:
    """One file as it was at the start: `name` is its path under static/ with its hash in it."""

    name: str
    mimetype: str
    digest: str
    body: bytes

    @cached_property
    def gzipped(self) -> bytes | None:
        """The body compressed, or None when that is no smaller."""
        compressed = gzip.compress(self.body, mtime=0)
        return compressed if len(compressed) < len(self.body) else None


def init_app(app: Flask) -> None:
    """Read static/, answer what is asked of it, and give templates `asset`."""
    assets = dict(_read(Path(str(app.static_folder))))
    app.extensions["assets"] = assets
    app.add_template_global(asset)
    shelf = _Shelf(app.wsgi_app, f"{app.static_url_path}/", assets)
    app.wsgi_app = shelf  # type: ignore[method-assign]  # how Flask takes a wrapper


def asset(name: str) -> str:
    """Return the URL of a file under static/, which changes whenever its content does.

    `name` is its path there, such as `vendor/htmx/htmx.min.js`. Raises LookupError for what is
    missing, or not of a kind that pages load.
    """
    found: Asset | None = current_app.extensions["assets"].get(name)
    if found is None:
        raise LookupError(f"There is no static/{name} that a page could load.")
    return url_for("static", filename=found.name)


def _read(folder: Path) -> Iterator[tuple[str, Asset]]:
    """Yield every file twice: by its plain name, and by the one with its hash."""
    for path in folder.rglob("*"):
        if path.suffix in _TYPES and path.is_file():
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()
            plain = PurePosixPath(path.relative_to(folder))
            name = str(plain.with_name(f"{plain.stem}.{digest[:8]}{plain.suffix}"))
            found = Asset(name, _TYPES[plain.suffix], digest, body)
            yield str(plain), found
            yield name, found


class _Shelf:
    """Answers for static/ before the application does.

    Nothing of a request's session may touch these answers: a cookie set on one of them would be
    kept by every shared cache on the way.
    """

    def __init__(
        self, application: "WSGIApplication", prefix: str, assets: Mapping[str, Asset]
    ) -> None:
        self._application = application
        self._prefix = prefix
        self._assets = assets

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(self._prefix):
            return self._application(environ, start_response)
        response = self._answer(Request(environ))
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        # Only names read at the start are found, so no path leads out of the folder.
        name = request.path.removeprefix(self._prefix)
        found = self._assets.get(name)
        if found is None:
            return Response("There is no such file.\n", 404)
        if request.method not in ("GET", "HEAD"):
            return Response("Files can only be read.\n", 405, {"Allow": "GET, HEAD"})
        response = _file(found, request)
        response.headers["Cache-Control"] = _FOREVER if name == found.name else _SHORTLY
        return response.make_conditional(request)


def _file(found: Asset, request: Request) -> Response:
    """Return a file in the form that the client takes; each form has an ETag of its own."""
    gzipped = found.gzipped if _takes_gzip(request) else None
    if gzipped is None:
        response = Response(found.body, mimetype=found.mimetype)
        response.set_etag(found.digest)
    else:
        response = Response(gzipped, mimetype=found.mimetype)
        response.content_encoding = "gzip"
        response.set_etag(f"{found.digest}-gzip")
    response.vary.add("Accept-Encoding")
    return response


def _takes_gzip(request: Request) -> bool:
    quality = request.accept_encodings.quality
    return quality("gzip") > 0 and quality("gzip") >= quality("identity")
