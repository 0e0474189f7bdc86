"""Page one: every number on it is a cell of a table, and says of which."""

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_effects import ASSUMPTIONS, planted
from synthetic_sums import MEASURES, STAGES, border_sums
from test_figures_report import NEVER_SAID, report, said, tables  # noqa: F401

from experiments.assumption_range import effects_of, range_table
from experiments.change_figures import displacement, seen_beside_true, stage_waterfall, who_gains
from experiments.design import lhs
from experiments.drivers import driver_table
from experiments.factors import Factor
from experiments.figures import trade_off_plane
from experiments.printed import BROWSERS, print_report
from experiments.report.first_page import who_of
from experiments.report.report import ReportData, render_report, write_report
from experiments.report.words import two_figures
from experiments.tables import differences_table, summary_table
from experiments.verdicts import with_verdicts

SKIPPED = ("code", "dl")
"""Names of settings, and what was asked: no results."""


class PageOne(HTMLParser):
    """Numbers of page one, or of what stands directly behind it, that say where they stand, and all other words."""

    def __init__(self, page: str, section: str = "page-one") -> None:
        super().__init__()
        self.quoted: list[tuple[str, str]] = []
        self.rest: list[str] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []
        begin = page.index(f'<section class="{section}">')
        self.feed(page[begin : page.index("</section>", begin)])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        attributes = self.open[-1][1] if self.open else {}
        if attributes.get("class") == "n":
            self.quoted.append((data, str(attributes["title"])))
        elif not any(t in SKIPPED or a.get("class") == "quoted" for t, a in self.open):
            self.rest.append(data)


@pytest.fixture(scope="module")
def drawn(report: ReportData) -> ReportData:  # noqa: F811
    """The report of a comparison of two windows whose assumptions were drawn 48 times."""
    sums = _with_mature(border_sums(12))
    draws = pd.concat([_shifted(border_sums(1, seed=d + 100), d) for d in range(48)], ignore_index=True)
    factors = tuple(Factor(f"assumptions.staff.a{k}", 0.0, 1.0) for k in range(20))
    design = lhs(factors, 48, 1)
    order = np.argsort([row[0] for row in design.points])
    design = replace(design, points=tuple(design.points[k] for k in order))  # effects rise with the first assumption
    effects = effects_of(_with_mature(draws).rename(columns={"replication": "draw"}), sums, "baseline")
    ranges, drivers = range_table(effects), driver_table(design, effects, 1)
    differences = with_verdicts(differences_table(sums, "baseline", MEASURES), ranges, drivers)
    manifest = {**report.manifest, "draws_made_anew": ["draw 3: because"]}
    return replace(
        report,
        summary=summary_table(sums),
        differences=differences,
        ranges=ranges,
        drivers=drivers,
        explanations={},
        manifest=manifest,
    )


def _with_mature(sums: pd.DataFrame) -> pd.DataFrame:
    later = sums[sums["period"] == "transition"].assign(period="mature")
    return pd.concat([sums, later], ignore_index=True)


def _shifted(sums: pd.DataFrame, draw: int) -> pd.DataFrame:
    """Sums of a draw in which training is slow or fast, as the draw has it."""
    hours = (draw - 23.5) / 24
    slow = (sums["scenario"] == "training") & (sums["indicator"] == "clearance_mean_h")
    return sums.assign(replication=draw, numerator=sums["numerator"] + np.where(slow, hours * sums["denominator"], 0.0))


def _tables(report: ReportData) -> dict[str, pd.DataFrame]:  # noqa: F811
    named = {"summary": report.summary, "differences": report.differences}
    return named | {"assumption_ranges": report.ranges, "drivers": report.drivers}


def test_every_number_on_page_one_is_the_cell_it_says_it_is(drawn: ReportData) -> None:
    quoted = PageOne(render_report(drawn)).quoted
    assert {title.split("/")[1].split(".")[0] for _, title in quoted} == set(_tables(drawn))
    assert len(quoted) > 100
    _all_in_their_cells(quoted, drawn)


