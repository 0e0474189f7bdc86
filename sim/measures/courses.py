"""Training in its forms: workshops, alone or with the other side, seminars, an online course, mentoring."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor

from sim.measures.change import Change
from sim.measures.context import Context, Measure, SetUp
from sim.settings.parameters import CourseParameters, Parameters
from sim.world.world import Pool, World

WEEK_D = 7
EVERY_SKILL = ("document", "image", "search")


@dataclass(frozen=True)
class Course(Measure):
    """Skill rises at the end of the course; until then working time is lost.

    Price: who is away all day leaves the desk to the others; who is away in part works the slower, a mentor as much as
    the learner. What is learned is forgotten, leaves with those who leave, and is lost to the seat by rotation.

    Attributes
    ----------
    skills : skills it teaches
    mentored : whether every learner takes a colleague's time too
    mutual : whether officers of all countries attend together: they come to trust each other and to read the form alike
    """

    name: str
    title: str
    skills: tuple[str, ...] = EVERY_SKILL
    mentored: bool = False
    mutual: bool = False

    def lead_d(self, world: World) -> float:
        """Time to prepare the course."""
        return self.form(world.parameters).lead_d

    def form(self, p: Parameters) -> CourseParameters:
        """What this form takes and gives."""
        if self.name != "training":
            form: CourseParameters = getattr(p, self.name)
            return form
        m = p.measures
        return CourseParameters(
            share=m.training_share,
            per_week=m.training_per_week,
            gain=m.training_gain,
            days=m.training_absence_d,
            away_share=1.0,
            finish_share=1.0,
            course_usd=m.training_course_usd,
            donor_share=m.training_donor_share,
            lead_d=m.training_lead_d,
        )

    def setup(self, context: Context) -> list[SetUp]:
        """The fee of everybody who goes, part of it paid by a donor where capacity is low."""
        form = self.form(context.world.parameters)
        going = context.intensity * form.share
        places = [place for _, _, place in self._seats(context, going)]
        usd = sum(place < going for place in places) / len(context.world.countries) * form.course_usd
        return [SetUp(c.key, usd, (1.0 - c.tier01) * form.donor_share) for c in context.world.countries]

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day: who is away, who comes back more skilled, whose time it takes."""
        form = self.form(context.world.parameters)
        going = context.intensity * form.share
        out = list(self._together(context, form)) if self.mutual else []
        if context.days > WEEK_D * floor(1.0 / form.per_week) + int(form.days):
            return out  # the last have come back
        hours = dict.fromkeys((c.key for c in context.world.countries), 0.0)
        working_day_h = context.world.parameters.staff.working_day_h
        for seat, pool, place in self._seats(context, going):
            since, turn = self._since(form, going, place, context.days)
            if 0 <= since < int(form.days) and form.away_share >= 1:
                out.append(Change("staff.absent", seat, "add", 1.0, self.name))
            elif since == int(form.days) and turn < form.finish_share:
                out.append(Change("staff.course_gain", seat, "add", form.gain, self.name))
            helps = self.mentored and 0 <= self._since(form, going, 1.0 - place, context.days)[0] < int(form.days)
            busy = (0 <= since < int(form.days)) + helps
            if busy and 0 < form.away_share < 1:
                out.append(Change("staff.time_share", seat, "scale", (1.0 - form.away_share) ** busy, self.name))
                hours[context.world.countries[pool.country].key] += busy * form.away_share * working_day_h
        out += [Change("costs.staff_h", who, "add", lost_h, self.name) for who, lost_h in hours.items() if lost_h]
        return out

    def _together(self, context: Context, form: CourseParameters) -> Iterator[Change]:
        """Meetings while officers attend; mismatches avoided by as many as have been there, until it is forgotten."""
        world, k = context.world, context.intensity
        m, lasts_d = world.parameters.measures, WEEK_D * floor(1.0 / form.per_week) + int(form.days)
        keys = [country.key for country in world.countries]
        if context.days <= lasts_d:
            meetings = k * m.joint_workshops_meetings_per_month / 30.0
            for pair in (f"{a}>{b}" for a in keys for b in keys if a != b):
                yield Change("trust.meetings_per_day", pair, "add", meetings, self.name)
        been_there = min(context.days / max(lasts_d, 1), 1.0)
        kept = 0.5 ** (max(context.days - lasts_d, 0) / world.parameters.staff.forgetting_half_life_d)
        avoided = k * m.joint_workshops_ambiguity_cut * been_there * kept
        for broker in world.brokers:
            yield Change("documents.ambiguity", broker.name, "scale", 1.0 - avoided, self.name)

    def _seats(self, context: Context, going: float) -> Iterator[tuple[str, Pool, float]]:
        """Seats whose skill is taught and who learn or are mentors, with their pool and place in the course list."""
        pools: Mapping[str, Pool] = {pool.name: pool for pool in context.world.pools}
        for seat, place in context.course_place.items():
            if place < going or (self.mentored and 1.0 - place < going):
                pool = pools[seat.rpartition("/")[0]]
                if pool.skill in self.skills:
                    yield seat, pool, place

    @staticmethod
    def _since(form: CourseParameters, going: float, place: float, days: int) -> tuple[int, float]:
        """Days since a place's course began, -1 where it does not go; and its place in its own week's turn."""
        if place >= going:
            return -1, 0.0
        week = place / going / form.per_week
        return days - WEEK_D * floor(week), week - floor(week)


COURSES = (
    Course("training", "Workshops for officers"),
    Course("joint_workshops", "Workshops of both sides together", mutual=True),
    Course("seminar", "Seminars for officers"),
    Course("online_course", "Online course for image readers", ("image",)),
    Course("mentoring", "Mentoring at the desk", mentored=True),
)
