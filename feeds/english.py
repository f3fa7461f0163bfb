"""English articles: phrases of the topics find what may be security policy, the second reader decides; pure.

There are no labelled English articles. The vectors of the second reader are of many languages, so that a machine
trained on Vietnamese orders English articles too, only further from all it knows: `SHIFT` makes up for that. It was
set on two dozen invented headlines, not measured on a stream; without the second reader no English article is kept.
"""

import re
from collections.abc import Mapping
from functools import cache

from feeds.evidence import Evidence
from feeds.figures import topic_rules
from feeds.text import fold, one_of

SHIFT = 3.0  # added to the log odds
LEAST_WORDS = 2  # of those that no English text is without
_COMMON = re.compile(r"(?<![^\W_])(?:the|of|and|to|in|for|on|with|is|are|has|will|by|from)(?![^\W_])")
_LOOKED_AT = 2000  # characters of title and lead


def is_english(text: str) -> bool:
    """Whether `text`, the joined parts, is written in English."""
    return len(_COMMON.findall(text[:_LOOKED_AT].lower())) >= LEAST_WORDS


def english_evidence(opening: str) -> Mapping[str, tuple[Evidence, ...]]:
    """By topic, in the order of the topics, the phrases of `opening` (title and lead) that name it."""
    pattern, topics = _phrases()
    found: dict[str, list[Evidence]] = {}
    for match in pattern.finditer(fold(opening[:_LOOKED_AT])):
        topic = topics[match[0]]
        if topic:
            phrase = opening[match.start() : match.end()]
            found.setdefault(topic, []).append(Evidence(match.start(), match.end(), phrase, 1.0))
    return {topic: tuple(found[topic]) for topic in dict.fromkeys(topics.values()) if topic in found}


@cache
def _phrases() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """The pattern of all phrases and of their look-alikes, and the topic of each; "" of a look-alike."""
    rules = topic_rules()
    topics = {phrase: row["code"] for row in rules["topic"] for phrase in row.get("english", ())}
    topics |= dict.fromkeys(rules["english_look_alikes"], "")
    return re.compile(one_of(topics, behind_first=r"(?<![^\W_].)") + r"(?![^\W_])"), topics