def _all_in_their_cells(quoted: list[tuple[str, str]], report: ReportData) -> None:  # noqa: F811
    files = {name: table.to_csv(index=False).splitlines() for name, table in _tables(report).items()}
    for text, title in quoted:
        name, line, column = re.fullmatch(r"tables/(\w+)\.csv, line (\d+), column (\w+)", title).groups()
        heads = files[name][0].split(",")
        row = pd.read_csv(pd.io.common.StringIO("\n".join([files[name][0], files[name][int(line) - 1]])))
        assert column in heads
        value = abs(float(row[column].iloc[0]))
        assert text in {two_figures(value * factor) for factor in (1, 60, 100, 0.001, 1e-6)}, title


@pytest.fixture(scope="module")
def by_country(drawn: ReportData) -> ReportData:
    """The same with two countries, of which one waits longer under training for certain, and with set-up of one price."""

    def among(table: pd.DataFrame, column: str) -> pd.DataFrame:
        whole = table[(table["indicator"] == "clearance_mean_h") & (table["group"] == "all")]
        countries = [whole.assign(group=f"country={key}") for key in ("AAA", "BBB")]
        price = {"indicator": "cost_public_setup_usd", "unit": "USD in all", column: 2e6, "lower": 2e6, "upper": 2e6}
        given = {name: value for name, value in price.items() if name in table}
        reach = {"low": 1e6, "high": 9e6} if "low" in table else {}
        return pd.concat([table, *countries, whole.assign(**given, **reach)], ignore_index=True)

    differences = among(drawn.differences, "difference")
    waits = (differences["group"] == "country=BBB") & (differences["scenario"] == "training")
    differences.loc[waits, ["difference", "lower", "upper"]] = 0.5, 0.25, 0.75
    return replace(
        drawn,
        summary=among(drawn.summary, "mean"),
        differences=differences,
        ranges=among(drawn.ranges, "median"),
        countries={"AAA": "Aland", "BBB": "Beland"},
    )


def test_directly_behind_page_one_stands_who_gains_and_who_waits_by_country(by_country: ReportData) -> None:
    page = render_report(by_country)
    behind = page[page.index("</section>") : page.index("Answer in plain words")]
    rows = re.findall(r'<th scope="rowgroup" rowspan="2">(\w+land)</th>(.*?)</tr>', behind)
    assert [country for country, _ in rows] == ["Aland", "Beland"]
    told = re.sub(r"<(?!/?b>)[^>]+>", " ", rows[1][1])
    assert "<b>+ 30 (+ 15 to + 45 )</b>" in " ".join(told.split())
    quoted = PageOne(page, "overleaf").quoted
    assert {title.split("/")[1].split(".")[0] for _, title in quoted} == {"summary", "differences", "assumption_ranges"}
    _all_in_their_cells(quoted, by_country)


def test_how_far_assumptions_move_a_cost_stands_beside_it(by_country: ReportData, report: ReportData) -> None:  # noqa: F811
    page = render_report(by_country)
    costs = re.sub(r"<(?!span class=.interval)[^>]+>", "", page[page.index("What measures cost whom") :])
    assert '+2,000<span class="interval">+1,000 to +9,000' in costs  # a price: chance has no part in it
    row = by_country.ranges.query("scenario == 'training' and indicator == 'cost_trader_usd' and group == 'all'").iloc[
        0
    ]
    low, high = (f"{'+' if v > 0 else chr(0x2212)}{two_figures(abs(v) / 1000)}" for v in (row["low"], row["high"]))
    assert f'<span class="interval">{low} to {high}' in costs
    undrawn = render_report(report)
    assert "What measures cost whom" in undrawn
    assert (
        "assumption range" not in undrawn[undrawn.index("What measures cost whom") : undrawn.index("Answer in plain")]
    )
    assert "Country by country" not in undrawn


def test_no_other_number_stands_on_page_one(drawn: ReportData) -> None:
    rest = " ".join(PageOne(render_report(drawn)).rest).replace("assumption_draws=32", "")
    assert re.findall(r"\S*\d\S*", rest) == []


def test_page_one_says_it_all_in_order(drawn: ReportData) -> None:
    page = render_report(drawn)
    heads = re.findall(r"<h2>(.*?)</h2>", page[page.index("page-one") : page.index("</section>")])
    assert heads == [
        "Measure by measure",
        "Who gains, who waits, who pays",
        "What would change this answer",
        "What to measure before deciding",
        "What this is built on, what it is not for, and what would be seen",
    ]


