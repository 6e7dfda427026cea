"""Deadlines: packs as dated data, days counted as lawyers count them, and no guess that looks like a certainty."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from api.clocks import ClockKind, Clocks, Due, Length, Pack, PackRefused, soonest
from api.clocks.calendars import calendar
from api.errors import InvalidParameter
from api.settings import SHIPPED_PACKS
from engine.policy import Outcome

JURISDICTIONS = ["CN", "EU", "UK", "US"]
NOW = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)


def shipped(jurisdiction: str) -> Clocks:
    """Read a shipped pack."""
    return Clocks.read(SHIPPED_PACKS, jurisdiction)


def changed(folder: Path, old: str, new: str) -> Path:
    """Copy the shipped packs with a change in the Chinese one."""
    packs = shutil.copytree(SHIPPED_PACKS, folder / "packs")
    text = (packs / "cn.toml").read_text(encoding="utf-8")
    assert old in text
    (packs / "cn.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return packs


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_a_shipped_pack_is_whole(jurisdiction: str) -> None:
    """Every clock says in both languages what is due and what it rests on; whatever no law asks for is not verified."""
    pack = shipped(jurisdiction).pack

    assert all(clock.title.zh and clock.title.en and clock.source for clock in pack.clocks)
    assert all(told.zh and told.en and told.source for told in pack.rights + pack.remedies)
    assert not any(clock.verified and not clock.statutory for clock in pack.clocks)
    assert all(
        "our choice" in clock.source.casefold() or clock.statutory or "GB/T" in clock.source for clock in pack.clocks
    )
    assert pack.rights
    assert pack.remedies


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@pytest.mark.parametrize("outcome", Outcome)
def test_no_clock_runs_for_good_news(jurisdiction: str, outcome: Outcome) -> None:
    """An adverse decision, one that lacks something and one that was referred begin a clock; a favourable one none."""
    begun = shipped(jurisdiction).of_decision(outcome, "line_review", NOW)

    assert bool(begun) == (not outcome.favourable)


#: What the sources say: which pack, which kind, put off how often, which day, and whether it was verified.
CITED = [
    ("US", ClockKind.ADVERSE_ACTION_NOTICE, 0, "2026-12-22", False),
    ("US", ClockKind.INCOMPLETE_NOTICE, 0, "2026-12-22", False),
    ("US", ClockKind.COUNTER_OFFER, 0, "2027-02-20", False),
    ("US", ClockKind.REPORT_REQUEST, 0, "2027-01-21", True),
    ("EU", ClockKind.ACCESS_ANSWER, 0, "2026-12-22", False),
    ("UK", ClockKind.COMPLAINT_ACKNOWLEDGE, 0, "2026-12-22", True),
    ("UK", ClockKind.COMPLAINT_ANSWER, 0, "2027-01-17", False),
    ("CN", ClockKind.CORRECTION, 0, "2026-12-14", True),
    ("CN", ClockKind.COMPLAINT_ANSWER, 0, "2026-12-07", True),
    ("CN", ClockKind.COMPLAINT_ANSWER, 1, "2026-12-22", True),
    ("CN", ClockKind.COMPLAINT_ANSWER, 2, "2027-01-21", True),
]


@pytest.mark.parametrize(("jurisdiction", "kind", "extensions", "day", "verified"), CITED)
def test_the_shipped_periods_are_the_cited_ones(
    jurisdiction: str, kind: ClockKind, extensions: int, day: str, verified: bool
) -> None:
    """Reg B 30, 30 and 90 days; one month; 30 days and 8 weeks; 20 days; 15, 30 and 30 more."""
    due = shipped(jurisdiction).due(kind, NOW, extensions)

    assert due is not None
    assert (due.day.isoformat(), due.verified, due.extended) == (day, verified, extensions)


def test_the_last_extension_needs_an_approver() -> None:
    """In China the second extension needs one, the first does not, and there is no third."""
    clocks, kind = shipped("CN"), ClockKind.APPEAL_ANSWER
    found = [clocks.extension(kind, NOW, so_far) for so_far in range(3)]

    assert [None if each is None else (each.by, each.needs_approver) for each in found] == [
        ("15 calendar days", False),
        ("30 calendar days", True),
        None,
    ]
    with pytest.raises(InvalidParameter, match="may be put off 2 times in CN"):
        clocks.due(kind, NOW, 3)


def test_a_period_begins_with_its_date() -> None:
    """Complaints about data are acknowledged in the United Kingdom from 19 June 2026 on, by the local day."""
    last_moment = dt.datetime(2026, 6, 18, 22, 59, 59, tzinfo=dt.UTC)  # British Summer Time: 23:59:59 on the 18th
    uk, kind = shipped("UK"), ClockKind.COMPLAINT_ACKNOWLEDGE

    assert uk.due(kind, last_moment) is None
    assert uk.due(kind, last_moment + dt.timedelta(seconds=1)) is not None
    assert [due.kind for due in uk.of_event("complaint", last_moment)] == [ClockKind.COMPLAINT_ANSWER]


def test_a_period_ends_with_its_date(tmp_path: Path) -> None:
    """From `effective_until` on an event begins the clock no more, and its successor instead."""
    packs = changed(
        tmp_path,
        'length = "20 calendar days"\neffective_from = 2013-03-15',
        """\
