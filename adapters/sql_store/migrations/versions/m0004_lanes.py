"""The outbox knows lanes, and whose turn it is: what still waits in it is sent as before."""

import hashlib

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

LANES = {"RunStep": "steps", "CancelStep": "steps", "ShowCard": "cards"}
READY = 1


def upgrade() -> None:
    for name in ("lane", "stream", "about"):
        op.add_column("outbox", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("place", sa.Integer, nullable=False, server_default="1"))
    op.add_column("outbox", sa.Column("rank", sa.Integer))
    _fill()
    op.create_index("outbox_to_send", "outbox", ["lane", "place", "number"])
    op.create_index("outbox_of_stream", "outbox", ["lane", "stream", "place", "rank", "number"])
    op.create_index("outbox_about", "outbox", ["about"])


def _fill() -> None:
    outbox = sa.table(
        "outbox",
        *(sa.column(name) for name in ("number", "body", "lane", "stream", "about", "place")),
    )
    connection = op.get_bind()
    for number, body in connection.execute(sa.select(outbox.c.number, outbox.c.body)).all():
        job = msgspec.json.decode(body)
        about = job.get("release") or f"{job.get('card', '')}/{job.get('subject', '')}"
        row = {
            "lane": LANES.get(job["job"], "observe"),
            "stream": job["stream"],
            "about": hashlib.sha256(about.encode()).hexdigest()[:32],
            "place": READY,
        }
        connection.execute(sa.update(outbox).where(outbox.c.number == number).values(row))
