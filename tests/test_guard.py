"""Which addresses may be asked."""

import pytest
from yarl import URL

from feeds.guard import BlockedAddressError, GuardedResolver, check_url, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1:2:3:4:80ff:fffe",
            "fec0::1",
        ),
        *("", "example.com", "127.1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "203.162.0.1", "2400:cb00::1", "64:ff9b::101:101"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


async def test_a_name_with_a_private_address_is_refused() -> None:
    resolver = GuardedResolver(["localhost:8080"])
    assert await resolver.resolve("localhost", 8080)
    with pytest.raises(BlockedAddressError):
        await resolver.resolve("localhost", 8081)
    await resolver.close()


def test_ports_below_1024_are_not_web_servers() -> None:
    check_url(URL("https://example.com:8443/x"))
    with pytest.raises(ValueError, match="port 22"):
        check_url(URL("http://example.com:22/"))


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f.1",
            "0x7f000001",
            "127.0.0.1.",
            "1.2.3",
            "\u2460\u2461\u2466.0.0.1",
        ),
        *("[::1]", "[fe80::1%25eth0]", "[::ffff:10.0.0.1]"),
    ],
)
def test_short_and_odd_forms_of_addresses_are_no_names(host: str) -> None:
    with pytest.raises(BlockedAddressError):
        check_url(URL(f"http://{host}:8080/"))


@pytest.mark.parametrize("host", ["a..vn", ".vn", "a" * 64 + ".vn"])
def test_names_that_no_resolver_takes(host: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        check_url(URL(f"http://{host}/"))


@pytest.mark.parametrize("host", ["24h.com.vn", "báo.vn", "example.com.", "1.1.1.1", "[2400:cb00::1]", "x.0xyz"])
def test_ordinary_hosts(host: str) -> None:
    check_url(URL(f"http://{host}/"))
