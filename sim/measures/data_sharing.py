"""Data sharing: a secure portal between administrations, on the legal basis of an agreement."""

from sim.measures.change import Change
from sim.measures.context import Context

NEVER_D = 1e9


class DataSharing:
    """More findings are sent, sooner, and the sender hears more often what became of them.

    Price: longer watchlists stop namesakes and fill red channels; meetings take analysts' hours; a breach shows
    smugglers which of their identities are burnt.
    """

    name = "data_sharing"
    title = "Secure portal for findings, on an agreement"

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day, for every ordered pair of countries."""
        p, k = context.world.parameters, context.intensity
        m, i = p.measures, p.intelligence
        applied = {pair.name: pair.domestication_share for pair in context.world.pairs}
        out = []
        for sender in context.world.countries:
            for receiver in context.world.countries:
                if sender is receiver:
                    continue
                pair = f"{sender.key}>{receiver.key}"
                cap = i.cap_agreement * applied.get(pair, applied.get(f"{receiver.key}>{sender.key}", 1.0))
                delay_d = i.delay_portal_d / k if k > 0 else NEVER_D
                feedback = k * p.trust.feedback_liaison_share
                meetings = k * m.data_sharing_meetings_per_month / 30.0
                out += [
                    Change("intelligence.coverage", pair, "max", k * i.coverage_portal, self.name),
                    Change("intelligence.legal_cap", pair, "max", k * cap, self.name),
                    Change("intelligence.delay_d", pair, "min", delay_d, self.name),
                    Change("intelligence.feedback_share", pair, "max", feedback, self.name),
                    Change("trust.meetings_per_day", pair, "add", meetings, self.name),
                ]
            cost = m.data_sharing_running_usd_per_year / 365.0
            cost += m.data_sharing_meetings_per_month / 30.0 * m.data_sharing_meeting_h * sender.officer_usd_per_h
            out.append(Change("costs.running_usd", sender.key, "add", k * cost, self.name))
            if context.days == 0:
                out.append(Change("costs.setup_usd", sender.key, "add", k * m.data_sharing_setup_usd, self.name))
        return out
