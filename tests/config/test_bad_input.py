"""Bad input of every kind is refused with where, value, rule and cure; several faults come together."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from experiments.check import check
from experiments.compose import compose, validate
from experiments.folders import shipped_configs
from experiments.listing import built
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

RUN = ("run", "world=known_mmc")
TEACH = ("run", "world=two_countries")
CORRIDOR = ("run", "world=northern_corridor")
TARGET = ("run", "world=two_countries", "scenario=release_target")
TARGET_AT = "scenarios.release_target.measures.release_target"
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
        (
            (*RUN, "scenario=training", "scenarios.training.training.intensity=1"),
            "scenarios.training.training: 1: is not a setting; did you mean scenarios.training.measures.training.intensity?",
        ),
        (
            (*RUN, "scenario=training", "scenarios.training.intensity=1"),
            "scenarios.training.intensity: 1: is not a setting; did you mean scenarios.training.measures.training.intensity?",
        ),
        (
            (*RUN, "scenario=training", "scenarios.training.measures.1.intensity=1"),
            "scenarios.training.measures.1: 1: is not a setting; count from 0, or call it by name: training",
        ),
        (
            (*RUN, "element_error_p=0.1"),
            "element_error_p: 0.1: is not a setting; did you mean assumptions.documents.element_error_p?",
        ),
        ((*RUN, "replications=0"), "replications: 0: must be 1 or more;"),
        ((*RUN, "replications=2.5"), "replications: 2.5: must be a whole number;"),
        ((*RUN, "replications=many"), "replications: many: must be a whole number;"),
        ((*RUN, "seed=-1"), "seed: -1: must be 0 or more;"),
        ((*RUN, "seed="), "seed: (empty): must be a whole number;"),
        ((*RUN, "legs=maybe"), "legs: maybe: must be true or false;"),
        ((*RUN, "engine=simpi"), "engine: simpi: must be 'simpy', 'loop', 'oracle' or 'auto'; did you mean simpy?"),
        ((*RUN, "tick_ms=7"), "tick_ms is 7; it must be one of 1, 1000, 60000, 600000"),
        ((*RUN, "length.windows.matur=20"), "length.windows.matur: 20: is not a setting; did you mean mature?"),
        (
            (*RUN, "length.windows.mature=20"),
            "length: windows.mature is 20, within the 90 days of the window before it; begin it on day 90 or later",
        ),
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
        (
            (*TEACH, "world.posts.Lowmarsh.exit_country=ALB", "world.pairs.0.origin=BRE"),
            "world.posts.Lowmarsh.exit_country: ALB: is not among those of this world; did you mean ALD?; "
            "world.pairs.0.origin: BRE: is not among those of this world; did you mean BER?",
        ),
        (
            (*TEACH, "+world.posts.Stonebridge.km.Lowmarch=3"),
            "world.posts.Stonebridge.km.Lowmarch: Lowmarch: is not among those of this world; did you mean Lowmarsh?",
        ),
        (
            (*TEACH, "+world.traders.Miller={home: Lowmarch, journeys_per_day: 2}"),
            "world.traders.Miller.home: Lowmarch: is not among those of this world; did you mean Lowmarsh?",
        ),
        (
            (*TEACH, "world.posts.Lowmarsh.journeys_per_day=-1"),
            "world.posts.Lowmarsh.journeys_per_day: -1: must not be",
        ),
        (
            (*TEACH, "world.posts.Lowmarsh.hours.monday=12:30"),
            "world.posts.Lowmarsh.hours.monday: '12:30' is not a span",
        ),
        (
            (*TEACH, "world.broker_hours=['20:00-08:00']"),
            "world.broker_hours.0: '20:00-08:00' must start before it ends, within 00:00-24:00; exchange its ends, or end it",
        ),
        ((*RUN, "question.title=Why"), "question.title: Why: question is not set there; give question=... as well"),
        ((*COMPARE, "question.title=Why"), "question.title: Why: question is not set there; give question=... as well"),
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
        (
            (*RUN, "assumptions.measures.joint_operation_d=91"),
            "assumptions.measures: joint_operation_d: 91: must not exceed joint_operation_every_d (90);",
        ),
        (
            (*RUN, "assumptions.measures.joint_operation_d=0"),
            "assumptions.measures.joint_operation_d: 0: must be above 0;",
        ),
        (
            (*RUN, "assumptions.measures.joint_operation_every_d=0.5"),
            "assumptions.measures.joint_operation_every_d: 0.5: must be 1 or more;",
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
            (*RUN, "scenario=training", "scenarios.training.measures.training.from_day=90"),
            "scenarios.training.measures.training.from_day: 90: is after the last measured day, 89; give 0 to 89, or",
        ),
        (
            (*RUN, "scenario=training", "length=two_years", "scenarios.training.measures.training.from_day=730"),
            "scenarios.training.measures.training.from_day: 730: is after the last measured day, 729; give 0 to 729, or",
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
        ((*RUN, "seed=???"), "seed: Missing mandatory value"),
        ((*RUN, "seed=${seed}"), "seed: Recursive interpolation detected"),
        ((*RUN, "results_dir=null"), "results_dir: None: must be the path of a folder;"),
        ((*RUN, "results_dir="), "results_dir: (empty): must be the path of a folder;"),
        ((*RUN, "results_dir=[a]"), "results_dir: must be the path of a folder;"),
        ((*TEACH, "world.start_date=soon"), 'world.start_date: "soon" is not a date;'),
        ((*TEACH, "world.start_date='9999-12-28'"), "world.start_date: 9999-12-28: must lie from 1900 to 2199;"),
        ((*TEACH, "world.pools.primary.base=1e5"), "world.pools.primary.base: 100000.0: must be 10000 or less;"),
        ((*TEACH, "world.transit_min.sigma=6"), "world.transit_min.sigma: 6: must be 5 or less;"),
        (
            (*TEACH, "world.transit_min.mean_min=1e300"),
            "world.transit_min.mean_min: 1e+300: must be 1,000,000,000 or less;",
        ),
        (
            (*TEACH, "world.posts.Lowmarsh.journeys_per_day=2e5"),
            "world.posts.Lowmarsh.journeys_per_day: 200000.0: must be",
        ),
        (
            (*TEACH, "assumptions.demand.journeys_per_trader_day=0"),
            "assumptions.demand.journeys_per_trader_day: 0: must be above 0;",
        ),
        (
            (*TEACH, "+world.same_process.home_use=sct"),
            "world: same_process.home_use: sct: home_use has a process of its own; remove one of the two",
        ),
        ((*TEACH, "+world.same_process.empty=sct"), "world: same_process.empty: sct has no process here; take one of"),
        (
            (*TEACH, "process@world.entry_process=sct"),
            "world: entry_process.stages.document_check: is given by name, which takes the rest from entry_process",
        ),
        (
            (*CORRIDOR, "world.corridors.Mombasa to Kigali.regimes=[sct,sct]"),
            "world: corridors.Mombasa to Kigali.regimes: sct stands twice; remove one",
        ),
        (
            (*CORRIDOR, "world.published.0.over='clearance_men_h all'"),
            "world.published.0.over: clearance_men_h: is not an indicator; did you mean clearance_mean_h?",
        ),
        (
            (*CORRIDOR, "world.published.0.value='clearance_mean_h regime=homeuse'"),
            "world.published.0.value: regime=homeuse: is none of this world; did you mean home_use?",
        ),
        (
            (*CORRIDOR, "world.published.0.value='clearance_mean_h post=Malaba to Ugnda'"),
            "world.published.0.value: post=Malaba to Ugnda: is none of this world; did you mean Malaba to Uganda?",
        ),
        (
            (*CORRIDOR, "world.published.0.value='clearance_mean_h foo'"),
            "world.published.0.value: foo: is not a group; write all, or kind=name",
        ),
        ((*CORRIDOR, "world.published.0.value=''"), "world.published.0: '' is not an indicator and a group; write"),
        (
            (*TEACH, "assumptions.release.target_low_tier_h=0"),
            "assumptions.release.target_low_tier_h: 0: must be above 0;",
        ),
        (
            (*TARGET, f"{TARGET_AT}.countries=[ALD]"),
            "scenarios.release_target.measures.release_target.countries: ALD: no post leads into it, so nothing would change",
        ),
        (
            (*TARGET, f"{TARGET_AT}.countries=[ALD]", f"{TARGET_AT}.posts=[Lowmarsh]"),
            "scenarios.release_target.measures.release_target.posts: Lowmarsh: leads into BER, which is not among the countries",
        ),
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


DIVISORS = (
    "demand.journeys_per_trader_day consignments.fiscal_sd consignments.concealment_ordinary "
    "consignments.concealment_prohibited documents.correction_h brokers.load brokers.lead_usd_per_h "
    "examination.reference_skill pressure.scale image.prior_images intelligence.front_half_life_d trust.return_days "
    "staff.forgetting_half_life_d targeting.record_half_life_d measures.training_per_week"
)


def test_no_number_that_something_is_divided_by_may_be_0() -> None:
    found = refusal((*TEACH, *(f"assumptions.{path}=0" for path in DIVISORS.split())))
    assert found.count("must be above 0") == len(DIVISORS.split())


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
        ("- 1\n- 2\n", "mine.yaml: holds a list: a file of settings holds keys and values; write each as key: value"),
        ("", "mine.yaml: holds nothing: a file of settings holds keys and values; write each as key: value"),
        ("title: x\n", "world.kind: missing: must be given; add kind:"),
        ("kind: queue\ndefualts: []\n", "world.defualts: is not a setting; did you mean defaults?"),
        ("kind: queue\ntitle: NO\n", "world.title: False: must be text; write it in quotes"),
        ("kind: queue\nservers: .nan\n", "world.servers: NaN: must be a finite number;"),
        ("kind: queue\nservers: ???\n", "servers"),
        ("kind: queue\n_target_: os.getcwd\n", "world._target_: os.getcwd: settings hold values"),
        ("kind: queue\ntitle: ${oc.env:HOME}\n", "world.title: ${oc.env:HOME}: settings never ask"),
        (
            "defaults: [/process@entry: asicuda]\nkind: queue\n",
            "mine.yaml: process: asicuda: there is no such process; did you mean asycuda?",
        ),
        (
            "defaults: [process@entry: sct]\nkind: queue\n",
            "mine.yaml: defaults: process/sct: is looked for within world/; begin it with a slash, as /process",
        ),
        (
            "defaults: [/trafic@_here_: road]\nkind: queue\n",
            "mine.yaml: trafic: road: is not a group of files; did you mean traffic?",
        ),
        (
            "defaults: [/foo]\nkind: queue\n",
            "mine.yaml: defaults: /foo: names no file of a group; write /group: name, of",
        ),
        ("defaults: [_slef_]\nkind: queue\n", "mine.yaml: world: _slef_: there is no such world; did you mean _self_?"),
    ],
)
def test_a_users_broken_world_file_is_refused_in_one_line(tmp_path: Path, content: str, line: str) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "mine.yaml").write_text(content)
    found = refusal(("run", "world=mine"), tmp_path)
    assert line in found
    assert "\n" not in found


@pytest.mark.parametrize("name", ["", " x", "a\\tb", "x" * 101])
def test_a_post_whose_name_no_table_could_hold_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "world").mkdir()
    shipped = (shipped_configs() / "world" / "two_countries.yaml").read_text()
    (tmp_path / "world" / "mine.yaml").write_text(shipped.replace("  Stonebridge:", f'  ? "{name}"\n  :'))
    found = refusal(("run", "world=mine"), tmp_path)
    assert "must be 1 to 100 characters in one line, without a blank at either end" in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            [{"measure": "single_window", "outcome": "gate.seen"}],
            "world.in_force.single_window.outcome: gate.seen: no process draws such an outcome; leave it out",
        ),
        ([{"measure": "portal"}, {"measure": "portal", "year": 2021}], "world: in_force: portal stands twice; remove"),
    ],
)
def test_what_is_in_force_stands_once_and_shows_somewhere(rows: list[dict[str, object]], line: str) -> None:
    raw = compose("run", ["world=two_countries"]).raw
    told = {"year": 2020, "effectiveness": 0.5, "source": "assumption"}
    with pytest.raises((SettingsError, ValidationError), match=line.partition(": ")[2].partition(";")[0]):
        built(validate({**raw, "world": {**raw["world"], "in_force": [told | row for row in rows]}}))


def test_no_name_in_a_place_is_complained_of_twice() -> None:
    assert refusal((*TARGET, f"{TARGET_AT}.posts=[Lowmarsh,Lowmarsh]")).count("stands twice") == 1


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            "title: x\nsetings: {world: two_countries}\n",
            "mine.yaml: setings: is not of a question; did you mean settings?",
        ),
        ("- a\n", "mine.yaml: holds a list: a file of settings holds keys and values; write each as key: value"),
        (
            "title: x\nsettings: {question: doses}\n",
            "settings.question: a question asks itself and no other; remove it",
        ),
        (
            "title: x\nscenarios: {lost: {title: y}}\n",
            "scenarios.lost: is not among settings.scenarios; add it there, or remove it here",
        ),
    ],
)
def test_a_question_drops_nothing_and_is_read_as_one_where_questions_stand(
    tmp_path: Path, content: str, line: str
) -> None:
    (tmp_path / "question").mkdir()
    (tmp_path / "question" / "mine.yaml").write_text(content)
    with pytest.raises(SettingsError) as caught:
        check([str(tmp_path / "question" / "mine.yaml")], None)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_beyond_english_letters_needs_no_quotes() -> None:
    assert compose("run", ["world=known_mmc", "results_dir=/tmp/Füße 中"]).results_dir == "/tmp/Füße 中"


def test_a_folder_of_results_may_be_called_by_a_number() -> None:
    assert compose("run", ["world=known_mmc", "results_dir=2024"]).results_dir == "2024"


BOMB = "a: &a [1,1,1,1,1,1,1,1]\n" + "".join(
    f"{n}: &{n} [{','.join(f'*{m}' for _ in range(8))}]\n" for m, n in ("ab", "bc", "cd", "de", "ef", "fg", "gh")
)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"kind: queue\ntitle: \xff\n", "mine.yaml: 'utf-8' codec can't decode"),
        (b"kind: queue\nnull: 1\n", "mine.yaml: Incompatible key type"),
        (b"kind: queue\ntitle: ${\n", "mine.yaml: no viable alternative"),
        (b"kind: queue\ntitle: &a [*a]\n", "mine.yaml: an anchor holds itself;"),
        (b"kind: queue\ntitle: &a {b: *a}\n", "mine.yaml: an anchor holds itself;"),
        (BOMB.encode(), "mine.yaml: holds more than 100,000 values once its anchors are written out;"),
        (b"a: " + b"[" * 3000 + b"]" * 3000, "mine.yaml: nests too deeply, or holds itself;"),
        (b"servers: 1" + b"0" * 5000, "mine.yaml: Exceeds the limit"),
        (b"defaults: 3\nkind: queue\n", "Invalid defaults list"),
        (
            b"defaults: [/world: mine]\nkind: queue\n",
            "mine.yaml: defaults: an entry leads back to a file that includes",
        ),
    ],
)
def test_a_file_no_reader_could_hold_is_refused_by_name(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "mine.yaml").write_bytes(content)
    found = refusal(("run", "world=mine"), tmp_path)
    assert line in found
    assert "\n" not in found


def test_files_that_include_each_other_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    for one, other in ("ab", "ba"):
        (tmp_path / "world" / f"{one}.yaml").write_text(f"defaults: [{other}, _self_]\nkind: queue\n")
    assert refusal(("run", "world=a"), tmp_path).endswith(
        "world/a.yaml: defaults: an entry leads back to a file that includes it; remove the entry"
    )


def test_anchors_that_end_are_read_as_what_they_stand_for(tmp_path: Path) -> None:
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "mine.yaml").write_text("title: &t Twice\nmeasures: [&m {measure: &n training}]\n")
    (tmp_path / "scenario" / "thine.yaml").write_text(
        "title: x\nmeasures: [{measure: &n training, intensity: &i 1, from_day: *i}]\n"
    )
    composed = compose("run", ["world=known_mmc", "scenario=thine"], tmp_path)
    assert composed.settings.scenarios["thine"].measures[0].from_day == 1


@pytest.mark.parametrize("name", ["a b", "a.b", "übung", "2024"])
def test_a_file_whose_name_no_path_could_hold_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / f"{name}.yaml").write_text("title: x\nmeasures: []\n")
    assert f"scenario: {name}: a file of settings is named by letters" in refusal(("run", f"scenario={name}"), tmp_path)


@pytest.mark.parametrize("content", ["- 1\n", "trust: 3\n", "trust:\n  per_hit: {centre: .nan}\n", "trust: [\n"])
def test_a_users_broken_assumptions_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "assumptions.yaml").write_text(content)
    assert "assumptions" in refusal(RUN, tmp_path)


def test_a_folder_that_is_missing_or_holds_no_settings_is_refused(tmp_path: Path) -> None:
    assert "is not a folder" in refusal(RUN, tmp_path / "nowhere")
    assert "holds no settings" in refusal(RUN, tmp_path)
