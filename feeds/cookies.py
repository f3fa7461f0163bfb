"""Cookies of one source (RFC 6265), bounded in number and size."""

from aiohttp import ClientResponse, CookieJar
from tld import is_tld
from yarl import URL

MAX_COOKIES = 50
MAX_COOKIE_SIZE = 4096


class Cookies:
    """What a source's sites set; each goes back to the site that set it only, and no other source's come in."""

    def __init__(self) -> None:
        # Most sources set none that matters, and a jar is dear to make.
        self._jar: CookieJar | None = None

    def keep(self, response: ClientResponse) -> None:
        """Take the cookies of `response`, but none that is too large or for a public suffix ("com.vn")."""
        if "Set-Cookie" not in response.headers:
            return
        if self._jar is None:
            self._jar = CookieJar(unsafe=True)  # "unsafe": sites at bare IP addresses too
        for name, morsel in response.cookies.items():
            is_small = len(name) + len(morsel.coded_value) <= MAX_COOKIE_SIZE
            if is_small and len(self._jar) < MAX_COOKIES and not is_tld(morsel["domain"].strip(".").lower()):
                self._jar.update_cookies([(name, morsel)], response.url)

    def header(self, url: URL) -> dict[str, str]:
        """The Cookie header for `url`, or nothing."""
        if self._jar is None:
            return {}
        found = self._jar.filter_cookies(url).values()
        return {"Cookie": "; ".join(f"{morsel.key}={morsel.coded_value}" for morsel in found)} if found else {}
