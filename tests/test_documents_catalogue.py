"""The catalogue file: schema, identities, relations."""

import re
import unicodedata
from datetime import date

import pytest

from feeds.documents import document_name, is_citable, load_catalogue, official_citation, parse
from feeds.documents.catalogue import law_name
from feeds.documents.kinds import key_code, kinds
from feeds.documents.organs import base_organ
from feeds.documents.terms import congress_term

CATALOGUE = load_catalogue()
INVERSE = {
    "replaces": "replaced_by",
    "implements": "implemented_by",
    "concludes": "concluded_by",
    "amends": "amended_by",
}
INVERSE |= {later: earlier for earlier, later in INVERSE.items()} | {"see_also": "see_also"}
TOPICS = {
    "national_security", "public_order_crime", "cyber_data", "defence_border", "drugs", "mass_movement", "ideology",
    "state_secrets", "traffic_fire_safety", "immigration_residence", "anti_corruption", "other",
}  # fmt: skip


@pytest.mark.parametrize("document", CATALOGUE.documents, ids=lambda document: document.id)
def test_a_document_is_well_formed(document):
    assert document.type in kinds()
    assert document.status in ("in_force", "replaced", "expired", "draft", "unknown")
    assert document.topics
    assert set(document.topics) <= TOPICS
    assert set(document.provenance.values()) <= {"seen", "derived", "recalled", "unknown"}
    assert {"number", "issuer", "date", "title", "status"} <= set(document.provenance)
    if "seen" in document.provenance.values():
        assert document.sources
    assert base_organ(document.organ) is not None
    for key in document.also:
        assert parse(key) is not None
    if document.key is None:
        assert document.status == "draft"
        return
    number = parse(document.key)
    assert str(number) == document.key
    assert number.type in ("", key_code(document.type))
    assert number.number == document.number
    assert (number.place or None) == document.place


@pytest.mark.parametrize("document", CATALOGUE.documents, ids=lambda document: document.id)
def test_an_identity_agrees_with_the_facts(document):
    stem, _, last = document.id.rpartition("#")
    assert stem == (document.key or stem)
    assert last == "?" or last == document.term or last == str(document.year)
    if document.date:
        assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", document.date)
        assert document.date <= CATALOGUE.as_of.isoformat()
        assert document.year == int(document.date[:4])
        assert document.date_precision == {4: "year", 7: "month", 10: "day"}[len(document.date)]
    else:
        assert document.date_precision is None
    if document.organ == "TW":
        assert document.term
        if document.date_precision == "day":
            assert congress_term(date.fromisoformat(document.date)) in (None, document.term)


def test_identities_are_unique_and_relations_have_an_inverse():
    by_id = {document.id: document for document in CATALOGUE.documents}
    assert len(by_id) == len(CATALOGUE.documents)
    for document in CATALOGUE.documents:
        for relation in document.relations:
            assert relation.target != document.id
            assert parse(relation.target.partition("#")[0]) is not None or relation.target in by_id
            target = by_id.get(relation.target)
            if target:
                back = [link.kind for link in target.relations if link.target == document.id]
                assert INVERSE[relation.kind] in back, (document.id, relation)


def test_nothing_is_listed_twice():
    facts = [(document.key, document.term, document.place, document.date) for document in CATALOGUE.documents]
    assert len(set(facts)) == len(facts)


@pytest.mark.parametrize("document", CATALOGUE.documents, ids=lambda document: document.id)
def test_texts_and_dates_are_clean(document):
    words = [document.id, document.title, document.issuer, document.status_note, *document.aliases, *document.sources]
    for text in filter(None, words):
        assert unicodedata.normalize("NFC", text) == text
        assert text == text.strip() != ""
    if document.date and document.effective and document.date_precision == "day":
        assert document.effective >= document.date
    number = parse(document.key) if document.key else None
    if number and number.year and document.date:
        assert document.year == number.year


@pytest.mark.parametrize("document", CATALOGUE.documents, ids=lambda document: document.id)
def test_every_fact_has_a_provenance_and_none_is_seen_without_its_value(document):
    for name in ("issuer", "date", "title"):
        assert getattr(document, name) is not None or not document.seen(name), name
    for name in ("term", "effective", "also"):
        assert not getattr(document, name) or name in document.provenance or _in_symbol(document, name), name
    press = [source for source in document.sources if source.startswith(("http", "article of"))]
    assert press or not any(map(document.seen, document.provenance)), "no press and no official text behind it"


def _in_symbol(document, name):
    return name == "term" and document.organ.startswith(("QH", "UBTVQH"))


