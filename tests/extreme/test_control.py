"""Nobody smuggles, nothing is found, everything is red: what the indicators may and may not say."""

import pytest
from extreme_runs import ENGINES, Outcome, settings_of, with_assumptions

BLIND_OFFICERS = {
    "examination": {"dose_per_min": 0.0},
    "documents": {
        "p_undervaluation": 0.0,
        "p_misclassification": 0.0,
        "p_false_origin": 0.0,
        "p_honest_error": 0.0,
    },
}
MANY_ATTEMPTS = {"prohibited_share": 0.05}


@pytest.mark.parametrize("words", [("world.smuggling=false",), ("assumptions.consignments.prohibited_share=0",)])
def test_where_nobody_smuggles_interdiction_is_not_defined_rather_than_0(words: tuple[str, ...]) -> None:
    run = Outcome(settings_of(*words))
    assert run.sums("attempts") == (0.0, 6.0)
    assert run.sums("illicit_delivered_per_day") == (0.0, 6.0)
    assert run.sums("seizures_per_day") == (0.0, 6.0)
    assert run.sums("interdiction_rate") == (0.0, 0.0)


def test_where_nobody_smuggles_examinations_find_nothing_and_say_so() -> None:
    run = Outcome(settings_of("world.smuggling=false"))
    found, examined = run.sums("hit_rate")
    assert examined > 50
    assert found == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_where_nothing_is_ever_found_interdiction_is_0_and_defined(engine: str) -> None:
    settings = with_assumptions(
        settings_of(f"engine={engine}", "length.window_days=12"), consignments=MANY_ATTEMPTS, **BLIND_OFFICERS
    )
    run = Outcome(settings)
    assert run.sums("interdiction_rate")[0] == 0
    assert run.sums("interdiction_rate")[1] > 5
    assert run.sums("detection_rate_fiscal")[0] == 0
    assert run.sums("detection_rate_fiscal")[1] > 5
    assert run.sums("hit_rate")[0] == 0
    assert run.whole_run("seizures_per_day") == 0
    assert run.whole_run("illicit_delivered_per_day") > 5
    assert run.sums("watchlist_records", "country=BER")[1] > 0


def test_where_everything_is_found_nothing_illicit_crosses_the_posts() -> None:
    settings = with_assumptions(
        settings_of("world.channel_policy=blanket", "length.window_days=12"),
        consignments=MANY_ATTEMPTS,
        examination={"dose_per_min": 1e3},
        smugglers={"unofficial_per_gain": 1e6},
    )
    run = Outcome(settings)
    seized, presented = run.sums("interdiction_rate")
    assert presented > 5
    assert seized == presented
    assert run.whole_run("illicit_delivered_per_day") == 0
    assert run.sums("seizures_per_day", "side=exit")[0] == seized  # everything is examined at the first side


def test_where_everything_is_red_every_declaration_and_lorry_is_examined() -> None:
    run = Outcome(settings_of("world.channel_policy=blanket", "world.smuggling=false", "length.cool_down_days=15"))
    red, all_selected = run.sums("selected_red_rate")
    assert all_selected > 100
    assert red == all_selected
    assert run.sums("physical_inspection_rate") == (all_selected, all_selected)
    assert run.value("documentary_check_rate") == 1.0
    assert run.sums("selected_yellow_rate")[0] == 0
    assert run.value("compliant_inspected_share") == 1.0


def test_where_nothing_is_red_nobody_is_examined() -> None:
    shares = dict.fromkeys(("red_high_tier", "red_low_tier", "yellow_high_tier", "yellow_low_tier"), 0.0)
    settings = with_assumptions(
        settings_of("world.exit_red_share=0", "world.scan_share=0", "world.smuggling=false"),
        selectivity=shares | {"reroute_up": 0.0},
        intelligence={"false_alert_p_per_record": 0.0},
    )
    run = Outcome(settings)
    assert run.sums("physical_inspection_rate")[0] == run.sums("documentary_check_rate")[0] == 0
    assert run.sums("physical_inspection_rate")[1] > 100
    assert run.sums("hit_rate") == (0.0, 0.0)


def test_smugglers_for_whom_all_arms_are_equal_still_use_no_arm_closed_to_them() -> None:
    """Containers do not leave the road, however little an organisation weighs its gains."""
    settings = with_assumptions(
        settings_of("length.window_days=20", "assumptions.consignments.drugs_share=0",
                    "assumptions.consignments.counterfeit_share=1"),
        consignments=MANY_ATTEMPTS,
        smugglers={"lambda_per_gain": 0.0},
    )  # fmt: skip
    run = Outcome(settings)
    assert run.whole_run("attempts") > 5
    assert run.whole_run("attempts", "arm=unofficial") == 0


def test_brokers_of_no_post_and_posts_without_papers_still_clear_lorries() -> None:
    """A world of goods alone: nothing is lodged, nothing selected, everybody passes the gate."""
    settings = settings_of("world=known_mmc")
    run = Outcome(settings)
    assert run.model.closed > 1_000
    assert run.sums("queries_per_100") == (0.0, 0.0)
    assert run.sums("selected_red_rate")[0] == 0