def test_what_turns_an_effect_is_named_and_asked_to_be_measured(drawn: ReportData) -> None:
    page = render_report(drawn)
    one = page[page.index("page-one") : page.index("</section>")]
    assert "clearance: <b>depends on <code>staff.a0</code></b>" in one
    assert "clearance: <b>robust</b>" in one
    assert re.search(r"<code>staff.a0</code> \(.*?shorter where low, .*?longer where high, min\)", one)
    assert re.search(r"<li><code>staff.a0</code>", one)


def test_fraud_found_stands_on_page_one_with_level_verdict_interval_and_unit(drawn: ReportData) -> None:
    page = PageOne(render_report(drawn))
    rows = drawn.differences
    fiscal = rows[(rows["indicator"] == "detection_rate_fiscal") & (rows["scenario"] == "training")]
    lines = {int(title.split("line ")[1].split(",")[0]) for _, title in page.quoted if "differences.csv" in title}
    assert set(fiscal.index[fiscal["lower"] != 0] + 2) <= lines
    told = " ".join("".join(page.rest).split())
    assert "fiscal detec" in told.replace("\N{SOFT HYPHEN}", "")
    assert told.count("fiscal detection, points") == len(drawn.scenarios) - 1
    assert "by its own interval, exploratory" in told
    mine = (rows["indicator"] == "detection_rate_fiscal") & (rows["scenario"] == "training") & (rows["group"] == "all")
    moved = rows.copy()
    for window, interval in (("transition", (0.02, 0.01, 0.03)), ("mature", (0.01, -0.01, 0.03))):
        moved.loc[mine & (rows["period"] == window), ["difference", "lower", "upper"]] = interval
    page = render_report(replace(drawn, differences=moved))
    assert "fiscal detection: <b>told from chance | not</b>" in page


def test_fraud_found_whose_sign_turns_is_asked_to_be_measured_too(drawn: ReportData) -> None:
    first = drawn.drivers[
        (drawn.drivers["indicator"] == "clearance_mean_h") & (drawn.drivers["scenario"] == "training")
    ]
    fiscal = first.assign(indicator="detection_rate_fiscal", factor="assumptions.measures.training_share", p=0.001)
    known = pd.DataFrame({"path": ["assumptions.measures.training_share"], "unit": ["share of 1,000 officers"]})
    page = render_report(
        replace(
            drawn,
            drivers=pd.concat([drawn.drivers, fiscal], ignore_index=True),
            assumptions=pd.concat([drawn.assumptions, known.assign(source="assumption")], ignore_index=True),
        )
    )
    named = '<code>measures.training_share</code>, <span class="quoted">share of 1,000 officers</span>'
    assert named in page[page.index("What to measure before deciding") : page.index("</section>")]
    assert f"<b>training, fiscal detection, transition</b>: {named} (" in page


def test_an_effect_at_central_assumptions_stands_before_what_chance_leaves_of_it(drawn: ReportData) -> None:
    rows = drawn.differences
    whole = rows[(rows["indicator"] == "clearance_mean_h") & (rows["group"] == "all") & (rows["period"] == "mature")]
    row = whole[whole["scenario"] == "standardisation"].iloc[0]
    page = re.sub(r"<.*?>", "", render_report(drawn)).replace("\N{MINUS SIGN}", "-")
    middle, low, high = (f"{two_figures(60 * row[column])}" for column in ("difference", "lower", "upper"))
    assert f"{middle} ({low} to {high})" in page


def test_page_one_begins_with_the_whole_answer_in_words(drawn: ReportData, report: ReportData) -> None:  # noqa: F811
    def answer(data: ReportData) -> str:
        page = render_report(data)
        found = re.search(r'<p class="answer">(.*?)</p>', page, re.DOTALL)
        assert found is not None
        return " ".join(re.sub(r"<.*?>", "", found[1]).split())

    assert re.match(r"Answer\. Verdict robust: standardisation: clearance \S+ \| \S+ min shorter; ", answer(drawn))
    assert re.search(r"Verdict depends on staff\.a0: training: clearance \S+ \| \S+ min longer\.", answer(drawn))
    assert answer(drawn).endswith(
        "Fewer illicit goods get through, by all ways together: data sharing; training; All three."
    )
    assert re.match(
        r"Answer\. Told from chance at central assumptions: standardisation: clearance \S+ min", answer(report)
    )

    one = report.summary[report.summary["scenario"] == "baseline"]
    alone = replace(report, summary=one, differences=report.differences[:0])
    assert 'class="answer"' not in render_report(alone)
    turns = drawn.differences.assign(verdict=drawn.differences["verdict"].replace("robust", "not resolved"))
    assert answer(replace(drawn, differences=turns)).startswith(
        "Answer. No effect on clearance or interdiction is robust. Verdict depends on staff.a0: training: clearance "
    )
    nothing = drawn.differences.assign(verdict="not resolved", lower=-1.0, upper=1.0)
    assert answer(replace(drawn, differences=nothing)) == (
        "Answer. No effect on clearance or interdiction is robust. Told from chance at central assumptions alone: nothing. "
        "No measure is shown to let fewer illicit goods through."
    )


