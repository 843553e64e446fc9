"""`sluss migrate` brings the tables up to date, and says what it did."""

from adapters.sql_store.migrations.versions import m0001_ledger, m0002_digests
from sluss.commands.ledger import migrate


def test_it_says_what_was_done_and_then_that_nothing_is_left_to_do(tmp_path):
    url = f"sqlite:///{tmp_path}/store.db"
    said = migrate(url)

    assert said[0].startswith(f"The tables of {url} went from an empty database to ")
    assert said[1].startswith(f"{m0001_ledger.revision}: The ledger")
    assert said[2].startswith(f"{m0002_digests.revision}: A digest carries")
    assert migrate(url)[0].endswith("as this Sluss needs them. Nothing was changed.")
