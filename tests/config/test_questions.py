"""Questions asked by name: what a file of `question/` sets, what wins over it, and what is refused."""

import json
from pathlib import Path

import pytest

from experiments import cli
from experiments.compose import compose
from experiments.folders import options, shipped_configs
from experiments.presets import read_preset
from experiments.questions import ask
from experiments.schema import numbers
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

SHIPPED = [shipped_configs()]
QUESTIONS = {name: read_preset(name, SHIPPED) for name in options("question", SHIPPED)}
COMPARED = sorted(name for name, preset in QUESTIONS.items() if preset.command == "compare")
SWEPT = sorted(set(QUESTIONS) - set(COMPARED))


def refusal(*words: str, command: str = "compare", config_dir: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        compose(command, words, config_dir)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_questions_that_are_asked_most_are_shipped() -> None:
    assert set(QUESTIONS) == {
        "one_budget",
        "going_alone",
        "fewer_reds",
        "displacement",
        "more_aeo",
        "slow_one_stop",
        "break_even",
        "keep_detection",
        "doses",
        "corridor_two_years",
        "sharing_channels",
    }
    assert SWEPT == ["break_even", "doses"]


@pytest.mark.parametrize("name", COMPARED)
def test_every_question_of_a_comparison_composes_as_it_says(name: str) -> None:
    composed = compose("compare", [f"question={name}"])
    settings, preset = composed.settings, QUESTIONS[name]
    assert settings.question is not None
    assert (settings.question.title, settings.question.name) == (preset.title, name)
    assert preset.title.endswith("?")
    assert preset.cannot_tell
    assert settings.world_name == preset.settings["world"]
    assert list(settings.scenarios) == preset.settings["scenarios"]
    assert next(iter(settings.scenarios)) == "baseline"
    bare = [path for path, value in numbers(RunSettings, composed.raw) if not isinstance(value, dict)]
    assert bare == []


@pytest.mark.parametrize("name", SWEPT)
def test_every_question_of_a_sweep_composes_as_it_says(name: str) -> None:
    asked = ask([f"question={name}"])
    assert asked.composed.settings.question is not None
    assert asked.composed.settings.question.title == QUESTIONS[name].title
    assert len(asked.design.points) > 1


def test_whatever_is_typed_besides_wins() -> None:
    words = ["question=going_alone", "world=northern_corridor", "replications=3", "scenarios=[baseline,training]"]
    settings = compose("compare", words).settings
    assert settings.question is not None
    assert (settings.world_name, settings.replications) == ("northern_corridor", 3)
    assert list(settings.scenarios) == ["baseline", "training"]
    one = compose("compare", ["question=going_alone", "scenario=sharing_alone"]).settings
    assert list(one.scenarios) == ["baseline", "sharing_alone"]
    half = "scenarios.sharing_alone.measures.data_sharing.intensity=0.5"
    assert compose("compare", ["question=going_alone", half]).settings.scenarios["sharing_alone"].measures[0] == (
        one.scenarios["sharing_alone"].measures[0].model_copy(update={"intensity": 0.5})
    )
    assert compose("compare", ["question=more_aeo", "world.aeo_share=0.2"]).settings.world.aeo_share == 0.2  # type: ignore[union-attr]
    swept = ask(["question=break_even", "replications=2", "vary=[assumptions.intelligence.coverage_portal]"])
    assert swept.composed.settings.replications == 2
    assert swept.design.paths == ["assumptions.intelligence.coverage_portal"]


def test_a_question_changes_no_number_of_the_scenarios_it_shares() -> None:
    from experiments.entries import entry_key

    asked = compose("compare", ["question=going_alone", "scenarios=[baseline,standardisation]"]).settings
    plain = compose("compare", ["world=two_countries", "scenarios=[baseline,standardisation]"]).settings
    assert entry_key(asked, "standardisation", 0) == entry_key(plain, "standardisation", 0)


@pytest.mark.parametrize(
    ("command", "words", "line"),
    [
        (
            "compare",
            ("question=going_alon",),
            "question: going_alon: there is no such question; did you mean going_alo",
        ),
        ("compare", ("question=break_even",), "break_even: varies settings; use bordersim sweep question=break_even"),
        ("run", ("question=going_alone",), "compares scenarios; use bordersim compare question=going_alone"),
        ("run", ("question=doses",), "varies settings; use bordersim sweep question=doses"),
        (
            "sweep",
            ("question=more_aeo",),
            "compares scenarios and varies nothing; use bordersim compare question=more_",
        ),
        ("compare", ("~question",), "question: removed: is given whole; write question=..."),
        ("compare", ("question=displacement", "world=two_countries"), "is not among those of two_countries"),
        ("compare", ("question=going_alone", "scenario=sharing_aloen"), "did you mean sharing_alone?"),
        ("compare", ("question=keep_detection", "world=two_countries"), "coordinated_agencies: is not a measure"),
        ("compare", ("question=one_budget", "scenarios=[baseline]"), "a comparison needs two scenarios or more"),
        ("compare", ("question=more_aeo", "world=known_mmc"), "aeo_share"),
    ],
)
def test_questions_that_cannot_be_asked_so(command: str, words: tuple[str, ...], line: str) -> None:
    assert line in refusal(*words, command=command)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("titel: Why?\n", "titel: Why?: is not of a question; did you mean title?"),
        ("- a\n", "holds a list: a file of settings holds keys and values; write each as key: value"),
        ("title: [a]\n", "title: must be text"),
        ("settings: {world: {title: x}}\n", "settings.world: is a group; give each setting by its own path"),
        ("scenarios: {training: {title: T}}\n", "scenarios.training: a file of scenario/ has this name"),
        (
            "scenarios: {mine: {title: T}}\nvary: [assumptions.trust]\n",
            "a question that varies settings takes those of",
        ),
        ("settings: {wrld: two_countries}\n", "wrld: two_countries: is not a setting; did you mean world?"),
        ("settings: {world: two_countries}\nsaved_min: -1\n", "question.saved_min: -1: must not be negative"),
        ("settings: {world: '${oc.env:HOME}'}\n", "settings never ask the machine for values"),
    ],
)
def test_a_users_question_is_refused_with_its_fault(tmp_path: Path, content: str, line: str) -> None:
    (tmp_path / "question").mkdir()
    (tmp_path / "question" / "mine.yaml").write_text(content)
    command = "sweep" if "vary" in content else "compare"
    assert line in refusal("question=mine", command=command, config_dir=tmp_path)


def test_questions_are_listed_with_their_command_a_users_own_among_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "question").mkdir()
    (tmp_path / "question" / "mine.yaml").write_text("title: Why?\nsettings: {world: two_countries}\n")
    (tmp_path / "question" / "wrong.yaml").write_text("titel: Why?\n")
    assert cli.main(["questions", "--json", "--config-dir", str(tmp_path)]) == 0
    rows = {row["command"]: row["question"] for row in json.loads(capsys.readouterr().out)}
    assert rows["bordersim compare question=mine"] == "Why?"
    assert rows["bordersim sweep question=break_even"] == QUESTIONS["break_even"].title
    assert "not valid" in rows["question=wrong"]
    assert len(rows) == len(QUESTIONS) + 2


@pytest.mark.parametrize("name", ["going_alone", "break_even"])
def test_check_says_what_is_asked_and_what_the_answer_leaves_open(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.main(["check", f"question={name}", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["question"], told["cannot tell"]) == (QUESTIONS[name].title, QUESTIONS[name].cannot_tell)
    assert ("factors" in told) == (name == "break_even")
    assert cli.main(["check", str(shipped_configs() / "question" / f"{name}.yaml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told