def test_an_effect_of_one_window_names_it_and_a_spread_that_chance_makes_is_no_range(drawn: ReportData) -> None:
    rows = drawn.differences
    primary = (rows["family"] == "primary") & (rows["period"] == "mature")
    some = rows.assign(verdict=rows["verdict"].where(~primary, "not resolved"))
    some.loc[primary, ["lower", "upper"]] = -1.0, 1.0
    page = re.sub(r"<.*?>", "", render_report(replace(drawn, differences=some)))
    assert re.search(r"standardisation: clearance \S+ min shorter \(transition\)", page)
    whole = (drawn.ranges["scenario"] == "standardisation") & (drawn.ranges["indicator"] == "clearance_mean_h")
    point = drawn.ranges.assign(
        low=drawn.ranges["low"].where(~whole, -0.8), high=drawn.ranges["high"].where(~whole, -0.8)
    )
    assert "no wider than chance; 100 % of 48 shorter" in re.sub(
        r"<.*?>", "", render_report(replace(drawn, ranges=point))
    )


def test_measures_that_politics_took_back_and_long_regimes_are_told(drawn: ReportData) -> None:
    plain = re.sub(r"<.*?>", "", render_report(drawn))
    assert "Taken back" not in plain
    whole = drawn.summary[(drawn.summary["indicator"] == "clearance_mean_h") & (drawn.summary["group"] == "all")]
    lapsed = whole.assign(indicator="measures_lapsed", unit="measures", mean=0.0)
    lapsed.loc[(lapsed["scenario"] == "training") & (lapsed["period"] == "mature"), "mean"] = 0.25
    by_regime = [whole.assign(group=f"regime={name}", mean=h) for name, h in (("home_use", 20.0), ("sct", 2.5))]
    page = render_report(replace(drawn, summary=pd.concat([drawn.summary, lapsed, *by_regime], ignore_index=True)))
    told = " ".join(re.sub(r"<.*?>", "", page).split())
    assert "Taken back by politics, measures on an average day: training 0 | 0.25." in told
    assert "(of the reference: goods for home use 20 | 20; goods of the single customs territory 2.5 | 2.5)" in told


def test_what_print_sets_a_dot_between_does_not_end_in_a_stop(drawn: ReportData) -> None:
    page = render_report(replace(drawn, about="Two countries, one of them an island."))
    parts = re.findall(r"<dd>(.*?)</dd>", page)
    assert parts[0].endswith("one of them an island")
    assert [part for part in parts[:-1] if part.endswith(".")] == []


def test_posts_of_one_place_are_told_once(drawn: ReportData) -> None:
    page = render_report(replace(drawn, posts=("Busia to Kenya", "Busia to Uganda", "Gate", "Rusumo to Rwanda")))
    assert ": Busia to Kenya and Uganda, Gate, Rusumo to Rwanda" in page


def test_page_one_with_two_windows_and_draws_prints_on_one_page(drawn: ReportData, tmp_path: Path) -> None:
    long = replace(
        drawn,
        posts=tuple(f"Malaba to Tanzania {k}" for k in range(12)),
        in_force=tuple((f"coordinated agencies since {2000 + k} (50 %)", "") for k in range(8)),
        cannot_tell="What happened between the two windows, which are lived through, and not told.",
    )
    whole = render_report(long)
    page = tmp_path / "one.html"
    page.write_text(whole[: whole.index("</section>")] + "</section></body></html>", encoding="utf-8")
    printed = print_report(page)
    if printed is None:
        pytest.skip("no browser here prints")
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1


def test_on_a_phone_tables_scroll_in_their_own_box_and_the_page_does_not(
    by_country: ReportData, tmp_path: Path
) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no browser here")
    page = render_report(by_country)
    assert _overhang(browser, page, tmp_path) == 0
    assert _overhang(browser, page.replace("overflow-x: auto", ""), tmp_path) > 100


