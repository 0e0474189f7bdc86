"""A log of arrivals becomes a post's volume, week, day and regimes; a log that cannot be right is refused in one line."""

from pathlib import Path

import pandas as pd
import pytest

from experiments.arrivals import MOST_ROWS
from experiments.compose import compose
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.settings.errors import SettingsError
from sim.settings.strict import quantities
from sim.settings.world import BorderWorld
from sim.world.build import build_world

EXAMPLE = Path(__file__).parents[2] / "docs" / "arrivals_log.csv"
POST = "Rusumo to Rwanda"
WEEK = [f"2024-01-{day:02d} {hour:02d}:30,Lowmarsh" for day in range(1, 8) for hour in (8, 8, 15)]


def composed(file: Path, post: str = "Lowmarsh", world: str = "two_countries", *words: str):  # type: ignore[no-untyped-def]
    at = f"world.posts.{post}"
    return compose("run", [f"world={world}", f"{at}.arrivals_csv={file}", f"~{at}.journeys_per_day", *words])


def refusal(tmp_path: Path, text: str) -> str:
    file = tmp_path / "log.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        composed(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_volume_week_and_day_are_those_of_the_log(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("\n".join(["arrived,post", *WEEK, "2024-01-06 15:10,Lowmarsh"]), encoding="utf-8")
    run = composed(file)
    assert isinstance(run.settings.world, BorderWorld)
    post = run.settings.world.posts["Lowmarsh"]
    assert post.journeys_per_day == pytest.approx(22 / 7)
    assert post.weekday_weights == {d: 4.0 if d == "saturday" else 3.0 for d in post.weekday_weights or ()}
    assert {h: n for h, n in (post.hour_weights or {}).items() if n} == {"h08": 2.0, "h15": pytest.approx(8 / 7)}
    for _, row in quantities(run.raw["world"]["posts"]["Lowmarsh"]):
        assert row.low <= row.centre <= row.high
        assert "log.csv" in row.source or row.source.startswith("assumption")


def test_drawn_lorries_come_at_the_hours_of_the_log_and_its_other_post_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    many = [line.replace(":30", f":{k:02d}") for line in WEEK for k in range(10, 50)]
    file.write_text("\n".join(["arrived,post", *many, *(m.replace("Lowmarsh", "Elsewhere") for m in many)]))
    settings = composed(file).settings
    world = build_world("w", settings.world, settings.assumptions)
    day = Demand(world, Numbers(1, 0), 1).day(0)
    mine = day.home == [p.name for p in world.posts].index("Lowmarsh")
    assert set(day.departs_ms[mine] // 3_600_000) == {8, 15}
    plain = build_world("w", compose("run", ["world=two_countries"]).settings.world, settings.assumptions)
    other = Demand(plain, Numbers(1, 0), 1).day(0)
    stonebridge = [p.name for p in plain.posts].index("Stonebridge")
    assert (day.departs_ms[~mine] == other.departs_ms[other.home == stonebridge]).all()


def test_the_example_log_brings_regimes_too() -> None:
    world = composed(EXAMPLE, POST, "northern_corridor").settings.world
    assert isinstance(world, BorderWorld)
    post = world.posts[POST]
    assert post.empty_share is not None
    assert 0.1 < post.empty_share < 0.3
    assert set(post.regime_shares or ()) == {"sct", "transit", "export"}
    assert sum((post.regime_shares or {}).values()) < 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty; give a log with a heading and rows"),
        ("arrived,post\n", "the file has a heading and no rows"),
        ("when,post\n2024-01-01,Lowmarsh", "the column arrived is missing; name it in the heading, which has when, post"),
        ("arrived\n2024-01-01", "the column post is missing"),
        ("arrived,post\n2024-02-30 08:00,Lowmarsh", "line 2 of"),
        ("arrived,post\nsoon,Lowmarsh", "arrived: soon: is no date and time from 1900 to 2199 (1 such rows); write it as 2024-02-28 13:45"),
        ("arrived,post,lodged\n2024-01-01 08:00,Lowmarsh,later", "lodged: later: is no date and time"),
        (
            "arrived,post,released\n2024-01-02 10:00,Lowmarsh,2024-01-02 09:00",
            "released 2024-01-02 09:00 before it arrived, 2024-01-02 10:00 (1 such rows); correct or remove them",
        ),
        ("arrived,post\n2024-01-01 08:00,Lomarsh", "holds no row of the post Lowmarsh; did you mean Lomarsh?"),
        ("arrived,post\n2024-01-01 08:00,Lowmarsh", "holds 1 days of Lowmarsh, and a week has 7 weekdays; give a log of 7"),
        ("arrived,post,regime\n2024-01-01 08:00,Lowmarsh,transits", "regime: transits: is none; did you mean transit?"),
    ],
    ids=["empty", "no rows", "no arrived", "no post", "30 February", "words", "bad lodged", "before", "post", "short", "regime"],
)  # fmt: skip
def test_a_log_that_cannot_be_right_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    said = refusal(tmp_path, text)
    assert words in said
    assert said.startswith("world.posts.Lowmarsh.arrivals_csv: ")


