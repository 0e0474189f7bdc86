"""`bordersim map`: every stage of a post's processes is drawn, and the document that shows Malaba's is the one printed."""

from pathlib import Path

import pytest

from experiments import cli
from experiments.compose import compose
from experiments.listing import built
from experiments.process_map import MEANINGS, main_map

DOCUMENT = Path(__file__).parents[2] / "docs" / "malaba.md"
MARK = '<!-- map: bordersim map "Malaba to Uganda" -->\n'


def test_the_document_shows_what_is_simulated() -> None:
    assert DOCUMENT.read_text(encoding="utf-8").partition(MARK)[2].rstrip() == main_map(["Malaba to Uganda"], None)


@pytest.mark.parametrize("post", ["Malaba to Kenya", "Katuna to Rwanda", "Namanga to Tanzania"])
def test_every_stage_a_lorry_may_meet_is_drawn_told_and_explained(post: str) -> None:
    world = built(compose("run").settings)
    here = next(p for p in world.posts if p.name == post)
    text = main_map([post], None)
    for number, share in zip(here.processes[:-1], here.regime_shares[:-1], strict=True):
        if share > 0:
            for stage in world.entry_processes[number].stages:
                assert f"| `{stage.name}` | {MEANINGS[stage.name]} |" in text
                assert all(f"{stage.name} --" in text for _ in stage.to)
    assert text.count("```mermaid") == text.count("###") > 1


def test_a_post_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["map", "Malaba"]) == 2
    assert capsys.readouterr().err == "bordersim: map: Malaba: is no post of the world; did you mean Malaba to Kenya?\n"
    assert cli.main(["map"]) == 2
    assert capsys.readouterr().err.startswith("bordersim: map: none: is no post of the world;")
    assert cli.main(["map", "Gate", "world=known_mmc"]) == 2
    assert capsys.readouterr().err.startswith("bordersim: world: known_mmc: has no processes;")
