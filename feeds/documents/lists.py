"""Members of a list that leave words out: "Nghị quyết 18 và 19-NQ/TW", "khóa XI, XII" (CITATIONS.md, 7.5)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from feeds.documents.folding import FoldedText
from feeds.documents.kinds import Kind
from feeds.documents.meetings import TERM
from feeds.documents.mention import Mention, read_number
from feeds.documents.number import DocumentNumber
from feeds.documents.organs import base_organ
from feeds.documents.terms import as_term

_AND = re.compile(r"(?:\s*\([^()]{1,40}\))?(?:\s*[,;]\s*(?:và\s+)?|\s+(?:và|hoặc|&)\s+)")
_SO = re.compile(r"(?:số\s*)?(?=\d)")
_TERM = re.compile(rf"(?:{TERM}|(?P<roman>[ivx]+)(?!\w))")
_PLENUM = re.compile(rf"(?P<number>\d{{1,2}})(?!\w|[/.-]\d)(?:\s*,?\s*\(?\s*{TERM}(?:\s*\))?)?")
_BESIDE = re.compile(r"\s*(?:,|(?<!\w)(?:và|cùng|gắn\s+với))\s*(?:(?:các|với|những)\s+)?")
_NEIGHBOUR = re.compile(r"(?:\s*\([^()]{1,40}\))?(?:\s*[,;]\s*(?:và\s+)?|\s+(?:và|hoặc)\s+)(?:(?:các|những|số)\s+)?")


def list_members(text: FoldedText, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The later members of every list that starts with one of `mentions` (in order), each with its `leader`."""
    end = 0  # of the list before: what stands in that starts none of its own
    for mention in mentions:
        if mention.start < end or mention.kind is None or mention.leader:
            continue
        if mention.form in ("named_law", "congress_resolution"):
            continue
        members: Iterator[Mention] = iter(())
        if mention.number and mention.number.shape == "plenum":
            members = _plenum_members(text, mention, mention.number)
        elif mention.form != "elided_list":
            members = _number_members(text, mention, mention.kind)
        for member in members:
            end = member.end
            yield member


def link_neighbours(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """Makes one list of typed neighbours of one kind: "nghị quyết 18, nghị quyết 19 của Trung ương"."""
    for before, mention in pairwise(mentions):
        if mention.leader or mention.kind is not before.kind or mention.kind is None or mention.number_is_name:
            continue
        if _NEIGHBOUR.fullmatch(text.low, before.end, mention.start):
            mention.leader = before.leader or before


def share_issuer(text: FoldedText, mentions: Sequence[Mention]) -> None:
    """ "các Chỉ thị số 05, 48 và Kết luận 86 của Bộ Chính trị (khóa X)": the body behind has issued all."""
    for mention, behind in zip(mentions[-2::-1], mentions[:0:-1], strict=True):
        organ = base_organ(behind.organ or "")
        if organ is None or organ.system != "party" or behind.body is None or behind.body_end <= behind.end:
            continue
        if mention.organ or mention.number or mention.kind is None or mention.kind.system == "state":
            continue
        if mention.attached <= mention.end and _BESIDE.fullmatch(text.low, mention.end, behind.start):
            mention.organ, mention.body, mention.body_end = behind.organ, behind.body, behind.body_end
            mention.term = mention.term or behind.term


def spread(mentions: Sequence[Mention]) -> None:
    """Issuer, symbol and year go from the member that has them to those that leave them out, right to left first."""
    groups: dict[int, list[Mention]] = {}
    for mention in mentions:
        groups.setdefault(id(mention.leader or mention), []).append(mention)
    for members in groups.values():
        for order in (members[::-1], members):
            for giver, taker in pairwise(order):
                _give(giver, taker, backwards=order is not members)


def _give(giver: Mention, taker: Mention, *, backwards: bool) -> None:
    if taker.number and taker.number.shape == "plenum":
        if taker.term is None and backwards and giver.number and giver.number.shape == "plenum":
            taker.term = giver.term
            taker.number = replace(taker.number, term=giver.term)
        return
    if taker.number is not None or giver.kind is None or taker.kind is None:
        return
    if giver.number and giver.number.shape in ("scheme", "named", "congress", "plenum"):
        return
    if taker.organ in (None, taker.kind.organ) and giver.organ:
        taker.organ = giver.organ
        taker.body = taker.body or giver.body
        taker.place = taker.place or giver.place
        taker.term = taker.term or giver.term
        if giver.kind.words[0].startswith(taker.kind.words[0]):
            taker.kind = giver.kind  # "thông tư 20, 21, 22/2015/TTLT-BGDĐT-BNV"
    if backwards and taker.year is None and taker.kind.normative:
        taker.year = giver.year


def _number_members(text: FoldedText, leader: Mention, kind: Kind) -> Iterator[Mention]:
    end = leader.end
    while joint := _AND.match(text.low, end):
        so = _SO.match(text.low, joint.end())
        if so is None:
            return
        member = read_number(text, so.end(), kind, so.end() > so.start(), so.start(), listed=True)
        if member is None or _is_other(member, kind):
            return
        if member.form == "spelled_out" and not _plausible(text, member, leader):
            return
        member.form = "elided_list"
        member.leader = leader
        yield member
        end = member.end


def _plausible(text: FoldedText, member: Mention, leader: Mention) -> bool:
    """A bare number goes on a list only while it looks like a number of the same register."""
    digits = text.plain[member.start : member.end]
    return member.year is not None or not re.fullmatch(r"(?:19|20)\d\d|0+|\d{5}", digits)


def _is_other(member: Mention, kind: Kind) -> bool:
    """Whether the member's own symbol is of another kind altogether."""
    if member.number is None or member.kind is None:
        return False
    return member.kind.key != kind.key and not member.kind.words[0].startswith(kind.words[0])


def _plenum_members(text: FoldedText, leader: Mention, number: DocumentNumber) -> Iterator[Mention]:
    end = leader.end
    while joint := _AND.match(text.low, end):
        at = joint.end()
        if leader.term and (match := _TERM.match(text.low, at)):
            stated = match["term"] or match["roman"]
            if match["roman"] and not text.plain[at].isupper():
                return
        elif match := _PLENUM.match(text.low, at):
            stated = match["term"]
            number = replace(number, number=str(int(match["number"])))
            if int(match["number"]) > 15 or (stated is None and not _continues(text, match.end())):
                return
        else:
            return
        term = as_term(stated) if stated else None
        number = replace(number, term=term)
        yield Mention(
            at, match.end(), "elided_list", leader.kind, number, number.number, "TW", term=term, leader=leader
        )
        end = match.end()


def _continues(text: FoldedText, end: int) -> bool:
    joint = _AND.match(text.low, end)
    return joint is not None and _PLENUM.match(text.low, joint.end()) is not None
