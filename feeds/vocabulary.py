"""The elements of feeds by feedparser's names for them: which hold what, and which it reads in a way of its own; data.

From feedparser 6.0.14: mixin.py (vocabularies) and namespaces/*.py (a method for each element, `_start_dc_title`).
"""

# Those that hold fields of an entry, in lower case; "" needs no prefix.
_NAMESPACES = {
    **dict.fromkeys(
        (
            "http://blogs.law.harvard.edu/tech/rss",
            "http://purl.org/rss/1.0/",
            "http://my.netscape.com/rdf/simple/0.9/",
            "http://purl.org/atom/ns#",
            "http://www.w3.org/2005/atom",
            "http://purl.org/rss/1.0/modules/rss091#",
        ),
        "",
    ),
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://podlove.org/simple-chapters": "psc",
}
_USERLAND = "backend.userland.com/rss"
# feedparser goes by the prefix where it does not know the vocabulary.
_RESERVED = frozenset(_NAMESPACES.values()) - {""}
_DOUBTFUL = frozenset({"georss", "gml", "psc"})  # it fails on some broken places and chapters

_KINDS = {
    **dict.fromkeys(("title", "dc_title"), "title"),
    "media_title": "media_title",
    "link": "link",
    **dict.fromkeys(("guid", "id"), "guid"),
    **dict.fromkeys(("description", "summary", "dc_description", "media_description", "itunes_summary"), "description"),
    **dict.fromkeys(("content", "content_encoded", "fullitem"), "content"),
    **dict.fromkeys(("pubdate", "published", "issued", "dcterms_issued"), "published"),
    **dict.fromkeys(("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"), "updated"),
    **dict.fromkeys(("created", "dcterms_created"), "created"),
    "source": "source",
    **dict.fromkeys(("item", "entry"), "item"),
    **dict.fromkeys(("image", "textinput"), "box"),
    **dict.fromkeys(
        ("rss", "feed", "rdf_rdf", "channel", "body", "xhtml_body", "abstract", "date", "links"), "doubtful"
    ),
}


def names_of(name: str) -> tuple[str, str]:
    """feedparser's name for an element of expat ("vocabulary local prefix"), and the kind of field it is or ""."""
    uri, _, local = name.rpartition(" ")
    prefix = ""
    if " " in uri:
        uri, _, local_and_prefix = name.partition(" ")
        local, _, prefix = local_and_prefix.partition(" ")
    uri = uri.lower()
    vocabulary = "" if _USERLAND in uri else _NAMESPACES.get(uri, prefix)
    key = f"{vocabulary}_{local}".lower() if vocabulary else local.lower()
    return key, "doubtful" if vocabulary.lower() in _DOUBTFUL else _KINDS.get(key, "")


def is_misleading(prefix: str, uri: str) -> bool:
    """Whether `prefix` is known for another vocabulary than `uri`: feedparser goes by one here, by the other there."""
    return prefix.lower() in _RESERVED and _NAMESPACES.get(uri.lower()) != prefix