@pytest.mark.parametrize("document", CATALOGUE.documents, ids=lambda document: document.id)
def test_states_and_relations_go_together(document):
    by_kind = {kind: [link for link in document.relations if link.kind == kind] for kind in INVERSE}
    targets = {link.target: CATALOGUE.get(link.target) for link in document.relations}
    if document.status == "in_force":
        adopted = [link for link in by_kind["replaced_by"] if (to := targets[link.target]) and to.status != "draft"]
        assert adopted == []
    if document.status == "replaced" and document.seen("status"):
        assert any(link.confidence == "seen" for link in by_kind["replaced_by"]), "said as fact, so seen as fact"
    for kind in ("concludes", "replaces", "amends"):
        for link in by_kind[kind]:
            other = targets[link.target]
            if document.year and other and other.year:
                assert other.year <= document.year, link
    for link in document.relations:
        other = targets[link.target]
        if other and not any(map(other.seen, other.provenance)):
            assert link.confidence != "seen", "what is known of the other rests on no source"


def test_a_replacement_that_was_not_seen_is_not_a_fact():
    strategy = CATALOGUE.get("51-NQ/TW#XII")
    (successor,) = (link for link in strategy.relations if link.kind == "replaced_by")
    assert (strategy.status, successor.confidence) == ("unknown", "recalled")
    assert "chưa kiểm chứng" in strategy.status_note


def test_an_open_issuer_stays_open():
    (document,) = CATALOGUE.with_key("08-NQ/TU")
    assert (document.id, document.place, document.issuer) == ("08-NQ/TU@Bến Tre?#?", "Bến Tre?", None)
    assert {document.provenance["issuer"], document.provenance["place"]} == {"unknown"}
    assert "Tỉnh ủy Bến Tre" in document.status_note
    assert "Thành ủy Bến Tre" in document.status_note
    assert document_name(document.id) == "08-NQ/TU (Bến Tre?)"
    assert [document.may_be_of(place) for place in ("Bến Tre", "TP Bến Tre", "Hà Tĩnh")] == [True, True, False]


def test_ways_to_a_document():
    assert [document.id for document in CATALOGUE.with_key("05-CT/TW")] == ["05-CT/TW#XII", "05-CT/TW#X"]
    assert [document.id for document in CATALOGUE.with_key("L:An ninh mạng/2018")] == ["24/2018/QH14#2018"]
    assert [document.id for document in CATALOGUE.with_key("ĐA06")] == ["06/QĐ-TTg#2022"]
    assert CATALOGUE.with_alias("chien luoc bao ve to quoc")
    assert CATALOGUE.get("09-CT/TW#XI").title.startswith("Tăng cường")
    assert CATALOGUE.get("nothing") is None
    assert law_name(CATALOGUE.get("24/2018/QH14#2018")) == "An ninh mạng"
    assert law_name(CATALOGUE.get("09-CT/TW#XI")) is None


def test_an_official_citation_asserts_only_what_was_seen():
    assert official_citation(CATALOGUE.get("09-CT/TW#XI")) == (
        "Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư Trung ương Đảng (khóa XI) về Tăng cường sự lãnh đạo của "
        "Đảng đối với phong trào toàn dân bảo vệ an ninh Tổ quốc trong tình hình mới"
    )
    assert official_citation(CATALOGUE.get("05-CT/TW#X")).startswith("Chỉ thị số 05-CT/TW của Bộ Chính trị (khóa X) về")
    law = official_citation(CATALOGUE.get("24/2018/QH14#2018"), "en")
    assert law.startswith("Luật An ninh mạng No. 24/2018/QH14 of 12/06/2018")
    assert "12-CT/TW" not in official_citation(CATALOGUE.get("12-CT/TW#X"))
    assert not is_citable(CATALOGUE.get("12-CT/TW#X"))
    assert is_citable(CATALOGUE.get("09-CT/TW#XI"))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_citation_to_copy_fits_and_says_nothing_that_the_whole_one_does_not(lang):
    for document in CATALOGUE.documents:
        whole, short = official_citation(document, lang), official_citation(document, lang, 256)
        assert len(short) <= 256
        assert short == whole if len(whole) <= 256 else whole.startswith(short.rstrip("”").removesuffix("…"))
        if is_citable(document) and document.key and document.seen("number"):
            assert document.key.partition("@")[0] in short
    tight = official_citation(CATALOGUE.get("09-CT/TW#XI"), lang, 100)
    assert "Ban Bí thư Trung ương Đảng" in tight
    assert "Tăng cường" not in tight, "a stump of a subject says nothing"
