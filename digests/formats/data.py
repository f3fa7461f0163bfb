"""A digest as JSON."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from digests.views import ArticleView, CorrectionView, DigestView, DocumentChip, Section, StoryView
from feeds.text import visible


def digest_json(view: DigestView) -> Mapping[str, Any]:
    """The digest as JSON-ready values; instants in the reader's zone."""

    def moment(value: datetime | None) -> str | None:
        return value.astimezone(ZoneInfo(view.timezone)).isoformat() if value else None

    def article(item: ArticleView) -> Mapping[str, Any]:
        return {
            "title": item.title,
            "title_is_ours": item.title_is_ours,
            "url": item.url,
            "outlet": item.outlet,
            "published": moment(item.dated_at) if item.date_known else None,
            "first_seen": None if item.date_known else moment(item.dated_at),
        }

    def named(one: CorrectionView, name: str) -> Mapping[str, str | None]:
        return {"id": one.ids.get(name), "name": name}

    def document(chip: DocumentChip) -> Mapping[str, Any]:
        return {
            "id": chip.document_id,
            "key": chip.key,
            "status": chip.status,
            "stage": chip.stage,
            "stage_years": chip.stage_years,
            "held": chip.is_held,
        }

    def story(one: StoryView) -> Mapping[str, Any]:
        return {
            "id": one.story_id,
            **article(one.head),
            "topic": one.topic,
            "place": one.place,
            "summary": one.summary_text,
            "sentences": [{"part": e.part, "start": e.start, "end": e.end, "text": e.text} for e in one.summary],
            "others": [article(other) for other in one.others],
            "documents": [document(chip) for chip in one.documents],
            "continues": {**article(one.continues), "told": moment(one.continues_at)} if one.continues else None,
        }

    def section(one: Section) -> Mapping[str, Any]:
        return {
            "kind": one.kind,
            "key": one.key,
            "topic": one.key if one.kind == "topic" else None,
            "stories": [story(inside) for inside in one.stories],
        }

    def correction(one: CorrectionView) -> Mapping[str, Any]:
        return {
            "story": one.story_id,
            "told": moment(one.told_at),
            **article(one.head),
            "title_was": one.title_was,
            "removed": [named(one, name) for name in one.removed],
            "added": [named(one, name) for name in one.added],
            "doubtful": [named(one, name) for name in one.doubtful],
            "stages": [
                {**named(one, s.document), "was": list(s.was), "now": list(s.now), "held": s.is_held}
                for s in one.stages
            ],
            "not_of_it": [article(other) for other in one.not_of_it],
            "withdrawn": [article(other) for other in one.withdrawn],
            "retitled": [{**article(other), "title_was": was} for was, other in one.retitled],
        }

    return {
        "language": view.language,
        "name": view.name,
        "from": moment(view.window_start),
        "to": moment(view.window_end),
        "next": moment(view.next_due_at),
        "sections": [section(one) for one in view.sections],
        "corrections": [correction(one) for one in view.corrections],
        "coverage": {
            "read": view.coverage.read,
            "outlets": view.coverage.outlets,
            "kept": view.coverage.kept,
            "failed": list(view.coverage.failed),
        },
        "held_back": len(view.held_back),
    }


def as_json(view: DigestView) -> str:
    return visible(json.dumps(digest_json(view), ensure_ascii=False, indent=2))
