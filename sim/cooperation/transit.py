"""Goods in transit that leave the lorry between posts, and who notices: seals, the office of exit, reconciliation."""

from dataclasses import dataclass, field

from sim.consignments.numbers import Numbers
from sim.settings.parameters import TransitParameters

UNNOTICED, STOPPED, NOTICED_LATE = "unnoticed", "stopped", "noticed_late"
FATES = (UNNOTICED, STOPPED, NOTICED_LATE)


@dataclass
class TransitControl:
    """What becomes of goods that were declared for transit and diverted after release at the post of entry.

    Attributes
    ----------
    due : per day, organisations and arms of diversions that reconciliation will notice then
    """

    p: TransitParameters
    numbers: Numbers
    due: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def fate(self, organisation: str, day: int, ordinal: int, electronic_seal: bool) -> str:
        """Fate of one diverted load.

        Breaking an electronic seal may be seen while the goods can still be stopped. Else they are gone: seal and
        papers may be compared at the office of exit, and a movement that never ended may be found when entries and
        exits are reconciled.

        Parameters
        ----------
        organisation, day, ordinal : str, int, int
            Whose load, planned on which day, and its number there.
        electronic_seal : bool
            Whether the post of entry read an electronic seal.
        """
        u = self.numbers.uniform("diverted", organisation, day, 3 * (ordinal + 1))[3 * ordinal :]
        if electronic_seal and u[0] < self.p.tracked_p:
            return STOPPED
        return NOTICED_LATE if u[1] < self.p.exit_check_p or u[2] < self.p.reconciled_p else UNNOTICED

    def will_notice(self, today: int, organisation: int, arm: int) -> None:
        """A diversion of these will come to light in the time reconciliation takes."""
        self.due.setdefault(today + max(1, round(self.p.reconciliation_d)), []).append((organisation, arm))

    def noticed(self, today: int) -> list[tuple[int, int]]:
        """Organisations and arms whose diversions come to light today."""
        return self.due.pop(today, [])
