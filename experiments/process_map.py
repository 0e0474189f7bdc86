"""`bordersim map`: the process map of a post as it is simulated, drawn and told stage by stage, in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.compose import compose
from experiments.faults import did_you_mean, fault
from experiments.listing import built
from sim.settings.errors import SettingsError
from sim.settings.process import Process, Stage
from sim.settings.strict import Quantity
from sim.settings.world import REGIMES, BorderWorld, with_borrowed_stages
from sim.world.world import Post, World

MEANINGS = {
    "prepare": "broker keys the declaration, and again what the two countries' forms do not share",
    "notice": "the declaration made elsewhere is announced to the post",
    "validate": "the declaration system, when it is up, accepts the papers, or returns them",
    "selectivity": "a channel is chosen from what is declared: green, yellow (papers), red (papers and goods)",
    "document_check": "an officer reads the papers and compares what was keyed twice",
    "manifest_check": "release note, manifest and guarantee are held against the lorry's papers",
    "query": "the broker answers a question",
    "correction": "the declaration is corrected and duty assessed anew",
    "sct_release": "released by the destination before the goods left, or not",
    "guarantee": "regional guarantee, or a national bond for this country",
    "bond": "broker lodges a national bond",
    "bond_check": "customs accepts the bond",
    "funds": "money at hand, or not",
    "funds_wait": "trader finds the money",
    "payment": "electronically, on account, or at a counter",
    "e_payment": "the payment is confirmed",
    "bank": "duty is paid at a bank's counter, in its hours",
    "bank_advice": "customs hears of the payment",
    "approach": "one line before the lanes",
    "gate": "the lorry is registered at the gate",
    "exit_desk": "exit formalities, in the same hall",
    "one_stop": "both countries at one stop, or not",
    "second_stop": "to the other yard and into its line",
    "second_desk": "exit formalities once more",
    "papers": "the lorry waits until its papers are done; some are called to scanner or examination",
    "scan": "an image is taken and read",
    "joint": "agencies examine with customs, or by themselves",
    "joint_choice": "does another agency have to see the goods?",
    "examination": "goods are examined: tailgate, in part, or in full",
    "joint_examination": "customs and agencies examine together",
    "agency_choice": "does another agency have to see the goods?",
    "agency_way": "the agency sees them, or leaves it to customs",
    "delegated_check": "customs checks for the agency",
    "agency": "the agency checks the goods",
    "seal": "electronic seal, or an ordinary one",
    "seal_read": "an electronic seal is read",
    "seal_check": "the seal is compared with the papers, which are endorsed",
    "escort": "goes on alone, or in a convoy",
    "convoy": "waits for an escorted convoy",
}
"""What happens at a stage, in a practitioner's words; a stage without a line is told by its name."""
TITLES = {"home_use": "Home use", "sct": "Single customs territory", "transit": "Transit", "export": "Export"}
PARTIES = {"trader_broker": "trader, broker", "other_agency": "other agency", "terminal_transport": "terminal"}
ENDS = {"done": "papers_done([papers done])", "released": "released([released])", "seized": "seized([seized])"}


def main_map(words: Sequence[str], config_dir: str | None) -> str:
    """Markdown of a post's processes.

    Parameters
    ----------
    words : sequence of str
        The post's name, and overrides.
    config_dir : str, optional
        The user's own folder of settings.

    Raises
    ------
    SettingsError
        If no such post is in the world, or the world has no processes.
    """
    overrides = [word for word in words if "=" in word or word.startswith("~")]
    names = [word for word in words if word not in overrides]
    composed = compose("run", overrides, config_dir)
    settings = composed.settings.world
    if not isinstance(settings, BorderWorld):
        raise SettingsError(fault("world", composed.settings.world_name, "has no processes", "take one with posts"))
    world = built(composed.settings)
    known = [post.name for post in world.posts]
    if len(names) != 1 or names[0] not in known:
        said = " ".join(names) or "none"
        raise SettingsError(fault("map", said, "is no post of the world", did_you_mean(said, known)))
    post = world.posts[known.index(names[0])]
    return "\n".join(_map(post, world, with_borrowed_stages(composed.raw["world"])))


