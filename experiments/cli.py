"""The command line: reads words, finds the command, and turns every expected failure into one line."""

import argparse
import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, NoReturn

from sim.settings.errors import BordersimError, SettingsError

if TYPE_CHECKING:
    from experiments.shard import Shard

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
SIMULATING = ("compare", "run", "sweep")
LISTS = ("worlds", "scenarios", "questions")
COMMANDS = {
    "compare": "scenarios side by side on the same journeys: tables, figures, report",
    "run": "one scenario by itself",
    "reference": "the study of two years under drawn assumptions; keeps its small part in results/reference",
    "sweep": "scenarios side by side at many points over settings: which of them decides?",
    "worlds": "list the worlds",
    "scenarios": "list the scenarios",
    "questions": "list the questions that one command answers",
    "map": 'the process of a post, drawn and told stage by stage: bordersim map "Malaba to Uganda"',
    "check": "validate settings, or one YAML file, and print what was understood",
    "verify-engines": "run the engines on the same inputs and count what differs: must be 0",
    "benchmark": "speed against textbook SimPy, Ciw and C, and where the time goes",
}
HELP = """\
bordersim: what a customs cooperation policy does to clearance time and interdiction together.

usage: bordersim COMMAND [options] [key=value ...]

commands
{commands}

options
  --cfg job          print the composed settings as YAML and stop
  --config-dir DIR   also use your own worlds, scenarios ... in DIR/world, DIR/scenario ...
  --quick            verify-engines and benchmark: a minute instead of a quarter of an hour
  --multirun, -m     one job per combination of values, as seed=1,2,3 world=two_countries,us_mexico
  --pdf              run and compare: print the report to PDF too, where a Chromium, Chrome or Edge is installed
  --json             print results for programs instead of people
  --help             print this
  --version          print the version

settings (anything else by its path, as --cfg job prints it)
  world=northern_corridor   which border: bordersim worlds
  scenarios=[a,b]           which policies, the first being the reference; of run: scenario=a
  length=study              90 days after go-live; two_years: also those after two years; smoke: 5, to see it run
  replications=6 seed=1     how many replications, and which luck
  assumption_draws=32       compare: draw every number with a range as often, and say what survives
  targeting=profiles        how lorries are chosen for checks: profiles, learned, random
  engine=auto               loop (compiled), simpy (a journey that reads as one), oracle (loop uncompiled); auto takes
                            loop for several replications or 60 days and more, else simpy; all give the same numbers
  name=spring               results go to results/COMMAND/spring; the same command again goes on where it stopped
  workers=0                 processes, 0 for one per core; launcher=dask and shard=k/n for clusters
  legs=true tick_ms=1       keep every lorry of the window; resolution of time
  question=one_budget       compare, sweep, check: a shipped question, of which anything else typed wins
  of sweep                  design=lhs|sobol|grid|csv points= levels= file= vary=[path,path]
                            or vary={{path:{{low:0,high:1}}}}

examples
  bordersim compare world=two_countries length=smoke replications=2
  bordersim compare scenarios=[baseline,training] scenarios.training.measures.training.intensity=0.5
  bordersim run world=us_mexico scenario=data_sharing assumptions.documents.element_error_p=0.01
  bordersim sweep world=two_countries points=16 vary=[assumptions.documents,assumptions.staff.skill_low_tier]
  bordersim compare question=going_alone
  bordersim check my/world/my_post.yaml        (bordersim check pools my/world/my_post.yaml: every pool's load too)
  bordersim verify-engines --quick world=two_countries

exit codes: 0 done, 1 a part failed, 2 bad input, 130 interrupted. BORDERSIM_TRACEBACK=1 shows where a failure arose."""


