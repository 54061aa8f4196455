"""Where an endpoint may be: anywhere public, nowhere in the house."""

import socket
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from flask import Flask

from flashsms.services.errors import DomainError
from flashsms.services.webhooks import targets

Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Let names mean given addresses; any other means nothing."""

    def let(**known: list[str]) -> None:
        def getaddrinfo(host: str, port: object, **_: object) -> list[tuple[object, ...]]:
            if host.partition(".")[0] not in known:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [(0, 0, 0, "", (one, 0)) for one in known[host.partition(".")[0]]]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return let


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/hooks?to=sms%20in",
        "http://shop.example:8080",
        "HTTPS://Shop.Example/",
        "https://8.8.8.8/hooks",
        "https://[2606:4700::1111]:444/hooks",
        "https://xn--bcher-kva.example/",
        "https://unknown.example/",
        "https://1.2.3.4.shop.example/",
    ],
)
def test_public_urls_are_taken(app: Flask, names: Names, url: str) -> None:
    names(shop=["93.184.216.34", "2606:4700::1"])
    targets.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "https://",
        "https:///hooks",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example:http/",
        "https://ama:secret@shop.example/",
        "https://@shop.example/",
        "https://shop.example/#top",
        "https://shop.example/#",
        "https://shop.example/a b",
        "https://shop.example/\x00",
        "https://shop.example\\@evil.example/",
        "https://bücher.example/",
        "https://shop.example./",
        "https://.shop.example/",
        "https://shop..example/",
        "https://shop%2eexample/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://shop.example/" + "a" * 500,
    ],
)
def test_what_is_no_plain_url_is_refused_by_name(app: Flask, names: Names, url: str) -> None:
    names(shop=["93.184.216.34"])
    with pytest.raises(DomainError, match=r"^url: ") as refused:
        targets.check(url)
    assert refused.value.code == "bad_url"


PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "192.88.99.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_as_such_and_behind_a_name(
    app: Flask, names: Names, address: str
) -> None:
    names(shop=["93.184.216.34", address])
    written = f"[{address}]" if ":" in address else address
    for url in (f"https://{written}/", "https://shop.example/"):
        with pytest.raises(DomainError, match="private"):
            targets.check(url)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1.", "0x", "1.2.3.4.5"],
)
def test_other_spellings_of_addresses_are_refused(app: Flask, host: str) -> None:
    with pytest.raises(DomainError, match="name of a host"):
        targets.check(f"http://{host}/")


def test_the_machine_itself_is_refused_by_name(app: Flask) -> None:
    with pytest.raises(DomainError, match="private"):
        targets.check("http://localhost:8000/")


def test_networks_that_the_operator_allows_are_let_through(app: Flask) -> None:
    app.config["WEBHOOK_ALLOW"] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    for url in ("http://localhost:9000/", "http://127.0.0.1/", "http://[::ffff:127.0.0.1]/"):
        targets.check(url)
    with pytest.raises(DomainError, match="private"):
        targets.check("http://10.0.0.1/")