length = "10 calendar days"
effective_from = 2026-12-01
statutory = true
source = "made up"
verified = false

[[clock]]
kind = "correction"
title = { zh = "异议", en = "dispute" }
begins_with = "dispute"
met_by = "conclusion"
length = "20 calendar days"
effective_from = 2013-03-15
effective_until = 2026-12-01""",
    )
    clocks = Clocks.read(packs, "CN")
    before = dt.datetime(2026, 11, 30, 15, 59, tzinfo=dt.UTC)

    assert [str(due.day) for due in clocks.of_event("dispute", before)] == ["2026-12-21"]  # the 20th is a Sunday
    assert [str(due.day) for due in clocks.of_event("dispute", before + dt.timedelta(minutes=1))] == ["2026-12-11"]


def test_a_deadline_is_a_day_where_the_law_is() -> None:
    """An evening in London is the next day in Beijing, and the day is over at Beijing's midnight."""
    evening = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)
    china, britain = (shipped(each).of_decision("reject", "opening", evening)[0] for each in ("CN", "UK"))

    assert (str(china.day), china.at) == ("2026-12-08", dt.datetime(2026, 12, 8, 16, 0, tzinfo=dt.UTC))
    assert (str(britain.day), britain.at) == ("2026-12-22", dt.datetime(2026, 12, 23, 0, 0, tzinfo=dt.UTC))
    assert not china.overdue(china.at - dt.timedelta(microseconds=1))
    assert china.overdue(china.at)


