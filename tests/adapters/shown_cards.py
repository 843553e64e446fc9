"""Which cards the store knows as shown, read from its table: nothing in Sluss asks for all."""

import sqlalchemy as sa

from adapters.sql_store.beside import _shown
from adapters.sql_store.schema import cards


async def shown_cards(store, beginning=""):
    """Those whose key begins so."""
    found = await store._read(lambda connection: connection.execute(sa.select(cards)).all())
    return [_shown(row) for row in found if row.key.startswith(beginning)]
