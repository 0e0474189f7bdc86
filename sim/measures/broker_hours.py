"""Broker offices open longer (TFA 10.6): the papers of lorries that arrive at night need not wait for the morning."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure
from sim.world.brokers import longer


class BrokerHours(Measure):
    """Offices open so many hours a day more, as far as the day goes, with as many clerks.

    Price: traders pay the clerks, whether or not papers come at night; where offices are open anyway, or papers wait
    for something else, nothing is gained.
    """

    name = "broker_hours"
    title = "Broker offices open longer"
    at_entry = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day; wages are spread over the days the post opens."""
        world = context.world
        more_h = context.intensity * world.parameters.measures.broker_hours_more_h
        out = [Change("brokers.more_h", broker.name, "add", more_h, self.name) for broker in world.brokers]
        for number in world.clearing:
            hours = 0.0
            for broker in world.brokers:
                pool = world.pools[broker.pool]
                if pool.country == number:
                    opens, closes = pool.teams[0][0], max(end for _, end in pool.teams)
                    first, last = longer(opens, closes, round(60.0 * more_h))
                    days = sum(span is not None for span in pool.hours) / 7.0
                    hours += days * pool.base * (opens - first + last - closes) / 60.0
            country = world.countries[number]
            usd = hours * country.clerk_usd_per_h
            out.append(Change("costs.trader_usd", country.key, "add", usd, self.name))
        return out