def _overhang(browser: str, page: str, folder: Path) -> int:
    """Pixels by which a page is wider than a phone; no window is as narrow, so it stands in a frame."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    script = "const d = f.contentDocument.documentElement; o.textContent = `over ${d.scrollWidth - d.clientWidth};`"
    frame = f'<iframe id="f" src="page.html" width="390" height="800"></iframe><p id="o"></p><script>f.onload = () => {{{script}}}</script>'
    (folder / "frame.html").write_text(frame, encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--dump-dom",
        f"--user-data-dir={folder}/profile", "--virtual-time-budget=5000", (folder / "frame.html").as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, check=True, capture_output=True, timeout=120, text=True).stdout
    return int(re.search(r"over (\d+);", shown)[1])


def test_words_no_interval_and_no_draw_can_carry_are_not_used(drawn: ReportData) -> None:
    said_here = said(render_report(drawn)).lower()
    assert [word for word in NEVER_SAID if word != "robust" and re.search(rf"\b{word}", said_here)] == []


def test_an_outcome_that_was_not_measured_is_said_to_be_so_and_appears_when_it_is(drawn: ReportData) -> None:
    assert "Not measured in this run: on target, revenue." in " ".join(render_report(drawn).split())
    rows = drawn.summary[drawn.summary["indicator"] == "interdiction_rate"]
    rows = rows.assign(indicator="release_within_target_share", mean=0.83)
    more = pd.concat([drawn.summary, rows], ignore_index=True)
    page = render_report(replace(drawn, summary=more))
    assert '<th scope="col">on target, %</th>' in page
    assert ">83</span>" in page


def test_without_draws_page_one_says_that_assumptions_stayed_at_their_centre(report: ReportData) -> None:  # noqa: F811
    page = render_report(report)
    assert "Assumptions were held at their centre" in page
    assert "not drawn" in page
    assert "robust" not in page.lower()


def test_figures_of_changes_show_every_measure_and_their_steps_add_up(drawn: ReportData) -> None:
    window = drawn.of_window("transition")
    against = window.differences[window.differences["reference"] == "baseline"]
    falls = stage_waterfall(against, {name: party for name, (party, _) in STAGES.items()}, 12, drawn.titles)
    assert [panel.get_title(loc="left").partition(":")[0] for panel in falls.axes] == [
        "standardisation", "data sharing", "training", "All three", "idle",
    ]  # fmt: skip
    *steps, whole = falls.axes[0].patches
    assert sum(bar.get_width() for bar in steps) == pytest.approx(whole.get_width(), rel=1e-6)
    for figure in (who_gains(against, who_of(against), 12), displacement(against, 12)):
        assert len(figure.legends[0].get_texts()) == 5
        assert "n = 12 replications" in figure.get_supxlabel()
    assert len(seen_beside_true(window.summary).axes) == 6


def test_assumption_ranges_are_drawn_behind_the_intervals_and_named(drawn: ReportData) -> None:
    window = drawn.of_window("transition")
    plain, both = (
        trade_off_plane(window.summary, window.differences, None, ranges) for ranges in (None, window.ranges)
    )
    assert "assumption range, nine of ten of 48 draws" in both.get_supxlabel()
    assert "assumption range" not in plain.get_supxlabel()
    assert len(both.axes[0].lines) == len(plain.axes[0].lines) + 3 * len(MEASURES)


def test_planted_effects_have_the_sign_they_are_planted_with() -> None:
    rng = np.random.default_rng(1)
    shares = rng.random((500, ASSUMPTIONS))
    assert np.ptp(np.sign(planted(rng, "true").effect(shares))) == 0
    assert np.ptp(np.sign(planted(rng, "turns").effect(shares))) == 2


def test_the_report_is_printed_where_a_browser_is_and_a_line_says_so_where_none_is(
    drawn: ReportData, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "report.html"
    write_report(page, drawn)
    printed = print_report(page)
    said_to = capsys.readouterr().err
    if printed is None:
        assert said_to.startswith("report: no PDF, since ")
    else:
        assert printed.read_bytes().startswith(b"%PDF")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert print_report(page) is None
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["report: no PDF, since no Chromium, Chrome or Edge is found; print report.html yourself"]
