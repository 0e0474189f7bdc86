"""What cannot be swept is refused in one line, before anything runs."""

from pathlib import Path

import pytest
from sweep_runs import ERROR, GAIN

from experiments import cli

WORLD = "world=two_countries"


def refusal(capsys: pytest.CaptureFixture[str], tmp_path: Path, *words: str) -> str:
    code = cli.main(["sweep", WORLD, f"results_dir={tmp_path / 'results'}", *words])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "results").exists()
    return err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("points=0",), "points: 0: must be 1 or more"),
        (("points=many",), "points: many: must be a whole number"),
        (("design=sobol", "points=20"), "points: 20: Sobol' points balance at powers of two only (SALib warns and"),
        (("design=sobl",), "design: sobl: must be 'lhs', 'sobol', 'grid' or 'csv'; did you mean sobol?"),
        (("pionts=3",), "pionts: 3: is not a setting; did you mean points?"),
        (("vary=[]",), "vary: empty: a sweep needs a setting that varies"),
        (("vary={}",), "vary: empty"),
        (
            ("vary=[assumptions.documents.elemnt_error_p]",),
            "elemnt_error_p: is not a setting; did you mean element_err",
        ),
        ((f"vary=[{GAIN},{GAIN}]",), f"vary: {GAIN}: stands twice"),
        ((f"vary={{{GAIN}:{{low:0.3,high:0.1}}}}",), f"vary: {GAIN}: low is 0.3 and high is 0.1; low must be below"),
        ((f"vary={{{GAIN}:{{low:0.3}}}}",), f"vary: {GAIN}: a range needs both ends"),
        ((f"vary={{{GAIN}:{{lo:0.3,high:0.4}}}}",), f"vary: {GAIN}.lo: 0.3: is not known; did you mean low?"),
        ((f"vary={{{GAIN}:{{values:[]}}}}",), f"vary: {GAIN}: values are empty"),
        (
            (f"vary={{{GAIN}:{{values:[nan,1]}}}}",),
            f"vary: {GAIN}.values.0: nan: must be a finite number; correct the value\n",
        ),
        (
            (f"vary={{{GAIN}:{{values:[[1],2]}}}}",),
            f"vary: {GAIN}.values.0: must be a number, true, false or a text; give one value in its place\n",
        ),
        (
            (f"vary={{{GAIN}:{{low:nan,high:1}}}}",),
            f"vary: {GAIN}.low: NaN: must be a finite number; correct the value\n",
        ),
        ((f"vary={{{GAIN}:{{values:[1,1]}}}}",), f"vary: {GAIN}: values are empty or one stands twice"),
        ((f"vary={{{GAIN}:{{values:[1],low:0,high:1}}}}",), "give a range or values"),
        (
            (f"vary={{{GAIN}:{{values:[0.1,0.2],levels:3}}}}", "design=grid"),
            f"vary: {GAIN}.levels: 3: is of a range, and single values are given; remove it, or give low and high\n",
        ),
        (
            (f"vary={{{GAIN}:{{values:[0.1,0.2],scale:log}}}}",),
            f"vary: {GAIN}.scale: log: is of a range, and single values are given; remove it, or give low and high\n",
        ),
        (
            (f"vary={{{GAIN}:{{low:0.1,high:0.2,levels:3}}}}",),
            f"vary: {GAIN}.levels: 3: design=lhs does not use it; remove it, or take design=grid\n",
        ),
        (
            ("vary={length.window_days:{low:1,high:9,scale:log}}",),
            "vary: length.window_days.scale: log: whole numbers lie evenly in their range; remove it\n",
        ),
        ((f"vary={{{GAIN}:0.2}}",), f"vary: {GAIN}: 0.2: a factor varies over a range or values"),
        ((f"vary={{{GAIN}:{{low:0,high:1,scale:log}}}}",), "a logarithmic range starts above 0"),
        (("vary=[world.channel_policy]",), "is no number and has no range; give {values: [a, b]}"),
        (("vary=[assumptions.examination.reference_skill]",), "0.7: is both low and high of its row"),
        ((f"vary=[{GAIN}]", f"{GAIN}=0.2"), "states no range of its own; give {low: a, high: b}"),
        (("vary=[seed]",), "vary: seed: varied: does not vary within a sweep"),
        (("vary={assumptions.trust:{low:0,high:1}}",), "a group of settings: has no range itself"),
        (("vary={world.channel_policy:{values:['${oc.env:HOME}']}}",), "settings never ask the machine for values"),
        (("vary.assumptions.trust=1",), "is given whole; write vary=[assumptions.trust]"),
        (("legs=true",), "legs: true: a sweep keeps no single legs"),
        (("question=dose",), "question: dose: there is no such question; did you mean doses?"),
        (("design=csv",), "file: missing: design=csv reads its points from a file"),
        (("design=csv", "file=nowhere.csv"), "file: nowhere.csv: there is no such file; a relative path starts in"),
        (("design=csv", "file=."), "Is a directory: is no design;"),
        (("file=points.csv",), "file: points.csv: design=lhs does not use it; remove it, or take design=csv"),
        (("levels=3",), "levels: 3: design=lhs does not use it; remove it, or take design=grid"),
        (
            ("design=grid", "points=16"),
            "points: 16: design=grid does not use it; remove it, or take design=lhs or sobol",
        ),
        (
            ("design=csv", "file=p.csv", f"vary=[{GAIN}]"),
            "vary: design=csv does not use it; remove it, or take design=lhs",
        ),
        (
            ("design=csv", "points=3", "levels=2"),
            "points: 3: design=csv does not use it; remove it, or take design=lhs or sobol; levels: 2",
        ),
        (("question=doses", "points=3"), "points: 3: design=grid does not use it; remove it, or take"),
        (("design=grid", "levels=1000"), "are more than 10,000 points"),
        ((f"vary=[{GAIN}]", "points=1,2"), "one run takes one value; give a list as [a,b], or add --multirun"),
    ],
)
def test_bad_questions(capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    assert line in refusal(capsys, tmp_path, *words)


def test_every_point_is_validated_before_anything_runs_and_faults_name_their_point(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = refusal(capsys, tmp_path, "design=grid", f"vary={{{ERROR}:{{values:[0.1,1.5,-0.5]}}}}")
    assert f"point 1 (documents.element_error_p=1.5): {ERROR}: 1.5: is a share or a probability" in line
    assert f"point 2 (documents.element_error_p=-0.5): {ERROR}: -0.5: must not be negative" in line
    assert "point 0" not in line


def test_a_point_whose_world_cannot_be_built_is_refused_with_its_values(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = refusal(capsys, tmp_path, "design=grid", f"vary={{{ERROR}:{{values:[0.01,0.5]}}}}")
    assert "point 1 (documents.element_error_p=0.5): world process" in line


def test_of_many_faulty_points_five_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = refusal(capsys, tmp_path, "points=30", f"vary={{{ERROR}:{{low:2,high:3}}}}")
    assert "point 4 (" in line
    assert "point 5 (" not in line
    assert line.rstrip().endswith("and 25 points more")


def test_a_range_beyond_the_rows_own_is_allowed_as_an_override_is() -> None:
    assert cli.main(["check", "sweep", WORLD, f"vary={{{GAIN}:{{low:0.5,high:0.9}}}}"]) == 0
    assert cli.main(["check", WORLD, f"{GAIN}=0.9"]) == 0


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "a column stands twice or has no name: is no design"),
        (f"{GAIN}\n", "no rows: a design needs a point"),
        (f"{GAIN},assumptions.trust.per_hti\n0.1,0.2\n", "per_hti: is not a setting; did you mean per_hit?"),
        (f"{GAIN},{ERROR}\n0.1,0.01\n0.2,\n", f"line 3, point 1, {ERROR}: empty: every point needs every value"),
        (f"{GAIN},{ERROR}\n0.1,0.01\n0.2\n", "line 3, point 1 has 1 values for 2 columns: is no design"),
        (
            f"{GAIN}\n\n0.1\n1_0\n",
            f"points.csv: line 4, point 1, {GAIN}: 1_0: must be a finite number in plain digits; write",
        ),
        (f"{GAIN}\nnan\n", f"line 2, point 0, {GAIN}: nan: must be a finite number in plain digits"),
        (f"{GAIN}\n-Inf\n", f"line 2, point 0, {GAIN}: -Inf: must be a finite number in plain digits"),
        (f"{GAIN}\n1e999\n", f"line 2, point 0, {GAIN}: 1e999: must be a finite number in plain digits"),
        (f"{GAIN}\nlots\n", f"point 0 (measures.training_gain=lots): {GAIN}: lots: must be a number"),
        (f"{GAIN},{GAIN}\n0.1,0.2\n", "a column stands twice"),
        ("assumptions.trust\n1\n", "a group of settings: a column holds one setting"),
        ("seed\n1\n", "seed: varied: does not vary within a sweep"),
        (f"{GAIN}\n0.1,0.2\n", "point 0 has 2 values for 1 columns"),
    ],
)
def test_bad_files(capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, line: str) -> None:
    file = tmp_path / "points.csv"
    file.write_text(content)
    assert line in refusal(capsys, tmp_path, "design=csv", f"file={file}")


