"""What ``sottovoce doctor`` prints."""

from __future__ import annotations

import asyncio
import gettext
from typing import Any

import msgspec
import pytest

from core import api
from core.doctor.examination import Report
from core.doctor.findings import findings_of
from tests.support.client import FakeClient
from tui import language
from tui.text.cells import width_of
from tui.words.network import LABELS, SOMETIMES, facts_of, size_words
from tui.words.report import lines_of

WELL = asyncio.run(FakeClient().call(api.NetworkStatusGet()))


def like(**changes: Any) -> api.NetworkStatus:
    return msgspec.structs.replace(WELL, **changes)


def report(status: api.NetworkStatus) -> Report:
    fields = {name: getattr(status, name) for name in status.__struct_fields__}
    return Report(**fields, findings=findings_of(status))


def test_the_report_fits_a_letter_and_hides_nothing() -> None:
    told = report(like(reachable=False, nat="symmetric", anonymity_set=7, public="\x1b[2J" * 40))
    lines = lines_of(told)
    assert all(len(line) <= 80 and line.isprintable() for line in lines)
    assert [line[:20] for line in lines if line.startswith("! ")] == ["! The router shows t", "! The network has ab"]
    assert "well" not in lines[-1]
    assert lines_of(report(WELL))[-1] == "All is well."
    assert lines_of(report(like(anonymity_set=7)))[-1] == "Otherwise all is well."


def test_the_json_has_the_fields_of_the_status_and_the_findings() -> None:
    told = report(like(anonymity_set=7))
    fields = msgspec.json.decode(msgspec.json.encode(told))
    assert set(fields) == {*api.NetworkStatus.__struct_fields__, "findings"}
    assert [set(each) for each in fields["findings"]] == [{"kind", "text", "said"}]
    assert fields["findings"][0]["kind"] == "small-network"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_950, "10 kB"), (999_499, "999 kB"),
        (999_500, "1.0 MB"), (3_548_160, "3.5 MB"), (53_222_400, "53 MB"), (10**12, "1.0 TB"), (10**17, "100000 TB"),
    ],
)  # fmt: skip
def test_sizes_as_providers_count(count: int, words: str) -> None:
    assert size_words(count) == words


def test_every_fact_has_a_label_and_words_in_every_state() -> None:
    nobody = like(peers=0, peers_by_source={}, custodians=0, mailboxes=[], guards=0, public="", mainline=None, lan=None)
    broken = api.FinderInfo(running=False, reason="no route", contacts=0, heard=0)
    states = [
        WELL,
        nobody,
        like(role="leaf", reachable=None),
        like(joins=[api.JoinInfo(spec="x.example:4", state="silent", addresses=[], answering="", reason="")]),
        like(mainline=broken, lan=broken, uptime=3, loops_sent=0),
    ]
    for each in states:
        facts = facts_of(each)
        assert list(facts) == [name for name in LABELS if each.joins or name not in SOMETIMES]
        assert all(facts.values())


def test_a_fact_fits_beside_its_label_on_a_small_terminal() -> None:
    assert {name: words for name, words in facts_of(WELL).items() if len(words) > 61} == {}


def test_custodians_are_told_without_claiming_more_than_is_known() -> None:
    def said(**changes: Any) -> str:
        return facts_of(like(**changes))["custodians"]

    assert "agree" in said(copies_agree=True)
    assert "differ" in said(copies_agree=False)
    assert "agree" not in said(copies_agree=None)
    assert "without an open account" in said(mailboxes=[], copies_agree=None)
    assert "none" in said(mailboxes=[api.MailboxInfo(bits=0, custodians=[], agree=None)], copies_agree=None)


def test_all_settings_are_told_with_what_they_cost() -> None:
    for pace in ("sparing", "normal", "strong"):
        words = facts_of(like(pace=pace))["cover"]
        assert words.startswith(f"{pace}, ")
        assert "177 kB" in words
        assert "3.5 MB" in words
        assert "53 MB" in words


def test_words_of_two_cells_each_are_wrapped_by_cells() -> None:
    looking = "Looking for other nodes. What you write waits here until there are some."
    translations = gettext.NullTranslations()
    translations.gettext = lambda message: "节点" * 60 if message == looking else message  # type: ignore[method-assign]
    language.install("xx", translations)
    try:
        lines = lines_of(report(like(uptime=0, custodians=0, peers=0)))
    finally:
        language.use(language.ENGLISH)
    assert any("节点" in line for line in lines if line.startswith("! "))
    assert all(width_of(line) <= 80 for line in lines)