def test_a_misspelt_post_among_others_is_refused_and_another_post_is_not(tmp_path: Path) -> None:
    said = refusal(
        tmp_path, "\n".join(["arrived,post", *WEEK, "2024-01-03 09:00,Lowmarch", "2024-01-04 09:00,Lowmarch"])
    )
    assert "line 23 of" in said
    assert said.endswith(
        "post: 'Lowmarch': is no post (2 such rows); did you mean Lowmarsh? If it is another post, remove its rows"
    )
    file = tmp_path / "others.csv"
    file.write_text(
        "\n".join(["arrived,post", *WEEK, *(f"2024-01-03 09:00,{n}" for n in ("Stonebridge", "Lowmarsh 2"))])
    )
    assert composed(file).raw["world"]["posts"]["Lowmarsh"]["journeys_per_day"]["centre"] == 3


def test_a_log_of_several_posts_is_read_once_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, read = tmp_path / "log.csv", []
    plain = pd.read_csv
    monkeypatch.setattr(pd, "read_csv", lambda *a, **more: read.append(1) or plain(*a, **more))
    both = [*WEEK, *(row.replace("Lowmarsh", "Stonebridge") for row in WEEK[:-1]), "2024-01-07 16:30,Stonebridge"]

    def volumes() -> list[float]:
        at = [f"world.posts.{name}" for name in ("Lowmarsh", "Stonebridge")]
        words = [word for post in at for word in (f"{post}.arrivals_csv={file}", f"~{post}.journeys_per_day")]
        posts = compose("run", ["world=two_countries", *words]).raw["world"]["posts"]
        return [posts[name]["journeys_per_day"]["centre"] for name in ("Lowmarsh", "Stonebridge")]

    file.write_text("\n".join(["arrived,post", *both]))
    assert volumes() == volumes() == [3, 3]
    assert len(read) == 1
    file.write_text("\n".join(["arrived,post", *both, *WEEK]))
    assert volumes() == [6, 3]
    assert len(read) == 2


def test_a_log_of_millions_of_rows_is_refused_with_the_cure(tmp_path: Path) -> None:
    said = refusal(tmp_path, "arrived,post\n" + "2024-01-01,Lowmarsh\n" * (MOST_ROWS + 1))
    assert f"has more than {MOST_ROWS:,} rows; keep" in said