def test_a_file_that_is_no_text_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    assert ": is no design; give one column per setting path" in refusal(capsys, tmp_path, "design=csv", f"file={file}")


def test_a_question_file_with_an_unknown_key_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "question").mkdir()
    (tmp_path / "question" / "mine.yaml").write_text("vray: [assumptions.trust]\n")
    line = refusal(capsys, tmp_path, "--config-dir", str(tmp_path), "question=mine")
    assert "vray: is not of a question; did you mean vary?" in line


def test_a_question_that_says_what_its_design_does_not_use_is_refused_unless_another_design_is_typed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "question").mkdir()
    (tmp_path / "question" / "mine.yaml").write_text(f"design: lhs\npoints: 2\nlevels: 2\nvary: [{GAIN}]\n")
    place = ("--config-dir", str(tmp_path), "question=mine")
    line = refusal(capsys, tmp_path, *place)
    assert "levels: 2: design=lhs does not use it; remove it, or take design=grid" in line
    assert cli.main(["check", "sweep", WORLD, *place, "design=grid"]) == 0


def test_without_salib_there_is_one_line_with_the_cure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.design.find_spec", lambda _: None)
    line = refusal(capsys, tmp_path, "design=sobol")
    assert "the package SALib is not installed; pip install 'SALib>=1.5', or design=lhs" in line
