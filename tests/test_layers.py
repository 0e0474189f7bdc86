"""The house's own laws: imports go down only, chance has one source, and only journeys yield."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "sim").rglob("*.py"))
HEAVY = ("mesa", "matplotlib", "numba", "pandas", "hydra", "scipy")
SEEDED = ("Generator", "SeedSequence", "Philox", "PCG64", "BitGenerator", "default_rng")


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def shared_chance(file: Path) -> list[str]:
    """Calls that draw from, or seed, a generator shared by everybody."""
    found = []
    for node in nodes(file):
        name = dotted(node) if isinstance(node, ast.Attribute) else ""
        for module in ("np.random.", "numpy.random."):
            if name.startswith(module) and name.removeprefix(module).split(".")[0] not in SEEDED:
                found.append(f"{file.name}:{name}")
        if isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names):
            found.append(f"{file.name}:import random")
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            found.append(f"{file.name}:from random import")
        if isinstance(node, ast.Call) and name_of_call(node).endswith("default_rng") and not node.args + node.keywords:
            found.append(f"{file.name}:default_rng without a seed")
    return found


def name_of_call(node: ast.Call) -> str:
    return dotted(node.func)


def test_imports_go_down_only() -> None:
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS


def test_no_draw_comes_from_a_generator_that_somebody_else_may_move() -> None:
    assert [line for file in SOURCES for line in shared_chance(file)] == []


@pytest.mark.parametrize(
    "line",
    ["import random", "from random import random", "np.random.seed(1)", "np.random.rand()", "np.random.default_rng()"],
)
def test_the_search_for_shared_chance_finds_it(tmp_path: Path, line: str) -> None:
    (tmp_path / "guilty.py").write_text(f"import numpy as np\n{line}\n")
    assert shared_chance(tmp_path / "guilty.py")


def test_of_the_posts_only_the_journey_waits() -> None:
    yielding = {
        file.name
        for file in (ROOT / "sim" / "posts").rglob("*.py")
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes(file))
    }
    assert yielding == {"journey.py"}


def test_asking_for_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from experiments.cli import main; code = main(['--help']); "
        f"loaded = [m for m in {HEAVY} if m in sys.modules]; sys.exit(code or ' '.join(loaded) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "usage: bordersim COMMAND" in ended.stdout
