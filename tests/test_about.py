"""What the bot says of itself: the figures that training wrote, never typed."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.application import Role, running
from bot.demo.outlets import OutletServer
from bot.demo.play import DemoClock, demo_settings
from bot.readme import tables
from bot.sandbox import Sandbox
from digests.messages import plain_text
from digests.templates import LANGUAGES, render
from feeds.scores import shipped_scores


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_shows_the_figures_with_date_and_version(language: str) -> None:
    scores = shipped_scores()
    shown = plain_text(render("about.html", language, scores=scores))
    for held_out, form in (("outlet", "whole"), ("outlet", "bare"), ("week", "whole")):
        rating = scores.estimate(held_out, form)
        assert rating
        line = next(line for line in shown.splitlines() if f" {100 * rating.score.precision:.0f} " in line)
        assert f" {100 * rating.score.recall:.0f}" in line
    assert f"{scores.measured_on:%d/%m/%Y}" in shown
    assert scores.version in shown
    assert {"vi": "do một mô hình ngôn ngữ gán nhãn", "en": "of one language model"}[language] in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_says_only_what_was_measured(language: str) -> None:
    scores = shipped_scores()
    shown = plain_text(render("about.html", language, scores=replace(scores, estimates=())))
    assert "100" not in shown
    assert shown.endswith(f"{scores.version}.")


async def test_the_command_answers_in_both_languages(tmp_path: Path) -> None:
    clock = DemoClock()
    async with (
        OutletServer(now=clock) as outlets,
        Sandbox(clock=clock) as sandbox,
        running(demo_settings(sandbox, outlets, tmp_path), (Role.SERVE,), clock=clock),
    ):
        vietnamese, english = sandbox.user(language_code="vi"), sandbox.user(language_code="en")
        await vietnamese.say("/gioithieu")
        await vietnamese.wait_for("Bot chọn tin đúng đến đâu")
        await english.say("/about")
        await english.wait_for("How often it keeps the right articles")


def test_the_readme_shows_the_same_figures() -> None:
    scores = shipped_scores()
    table = tables()["scores"]
    assert f"{scores.measured_on} by version {scores.version}" in table
    outlet = scores.estimate("outlet")
    assert outlet
    assert f"about {100 * outlet.score.precision:.0f} are" in table
    for one in scores.estimates:
        assert f"{one.rating.score.f1:.4f}" in table
