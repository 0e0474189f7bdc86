"""Data sharing: a secure portal between administrations, on the legal basis of an agreement."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure
from sim.world.world import World

NEVER_D = 1e9


class DataSharing(Measure):
    """More findings are sent, sooner, and the sender hears more often what became of them.

    An agreement that is ratified is not thereby applied: the cap on what is sent rises by the share of rules in force
    that the sender's administration applies.

    Price: longer watchlists stop namesakes and fill red channels; meetings take analysts' hours; a breach shows
    smugglers which of their identities are burnt.
    """

    name = "data_sharing"
    title = "Secure portal for findings, on an agreement"
    mutual = True

    def lead_d(self, world: World) -> float:
        """Time to build the portal; where some pair has no agreement yet, to conclude one if that takes longer."""
        m = world.parameters.measures
        agreed = all(pair.legal_basis == "agreement" for pair in world.pairs)
        return m.portal_lead_d if agreed else max(m.portal_lead_d, m.agreement_lead_d)

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day, for every ordered pair of countries."""
        p, k = context.world.parameters, context.intensity
        m, i = p.measures, p.intelligence
        out = []
        for sender in context.world.countries:
            applied = sender.domestication_share
            for receiver in context.world.countries:
                if sender is receiver:
                    continue
                pair = f"{sender.key}>{receiver.key}"
                delay_d = i.delay_portal_d / k if k > 0 else NEVER_D
                feedback = k * p.trust.feedback_liaison_share
                meetings = k * m.data_sharing_meetings_per_month / 30.0
                out += [
                    Change("intelligence.coverage", pair, "max", k * i.coverage_portal, self.name),
                    Change("intelligence.legal_cap", pair, "max", k * i.cap_agreement * applied, self.name),
                    Change("intelligence.delay_d", pair, "min", delay_d, self.name),
                    Change("intelligence.feedback_share", pair, "max", feedback, self.name),
                    Change("trust.meetings_per_day", pair, "add", meetings, self.name),
                ]
            cost = m.data_sharing_running_usd_per_year / 365.0
            meetings_h = m.data_sharing_meetings_per_month / 30.0 * m.data_sharing_meeting_h
            out.append(Change("costs.running_usd", sender.key, "add", k * cost, self.name))
            out.append(Change("costs.staff_h", sender.key, "add", k * meetings_h, self.name))
        return out