@dataclass(frozen=True)
class Options:
    """How a command was called, besides the settings of its run.

    Attributes
    ----------
    command : its name
    command_line : the words that repeat it
    json : whether to print for programs
    name : name of the results folder; None = date, time and settings
    results_dir : folder that holds results
    config_dir : the user's own folder of settings
    shard : the part of the work to do
    pdf : whether to print the report to PDF too
    """

    command: str
    command_line: str
    json: bool
    name: str | None
    results_dir: str
    config_dir: str | None
    shard: "Shard"
    pdf: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after `bordersim`; those of the process by default.

    Returns
    -------
    int
        Exit code: 0 done, 1 a part failed, 2 bad input, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name the terminal has no letters for is no failure
    code = guarded(lambda: _dispatch(words))
    if arguments is None:  # the process is about to end, and how is settled: requests to end come too late
        for request in (signal.SIGINT, signal.SIGTERM):
            signal.signal(request, signal.SIG_IGN)
    return code


def guarded(work: Callable[[], int]) -> int:
    """Do the work; an expected failure becomes one line on standard error and an exit code.

    Parameters
    ----------
    work : callable
        Returns the exit code of work that went well.
    """
    with suppress(ValueError):  # only the main thread hears signals
        signal.signal(signal.SIGTERM, _end)  # a scheduler's request to end, as from the keyboard
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it was set to be ignored, as by nohup
            signal.signal(signal.SIGINT, _end)
    try:
        code = work()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt as interrupt:
        _complain(f"interrupted: {str(interrupt) or 'nothing was finished'}")
        return INTERRUPTED
    except BordersimError as error:
        if os.environ.get("BORDERSIM_TRACEBACK"):
            raise
        _complain(str(error))
        return BAD_INPUT if isinstance(error, SettingsError) else FAILED
    except BrokenPipeError:  # the reader of our output (head, less) has left
        _say_no_more()
        return DONE
    except OSError as error:  # a full disk, a lost folder: of the machine, not of the program
        if os.environ.get("BORDERSIM_TRACEBACK"):
            raise
        if error.filename is None:
            _say_no_more()
        where = error.filename or "standard output"
        _complain(f"{where}: {error.strerror or error}; free some space, or check the path and its rights")
        return FAILED


class _Interrupt(KeyboardInterrupt):
    """A request to end. Where a bare `KeyboardInterrupt` leaves code compiled from text, as dataclasses make it while
    modules are imported, Python ends by a signal and not by the exit code it is given."""


def _end(*_: Any) -> NoReturn:
    raise _Interrupt


def _dispatch(words: list[str]) -> int:
    asked = _parse(words)
    if asked.version:
        from experiments.version import package_version

        print(f"bordersim {package_version()}")
        return DONE
    if asked.help or asked.command is None:
        listed = "\n".join(f"  {name:<16}{meaning}" for name, meaning in COMMANDS.items())
        print(HELP.format(commands=listed), file=sys.stdout if asked.help else sys.stderr)
        return DONE if asked.help else BAD_INPUT
    return _command(asked.command)(asked, words)


def _command(name: str) -> Callable[[argparse.Namespace, list[str]], int]:
    if name in SIMULATING:
        return _simulate
    if name in LISTS:
        return _list
    if name == "reference":
        return _reference
    if name == "check":
        return _check
    if name == "map":
        return _map
    if name in ("verify-engines", "benchmark"):
        return _measure
    from experiments.faults import did_you_mean, fault

    raise SettingsError(fault("command", name, "is not a command", did_you_mean(name, COMMANDS)))


def _simulate(asked: argparse.Namespace, words: list[str]) -> int:
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where its cache lies is no matter to anybody
    from experiments.tasks import task_of

    if asked.multirun:
        return _multirun(asked, words)
    task = task_of(asked.command, asked.overrides, asked.config_dir)
    if asked.cfg:
        print(_as_yaml(task.shown), end="")
        return DONE
    composed = task.composed
    return task.begin(_options(asked, words, composed.name, composed.results_dir, composed.shard))


def _multirun(asked: argparse.Namespace, words: list[str]) -> int:
    from experiments.multirun import main_multirun
    from experiments.shard import Shard

    return main_multirun(_options(asked, words, None, "", Shard()), asked.overrides, guarded)


def _options(
    asked: argparse.Namespace, words: list[str], name: str | None, results_dir: str, shard: "Shard"
) -> Options:
    return Options(
        command=asked.command,
        command_line=_repeated(words),
        json=asked.json,
        name=name,
        results_dir=results_dir,
        config_dir=asked.config_dir,
        shard=shard,
        pdf=asked.pdf,
    )


