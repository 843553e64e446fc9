"""What only one machine has: an MLflow of its own, and the right to what a killed process held."""

import msgspec

from adapters.mlflow.server import MLflowServer
from sluss.wiring.opening import Act


class OneMachine(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ledger or the queues are files, each role runs once, which a lock file sees to."""

    mlflow: MLflowServer | None = None
    frees: tuple[Act, ...] = ()

    async def take_over(self) -> None:
        """End the locks and leases of a killed process: nobody else can hold one here."""
        for free in self.frees:
            await free()
