"""The files under static/, as browsers get them."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string, session
from flask.testing import FlaskClient

from flashsms.web import assets
from flashsms.web.assets import asset

STATIC = Path(__file__).parents[2] / "static"
VENDOR = STATIC / "vendor"
STYLE = "body { margin: 0; }\n" * 100
DIGEST = hashlib.sha256(STYLE.encode()).hexdigest()[:8]
HASHED = f"/static/app.{DIGEST}.css"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A static folder with a style, a picture, and what pages never load; a secret beside it."""
    static = tmp_path / "static"
    (static / "vendor").mkdir(parents=True)
    (static / "app.css").write_text(STYLE)
    (static / "vendor" / "lib.min.js").write_text("'é';")
    (static / "dot.png").write_bytes(b"\x89PNG")
    (static / "vendor" / "refresh.py").write_text("print()")
    (static / "vendor" / "LICENSE").write_text("MIT")
    (tmp_path / "secret.css").write_text("secret")
    return static


@pytest.fixture
def app(folder: Path) -> Flask:
    return application(folder)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def application(folder: Path) -> Flask:
    """An application that serves a folder and has one page, which remembers its visitors."""
    app = Flask(__name__, static_folder=str(folder), static_url_path="/static")
    app.config["SECRET_KEY"] = "for tests only"
    assets.init_app(app)
    app.before_request(_remember)
    app.add_url_rule("/page", view_func=_page, endpoint="page")
    return app


def _remember() -> None:
    session.permanent = True


def _page() -> str:
    return render_template_string("{{ asset('app.css') }}")


def test_a_page_names_a_file_by_its_content(client: FlaskClient) -> None:
    assert client.get("/page").text == HASHED


def test_a_folder_and_a_double_ending_stay_in_the_name(app: Flask) -> None:
    with app.test_request_context():
        assert re.fullmatch(r"/static/vendor/lib\.min\.[0-9a-f]{8}\.js", asset("vendor/lib.min.js"))


def test_the_name_is_found_below_another_root_too(app: Flask) -> None:
    with app.test_request_context(base_url="https://example.com/sms"):
        assert asset("app.css") == f"/sms{HASHED}"


def test_other_content_is_another_name(folder: Path) -> None:
    (folder / "app.css").write_text("body { margin: 1px; }")
    changed = application(folder).test_client()
    assert changed.get("/page").text != HASHED
    assert changed.get(HASHED).status_code == 404


@pytest.mark.parametrize("name", ["missing.css", "vendor/refresh.py", "../secret.css"])
def test_a_page_cannot_name_what_it_could_not_load(app: Flask, name: str) -> None:
    with (
        app.test_request_context(),
        pytest.raises(LookupError, match=f"no static/{re.escape(name)} that a page could load"),
    ):
        asset(name)


def test_the_name_with_the_hash_is_kept_for_a_year(client: FlaskClient) -> None:
    answer = client.get(HASHED)
    assert answer.status_code == 200
    assert answer.text == STYLE
    assert answer.content_type == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_plain_name_is_kept_for_minutes(client: FlaskClient) -> None:
    answer = client.get("/static/app.css")
    assert answer.text == STYLE
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_a_file_is_what_it_was_at_the_start(client: FlaskClient, folder: Path) -> None:
    (folder / "app.css").write_text("another")
    assert client.get(HASHED).text == STYLE


def test_a_file_is_compressed_for_who_takes_it(client: FlaskClient) -> None:
    answer = client.get(HASHED, headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content_length == len(answer.data) < len(STYLE) / 5
    assert gzip.decompress(answer.data).decode() == STYLE
    assert answer.headers["Vary"] == client.get(HASHED).headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("*", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("", None),
        ("br", None),
        ("gzip;q=0", None),
        ("gzip;q=0, *;q=1", None),
        ("gzip;q=0.5, identity", None),
    ],
)
def test_the_client_says_what_it_takes(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    answer = client.get(HASHED, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding


def test_a_file_is_compressed_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get(HASHED, headers=GZIP).data
    monkeypatch.delattr(gzip, "compress")
    assert client.get(HASHED, headers=GZIP).data == first


def test_what_compressing_would_not_shrink_is_sent_as_it_is(client: FlaskClient) -> None:
    answer = client.get("/static/dot.png", headers=GZIP)
    assert answer.data == b"\x89PNG"
    assert answer.content_type == "image/png"
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("accepted", [{}, GZIP])
def test_what_a_browser_still_has_is_not_sent_again(
    client: FlaskClient, accepted: dict[str, str]
) -> None:
    etag = client.get("/static/app.css", headers=accepted).headers["ETag"]
    answer = client.get("/static/app.css", headers={**accepted, "If-None-Match": etag})
    assert answer.status_code == 304
    assert answer.data == b""
    assert answer.headers["ETag"] == etag
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_the_compressed_form_is_not_taken_for_the_plain_one(client: FlaskClient) -> None:
    etag = client.get(HASHED, headers=GZIP).headers["ETag"]
    answer = client.get(HASHED, headers={"If-None-Match": etag, "Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert answer.text == STYLE


def test_only_the_headers_can_be_asked_for(client: FlaskClient) -> None:
    answer = client.head(HASHED)
    assert (answer.status_code, answer.content_length, answer.data) == (200, len(STYLE), b"")


def test_a_file_can_only_be_read(client: FlaskClient) -> None:
    answer = client.post(HASHED)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "app.00000000.css",
        f"app.{DIGEST.upper()}x.css",
        f"other.{DIGEST}.css",
        f"vendor/app.{DIGEST}.css",
        "",
        "vendor",
        "vendor/refresh.py",
        "vendor/LICENSE",
        "../secret.css",
        "%2e%2e/secret.css",
        "..%2fsecret.css",
        "vendor/../../secret.css",
        "vendor/../app.css",
        "..\\secret.css",
        "app.css%00",
        "%ff",
    ],
)
def test_nothing_else_is_found(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/static/{path}")
    assert answer.status_code == 404
    assert answer.text == "There is no such file.\n"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_never_carries_its_visitors_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" in client.get("/page").headers
    answer = client.get(HASHED)
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]


def listed() -> dict[str, str]:
    """What the page about the vendored files says: each file's SHA-256."""
    rows = re.findall(
        r"^\| (\S+/\S+) \|.* ([0-9a-f]{64}) \|$", (VENDOR / "README.md").read_text(), re.M
    )
    return dict(rows)


def test_every_vendored_file_is_listed_and_is_that_of_its_package() -> None:
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.glob("*/**/*")
        if path.is_file()
    }
    assert found == listed()  # after a new icon or version: `make vendor`


def test_every_vendored_package_brings_its_licence() -> None:
    folders = {path for path in VENDOR.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {"htmx", "tabler", "tabler-icons", "chart"} <= {path.name for path in folders}
    assert [path for path in folders if not (path / "LICENSE").read_text().strip()] == []


def test_no_style_loads_anything_from_elsewhere() -> None:
    styles = [path.read_text() for path in STATIC.rglob("*.css")]
    assert len(styles) >= 2
    for style in styles:
        assert "@import" not in style
        assert [url for url in re.findall(r"url\(\W*(\w+:|//)", style) if url != "data:"] == []