def _reference(asked: argparse.Namespace, words: list[str]) -> int:
    from experiments.reference import main_reference
    from experiments.shard import Shard

    options = _options(asked, words, None, "", Shard())
    return main_reference(asked.overrides, asked.config_dir, options)


def _list(asked: argparse.Namespace, words: list[str]) -> int:
    del words
    from experiments import listing

    _refuse_overrides(asked)
    of = {"worlds": listing.worlds, "scenarios": listing.scenarios, "questions": listing.questions}
    rows = of[asked.command](asked.config_dir)
    print(json.dumps(rows, indent=2) if asked.json else listing.aligned(rows))
    return DONE


def _check(asked: argparse.Namespace, words: list[str]) -> int:
    del words
    from experiments.check import brief, check
    from experiments.listing import aligned

    whole = asked.overrides[:1] == ["pools"]
    tables = check(asked.overrides[whole:], asked.config_dir)
    if not whole and not asked.json:
        tables = brief(tables)
    if asked.json:
        print(json.dumps(tables, indent=2, allow_nan=False))
        return DONE
    for title, content in tables.items():
        if isinstance(content, str):
            print(f"{title}: {content}")
        elif content:
            print(f"\n{title}\n{aligned(content)}\n")
    print("valid")
    return DONE


def _map(asked: argparse.Namespace, words: list[str]) -> int:
    del words
    from experiments.process_map import main_map

    print(main_map(asked.overrides, asked.config_dir))
    return DONE


def _measure(asked: argparse.Namespace, words: list[str]) -> int:
    if asked.command == "verify-engines":
        from experiments.verify_engines import main_verify_engines

        return main_verify_engines(asked.overrides, asked.quick, asked.json, asked.config_dir)
    from experiments.benchmark import main_benchmark

    return main_benchmark(asked.overrides, asked.quick, asked.json, asked.config_dir, _repeated(words))


def _repeated(words: list[str]) -> str:
    return shlex.join(["bordersim", *words])


def _as_yaml(raw: dict[str, Any]) -> str:
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.create(raw))


def _refuse_overrides(asked: argparse.Namespace) -> None:
    if asked.overrides:
        from experiments.faults import fault

        raise SettingsError(
            fault(asked.command, " ".join(asked.overrides), "takes no settings", "use bordersim check to look at one")
        )


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are ours: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"command line: {message}; see bordersim --help")


def _parse(words: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="bordersim", add_help=False, allow_abbrev=False)
    parser.add_argument("command", nargs="?")
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cfg", choices=["job"])
    parser.add_argument("--config-dir", action="append")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pdf", action="store_true")
    parser.add_argument("--multirun", "-m", action="store_true")
    asked = parser.parse_intermixed_args(words)
    if asked.config_dir and len(asked.config_dir) > 1:
        raise SettingsError(
            f"--config-dir: {', '.join(asked.config_dir)}: there is one; put all settings in one folder"
        )
    asked.config_dir = asked.config_dir[0] if asked.config_dir else None
    if asked.cfg and asked.command not in SIMULATING:
        raise SettingsError("--cfg: job: prints the settings of compare, run or sweep; name one of these commands")
    if asked.multirun and (asked.cfg or asked.command not in SIMULATING):
        raise SettingsError("--multirun: runs compare, run or sweep several times; name one of these, without --cfg")
    if asked.pdf and asked.command not in ("compare", "run", "reference"):
        raise SettingsError("--pdf: prints the report of compare or run; name one of these commands")
    if asked.json and asked.command in ("map", "reference"):
        raise SettingsError(f"--json: {asked.command} prints for people; use bordersim compare or bordersim check")
    if asked.quick and asked.command not in ("verify-engines", "benchmark"):
        raise SettingsError("--quick: shortens verify-engines and benchmark alone; use length=smoke for a short run")
    return asked


def _say_no_more() -> None:
    """Standard output takes no more: what is still meant for it goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> None:
    print(f"bordersim: {' '.join(message.split())}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
