"""Figures of many posts, ways and stages: no taller than a page, nothing cut, and what is summed up adds up."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from experiments.change_figures import REMAINDER, displacement, seen_beside_true, stage_waterfall, who_gains
from experiments.drawing import TALLEST_IN, WIDTH_IN, gather, new_figure
from experiments.figures import STAGE_COLOURS, clearance_by_stage, interdiction_by_kind_and_arm

SCENARIOS = ("baseline", "standardisation", "data_sharing", "training", "combined")
POSTS = [f"Far Away to Here {k}" for k in range(12)]
WAYS = [f"arm={post}/{cover}" for post in POSTS for cover in ("aeo", "ordinary", "history", "split", "diversion")]
SMALLEST_PT = 8
"""On paper an eighth smaller: still as large as a footnote."""


def summary_of(values: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Rows of one window, the same in every scenario but for a little, from means by indicator and group."""
    rows = [
        (scenario, indicator, group, "transition", mean * (1 + k / 50), mean / 2, 1.5 * mean, 10)
        for k, scenario in enumerate(SCENARIOS)
        for (indicator, group), mean in values.items()
    ]
    columns = ["scenario", "indicator", "group", "period", "mean", "lower", "upper", "replications"]
    return pd.DataFrame(rows, columns=columns)


def differences_of(indicator: str, groups: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Changes of groups; that of `all` is their sum."""
    rows = []
    for scenario in SCENARIOS[1:]:
        changes = rng.normal(0.0, 1.0, len(groups))
        rows += [(scenario, indicator, g, d, d - 1, d + 1) for g, d in zip(groups, changes, strict=True)]
        rows.append((scenario, indicator, "all", changes.sum(), changes.sum() - 3, changes.sum() + 3))
    return pd.DataFrame(rows, columns=["scenario", "indicator", "group", "difference", "lower", "upper"])


def many_deliveries() -> pd.DataFrame:
    ways = {("illicit_delivered_per_day", way): 0.01 * (k + 1) for k, way in enumerate(WAYS)}
    kinds = {("interdiction_rate", f"kind={kind}"): 0.02 for kind in ("drugs", "counterfeit", "other")}
    return summary_of(ways | kinds | {("illicit_delivered_per_day", "all"): sum(ways.values())})


def fits_a_page(figure: Figure) -> None:
    """Stands on a page of A4, no word is cut or too small, and no two labels of an axis overlap."""
    width, height = figure.get_size_inches()
    assert width == WIDTH_IN
    assert height <= TALLEST_IN
    figure.draw_without_rendering()
    page = figure.bbox
    for axes in figure.axes:
        assert axes.get_window_extent().height > 20
        words = [axes._left_title, axes.xaxis.label, *axes.get_yticklabels()]
        for text in (t for t in words if t.get_text() and t.get_visible()):
            box = text.get_window_extent()
            assert box.x0 >= page.x0 - 1, text.get_text()
            assert box.x1 <= page.x1 + 1, text.get_text()
            assert text.get_fontsize() >= SMALLEST_PT
        boxes = [t.get_window_extent() for t in axes.get_yticklabels() if t.get_text() and t.get_visible()]
        assert all(not a.overlaps(b) for a, b in pairwise(boxes))
    note = figure._supxlabel.get_window_extent()
    assert note.x1 <= page.x1
    assert note.y0 >= -1


def test_ways_beyond_the_largest_are_summed_and_the_sum_stays_right() -> None:
    rows = differences_of("illicit_delivered_per_day", WAYS, np.random.default_rng(1))
    figure = displacement(rows, 10)
    fits_a_page(figure)
    (panel,) = figure.axes
    names = [label.get_text() for label in panel.get_yticklabels()]
    assert (names[0], names[-1]) == ("all ways together", f"all other ways ({len(WAYS) - 10})")
    for bars in panel.containers:
        values = np.asarray(bars.lines[0].get_xdata(), dtype=float)
        assert values[1:].sum() == pytest.approx(values[0])
    assert "drawn: the 10 with most change; the sum of the others has no interval" in figure.get_supxlabel()


def test_sum_of_other_ways_has_no_interval_and_the_largest_come_first() -> None:
    rows = differences_of("illicit_delivered_per_day", WAYS, np.random.default_rng(2))
    ways = rows[rows["group"] != "all"]
    named, rest = gather(ways, "difference", 4)
    size = ways.groupby("group")["difference"].agg(lambda d: d.abs().sum()).nlargest(4)
    assert list(dict.fromkeys(named["group"])) == list(size.index)
    assert rest[["lower", "upper"]].isna().all(axis=None)
    assert len(gather(ways, "difference", len(WAYS) - 1)[1]) == 0  # one way is named rather than called the others


def test_ways_that_do_not_change_are_not_drawn_one_by_one() -> None:
    rows = differences_of("illicit_delivered_per_day", WAYS, np.random.default_rng(3))
    rows[["difference", "lower", "upper"]] = 0.0
    figure = displacement(rows, 10)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][1:] == [f"all other ways ({len(WAYS)})"]
    assert "none shows any change" in figure.get_supxlabel()


def test_deliveries_named_and_summed_add_up_to_all() -> None:
    figure = interdiction_by_kind_and_arm(many_deliveries())
    fits_a_page(figure)
    kinds, ways, sums = figure.axes
    assert [label.get_text() for label in kinds.get_yticklabels()] == ["drugs", "counterfeit", "other"]
    for k in range(len(SCENARIOS)):
        named = np.asarray(ways.containers[k].lines[0].get_xdata(), dtype=float)
        whole, rest = np.asarray(sums.containers[k].lines[0].get_xdata(), dtype=float)
        assert named.sum() + rest == pytest.approx(whole)


def test_rate_is_cut_where_no_rate_can_be() -> None:
    summary = many_deliveries()
    summary.loc[summary["indicator"] == "interdiction_rate", ["lower", "upper"]] = [-1.0, 2.0]
    kinds = interdiction_by_kind_and_arm(summary).axes[0]
    ends = np.concatenate([line.get_segments() for line in kinds.containers[0].lines[2]])[..., 0]
    assert (ends.min(), ends.max()) == (0.0, 100.0)


def test_long_lists_of_groups_stand_in_two_columns_with_posts_on_the_right() -> None:
    who = {"all": "everybody"} | {f"trader_size={k}": f"traders of a rather long name {k}" for k in range(14)}
    who |= {f"post={post}": post for post in POSTS}
    rows = differences_of("clearance_mean_h", [group for group in who if group != "all"], np.random.default_rng(4))
    figure = who_gains(rows, who, 10)
    fits_a_page(figure)
    left, right = figure.axes
    assert left.get_yticklabels()[0].get_text() == "everybody"
    assert [label.get_text() for label in right.get_yticklabels()] == POSTS
    assert left.get_xlim() == right.get_xlim()


def test_more_groups_than_fit_are_left_out_smallest_changes_first_and_it_is_said() -> None:
    groups = [f"post={k}" for k in range(40)]
    rows = differences_of("clearance_mean_h", groups, np.random.default_rng(5))
    rows.loc[rows["group"] == "post=7", ["difference", "lower", "upper"]] = 0.0
    figure = who_gains(rows, {"all": "everybody"} | {group: group.removeprefix("post=") for group in groups}, 10)
    fits_a_page(figure)
    drawn = [label.get_text() for panel in figure.axes for label in panel.get_yticklabels()]
    assert "7" not in drawn
    assert "everybody" in drawn
    assert f"{len(groups) + 1 - len(drawn)} groups that change less are in the tables alone" in figure.get_supxlabel()


def test_no_marker_is_cut_at_the_edge_beside_what_is_true() -> None:
    names = ["hit_rate", "physical_inspection_rate", "seizures_per_day", "interdiction_rate", "attempts"]
    summary = summary_of(dict.fromkeys([(name, "all") for name in names], 0.09)).assign(
        mean=0.09, lower=0.0899, upper=0.0901
    )
    figure = seen_beside_true(summary)
    fits_a_page(figure)
    for panel in figure.axes[:-1]:
        largest = max(float(line.get_xdata()[0]) for line in panel.lines if line.get_marker() in "os^Dv")
        marker = 6 / 72 * figure.dpi
        right = panel.transData.transform((largest, 0))[0]
        assert right + marker / 2 <= panel.get_window_extent().x1


def falls_of(stages: dict[str, list[float]], wholes: list[float], half: float = 0.1) -> Figure:
    """Waterfalls of changes (h) by stage, one of every measure, and of the whole with its interval."""
    rows = [
        (scenario, "time_by_stage_h", f"stage={stage}", changes[k], np.nan, np.nan)
        for stage, changes in stages.items()
        for k, scenario in enumerate(SCENARIOS[1:])
    ]
    rows += [
        (scenario, "clearance_mean_h", "all", change, change - half, change + half)
        for scenario, change in zip(SCENARIOS[1:], wholes, strict=True)
    ]
    columns = ["scenario", "indicator", "group", "difference", "lower", "upper"]
    return stage_waterfall(pd.DataFrame(rows, columns=columns), dict.fromkeys(stages, "customs"), 10)


def steps_of(panel) -> dict[str, float]:
    names = [label.get_text() for label in panel.get_yticklabels()]
    return dict(zip(names, (bar.get_width() for bar in panel.patches), strict=True))


def test_steps_add_up_to_the_whole_though_some_lorries_are_not_released() -> None:
    figure = falls_of({"scan": [0.10] * 4, "query": [-0.3] * 4}, wholes=[-0.2, -0.15, -0.4, -0.2 - 1e-12])
    fits_a_page(figure)
    for panel, rest in zip(figure.axes, (0.0, 0.05, -0.2, 0.0), strict=True):
        steps = steps_of(panel)
        whole = steps.pop("whole change")
        assert sum(steps.values()) == pytest.approx(whole)
        assert steps.get(REMAINDER, 0.0) == pytest.approx(60 * rest)
        assert (REMAINDER in steps) == (rest != 0.0)
    assert "had not ended when the run did" in figure.get_supxlabel().replace("\n", " ")
    released = falls_of({"scan": [0.1] * 4}, wholes=[0.1] * 4)
    assert "had not ended" not in released.get_supxlabel().replace("\n", " ")


def test_many_steps_are_gathered_until_they_fit_and_still_add_up() -> None:
    rng = np.random.default_rng(6)
    stages = {f"stage_{k}": list(rng.normal(0.0, 0.1, 4)) for k in range(40)}
    wholes = [sum(changes[k] for changes in stages.values()) + 0.01 for k in range(4)]
    figure = falls_of(stages, wholes)
    fits_a_page(figure)
    for panel in figure.axes:
        steps = steps_of(panel)
        assert sum(steps.values()) == pytest.approx(2 * steps["whole change"])
        assert any(name.endswith("smaller ones") for name in steps)


def test_wide_interval_leaves_the_steps_visible_and_says_where_it_ends() -> None:
    figure = falls_of({"scan": [0.05] * 4}, wholes=[0.05] * 4, half=4.0)
    panel = figure.axes[0]
    left, right = panel.get_xlim()
    assert 3.0 / (right - left) > 0.2
    assert sorted(line.get_marker() for line in panel.lines if line.get_marker() in "<>") == ["<", ">"]
    assert panel.get_title(loc="left") == "standardisation: 3.0 min (−240 to 240)"
    within = falls_of({"scan": [0.05] * 4}, wholes=[0.05] * 4, half=0.01).axes[0]
    assert not [line for line in within.lines if line.get_marker() in ("<", ">")]


def stages_summary(hours: dict[str, float], mean: float) -> pd.DataFrame:
    parties = {("time_by_party_h", "party=customs"): sum(hours.values()), ("time_by_party_h", "party=bank"): 0.0}
    stages = {("time_by_stage_h", f"stage={stage}"): value for stage, value in hours.items()}
    return summary_of(stages | parties | {("clearance_mean_h", "all"): mean})


def test_no_two_stages_look_alike_and_the_smallest_are_one() -> None:
    hours = {f"stage_{k}": 1.0 + k for k in range(20)}
    figure = clearance_by_stage(stages_summary(hours, sum(hours.values())))
    fits_a_page(figure)
    bars = [c for c in figure.axes[0].containers if isinstance(c, BarContainer)]
    assert len({bar.patches[0].get_facecolor() for bar in bars}) == len(bars) == 10
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[0] == "1  stage 11"
    assert labels[-1] == "10  other stages (11)"
    assert bars[-1].patches[0].get_width() == pytest.approx(sum(1.0 + k for k in range(11)))
    numbers = [text.get_text() for text in figure.axes[0].texts]
    assert numbers == [str(k + 1) for k in range(10) for _ in SCENARIOS]


def test_neighbouring_stages_differ_in_grey() -> None:
    grey = [np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) for colour in STAGE_COLOURS]
    assert min(abs(a - b) for a, b in pairwise([*grey, 0.85])) > 0.2


@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_bars_of_stages_and_parties_begin_at_zero_and_reach_the_mean(missing: float) -> None:
    figure = clearance_by_stage(stages_summary({"scan": 3.0, "query": 2.0}, 5.0 + missing))
    for panel in figure.axes:
        bars = [c for c in panel.containers if isinstance(c, BarContainer)]
        assert panel.get_xlim()[0] == 0.0
        assert bars[0].patches[0].get_x() == 0.0
        assert bars[-1].patches[0].get_x() + bars[-1].patches[0].get_width() == pytest.approx(5.0 + missing)
        labels = [text.get_text() for text in panel.get_legend().get_texts()]
        assert ("not released yet" in labels) == (missing > 0)


def test_wide_interval_of_a_mean_does_not_squeeze_the_bars() -> None:
    summary = stages_summary({"scan": 3.0, "query": 2.0}, 5.0)
    assert not [line for line in clearance_by_stage(summary).axes[0].lines if line.get_marker() == ">"]
    figure = clearance_by_stage(summary.assign(upper=60.0))
    for panel in figure.axes:
        assert 5.0 / panel.get_xlim()[1] > 0.5
        assert len([line for line in panel.lines if line.get_marker() == ">"]) == len(SCENARIOS)


def test_whatever_is_asked_for_no_figure_is_taller_than_a_page() -> None:
    assert new_figure(2, 99.0)[0].get_size_inches() == pytest.approx([WIDTH_IN, TALLEST_IN])


def test_long_legends_and_notes_are_broken_into_lines_rather_than_cut() -> None:
    titles = {scenario: f"A measure with quite a long name: {scenario}" for scenario in SCENARIOS}
    figure = interdiction_by_kind_and_arm(many_deliveries(), titles)
    fits_a_page(figure)
    (legend,) = figure.legends
    assert legend.get_window_extent().x1 <= figure.bbox.x1


def test_change_that_is_not_defined_is_said_to_be_so_by_row_or_by_scenario() -> None:
    who = {"all": "everybody", "lane=aeo": "authorised", "lane=other": "other"}
    rows = differences_of("clearance_mean_h", list(who)[1:], np.random.default_rng(7))
    nobody = (rows["group"] == "lane=aeo") | ((rows["group"] == "lane=other") & (rows["scenario"] == "training"))
    rows.loc[nobody, ["difference", "lower", "upper"]] = np.nan
    figure = who_gains(rows, who, 10)
    heights = [text.get_position()[1] for text in figure.axes[0].texts if text.get_text() == " not defined"]
    assert heights[0] == pytest.approx(1.0)
    assert len(heights) == 2
    assert 2.0 < heights[1] < 2.4  # training is the third of four


def test_bars_of_stages_are_whole_where_no_party_is_known() -> None:
    summary = stages_summary({"scan": 30.0, "query": 20.0}, 50.0)
    stages = clearance_by_stage(summary[summary["indicator"] != "time_by_party_h"]).axes[0]
    assert stages.get_xlim()[1] > 50.0
