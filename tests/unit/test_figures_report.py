"""Figures and report: what they say, what they must never say, and that they stand by themselves."""

import html
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from synthetic_sums import MEASURES, STAGES, border_sums

from experiments.dictionary import DICTIONARY
from experiments.figures import (
    clearance_by_stage,
    clearance_distribution,
    interdiction_by_kind_and_arm,
    save_figure,
    svg,
    trade_off_plane,
)
from experiments.report.explain import explanations
from experiments.report.report import (
    MOST_CHANGES,
    ReportData,
    breakable,
    inline_svg,
    length_sentence,
    render_report,
    write_report,
)
from experiments.report.words import answer, safety, two_figures
from experiments.store import make_manifest
from experiments.strata import strata_summary
from experiments.tables import differences_table, summary_table
from sim.settings.errors import BordersimError
from sim.settings.run import Length

NEVER_SAID = (
    "significant",
    "optimal",
    "optimum",
    "robust",
    "success",
    "forecast",
    "predict",
    "rank",
    "repetition",
    "best",
    "corrupt",
)
FIRST_LINE = "Only the transition window, days 1-90 after go-live, is simulated; nothing here speaks of the long run."
STUDY = Length(burn_in_days=30, window_days=90, cool_down_days=15)
TITLES = {"baseline": "Baseline", "combined": "All three"}


@pytest.fixture(scope="module")
def tables():
    sums = border_sums(12)
    return summary_table(sums), differences_table(sums, "baseline", MEASURES)


