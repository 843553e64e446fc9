"""Who was refused is counted by address; a flood fills neither memory nor the log."""

from datetime import UTC, datetime, timedelta

from core.refusals import MOST, Refusals

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


def noted(refusals, *addresses, every=timedelta(0)):
    """What was worth a line in the log."""
    found = [refusals.note("mlflow", a, NOW + every * n) for n, a in enumerate(addresses)]
    return [(each.address, each.count) for each in found if each]


def test_an_address_is_counted_for_each_source_and_the_newest_comes_first():
    refusals = Refusals()
    noted(refusals, "10.0.0.1", "10.0.0.2", "10.0.0.1")
    refusals.note("azure-devops", "10.0.0.1", NOW)

    told = [(each.source, each.address, each.count) for each in refusals.told()]
    assert told == [
        ("azure-devops", "10.0.0.1", 1), ("mlflow", "10.0.0.1", 2), ("mlflow", "10.0.0.2", 1),
    ]  # fmt: skip


def test_a_flood_from_many_addresses_is_counted_and_forgotten():
    refusals = Refusals()
    noted(refusals, *(f"10.0.{n // 250}.{n % 250}" for n in range(1000)), "x" * 10_000)

    assert (len(refusals.told()), refusals.others) == (MOST, 1001 - MOST)
    assert max(len(each.address) for each in refusals.told()) < 100


def test_the_log_has_the_first_the_tenth_and_the_hundredth_of_an_address():
    lines = noted(Refusals(), *["10.0.0.1"] * 150, every=timedelta(seconds=2))

    assert lines == [("10.0.0.1", 1), ("10.0.0.1", 10), ("10.0.0.1", 100)]


def test_the_log_has_one_line_a_second_however_many_addresses_there_are():
    addresses = [f"10.0.0.{n}" for n in range(200)]

    assert len(noted(Refusals(), *addresses, every=timedelta(seconds=0.01))) == 2