def test_a_log_beside_a_volume_and_a_log_that_is_not_there_are_refused() -> None:
    with pytest.raises(
        SettingsError, match=r"journeys_per_day: is given, and arrivals_csv says it as well; remove one"
    ):
        compose("run", ["world=two_countries", f"world.posts.Lowmarsh.arrivals_csv={EXAMPLE}"])
    with pytest.raises(SettingsError, match=r"arrivals_csv: nowhere.csv: there is no such file; a relative path"):
        composed(Path("nowhere.csv"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "arrived,post\n" + "2024-01-01 08:00,Lowmarsh,x\n" * 3,
            "log.csv: has 3 fields, and the heading names 2; name",
        ),
        ("arrived,post\n\n2024-01-01 08:00,Lowmarsh\n2024-01-01 08:00,Lowmarsh,x", "line 4 of"),
        (
            "arrived,post,regime\n2024-01-01 08:00,Lowmarsh,sct,",
            "the heading names 3; name every column, or remove the comma too",
        ),
        ("arrived;post\n2024-01-01 08:00;Lowmarsh", "is separated by ; not ,; save it with commas"),
        ("arrived;post;t\n2024-01-01 08:00;Lowmarsh;1,5", "is separated by ; not ,"),
        ("arrived\tpost\n2024-01-01 08:00\tLowmarsh", "is separated by tabs not ,"),
        ("arrived,arrived,post\n2024-01-01 08:00,2024-01-01 08:00,Lowmarsh", "the column arrived stands twice; keep"),
        ("arrived,post,regmie\n2024-01-01 08:00,Lowmarsh,sct", "the column regmie is none that is read; did you mean"),
        ("arrived,post,Released\n2024-01-01 08:00,Lowmarsh,", "did you mean released? If not, rename or remove it"),
        ("arrived,post\n2024-01-01 08:00,Lowmarsh\n2024-01-01 09:00", "line 3 of"),
        ("arrived,post\n2024-01-01 08:00,Lowmarsh\n2024-01-01 09:00,lowmarsh ", "post: 'lowmarsh ': is no post (1 "),
        ("arrived,post\n2024-01-01,Lowmarsh", "arrived: 2024-01-01: is no date and time"),
        ("arrived,post\n2224-01-01 08:00,Lowmarsh", "2224-01-01 08:00: is no date and time from 1900 to 2199"),
    ],
)
def test_no_row_and_no_column_of_a_log_is_passed_over(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


ROW = "2024-01-03 09:00,Lowmarsh"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["", "soon,Lowmarsh,,sct"], "line 4 of"),
        (["  ", "", f"{ROW},,transits"], "line 5 of"),
        (["", f"{ROW},2024-01-03 08:00,sct"], "line 4 of"),
        (["", "2024-01-03 09:00,Lowmarch,,sct"], "line 4 of"),
        (['"2024-01-03', '09:00",Lowmarsh,,sct'], "line 4 of"),
        (["", "2042-01-03 09:00,Lowmarsh,,sct"], "until line 4 of"),
    ],
    ids=["moment", "regime", "released", "post", "a cell of two lines", "gap"],
)
def test_lines_are_those_an_editor_counts(tmp_path: Path, rows: list[str], words: str) -> None:
    week = [f"{row},,sct" for row in WEEK]
    said = refusal(tmp_path, "\n".join(["arrived,post,released,regime", week[0], *rows, *week[1:]]))
    assert words in said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"{ROW},,2042-01-03 09:00", "released: 2042-01-03 09:00: lies 6575 days after arrived 2024-01-03 09:00 and at most 60 are"),
        (f"{ROW},2024-03-13 09:00,", "lodged: 2024-03-13 09:00: lies 70 days after arrived 2024-01-03 09:00 and at most 60 are"),
        (f"{ROW},2023-01-03 09:00,", "arrived: 2024-01-03 09:00: lies 365 days after lodged 2023-01-03 09:00"),
        (f"{ROW},2024-02-27 09:00,2024-01-03 10:00", "lodged: 2024-02-27 09:00: lies 55 days after released 2024-01-03 10:00 and at most 45"),
    ],
)  # fmt: skip
def test_moments_too_far_apart_to_be_believed_are_refused_with_their_line(tmp_path: Path, row: str, words: str) -> None:
    said = refusal(tmp_path, "\n".join(["arrived,post,lodged,released", *(f"{w},," for w in WEEK), row]))
    assert words in said
    assert "line 23 of" in said
    assert said.endswith("(1 such rows); correct or remove them")


def test_papers_lodged_before_and_long_stays_are_believed(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    row = f"{ROW},2023-12-20 09:00,2024-02-20 09:00"
    file.write_text("\n".join(["arrived,post,lodged,released", *(f"{w},," for w in WEEK), row]))
    assert composed(file).raw["world"]["posts"]["Lowmarsh"]["journeys_per_day"]["centre"] == pytest.approx(22 / 7)


def test_one_wrong_year_does_not_spread_a_log_thin(tmp_path: Path) -> None:
    said = refusal(tmp_path, "\n".join(["arrived,post", *WEEK, "2042-01-03 10:00,Lowmarsh"]))
    assert "2042-01-03 10:00:00: nobody arrived for" in said
    assert "until line 23 of" in said
    assert "correct its year" in said


def test_rows_that_stand_twice_are_told_where_the_volume_is_read(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("\n".join(["arrived,post", *WEEK]), encoding="utf-8")
    row = composed(file).raw["world"]["posts"]["Lowmarsh"]["journeys_per_day"]
    assert "7 rows say what another says, and count" in row["source"]


@pytest.mark.parametrize("name", ["log.csv.zip", "log.csv.gz", "log.csv"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"PK\x1f\x8b" + bytes(range(256)))
    with pytest.raises(SettingsError, match=r"is no text in UTF-8; save it as CSV in UTF-8"):
        composed(file)


def test_an_address_is_no_file() -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        composed(Path("http://127.0.0.1:9/log.csv"))
