"""What happens at a desk, as pure scalar functions that both engines call.

Only + - * /, comparison, `int`, `min` and `max` on floats and small integers stand here, in one expression order, so
that plain Python and compiled code agree to the last bit. Anything with exp, log or a power is computed once, in
NumPy, when numbers or daily officer values are made.
"""

GREEN, YELLOW, RED = 0, 1, 2
CHANNEL_NAMES = ("green", "yellow", "red")
BY_NONE, BY_RANDOM, BY_WATCHLIST, BY_SCORE, BY_SUPERVISOR = 0, 1, 2, 3, 4
RULE_NAMES = ("none", "random", "watchlist", "score", "supervisor")
IN_PROCESS, RELEASED, CORRECTED, SEIZED, TURNED_BACK, DIVERTED, BRIBED, STOPPED_BEFORE = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
)
NOTHING_OFFERED, BOUGHT = 2.0, -1.0
PAID_CHECK, SOLD_FIND, HELD = 1, 2, 4
"""What officers took of a leg, added up: a check that looked away, a find let go, a file held until something came."""
HOUR_MS = 3_600_000.0
MINUTE_MS = 60_000.0


def to_ticks(minutes: float, tick_ms: int) -> int:
    """Round a duration in minutes to whole ticks, at least one; the result is in milliseconds."""
    ticks = int(minutes * MINUTE_MS / tick_ms + 0.5)
    return max(1, ticks) * tick_ms


def hours_on_task(now_ms: int, shift_start_ms: int) -> float:
    """Hours since the officer's shift began."""
    return (now_ms - shift_start_ms) / HOUR_MS


def beyond_first_hour(hours: float) -> float:
    """Hours on task beyond the first, counted up to three."""
    return min(max(hours - 1.0, 0.0), 3.0)


def pace(pace_fresh: float, hours: float, loss_per_h: float) -> float:
    """Work done per minute by an officer `hours` into the shift (1 = nominal)."""
    return pace_fresh * (1.0 - loss_per_h * hours)


def vigilance(hours: float, loss_per_h: float) -> float:
    """Attention left, 1 when fresh."""
    return 1.0 - loss_per_h * beyond_first_hour(hours)


def pressure_index(waiting: int, open_desks: int, size: int) -> int:
    """Row of the pressure table (tenths of a lorry waiting per open desk)."""
    return min(waiting * 10 // max(open_desks, 1), size - 1)


def pressed_since(before_ms: int, index: int, overwork_index: int, now_ms: int) -> int:
    """Since when an officer has been overworked without a break, now that a service starts; -1 = not."""
    if index < overwork_index:
        return -1
    return before_ms if before_ms >= 0 else now_ms


def worn_out(since_ms: int, now_ms: int, overwork_h: float) -> bool:
    """Whether an officer has been overworked so long that hurrying, though it still skips work, saves no time."""
    return since_ms >= 0 and (now_ms - since_ms) / HOUR_MS >= overwork_h


def up_again(now_ms: int, down_ms: int, up_ms: int) -> int:
    """When a system that is down in [`down_ms`, `up_ms`) can be used, from now on."""
    return up_ms if down_ms <= now_ms < up_ms else now_ms


def on_the_clock(now_ms: int, arrived_ms: int, stopped_ms: int) -> int:
    """Time a lorry has stood, ms, less that in which its queries stopped the clock; 0 before it arrives."""
    return now_ms - arrived_ms - stopped_ms if arrived_ms >= 0 else 0


def service_min(nominal_min: float, thoroughness: float, extra_min: float, skill: float, pace_now: float) -> float:
    """Clock minutes of a service: nominal work actually done, plus comparison work that skill shortens, at a pace."""
    return (nominal_min * thoroughness + extra_min / skill) / pace_now


def dose(
    thoroughness: float,
    nominal_min: float,
    per_min: float,
    skill: float,
    reference_skill: float,
    vigilance_now: float,
    equipment: float,
    concealment: float,
) -> float:
    """Search effort that counts; goods are found iff it reaches the leg's pre-drawn Exp(1) threshold."""
    return thoroughness * nominal_min * per_min * (skill / reference_skill) * vigilance_now * equipment / concealment


def image_alarm(
    z: float, prohibited: int, d_prime: float, criterion_fresh: float, hours: float, criterion_per_h: float
) -> bool:
    """Whether a reader calls an image suspicious: noise plus half of d' on the true side, above the criterion."""
    signal = d_prime * 0.5 if prohibited else -d_prime * 0.5
    return z + signal > criterion_fresh + criterion_per_h * beyond_first_hour(hours)


def finds_irregularity(u: float, p_reference: float, thoroughness: float, skill: float, reference_skill: float) -> bool:
    """Whether a document check finds what is wrong with a declaration."""
    return u < p_reference * thoroughness * skill / reference_skill


def raises_query(mismatch: int, u: float, p_base: float, p_skill: float, skill: float) -> bool:
    """Whether a mismatch seen in a document check is queried."""
    return mismatch == 1 and u < p_base + p_skill * skill


def choose_channel(
    score: float,
    watched: int,
    u: float,
    random_red: float,
    random_yellow: float,
    red_at: float,
    yellow_at: float,
) -> tuple[int, int]:
    """Channel of a declaration and what chose it. Reads the declaration's score, never the goods."""
    if u < random_red:
        return RED, BY_RANDOM
    if watched:
        return RED, BY_WATCHLIST
    if score >= red_at:
        return RED, BY_SCORE
    if u < random_red + random_yellow:
        return YELLOW, BY_RANDOM
    if score >= yellow_at:
        return YELLOW, BY_SCORE
    return GREEN, BY_NONE


def reroute(channel: int, rule: int, u: float, up: float, down: float) -> tuple[int, int]:
    """A supervisor's second look; random checks stay, since they alone estimate prevalence. `u` < 0: it was bought."""
    if rule == BY_RANDOM:
        return channel, rule
    if u < 0.0 and channel != GREEN:
        return GREEN, BY_SUPERVISOR
    if channel == RED and u < down:
        return YELLOW, BY_SUPERVISOR
    if channel != RED and u >= 1.0 - up:
        return channel + 1, BY_SUPERVISOR
    return channel, rule


def takes_bribe(u: float, bribable: float, partner: bool) -> bool:
    """Whether an officer takes what a leg offers (`u` in [0, 1)); its partner always does."""
    return u >= 0.0 and u < 1.0 and (partner or u < bribable)


def holds_file(u: float, bribable: float, visit: int) -> bool:
    """Whether an officer holds a file at its first check until something is paid (`u` in (-1, 0): nothing offered)."""
    return visit == 0 and u < 0.0 and -u < bribable


def reserve_opens(line: int, rank: int, base: int, open_at: int, step: int) -> bool:
    """Whether the unit of this rank (0 = first of its team) may start work while `line` lorries wait."""
    return rank < base or line >= open_at + step * (rank - base)
