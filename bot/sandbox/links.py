"""Which addresses Telegram accepts in links and URL buttons, and how it rewrites them."""

import re

# Protocol, optional user part, host, optional port, rest. Telegram takes http where no protocol is written.
_URL = re.compile(
    r"(?:(?P<scheme>[^:/?#@\s]*)://)?(?:[^@/?#]*@)?(?P<host>[^:/?#]*)(?::(?P<port>[^/?#]*))?(?P<rest>.*)", re.S
)
_TG_LINK = re.compile(r"(?:tg|ton|tonsite):(?://)?(?P<rest>[a-z0-9_./?=&%+-]+)", re.I)
_USER_LINK = re.compile(r"tg:(?://)?user\?id=(?P<id>\d{1,15})", re.I)


class WrongLink(ValueError):
    """Why a link is refused, in Telegram's words."""


def checked_link(link: str) -> str:
    """The link as Telegram stores it (`https://VTV.vn` becomes `https://vtv.vn/`); raises WrongLink.

    Only http, https and Telegram's own tg: and ton: addresses are links.
    """
    if _TG_LINK.fullmatch(link):
        return link
    match = _URL.fullmatch(link.strip())
    if match is None or re.search(r"\s", link.strip()):
        raise WrongLink("Wrong HTTP URL")
    scheme = (match["scheme"] or "http").lower()
    host = match["host"].lower()
    if scheme not in ("http", "https"):
        raise WrongLink("Unsupported URL protocol")
    if match["port"] is not None and not (match["port"].isascii() and match["port"].isdigit()):
        raise WrongLink("Wrong port number specified in the URL")
    if not host or host == ".":
        raise WrongLink("URL host is empty")
    if "." not in host:
        raise WrongLink("Wrong HTTP URL")
    rest = match["rest"]
    if not rest.startswith("/"):
        rest = "/" + rest
    port = f":{int(match['port'])}" if match["port"] else ""
    return f"{scheme}://{host}{port}{rest}"


def linked_user(link: str) -> int | None:
    """The user id of a `tg://user?id=` link."""
    match = _USER_LINK.fullmatch(link)
    return int(match["id"]) if match else None
