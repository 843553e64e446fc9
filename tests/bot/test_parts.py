"""The parts that cards are made of: deltas, differences, and how things are written."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from bot import metrics_table
from bot.wording import clipped, lasting, listed
from core import reading
from core.card import Dated, Tone
from core.policy import Policy
from core.results import Ran
from core.words import Step
from tests.bot.views import NAMED, in_production

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def release_with(libraries=(), variables=None, metrics=None, data="d1"):
    release = in_production().release
    checked = msgspec.structs.replace(NAMED, libraries=libraries, variables=variables or {})
    ran = {Step.EVALUATE: Ran(run="r", metrics=metrics or {}, data_fingerprint=data)}
    return msgspec.structs.replace(release, checked=checked, ran=ran)


@pytest.mark.parametrize(
    ("name", "now", "before", "tone"),
    [
        ("auc", 0.8, 0.7, Tone.GOOD),
        ("auc", 0.6, 0.7, Tone.BAD),
        ("brier", 0.1, 0.2, Tone.GOOD),
        ("brier", 0.3, 0.2, Tone.BAD),
        ("auc", 0.7, 0.7, Tone.PLAIN),
        ("mystery", 0.9, 0.1, Tone.PLAIN),
        ("yield", 0.9, 0.1, Tone.BAD),
    ],
)
def test_a_delta_has_the_colour_of_the_policys_direction(name, now, before, tone):
    policy = Policy(directions={**Policy().directions, "yield": "lower"})
    found = reading.deltas(
        release_with(metrics={name: now}), release_with(metrics={name: before}), policy
    )

    assert found[0].tone is tone


def test_a_metric_that_came_or_went_is_said():
    found = reading.deltas(
        release_with(metrics={"auc": 0.7, "f1": 0.5}),
        release_with(metrics={"auc": 0.7, "ks": 0.4}),
        Policy(),
    )

    rows = [[cell.text for cell in row] for row in metrics_table.table(found).rows]
    assert ["auc", "0.7", "0.7", "same"] in rows
    assert ["f1", "0.5", "-", "new"] in rows
    assert ["ks", "-", "0.4", "gone"] in rows


def test_the_largest_change_beside_its_own_size_comes_first():
    found = reading.deltas(
        release_with(metrics={"rows": 1010.0, "auc": 0.5}),
        release_with(metrics={"rows": 1000.0, "auc": 0.7}),
        Policy(),
    )

    assert [delta.name for delta in found] == ["auc", "rows"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (("numpy==1.26",), ("numpy==2.1",), ["numpy 1.26 → 2.1"]),
        (("numpy=1.26",), ("numpy==1.26",), []),
        (("Scikit_Learn==1.5",), ("scikit-learn==1.5",), []),
        ((), ("shap",), ["shap added: any version"]),
        (("shap>=0.4",), (), ["shap removed (was >=0.4)"]),
        (("pandas[excel]==2.2",), ("pandas==2.2",), ["pandas [excel]==2.2 → 2.2"]),
        (("./wheels/own.whl",), (), ["./wheels/own.whl removed (was any version)"]),
    ],
)
def test_libraries_are_compared_as_pip_names_them(before, after, says):
    found = reading.libraries(release_with(libraries=after), release_with(libraries=before))

    assert [each.words() for each in found] == says


def test_variables_are_compared_by_name():
    found = reading.variables(
        release_with(variables={"A": "1", "B": "2"}), release_with(variables={"A": "0", "C": "3"})
    )

    assert [each.words() for each in found] == ["A 0 → 1", "B added: 2", "C removed (was 3)"]


@pytest.mark.parametrize(
    ("now", "before", "says"),
    [
        ("d1", "d1", "data unchanged"),
        ("d2", "d1", "data changed"),
        ("", "d1", "data not compared"),
        ("d1", "", "data not compared"),
    ],
)
def test_data_is_compared_by_its_fingerprint(now, before, says):
    assert reading.data(release_with(data=now), release_with(data=before)) == says


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.2, "under 1 s"), (40, "40 s"), (100, "1 min 40 s"), (3700, "1 h 1 min")],
)
def test_durations_are_written_short(seconds, says):
    assert lasting(seconds) == says


def test_a_moment_is_plain_with_its_day_and_zone_wherever_words_are_joined():
    stockholm = datetime(2026, 3, 2, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    running = Dated("running since ", NOON)
    twice = Dated("It was ", running, " and ended ", stockholm)

    assert f"{running} (attempt 2)" == "running since 2026-03-02 12:00 UTC (attempt 2)"
    assert twice == "It was running since 2026-03-02 12:00 UTC and ended 2026-03-01 23:30 UTC"
    assert twice.parts == ("It was running since ", NOON, " and ended ", stockholm)


def test_names_and_long_texts():
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert clipped("one\n two  three", 20) == "one two three"
    assert clipped("abcdef", 4) == "abc…"
