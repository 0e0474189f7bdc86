"""Bad input of every kind is refused with where, value, rule and cure; several faults come together."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from experiments.compose import compose
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

RUN = ("run", "world=known_mmc")
TEACH = ("run", "world=two_countries")
COMPARE = ("compare", "world=known_mmc")


def refusal(words: tuple[str, ...], config_dir: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        compose(words[0], words[1:], config_dir)
    return str(caught.value)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((*RUN, "replicatons=3"), "replicatons: 3: is not a setting; did you mean replications?"),
        ((*RUN, "world.servrs=3"), "world.servrs: 3: is not a setting; did you mean servers?"),
        ((*RUN, "assumptions.trust.pr_hit=1"), "assumptions.trust.pr_hit: 1: is not a setting; did you mean per_hit?"),
        ((*RUN, "+world.lanes=2"), "world.lanes: 2: is not a setting; there are kind, title,"),
        ((*RUN, "hydra.run.dir=x"), "hydra: x: is not a setting; there are"),
        (("run", "world=us_mexcio"), "world: us_mexcio: there is no such world; did you mean us_mexico?"),
        ((*RUN, "scenario=trainng"), "scenario: trainng: there is no such scenario; did you mean training?"),
        ((*RUN, "length=smok"), "length: smok: there is no such length; did you mean smoke?"),
        (
            (*RUN, "targeting=magic"),
            "targeting: magic: there is no such targeting; there are learned, profiles, random",
        ),
        ((*TEACH, "process@world.entry_process=asicuda"), "process: asicuda: there is no such process; did you mean"),
        (
            (*TEACH, "world.entry_process.stages.gate.to.always=agency_choice"),
            "world.entry_process: goods can end before their papers; lead every way of the goods through a join",
        ),
        ((*RUN, "replications=0"), "replications: 0: must be 1 or more;"),
        ((*RUN, "replications=2.5"), "replications: 2.5: must be a whole number;"),
        ((*RUN, "replications=many"), "replications: many: must be a whole number;"),
        ((*RUN, "seed=-1"), "seed: -1: must be 0 or more;"),
        ((*RUN, "seed="), "seed: (empty): must be a whole number;"),
        ((*RUN, "legs=maybe"), "legs: maybe: must be true or false;"),
        ((*RUN, "engine=simpi"), "engine: simpi: must be 'simpy', 'loop', 'oracle' or 'auto'; did you mean simpy?"),
        ((*RUN, "tick_ms=7"), "tick_ms is 7; it must be one of 1, 1000, 60000, 600000"),
        ((*RUN, "length.window_days=0"), "length.window_days: 0: must be 1 or more;"),
        (
            (*RUN, "world.kind=quue"),
            "world.kind: quue: kind must be 'border', 'queue', 'inspection'; did you mean queue?",
        ),
        ((*RUN, "world.arrivals_per_hour=-3"), "world.arrivals_per_hour: -3: must be above 0;"),
        ((*RUN, "world.arrivals_per_hour=0"), "world.arrivals_per_hour: 0: must be above 0;"),
        ((*RUN, "world.arrivals_per_hour=true"), "world.arrivals_per_hour: True: must be a number; YAML reads yes"),
        ((*RUN, "replications=true"), "replications: True: must be a number; YAML reads yes, no"),
        ((*RUN, "tick_ms=true"), "tick_ms: True: must be a number;"),
        ((*RUN, "seed=false"), "seed: False: must be a number;"),
        ((*RUN, "world.servers=true"), "world.servers: True: must be a number;"),
        ((*RUN, "assumptions.trust.per_hit=true"), "assumptions.trust.per_hit: True: must be a number; YAML reads yes"),
        ((*RUN, "assumptions.trust.per_hit.low=false"), "assumptions.trust.per_hit.low: False: must be a number;"),
        ((*RUN, "assumptions.trust.per_hit.low=-1"), "assumptions.trust.per_hit.low: -1: must not be negative;"),
        (
            (*RUN, "assumptions.trust.feedback_share.high=2"),
            "assumptions.trust.feedback_share: 2: is a share or a probability and must be 1 or less; give 0 to 1",
        ),
        ((*TEACH, "world.posts.Stonebridge.km.Lowmarsh=true"), "world.posts.Stonebridge.km.Lowmarsh: True: must"),
        ((*RUN, "world.arrivals_per_hour=nan"), "world.arrivals_per_hour: NaN: must be a finite number;"),
        ((*RUN, "world.arrivals_per_hour=inf"), "world.arrivals_per_hour: inf: must be a finite number;"),
        ((*RUN, "world.arrivals_per_hour=many"), "world.arrivals_per_hour: many: must be a number;"),
        (
            (*RUN, "world.arrivals_per_hour.low=20"),
            "world.arrivals_per_hour: centre 14.4 lies outside its range [20, 14.4]",
        ),
        (("run", "world=3"), "world: 3: there is no such world;"),
        ((*TEACH, "world.posts={}"), "world.posts: must have at least 1 entry; add an entry"),
        ((*TEACH, "~world.posts"), "world.posts: missing: must be given; add posts"),
        ((*TEACH, "world.posts.Lowmarch.year=1"), "world.posts.Lowmarch: 1: is not a setting; did you mean Lowmarsh?"),
        ((*TEACH, "world.posts.Lowmarsh.exit_country=ALB"), "world: post Lowmarsh: country ALB is not among ALD, BER"),
        (
            (*TEACH, "world.posts.Lowmarsh.journeys_per_day=-1"),
            "world.posts.Lowmarsh.journeys_per_day: -1: must not be",
        ),
        (
            (*TEACH, "world.posts.Lowmarsh.hours.monday=12:30"),
            "world.posts.Lowmarsh.hours.monday: '12:30' is not a span",
        ),
        (
            (*TEACH, "world.posts.Stonebridge.km.Lowmarsh=-4"),
            "world.posts.Stonebridge.km.Lowmarsh: -4: must not be neg",
        ),
        ((*TEACH, "world.pickup.mean_min=-5"), "world.pickup.mean_min: -5: must not be negative;"),
        (
            (*TEACH, "world.entry_process.stages.gate.service.mean_min=0"),
            "world.entry_process.stages.gate.service: mean_min is 0 min; a duration must be above 0",
        ),
        (
            (*TEACH, "world.entry_process.stages.gate.to.always=nowhere"),
            "world.entry_process: no stage is called nowhere; stages are prepare,",
        ),
        (
            (*TEACH, "world.entry_process.lodgement.low_tier_h=-2"),
            "world.entry_process.lodgement.low_tier_h: -2: must not",
        ),
        ((*TEACH, "world.hour_weights.h03=-1"), "world.hour_weights.h03: -1: must not be negative;"),
        ((*TEACH, "world.empty_share=1.2"), "world.empty_share: 1.2: must be 1 or less;"),
        ((*TEACH, "world.pools.documents.base=3"), "world.pools.documents: give a pool either base"),
        ((*TEACH, "world.pairs.0.legal_basis=treaty"), "world.pairs.0.legal_basis: treaty: must be 'none',"),
        ((*RUN, "assumptions.trust.per_hit=-0.1"), "assumptions.trust.per_hit: -0.1: must not be negative;"),
        (
            (*RUN, "assumptions.documents.element_error_p=1.5"),
            "assumptions.documents.element_error_p: 1.5: is a share or a probability and must be 1 or less;",
        ),
        (
            (*RUN, "assumptions.consignments.drugs_share=0.9"),
            "assumptions.consignments: drugs_share + counterfeit_share: 1.1: parts of one whole must sum to 1 or less;",
        ),
        (
            (*RUN, "assumptions.brokers.lead_min_factor=5"),
            "assumptions.brokers: lead_min_factor: 5: must not exceed lead_max_factor (4);",
        ),
        ((*RUN, "assumptions.documents=3"), "assumptions.documents: 3: must be a group of settings;"),
        ((*RUN, "targeting.weights.origin_risk=-1"), "targeting.weights.origin_risk: -1: must not be negative;"),
        ((*RUN, "~targeting.weights.origin_risk"), "targeting.weights.origin_risk: missing: every declared feature"),
        (
            (*RUN, "+targeting.weights.orgin_risk=1"),
            "targeting.weights.orgin_risk: 1.0: is not a declared feature; did you mean origin_risk?",
        ),
        (
            (*RUN, "scenario=training", "scenarios.training.measures.training.intensity=1.5"),
            "scenarios.training.measures.training.intensity: 1.5: must be 1 or less;",
        ),
        (
            (*RUN, "scenario=training", "scenarios.training.measures.training.from_day=-2"),
            "scenarios.training.measures.training.from_day: -2: must be 0 or more;",
        ),
        (
            (*RUN, "scenario=training", "scenarios.training.measures=[{measure: trainin}]"),
            "scenarios.training: trainin: is not a measure; did you mean training?",
        ),
        (
            (*RUN, "scenario=training", "scenarios.training.measures=[{measure: training},{measure: training}]"),
            "scenarios.training: training: stands twice in one scenario; remove one",
        ),
        ((*COMPARE, "scenarios=[baseline,idle,idle]"), "scenarios: baseline,idle,idle: a scenario stands twice;"),
        ((*COMPARE, "scenarios=[baseline]"), "scenarios: baseline: a comparison needs two scenarios or more;"),
        ((*COMPARE, "scenario=idle", "scenarios=[idle,baseline]"), "scenario: given with scenarios: one of the two"),
        ((*RUN, "scenarios=[baseline,idle]"), "scenarios: baseline,idle: run takes one scenario;"),
        ((*RUN, "seed=1", "seed=2"), "seed: given twice: a setting has one value; remove one"),
        (("run", "world=[two_countries,us_mexico]"), "world: ['two_countries', 'us_mexico']: there is no such world;"),
        ((*RUN, "seed=1,2"), "seed: 1,2: one run takes one value;"),
        ((*TEACH, "+world.pairs.9.channel=portal"), "world.pairs.9: portal: is not a setting; there are 0, 1"),
        ((*RUN, "+seed.deep=1"), "seed.deep: 1: is not a setting; nothing may be set there"),
        ((*RUN, "seed"), "seed: no value: settings are given as key=value; write seed=..."),
        ((*RUN, "scenarios=[baseline"), "scenarios: [baseline: the value cannot be read;"),
        ((*RUN, "+world._target_=os.getcwd"), "world._target_: os.getcwd: settings hold values and never name code"),
        ((*RUN, "world.title=${oc.env:HOME}"), "world.title: ${oc.env:HOME}: settings never ask the machine"),
        ((*RUN, "name=../elsewhere"), "name: ../elsewhere: must be letters, digits, dots, dashes and underlines;"),
    ],
)
def test_a_fault_is_named_with_its_place_its_rule_and_its_cure(words: tuple[str, ...], line: str) -> None:
    found = refusal(words)
    assert found.startswith(line)
    assert "\n" not in found


def test_the_settings_themselves_refuse_what_the_commands_refuse() -> None:
    """Settings made by a program go through the models alone."""
    raw = compose("run", ["world=two_countries"]).raw
    assert RunSettings.model_validate(raw)
    for section, change, words in (
        ("consignments", {"drugs_share": 0.9}, "parts of one whole must sum to 1"),
        ("selectivity", {"red_low_tier": 0.8, "yellow_low_tier": 0.8}, "parts of one whole"),
        ("staff", {"skill_floor": 0.99}, "must not exceed skill_ceiling"),
        ("documents", {"element_error_p": 1.5}, "must be 1 or less"),
        ("trust", {"per_hit": -0.1}, "must not be negative"),
        ("trust", {"per_hit": True}, "must be a number"),
        ("trust", {"per_hit": {**raw["assumptions"]["trust"]["per_hit"], "low": 0.9}}, "lies outside its range"),
    ):
        changed = {**raw["assumptions"], section: {**raw["assumptions"][section], **change}}
        with pytest.raises(ValidationError, match=words):
            RunSettings.model_validate({**raw, "assumptions": changed})
    for name in ("replications", "seed", "workers", "tick_ms"):
        with pytest.raises(ValidationError, match="must be a number"):
            RunSettings.model_validate({**raw, name: True})


def test_several_faults_are_all_reported_at_once() -> None:
    found = refusal((*RUN, "replications=0", "seed=-1", "world.servers=0", "lenght.window_days=3"))
    for part in ("replications: 0:", "seed: -1:", "world.servers: 0:", "lenght: 3:"):
        assert part in found


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("kind: queue\ntitle: [a\nservers: 1\n", "mine.yaml line 3: "),
        ("kind: queue\nkind: queue\n", "mine.yaml line 2: found duplicate key kind: is not valid YAML;"),
        ("kind: queue\n\ttitle: x\n", "mine.yaml line 2: "),
        ("- 1\n- 2\n", "world: must be a group of settings;"),
        ("", "world.kind: missing: must be given; add kind:"),
        ("kind: queue\ntitle: NO\n", "world.title: False: must be text; write it in quotes"),
        ("kind: queue\nservers: .nan\n", "world.servers: NaN: must be a finite number;"),
        ("kind: queue\nservers: ???\n", "servers"),
        ("kind: queue\n_target_: os.getcwd\n", "world._target_: os.getcwd: settings hold values"),
        ("kind: queue\ntitle: ${oc.env:HOME}\n", "world.title: ${oc.env:HOME}: settings never ask"),
        ("defaults: [/process@entry: no_such]\nkind: queue\n", "no_such"),
    ],
)
def test_a_users_broken_world_file_is_refused_in_one_line(tmp_path: Path, content: str, line: str) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "mine.yaml").write_text(content)
    found = refusal(("run", "world=mine"), tmp_path)
    assert line in found
    assert "\n" not in found


@pytest.mark.parametrize("content", ["- 1\n", "trust: 3\n", "trust:\n  per_hit: {centre: .nan}\n", "trust: [\n"])
def test_a_users_broken_assumptions_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "assumptions.yaml").write_text(content)
    assert "assumptions" in refusal(RUN, tmp_path)


def test_a_folder_that_is_missing_or_holds_no_settings_is_refused(tmp_path: Path) -> None:
    assert "is not a folder" in refusal(RUN, tmp_path / "nowhere")
    assert "holds no settings" in refusal(RUN, tmp_path)