def _map(post: Post, world: World, raw: Mapping[str, Any]) -> Iterator[str]:
    yield f"{post.name}: {post.per_day:,.0f} lorries a day, {100 * post.regime_shares[-1]:.0f} % of them empty."
    used = [post.processes[k] for k in range(len(REGIMES) - 1) if post.regime_shares[k] > 0]
    for number in dict.fromkeys(used):
        process = world.entry_processes[number]
        loaded = [r for k, r in enumerate(REGIMES[:-1]) if post.processes[k] == number and post.regime_shares[k] > 0]
        share = sum(post.regime_shares[REGIMES.index(r)] for r in loaded) / (1.0 - post.regime_shares[-1])
        yield f"\n### {' and '.join(TITLES[r] for r in loaded)}: {100 * share:.0f} % of loaded lorries\n"
        yield "```mermaid\nflowchart TD"
        yield from _chart(process, _shares(world))
        yield "```\n"
        yield "| stage | what happens | whose time | minutes | source |\n|---|---|---|---|---|"
        services = _services(raw, loaded[0], world.countries[post.entry_country].key)
        yield from (_row(stage, post, world, services.get(stage.name)) for stage in process.stages)


def _chart(process: Process, shares: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for token, title, start in (("paper", "Papers", process.paper_start), ("goods", "Lorry", process.goods_start)):
        yield f"  subgraph {title}"
        ends = {end for s in process.stages if s.token == token for end in s.to.values() if end in ENDS}
        yield f"    {token}_start(( )) --> {start}"
        for stage in process.stages:
            if stage.token == token:
                yield f"    {stage.name}{_shape(stage)}"
        yield from (f"    {ENDS[end]}" for end in ENDS if end in ends)
        yield "  end"
    for stage in process.stages:
        for outcome, to in stage.to.items():
            share = shares.get(stage.name, {}).get(outcome)
            label = outcome.replace("_", " ") + (f" {100 * share:.0f} %" if share is not None else "")
            arrow = "-->" if outcome == "always" else f'-- "{label}" -->'
            yield f"  {stage.name} {arrow} {'papers_done' if to == 'done' else to}"
    if process.join_name:
        yield f"  papers_done -.-> {process.join_name}"


def _shape(stage: Stage) -> str:
    text = stage.name.replace("_", " ")
    if stage.kind == "choice":
        return f'{{"{text}"}}'
    if stage.kind == "join":
        return f'{{{{"{text}"}}}}'
    return f'["{text}"]'


def _shares(world: World) -> dict[str, dict[str, float]]:
    """How often outcomes happen that are drawn by stated shares."""
    lots = {lot.stage: dict(zip(lot.outcomes, lot.shares, strict=True)) for lot in world.outcome_shares}
    agency = {"free": 1.0 - world.agency_share, "needed": world.agency_share}
    return lots | {"agency_choice": agency, "joint_choice": agency}


def _services(raw: Mapping[str, Any], regime: str, country: str) -> dict[str, Mapping[str, Any]]:
    """Plain settings of each stage's duration, with its range and source, in the process of a regime and country."""
    own = raw["countries"][country].get("processes") or {}
    regimes = raw.get("regime_processes") or {}
    same = (raw.get("same_process") or {}).get(regime)
    home = own.get("home_use") or raw["entry_process"]
    process = own.get(regime) or regimes.get(regime) or own.get(same) or regimes.get(same) or home
    return {stage["name"]: stage["service"] for stage in process["stages"] if stage.get("service")}


def _row(stage: Stage, post: Post, world: World, service: Mapping[str, Any] | None) -> str:
    minutes = source = ""
    if service is not None:
        mean = service["mean_min"]
        row = Quantity.model_validate(mean) if isinstance(mean, dict) else None
        minutes = f"{row.centre:g} ({row.low:g} to {row.high:g})" if row else f"{mean:g}"
        source = row.source if row else ""
    elif stage.work in ("answer", "correction", "examination"):
        minutes, source = "by tier or level", "assumptions: `documents`, `examination`"
    meaning = MEANINGS.get(stage.name, stage.name.replace("_", " "))
    return f"| `{stage.name}` | {meaning} | {_party(stage, post, world)} | {minutes} | {source} |"


def _party(stage: Stage, post: Post, world: World) -> str:
    """Who is responsible; customs by country, since both stand in one hall."""
    if stage.responsible != "customs":
        return PARTIES.get(stage.responsible, stage.responsible)
    leaving = any(pool.startswith("exit") for pool in stage.pools)
    country = world.countries[post.exit_country if leaving else post.entry_country]
    return f"customs ({country.title})"
