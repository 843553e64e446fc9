"""`sluss migrate` brings the tables up to date, and says what it did."""

import pytest

from adapters.sql_store.migrations.versions import m0001_ledger, m0002_digests
from core.errors import SettingsError
from sluss.commands.ledger import migrate


def test_it_says_what_was_done_and_then_that_nothing_is_left_to_do(tmp_path):
    url = f"sqlite:///{tmp_path}/store.db"
    said = migrate(url)

    assert said[0].startswith(f"The tables of {url} went from an empty database to ")
    assert said[1].startswith(f"{m0001_ledger.revision}: The ledger")
    assert said[2].startswith(f"{m0002_digests.revision}: A digest carries")
    assert migrate(url)[0].endswith("as this Sluss needs them. Nothing was changed.")


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("gone/store.db", "There is no folder .*gone. Nothing was migrated and nothing was made"),
        ("file/store.db", "There is no folder .*file. Nothing was migrated"),
        ("folder", "No ledger can be opened at .*folder. Nothing was migrated"),
        ("file", "No ledger can be opened at .*file. Nothing was migrated"),
    ],
)
def test_a_home_without_a_place_for_a_ledger_is_refused_at_once(tmp_path, place, says):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"no database " * 400)
    with pytest.raises(SettingsError, match=says):
        migrate(f"sqlite:///{tmp_path}/{place}")