def strata_of(replications):
    """Attempts of which data sharing moves one in five elsewhere and stops twice as many of the rest."""
    rows = []
    for number in range(replications):
        both, stopped = 40 + number % 3, 4 + number % 2
        for stratum, counts in (
            ("both", (both, stopped, 1, 2 * stopped + number % 3, 0)),
            ("only_reference", (10, 1, 0, None, None)),
            ("only_scenario", (3, None, None, 1, 0)),
        ):
            rows.append(("data_sharing", "baseline", number, "transition", stratum, *counts))
    columns = ["scenario", "reference", "replication", "period", "stratum", "attempts"]
    columns += ["stopped_reference", "unfinished_reference", "stopped_scenario", "unfinished_scenario"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def report(tables):
    summary, differences = tables
    return ReportData(
        question="What do standardisation, data sharing and training do?",
        world_title="Two fictional countries",
        about="Where nothing is as it seems.",
        posts=("Northgate", "South & East"),
        regime="home use, road",
        period="31 January to 29 April 2024",
        in_force=(("electronic manifest since 2007 (effectiveness 0.9)", "Federal Register"),),
        first_line=length_sentence(STUDY),
        reference="baseline",
        titles=TITLES,
        summary=summary,
        differences=differences,
        mechanisms=pd.DataFrame(
            {
                "measure": ["training"], "parameter": ["staff.absent"], "who": ["Northgate/inspectors/0/3"],
                "operation": ["set"], "value": [1.0], "from_day": [37], "to_day": [np.nan], "clamped": [False],
            }
        ),
        assumptions=pd.DataFrame(
            {
                "path": ["documents.element_error_p", "demand.daily_cv"], "centre": [0.004, 0.147],
                "low": [0.001, 0.12],
                "high": [0.02, 0.18], "unit": ["probability", "sd/mean"], "source": ["assumption", "counted lorries"],
            }
        ),
        fitted="Nothing is fitted.",
        not_for="Any statement about a real border.",
        modelled=("queues",),
        not_modelled=("appeals",),
        figures={"trade_off_plane": svg(trade_off_plane(summary, differences, TITLES))},
        ranges=pd.DataFrame(columns=list(DICTIONARY["assumption_ranges"])),
        drivers=pd.DataFrame(columns=list(DICTIONARY["drivers"])),
        strata=strata_of(12),
        explanations={"transition": explanations(summary, differences, "baseline", TITLES)},
        manifest=make_manifest(
            {"seed": 1}, seed=1, engine="loop", wall_time_s=3.0, command_line="bordersim compare seed=1", data_hashes={}
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(report):
    return render_report(report)


def said(page):
    """Words a reader sees, on one line."""
    body = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page[page.index("<body>") :], flags=re.DOTALL)
    return " ".join(html.unescape(body).split())


def texts(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


def rows_of(differences, scenario):
    return differences[(differences["scenario"] == scenario) & (differences["reference"] == "baseline")]


def test_trade_off_plane_names_its_corners_and_shows_each_measure_once(tables):
    figure = trade_off_plane(*tables)
    assert set(texts(figure)) >= {
        "faster, more found",
        "slower, more found",
        "faster, less found",
        "slower, less found",
    }
    labels = [t.get_text() for t in figure.legends[0].get_texts()]
    assert labels == ["baseline", "standardisation", "data sharing", "training", "combined"]
    assert "simultaneous 95 % intervals over 8 comparisons; n = 12 replications" in figure.get_supxlabel()
    assert "over 16 comparisons" in trade_off_plane(*tables, windows=2).get_supxlabel()


def test_each_scenario_looks_the_same_in_every_figure(tables):
    summary, _ = tables
    plane, kinds = trade_off_plane(*tables), interdiction_by_kind_and_arm(summary)
    looks = [
        {h.get_label(): (to_hex(h.get_color()), h.get_marker()) for h in f.legends[0].legend_handles}
        for f in (plane, kinds)
    ]
    for scenario in ("standardisation", "data sharing", "training", "combined"):
        assert looks[0][scenario] == looks[1][scenario]
    assert len(set(looks[1].values())) == 6


def test_bars_of_the_stages_add_up_to_mean_clearance(tables):
    summary, _ = tables
    panel = clearance_by_stage(summary, stages=list(STAGES)).axes[0]
    ends = [
        max(
            bar.get_x() + bar.get_width()
            for bars in panel.containers
            if hasattr(bars, "patches")
            for bar in [bars.patches[k]]
        )
        for k in range(6)
    ]
    means = summary[
        (summary.indicator == "clearance_mean_h") & (summary.period == "transition") & (summary.group == "all")
    ]
    assert ends == pytest.approx(list(means["mean"]))


def test_kind_never_presented_is_drawn_as_not_defined_not_as_zero(tables):
    assert texts(interdiction_by_kind_and_arm(tables[0])).count(" not defined") == 1


def test_measures_that_change_nothing_do_not_look_like_much(tables):
    nothing = tables[1].assign(difference=0.0, lower=0.0, upper=0.0)
    plane = trade_off_plane(tables[0], nothing).axes[0]
    assert plane.get_xlim() == pytest.approx((-plane.get_xlim()[1], plane.get_xlim()[1]))
    assert plane.get_ylim()[1] >= 0.5


def test_only_ways_by_which_goods_can_arrive_are_drawn(tables):
    summary = tables[0].replace({"group": {"arm=unofficial": "arm=abstain"}})
    names = [t.get_text() for t in interdiction_by_kind_and_arm(summary).axes[1].get_yticklabels()]
    assert names == ["post Northgate", "post Southgate", "aeo cover Northgate"]


def test_ways_are_named_by_post_and_by_whose_goods_hide_them(tables):
    summary = tables[0].replace({"group": {"arm=post:Northgate": "arm=North/aeo"}})
    names = [t.get_text() for t in interdiction_by_kind_and_arm(summary).axes[1].get_yticklabels()]
    assert "North, authorised trader" in names
    assert "unofficial crossing" in names


def test_release_before_arrival_stands_at_the_left_edge_of_the_distribution():
    curve = pd.DataFrame({"scenario": "baseline", "hours": [0.0, 1.0, 10.0], "share": [0.2, 0.7, 1.0], "journeys": 500})
    line = clearance_distribution(curve).axes[0].lines[0]
    assert list(line.get_xdata()) == pytest.approx([1 / 60, 1, 10])
    assert list(line.get_ydata()) == pytest.approx([20, 70, 100])
    assert line.get_label() == "baseline (n = 500 journeys)"


def test_figures_of_the_same_tables_are_the_same_bytes(tmp_path, tables):
    first, second = (save_figure(trade_off_plane(*tables), tmp_path / name, "plane") for name in "ab")
    assert first == second
    assert (tmp_path / "a" / "plane.png").read_bytes() == (tmp_path / "b" / "plane.png").read_bytes()
    assert (tmp_path / "a" / "plane.svg").read_text() == first


def test_one_replication_is_drawn_without_intervals():
    sums = border_sums(1)
    summary, differences = summary_table(sums), differences_table(sums, "baseline", MEASURES)
    figures = (
        trade_off_plane(summary, differences),
        clearance_by_stage(summary),
        interdiction_by_kind_and_arm(summary),
    )
    for figure in figures:
        assert "1 replication (no interval)" in figure.get_supxlabel()
        assert svg(figure).startswith("<?xml")


def test_report_opens_with_the_stretch_of_time_it_speaks_of(page):
    assert said(page).startswith(FIRST_LINE)


def test_report_is_one_page_that_fetches_nothing(page):
    assert not re.search(r"<(script|link|img|iframe|object|embed)\b", page)
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#)""", page)
    assert not re.search(r"url\((?!#)|@import", page)
    assert "<svg" in page


def test_report_never_uses_words_its_intervals_cannot_carry(page):
    found = [word for word in NEVER_SAID if re.search(rf"\b{word}", said(page).lower())]
    assert found == []


def test_percentages_have_two_figures_at_most(page):
    numbers = re.findall(r"([\d.,]+)(?: to ([\d.,]+))? ?(?:%|percentage points)", said(page))
    figures = [n.replace(",", "").strip("0.").replace(".", "") for pair in numbers for n in pair if n]
    assert len(figures) > 5
    assert max(map(len, figures)) <= 2


def test_report_shows_what_an_administration_sees_beside_what_is_true(page):
    text = said(page)
    for words in (
        "an administration can see",
        "known only inside the model",
        "hit rate of inspections",
        "seizures a day",
    ):
        assert words in text
    assert "No measured effect of data sharing on hit rates exists" in text


def test_report_prints_the_cases_behind_the_interdiction_rate(page, tables):
    rows = tables[0].query("scenario == 'baseline' and indicator == 'interdiction_rate' and period == 'transition'")
    cases = int(rows[rows["group"] == "all"]["events"].iloc[0])
    assert f"stopped in all replications together: Baseline {cases}, standardisation" in said(page)


def test_rate_without_any_case_shows_no_interval_but_says_so(report):
    empty = report.summary["indicator"] == "interdiction_rate"
    summary = report.summary.copy()
    summary.loc[empty, ["mean", "events"]] = 0.0
    summary.loc[empty, ["lower", "upper"]] = np.nan
    assert 'data-label="interdiction rate, %"><span>0 <span class="interval">no case</span>' in render_report(
        replace(report, summary=summary)
    )


def test_report_counts_its_assumptions_and_calls_them_so(page):
    assert "1 of these 2 numbers are assumptions" in said(page)


def test_report_tells_clearance_interdiction_and_delivery_of_every_measure_in_one_sentence(page):
    sentences = re.findall(r"<li><b>(.*?)</b>: (.*?)</li>", page)
    assert [title for title, _ in sentences] == ["standardisation", "data sharing", "training", "All three", "idle"]
    for _, sentence in sentences:
        assert all(
            words in sentence
            for words in ("mean clearance", "the interdiction rate", "illicit goods delivered", "safer")
        )
        assert sentence.count(".") - len(re.findall(r"\d\.\d", sentence)) == 1


def test_direction_is_told_only_where_it_is_resolved(tables):
    sharing = answer(rows_of(tables[1], "data_sharing"), 12)
    assert "the change of mean clearance is not told from chance (between" in sharing
    assert "with 12 replications a true change of" in sharing
    assert "the interdiction rate was 11 percentage points higher (simultaneous 95 % interval" in sharing
    assert "mean clearance was 48 min shorter" in answer(rows_of(tables[1], "standardisation"), 12)


def test_one_replication_tells_no_direction_at_all():
    differences = differences_table(border_sums(1), "baseline", MEASURES)
    text = answer(rows_of(differences, "standardisation"), 1)
    assert text == "nothing is told from chance, since one replication gives no interval, and it is not called safer."


def test_measure_is_called_safer_only_if_less_was_delivered_over_all_ways(tables):
    more_stopped = rows_of(tables[1], "data_sharing").copy()
    delivered = (more_stopped["indicator"] == "illicit_delivered_per_day") & (more_stopped["group"] == "all")
    assert "within this simulation it is safer" in answer(more_stopped, 12)
    more_stopped.loc[delivered, ["difference", "lower", "upper"]] = [0.01, -0.02, 0.04]
    assert "it is not called safer" in answer(more_stopped, 12)
    more_stopped.loc[delivered, ["difference", "lower", "upper"]] = [0.03, 0.02, 0.04]
    assert "it is not safer, since more illicit goods were delivered" in answer(more_stopped, 12)
    assert "not called safer" in answer(more_stopped[~delivered], 12)
    assert "not called safer" in safety({"lower": np.nan, "upper": np.nan})


def test_rate_without_cases_is_told_as_not_defined(tables):
    rows = rows_of(tables[1], "training").copy()
    rate = (rows["indicator"] == "interdiction_rate") & (rows["group"] == "all")
    rows.loc[rate, ["difference", "lower", "upper", "detectable"]] = np.nan
    assert "the change of the interdiction rate is not defined, since nothing prohibited was presented" in answer(
        rows, 12
    )


def test_report_compares_the_attempts_made_either_way_and_counts_the_others(page):
    row = strata_summary(strata_of(12)).iloc[0]
    assert (row["both"], row["only_reference"], row["only_scenario"]) == (492, 120, 36)
    assert row["rate_reference"] == pytest.approx(54 / (492 - 12))
    assert row["rate_scenario"] == pytest.approx(120 / 492)
    assert row["difference"] == pytest.approx(row["rate_scenario"] - row["rate_reference"])
    assert 0 < row["lower"] < row["difference"] < row["upper"]
    assert "data sharing 492 120 36 11 24 13 (" in said(page)


def test_report_without_strata_shows_no_table_of_them(report):
    assert "attempted in both" not in said(render_report(replace(report, strata=report.strata.head(0))))


def test_interdiction_is_bounded_only_where_some_attempts_are_unfinished(report, page):
    assert "all missed, or as all found" not in said(page)
    rate = report.summary[report.summary["indicator"] == "interdiction_rate"]
    missed = rate.assign(indicator="interdiction_rate_all_missed")
    found = rate.assign(indicator="interdiction_rate_all_found")
    found.loc[found["scenario"] == "training", "mean"] += 0.1
    summary = pd.concat([report.summary, missed, found])
    low = float(missed.query("scenario == 'training' and period == 'transition' and group == 'all'")["mean"].iloc[0])
    text = said(render_report(replace(report, summary=summary)))
    assert (
        f"bounds the interdiction rate: training {two_figures(100 * low)} to {two_figures(100 * low + 10)} %." in text
    )


def test_what_moved_stands_beside_the_difference_it_moved_with(page):
    text = said(page)
    assert (
        "standardisation: mean clearance 48 min shorter (told from chance). Moved in the same comparison: time in query -48 min"
        in text
    )
    assert "data sharing: the interdiction rate" not in text


def test_report_refuses_a_verdict_the_intervals_cannot_support(report):
    spoiled = report.differences.assign(verdict="robust")
    with pytest.raises(BordersimError, match="draw the assumptions"):
        render_report(replace(report, differences=spoiled))


def test_names_may_break_after_dots_and_underscores_and_numbers_stay_whole():
    assert str(breakable("demand.cv_above")) == "demand.<wbr>cv_<wbr>above"
    assert str(breakable("15,000.25 < 1")) == "15,000.25 &lt; 1"


def test_report_says_what_the_world_is(page):
    assert "Where nothing is as it seems" in said(page)


def test_report_says_what_the_reference_came_to(page):
    assert re.search(r"Baseline: mean clearance [\d.]+ h, interdiction rate [\d.]+ %\.", said(page))


def test_report_without_its_reference_is_refused(report):
    with pytest.raises(BordersimError, match="reference 'today' has no row"):
        render_report(replace(report, reference="today"))


def test_names_from_settings_cannot_break_the_page(report):
    page = render_report(replace(report, world_title="<script>alert(1)</script>"))
    assert "<script" not in page
    assert "South &amp; East" in page


def test_long_list_of_changes_is_cut_and_says_so(report):
    many = pd.concat([report.mechanisms] * (MOST_CHANGES + 50))
    assert f"These are the first {MOST_CHANGES} of {MOST_CHANGES + 50} changes" in said(
        render_report(replace(report, mechanisms=many))
    )


def test_report_of_one_scenario_compares_nothing(report):
    alone = report.summary[report.summary["scenario"] == "baseline"]
    page = render_report(replace(report, summary=alone, differences=report.differences.head(0), figures={}))
    assert "Only one scenario was run; there is nothing to compare." in said(page)
    assert "No figure was drawn." in said(page)


def test_report_on_disk_is_the_report_rendered(tmp_path, report, page):
    write_report(tmp_path / "report.html", report)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page


def test_two_figures_in_one_page_keep_their_parts_apart():
    drawing = (
        '<?xml version="1.0"?><svg width="9pt" height="9pt"><g id="x"/><use xlink:href="#x" clip-path="url(#x)"/></svg>'
    )
    inline = inline_svg("plane", drawing)
    assert inline == (
        '<svg aria-hidden="true"><g id="plane-x"/><use xlink:href="#plane-x" clip-path="url(#plane-x)"/></svg>'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234, "1,200"), (0.01234, "0.012"), (99.6, "100"), (9.96, "10"), (-0.25, "-0.25"), (0, "0"), (5, "5.0"),
        (np.nan, "not defined"),
    ],
)  # fmt: skip
def test_numbers_are_told_with_two_figures(value, text):
    assert two_figures(value) == text


def test_a_window_too_short_to_learn_from_is_called_so_in_the_first_line() -> None:
    short = length_sentence(Length(burn_in_days=2, window_days=5, cool_down_days=3))
    assert short.endswith(
        "nothing here speaks of the long run. 5 days show that everything runs; they are too few to learn from."
    )
    assert length_sentence(STUDY) == FIRST_LINE
