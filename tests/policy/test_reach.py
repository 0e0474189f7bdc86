"""A measure some countries take up alone, or one post: what is done there, what is not, and who pays."""

import pytest
from policy_runs import Watched, differing, run, world_of

from experiments.compose import compose
from sim.measures.registry import base_mechanisms, changes_today, planned
from sim.posts.process import ENTRY
from sim.posts.rules import RED
from sim.settings.errors import SettingsError
from sim.settings.run import MeasureSettings, Scenario

PLACES = {f"Stonebridge/{pool}/{k:03d}": k / 10 for pool in ("documents", "exit_gate") for k in range(10)}
Moved = dict[str, set[str]]


def moved(measure: str, day: int = 0, **where: tuple[str, ...]) -> Moved:
    """Owners of each mechanism a measure moves on a day."""
    scenario = Scenario(title="t", measures=(MeasureSettings.model_validate({"measure": measure, **where}),))
    out: Moved = {}
    for change in changes_today(planned(scenario, world_of()), world_of(), PLACES, day):
        assert (change.parameter, change.who) in base_mechanisms(world_of(), PLACES)
        out.setdefault(change.parameter, set()).add(change.who)
    return out


def test_a_portal_of_one_country_sends_nothing_and_costs_that_country_alone() -> None:
    assert moved("data_sharing", countries=("BER",)) == {
        "costs.setup_usd": {"BER"},
        "costs.running_usd": {"BER"},
        "costs.staff_h": {"BER"},
    }


def test_a_form_of_the_importer_alone_is_filled_in_beside_the_other_and_closes_no_gap() -> None:
    alone = moved("standardisation", day=10, countries=("BER",))
    assert alone["documents.skill_factor"] == alone["documents.local_feature"] == {"BER"}
    assert alone["documents.dual_elements"] == {broker.name for broker in world_of().brokers}
    assert not {"documents.rekeyed_elements", "smugglers.loophole_share"} & set(alone)
    exporter = moved("standardisation", day=10, countries=("ALD",))
    assert not {"documents.rekeyed_elements", "documents.dual_elements"} & set(exporter)


@pytest.mark.parametrize("measure", ["standardisation", "data_sharing", "training", "risk_management"])
def test_what_all_countries_take_up_by_name_is_what_they_take_up_unnamed(measure: str) -> None:
    for day in (0, 5):
        assert moved(measure, day, countries=("BER", "ALD")) == moved(measure, day)


def test_a_workshop_of_one_country_takes_its_own_officers_away() -> None:
    assert all("documents" in seat for seat in moved("training", countries=("BER",))["staff.absent"])
    assert "staff.absent" not in moved("training", countries=("ALD",))


def test_tighter_control_at_one_post_raises_the_red_share_there_alone() -> None:
    assert moved("tighter_control", posts=("Lowmarsh",)) == {"selectivity.red_share": {"Lowmarsh"}}
    assert moved("tighter_control") == {"selectivity.red_share": {"Lowmarsh", "Stonebridge"}}


def test_more_is_sent_to_red_where_control_is_tighter_and_not_at_the_other_post() -> None:
    words = ["+scenarios.tight={title:t,measures:[{measure:tighter_control,posts:[Stonebridge]}]}"]
    models = run(words, ("baseline", "idle"))
    tight, base = red_share(models["tight"]), red_share(models["baseline"])
    stonebridge = [post.name for post in world_of().posts].index("Stonebridge")
    assert tight[stonebridge] > 1.3 * base[stonebridge]
    assert tight[1 - stonebridge] < 1.3 * base[1 - stonebridge]
    assert differing(models["baseline"].facts(), models["idle"].facts()) == set()


def red_share(model: Watched) -> list[float]:
    """Share of the lorries that were sent to red, by post entered."""
    reds, all_legs = [0, 0], [0, 0]
    for _, closed in model.legs(ENTRY):
        post = closed.batch.post[closed.position]
        for k in range(2):
            all_legs[k] += int((post == k).sum())
            reds[k] += int((closed.rows["channel"][post == k] == RED).sum())
    return [a / b for a, b in zip(reds, all_legs, strict=True)]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("scenarios.data_sharing.measures.data_sharing.countries=[BRE]", "data_sharing.countries: BRE: is not among"),
        ("scenarios.data_sharing.measures.data_sharing.countries=[BRE]", "did you mean BER?"),
        ("scenarios.data_sharing.measures.data_sharing.countries=[BER,BER]", "BER: stands twice; name each once"),
        ("scenarios.data_sharing.measures.data_sharing.posts=[Lowmarsh]", "cannot be limited to some posts; remove it"),
        ("scenarios.aeo.measures.aeo.countries=[BER]", "aeo acts on the whole world and cannot be limited to some"),
    ],
)
def test_a_reach_that_cannot_be_is_refused(words: str, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        compose("compare", ["world=two_countries", "scenarios=[baseline,data_sharing,aeo]", words])
    assert line in str(caught.value)
