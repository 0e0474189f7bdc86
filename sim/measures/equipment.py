"""Equipment: scanners with a maintenance contract and a course for those who read their images."""

from collections.abc import Mapping
from math import ceil

from sim.measures.change import Change
from sim.measures.context import Context, Measure, SetUp
from sim.measures.further import further_seats
from sim.world.world import World


class Equipment(Measure):
    """More scanners, and more lorries called to them.

    Price: image readers are away for the course and have more to read; alarms send lorries on to examination. The
    contract ends: from then on the machines are out of order as often as others without one.
    """

    name = "equipment"
    title = "Scanners with course and maintenance contract"

    def further_units(self, world: World) -> Mapping[str, int]:
        """As many for every post that has any."""
        return {pool.name: round(world.parameters.measures.equipment_scanners) for pool in world.pools if pool.breaks}

    def setup(self, context: Context) -> list[SetUp]:
        """The price of the scanners of each country's posts; a donor pays part where capacity is low."""
        m, countries = context.world.parameters.measures, context.world.countries
        return [
            SetUp(
                country.key,
                self._scanners(context, number) * m.equipment_setup_usd,
                (1.0 - country.tier01) * m.equipment_donor_share,
            )
            for number, country in enumerate(countries)
        ]

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        m, k = context.world.parameters.measures, context.intensity
        out = [
            Change("staff.posted", seat, "max", 1.0, self.name)
            for pool in context.world.pools
            if pool.breaks
            for seat in further_seats(pool)[: ceil(k * pool.further)]
        ]
        for number, country in enumerate(context.world.countries):
            scanners = self._scanners(context, number)
            if not scanners:
                continue
            out += [
                Change("control.scan_share", post.name, "add", k * m.equipment_scan_share, self.name)
                for post in context.world.posts
                if post.entry_country == number
            ]
            if context.days < m.equipment_contract_d:
                usd = scanners * m.equipment_contract_usd_per_year / 365.0
                out.append(Change("devices.maintained_share", country.key, "max", k, self.name))
                out.append(Change("costs.running_usd", country.key, "add", usd, self.name))
        return out + self._course(context)

    def _course(self, context: Context) -> list[Change]:
        """Readers go half at a time, so that images are read meanwhile."""
        m, k = context.world.parameters.measures, context.intensity
        days = int(m.equipment_training_d)
        readers = {pool.name for pool in context.world.pools if pool.skill == "image"}
        out = []
        for seat, place in context.course_place.items():
            if seat.rpartition("/")[0] not in readers or place >= k:
                continue
            since = context.days - (days if place >= k / 2 else 0)
            if 0 <= since < days:
                out.append(Change("staff.absent", seat, "add", 1.0, self.name))
            elif since == days:
                out.append(Change("staff.course_gain", seat, "add", m.equipment_training_gain, self.name))
        return out

    @staticmethod
    def _scanners(context: Context, country: int) -> int:
        """Whole scanners at this strength: a part of one takes one."""
        own = [pool for pool in context.world.pools if pool.breaks and pool.country == country]
        return sum(ceil(context.intensity * pool.further) for pool in own)
