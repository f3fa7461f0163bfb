"""Which network addresses a feed or an article may lie at: public ones only.

`check_url` judges an address before each hop, `GuardedResolver` the addresses its host resolves to. The connection is
made to exactly the addresses that were checked, so a name cannot change its mind in between (DNS rebinding).
"""

import asyncio
import re
import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

_RESOLVING_AT_ONCE = 8
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.I)  # the last label of no name (WHATWG URL Standard, "ends in a number")
_METADATA = frozenset({"fd00:ec2::254", "100.100.100.200"})  # of Amazon and Alibaba; all others are link-local
_NAT64 = IPv6Network("64:ff9b::/96")


class BlockedAddressError(OSError, ValueError):
    """The host or address is none we may connect to (an OSError, as aiohttp expects of resolvers)."""


def is_public(address: str) -> bool:
    """Whether `address` (IPv4 or IPv6, as text) is an ordinary address of the public internet."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not _is_special(one) for one in _meanings(ip))


def is_link_local(host: str) -> bool:
    """Whether `host` is a literal address that never leaves its own link, as those of cloud metadata services."""
    try:
        return any(one.is_link_local or str(one) in _METADATA for one in _meanings(ip_address(host.partition("%")[0])))
    except ValueError:
        return False


def _is_special(ip: IPv4Address | IPv6Address) -> bool:
    is_site_local = isinstance(ip, IPv6Address) and ip.is_site_local
    return ip.is_multicast or ip.is_reserved or ip.is_link_local or is_site_local


def _meanings(ip: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """`ip` and the IPv4 addresses it carries inside: mapped, NAT64, 6to4 and Teredo forms."""
    if isinstance(ip, IPv4Address):
        return [ip]
    if ip.ipv4_mapped:
        return [ip.ipv4_mapped]
    if ip in _NAT64:
        return [IPv4Address(int(ip) & 0xFFFFFFFF)]
    inner: list[IPv4Address | IPv6Address] = [ip]
    if ip.sixtofour:
        inner.append(ip.sixtofour)
    if ip.teredo:
        inner.extend(ip.teredo)
    return inner


def check_url(url: URL, allow_private: Collection[str] = ()) -> None:
    """Raise ValueError, saying why, when `url` must not be asked for (BlockedAddressError where it is not public).

    Names are judged by the resolver later.
    """
    if url.scheme not in ("http", "https"):
        raise ValueError(f"only http and https are fetched, not {url.scheme[:20] or 'a relative address'}")
    if not url.host:
        raise ValueError("the address has no host")
    if url.user is not None or url.password is not None:
        raise ValueError("addresses with a user name or password are refused")
    if f"{url.host}:{url.port}" in allow_private:
        return
    if not all(0 < len(label) < 64 for label in (url.raw_host or "").removesuffix(".").split(".")):
        raise ValueError("the host is no name of the internet")
    if _is_literal(url.host) and not is_public(url.host):
        raise BlockedAddressError("the address is not on the public internet")
    if url.port not in (80, 443) and (url.port or 0) < 1024:
        raise ValueError(f"port {url.port} is not a web server's")


def _is_literal(host: str) -> bool:
    """Whether `host` is an IP address and no name, written out or in a short form that the system takes: "127.1"."""
    return ":" in host or bool(_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]))


class GuardedResolver(AbstractResolver):
    """Resolves names as the system does and refuses those with any address that is not public.

    `allow_private` names "host:port" pairs that are let through whatever they resolve to. The system's resolver
    blocks and cannot be interrupted, so it has threads of its own: name servers that do not answer hold up other
    names at worst, never the database, which works in the event loop's threads.
    """

    def __init__(self, allow_private: Collection[str] = ()) -> None:
        self._allow = frozenset(allow_private)
        self._threads = ThreadPoolExecutor(_RESOLVING_AT_ONCE, "resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look_up = partial(
            socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        addresses = [(kind, protocol, str(address[0])) for kind, _, protocol, _, address in found]
        if f"{host}:{port}" not in self._allow and not all(is_public(address) for _, _, address in addresses):
            raise BlockedAddressError(f"{host} is not on the public internet")
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=protocol, flags=numeric)
            for kind, protocol, address in addresses
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