def test_summer_time_moves_the_instant_and_not_the_day() -> None:
    """Over the change of clocks a day still ends at local midnight."""
    begun = shipped("US").due(ClockKind.ADVERSE_ACTION_NOTICE, dt.datetime(2026, 2, 10, 12, tzinfo=dt.UTC))

    assert begun is not None
    assert (str(begun.day), begun.at) == ("2026-03-12", dt.datetime(2026, 3, 13, 4, 0, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("jurisdiction", "began", "day"),
    [
        ("CN", "2026-09-16", "2026-10-08"),  # ends on National Day: after the last of the days off
        ("CN", "2026-09-05", "2026-09-20"),  # ends on a Sunday that is worked in exchange
        ("EU", "2027-02-26", "2027-03-30"),  # ends on Good Friday: after Easter Monday
        ("US", "2026-11-25", "2026-12-25"),  # nothing moves it off Christmas
    ],
)
def test_a_period_that_ends_on_a_day_off(jurisdiction: str, began: str, day: str) -> None:
    """It ends on the next business day where the law says so, and stays where it does not."""
    moment = dt.datetime.fromisoformat(f"{began}T12:00:00Z")

    assert str(shipped(jurisdiction).of_decision("reject", "opening", moment)[0].day) == day


@pytest.mark.parametrize(
    ("name", "began", "written", "last"),
    [
        ("CN", "2026-09-18", "3 business days", "2026-09-22"),  # Sunday the 20th is worked
        ("CN", "2026-09-30", "1 business day", "2026-10-08"),
        ("US federal", "2026-11-25", "1 business day", "2026-11-27"),  # Thanksgiving
        ("US federal", "2026-07-02", "1 business day", "2026-07-06"),  # the 4th is a Saturday, observed on Friday
        ("UK England", "2026-12-24", "1 business day", "2026-12-29"),  # Boxing Day, observed on Monday
        ("TARGET", "2026-12-24", "1 business day", "2026-12-28"),
        ("TARGET", "2026-04-30", "1 business day", "2026-05-04"),
        ("CN", "2027-01-31", "1 month", "2027-02-28"),
        ("CN", "2026-11-22", "8 weeks", "2027-01-17"),
    ],
)
def test_lengths_are_counted_in_the_calendar_of_the_place(name: str, began: str, written: str, last: str) -> None:
    """The day of the event does not count; business days leave out holidays and count weekends that are worked."""
    end = Length.of(written).after(dt.date.fromisoformat(began), calendar(name))

    assert str(end) == last


def test_a_year_that_is_not_announced_makes_a_deadline_provisional() -> None:
    """China's days off are known as far as the library has the announcements; what ends beyond them says so."""
    announced = max(
        year for year in range(2020, 2100) if calendar("CN").settled(dt.date(year, 1, 1), dt.date(year, 1, 1))
    )
    within, beyond = dt.datetime(announced, 6, 1, tzinfo=dt.UTC), dt.datetime(announced, 12, 30, tzinfo=dt.UTC)

    def of(moment: dt.datetime, jurisdiction: str = "CN") -> Due:
        return shipped(jurisdiction).of_decision("reject", "opening", moment)[0]

    assert not of(within).provisional
    assert of(beyond).provisional
    assert not of(beyond, "US").provisional  # counted in calendar days, and nothing moves it
    assert not of(beyond, "EU").provisional  # moved by holidays that rules give


def test_business_days_through_a_year_that_is_not_announced_are_provisional(tmp_path: Path) -> None:
    """Also if the last day lies in a year that is known: a day on the way may still be taken off."""
    packs = changed(tmp_path, 'length = "15 calendar days"', 'length = "250 business days"')
    announced = max(
        year for year in range(2020, 2100) if calendar("CN").settled(dt.date(year, 1, 1), dt.date(year, 1, 1))
    )
    first = Clocks.read(packs, "CN").of_decision("reject", "opening", dt.datetime(announced, 3, 1, tzinfo=dt.UTC))[0]
    earlier = Clocks.read(packs, "CN").of_decision(
        "reject", "opening", dt.datetime(announced - 1, 3, 1, tzinfo=dt.UTC)
    )[0]

    assert first.day.year == announced + 1
    assert first.provisional
    assert not earlier.provisional


MISTAKES = {
    "length": ('length = "15 calendar days"', 'length = "15 days"', "`$.clock[0].length`"),
    "unknown key": ('met_by = "notice"', 'met_bye = "notice"', "`met_bye` - at `$.clock[0]`"),
    "missing key": ("statutory = false\n", "", "`statutory` - at `$.clock[0]`"),
    "kind": ('kind = "adverse_action_notice"', 'kind = "letter"', "'letter' - at `$.clock[0].kind`"),
    "outcome": ('"suspend", "close"]', '"freeze", "close"]', "'freeze' - at `$.clock[0].outcomes[2]`"),
    "calendar": ('calendar = "CN"', 'calendar = "DE"', "'DE' - at `$.calendar`"),
    "zone": ('zone = "Asia/Shanghai"', 'zone = "Asia/Shang"', "`zone`: `Asia/Shang` is not known here"),
    "jurisdiction": (
        'jurisdiction = "CN"',
        'jurisdiction = "HK"',
        "`jurisdiction` is `HK`, but the file is read for `CN`",
    ),
    "dates": (
        "effective_from = 2021-11-01\nstatutory",
        "effective_from = 2021-11-01\neffective_until = 2021-11-01\nstatutory",
        "clock[0] `adverse_action_notice`: `effective_until` is not after `effective_from`",
    ),
    "outcomes elsewhere": (
        'begins_with = "appeal"',
        'begins_with = "appeal"\noutcomes = ["reject"]',
        "clock[3] `appeal_answer`: `outcomes` stand exactly where `begins_with` is `decision`",
    ),
    "no source": (
        'source = "Our choice, as above."',
        'source = " "',
        "clock[1] `incomplete_notice`: `source` is empty",
    ),
    "no policies": (
        'met_by = "notice"',
        'met_by = "notice"\npolicies = []',
        "clock[0] `adverse_action_notice`: `policies` is empty",
    ),
    "not TOML": ("[counting]", "[counting", "at line"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_a_pack_is_named(tmp_path: Path, case: str) -> None:
    """The file, the key and what is wrong with it; nothing is served by half a pack."""
    old, new, said = MISTAKES[case]
    packs = changed(tmp_path, old, new)

    with pytest.raises(PackRefused) as refused:
        Pack.read(packs, "CN")

    assert str(packs / "cn.toml") in str(refused.value)
    assert said in str(refused.value)


def test_two_clocks_for_the_same_event_are_refused(tmp_path: Path) -> None:
    """Of a kind one clock runs; two whose time, outcomes and policies overlap are a mistake, and both are named."""
    packs = changed(tmp_path, 'kind = "incomplete_notice"', 'kind = "adverse_action_notice"')
    text = (packs / "cn.toml").read_text(encoding="utf-8")
    (packs / "cn.toml").write_text(text.replace('["incomplete", "verify"]', '["reject"]'), encoding="utf-8")

    with pytest.raises(
        PackRefused, match=r"clock\[0\] and clock\[1\] `adverse_action_notice` are begun by the same event"
    ):
        Pack.read(packs, "CN")


def test_a_jurisdiction_without_a_pack_is_named() -> None:
    """With the ones there are."""
    with pytest.raises(PackRefused, match=r"xx.toml` cannot be read: .*jurisdictions there: CN, EU, UK, US"):
        Pack.read(SHIPPED_PACKS, "XX")


def test_the_soonest_deadline_comes_first() -> None:
    """In the order in which they end; of nothing there is none."""
    dues = shipped("UK").of_event("complaint", NOW)

    assert soonest(dues) == dues[0]
    assert [due.kind for due in dues] == [ClockKind.COMPLAINT_ACKNOWLEDGE, ClockKind.COMPLAINT_ANSWER]
    assert soonest([]) is None
