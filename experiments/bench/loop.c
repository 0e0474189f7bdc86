/* sim/posts/loop.py and the rules it calls, line by line, on the very same arrays. For the benchmark alone.
 *
 * What stands before this text is made by c_kernel.py: the structs of all tables with the fields of their rows, the
 * constants, and Border, which points to all of them. A token is 2 x slot + token (0 papers, 1 goods).
 * Compile without contraction of a*b+c, which would round once instead of twice.
 */

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define STAGE(leg, slot) b->stage[(leg) * b->slots + (slot)]
#define VISITS_TO(leg, slot) b->visits[(leg) * b->slots + (slot)]

/* -- rules -- */

static int64_t to_ticks(double minutes, int64_t tick_ms) {
    int64_t ticks = (int64_t)(minutes * MINUTE_MS / (double)tick_ms + 0.5);
    return MAX(1, ticks) * tick_ms;
}

static double hours_on_task(int64_t now, int64_t shift_start) { return (double)(now - shift_start) / HOUR_MS; }

static double beyond_first_hour(double hours) { return MIN(MAX(hours - 1.0, 0.0), 3.0); }

static double vigilance(double hours, double loss_per_h) { return 1.0 - loss_per_h * beyond_first_hour(hours); }

static int reserve_opens(int64_t line, int64_t rank, int64_t base, int64_t open_at, int64_t step) {
    return rank < base || line >= open_at + step * (rank - base);
}

static void choose_channel(Legs *leg, const DeskStates *desk) {
    const double u = leg->u_control;
    leg->channel = RED;
    if (u < desk->random_red) { leg->rule = BY_RANDOM; return; }
    if (leg->watched) { leg->rule = BY_WATCHLIST; return; }
    if (leg->score >= desk->red_at[leg->standing]) { leg->rule = BY_SCORE; return; }
    leg->channel = YELLOW;
    if (u < desk->random_red + desk->random_yellow) { leg->rule = BY_RANDOM; return; }
    if (leg->score >= desk->yellow_at[leg->standing]) { leg->rule = BY_SCORE; return; }
    leg->channel = GREEN;
    leg->rule = BY_NONE;
}

static void reroute(Legs *leg, double up, double down) {
    if (leg->rule == BY_RANDOM) return;
    if (leg->u_reroute < 0.0 && leg->channel != GREEN) {
        leg->channel = GREEN;
        leg->rule = BY_SUPERVISOR;
    } else if (leg->channel == RED && leg->u_reroute < down) {
        leg->channel = YELLOW;
        leg->rule = BY_SUPERVISOR;
    } else if (leg->channel != RED && leg->u_reroute >= 1.0 - up) {
        leg->channel += 1;
        leg->rule = BY_SUPERVISOR;
    }
}

static int takes_bribe(double u, double bribable, int partner) {
    return u >= 0.0 && u < 1.0 && (partner || u < bribable);
}

static int holds_file(double u, double bribable, int64_t visit) { return visit == 0 && u < 0.0 && -u < bribable; }

/* -- heap -- */

static int before(const Events *a, int64_t at_ms, int64_t key) {
    return a->at_ms < at_ms || (a->at_ms == at_ms && a->key < key);
}

static void push(Border *b, int64_t at_ms, int64_t key, int64_t token) {
    int64_t j = b->scalar[HEAP_SIZE]++;
    while (j > 0) {
        int64_t parent = (j - 1) >> 1;
        if (before(&b->event[parent], at_ms, key)) break;
        b->event[j] = b->event[parent];
        j = parent;
    }
    b->event[j] = (Events){at_ms, key, token};
}

static void drop_first(Border *b) {
    const int64_t size = --b->scalar[HEAP_SIZE];
    const Events last = b->event[size];
    int64_t j = 0;
    for (;;) {
        int64_t child = 2 * j + 1;
        if (child >= size) break;
        if (child + 1 < size && before(&b->event[child + 1], b->event[child].at_ms, b->event[child].key)) child++;
        if (!before(&b->event[child], last.at_ms, last.key)) break;
        b->event[j] = b->event[child];
        j = child;
    }
    b->event[j] = last;
}

static void schedule(Border *b, int64_t at_ms, int64_t event_class, int64_t station, int64_t token) {
    push(b, at_ms, (event_class << 60) + (station << 44) + b->legs[token >> 1].id, token);
}

/* -- queues and units -- */

static void queue_up(Border *b, int64_t station, int64_t lane, int64_t token) {
    Queues *queue = &b->queue[station];
    const int64_t last = queue->tail[lane];
    b->token[token].behind = -1;
    if (last < 0) queue->head[lane] = token;
    else b->token[last].behind = token;
    queue->tail[lane] = token;
    queue->length[lane]++;
}

static int64_t leave_queue(Border *b, int64_t station, int64_t lane) {
    Queues *queue = &b->queue[station];
    const int64_t token = queue->head[lane];
    queue->head[lane] = b->token[token].behind;
    if (queue->head[lane] < 0) queue->tail[lane] = -1;
    queue->length[lane]--;
    return token;
}

static int opens(const Border *b, const Pools *pool, int64_t unit, int64_t line) {
    return reserve_opens(line, b->units[unit].rank, pool->base, pool->open_at, pool->step);
}

static int may_start(const Border *b, const Pools *pool, int64_t unit, int64_t line) {
    return b->unit[unit].on_duty == 1 && b->unit[unit].busy == 0 && opens(b, pool, unit, line);
}

static int64_t choose_unit(const Border *b, int64_t number, int64_t line, double u, int64_t partner) {
    if (b->pool[number].free == 0) return -1;
    const Pools *pool = &b->pools[number];
    const int64_t first = pool->first_unit, end = first + pool->units;
    int64_t chosen = -1, ready = 0;
    if (first <= partner && partner < end && may_start(b, pool, partner, line)) return partner;
    for (int64_t unit = first; unit < end; unit++) {
        if (!may_start(b, pool, unit, line)) continue;
        ready++;
        if (chosen < 0
            || (pool->assignment == LONGEST_IDLE && b->unit[unit].idle_since < b->unit[chosen].idle_since))
            chosen = unit;
        if (pool->assignment == FIXED_DESK) return chosen;
    }
    if (pool->assignment != DRAWN || chosen < 0) return chosen;
    int64_t wanted = (int64_t)(u * (double)ready);
    for (int64_t unit = first; unit < end; unit++) {
        if (!may_start(b, pool, unit, line)) continue;
        if (wanted == 0) return unit;
        wanted--;
    }
    return chosen;
}

static int64_t open_at_line(const Border *b, const Pools *pool, int64_t line) {
    int64_t desks = 0;
    for (int64_t unit = pool->first_unit; unit < pool->first_unit + pool->units; unit++)
        desks += b->unit[unit].on_duty == 1 && opens(b, pool, unit, line);
    return desks;
}

static void account(Border *b, int64_t leg, int64_t slot, int64_t now) {
    STAGE(leg, slot).critical_ms += now - b->legs[leg].mark;
    b->legs[leg].mark = now;
}

static double nominal_min(const Border *b, int64_t leg, const Nodes *node) {
    if (node->work == EXAMINATION) return b->legs[leg].exam_min;
    const int64_t visit = MIN(VISITS_TO(leg, node->slot), node->visits - 1);
    return b->minutes[leg * b->columns + node->column + visit];
}

/* -- stations -- */

static int start(Border *b, int64_t at, int64_t lane, int64_t now) {
    const Stations *station = &b->station[at];
    const Queues *queue = &b->queue[at];
    const int64_t number = queue->head[lane];
    const Legs *leg = &b->legs[number >> 1];
    Tokens *token = &b->token[number];
    const int64_t line = queue->length[0] + queue->length[1] + queue->length[APPROACH_LANE];
    for (int k = 0; k < MAX_POOLS; k++) {
        token->held[k] = -1;
        if (station->pools[k] >= 0) {
            token->held[k] = choose_unit(b, station->pools[k], line, leg->u_unit, leg->partner);
            if (token->held[k] < 0) return 0;
        }
    }
    leave_queue(b, at, lane);
    for (int k = 0; k < MAX_POOLS; k++) {
        if (token->held[k] >= 0) {
            b->unit[token->held[k]].busy = 1;
            b->pool[b->units[token->held[k]].pool].free--;
        }
    }
    const Nodes *node = &b->node[token->node];
    token->lead = token->held[station->lead];
    token->waiting = line - 1;
    UnitStates *officer = &b->unit[token->lead];
    const double hours = hours_on_task(now, officer->shift_start);
    double thoroughness = 1.0, hurry = 1.0, pace_now = 1.0, extra = 0.0;
    if (node->pressure) {
        const int64_t desks = open_at_line(b, &b->pools[station->pools[station->lead]], line);
        const int64_t index = MIN(token->waiting * 10 / MAX(desks, 1), b->pressure_size - 1);
        thoroughness = hurry = b->pressure[index];
        if (index < b->c->overwork_index) officer->pressed_ms = -1;
        else if (officer->pressed_ms < 0) officer->pressed_ms = now;
        if (officer->pressed_ms >= 0 && (double)(now - officer->pressed_ms) / HOUR_MS >= b->c->overwork_h) hurry = 1.0;
    }
    if (node->paced) pace_now = officer->pace * (1.0 - b->c->pace_loss_per_h * hours);
    if (node->work == DOCUMENT_WORK) extra = leg->compare_min;
    const double minutes = (nominal_min(b, number >> 1, node) * hurry + extra / officer->skill) / pace_now;
    token->duration = to_ticks(minutes, b->c->tick_ms);
    token->hours = hours;
    token->skill = officer->skill;
    token->thoroughness = thoroughness;
    if (b->scalar[LOGGED] < b->log_room) {
        int64_t *row = b->log + 5 * b->scalar[LOGGED]++;
        row[0] = now, row[1] = at, row[2] = leg->id, row[3] = token->lead, row[4] = token->waiting;
    }
    schedule(b, now + token->duration, COMPLETION, at, number);
    return 1;
}

static void refill(Border *b, int64_t at, int64_t now) {
    const Queues *queue = &b->queue[at];
    const Stations *station = &b->station[at];
    for (;;) {
        while (queue->length[APPROACH_LANE] > 0 && queue->length[0] + queue->length[1] < station->limit) {
            const int64_t token = leave_queue(b, at, APPROACH_LANE);
            account(b, token >> 1, b->node[station->feeder].slot, now);
            queue_up(b, at, b->legs[token >> 1].lane, token);
        }
        const int64_t lane = queue->length[0] > 0 ? 0 : 1;
        if (queue->length[lane] == 0 || !start(b, at, lane, now)) return;
    }
}

/* -- effects of stages -- */

static int64_t check_documents(Border *b, Legs *leg, const Tokens *token, int64_t visit) {
    leg->document_unit = token->lead;
    const double bribable = b->unit[token->lead].bribable;
    if (takes_bribe(leg->u_bribe, bribable, token->lead == leg->partner)) {
        leg->bribed |= PAID_CHECK;
        return leg->corrected ? 2 : 0;
    }
    if (leg->fiscal
        && leg->u_irregular
            < b->p_irregular[leg->fiscal] * token->thoroughness * token->skill / b->c->reference_skill)
        leg->corrected = 1;
    if (visit < VISITS && leg->mismatch[visit] == 1
        && leg->u_query[visit] < b->c->query_p_base + b->c->query_p_skill * token->skill) {
        leg->queries++;
        return 1;
    }
    if (holds_file(leg->u_bribe, bribable, visit)) {
        leg->bribed |= HELD;
        leg->queries++;
        return 1;
    }
    return leg->corrected ? 2 : 0;
}

static int64_t read_image(Border *b, Legs *leg, const Tokens *token) {
    leg->scanned = 1;
    leg->image_unit = token->lead;
    const double d_prime = b->c->d_base + b->c->d_skill * (token->skill - 0.5);
    const double signal = leg->prohibited ? d_prime * 0.5 : -d_prime * 0.5;
    const double criterion = b->unit[token->lead].criterion + b->c->criterion_per_h * beyond_first_hour(token->hours);
    if (leg->z_image + signal > criterion) leg->alarm = 1;
    return leg->alarm || leg->channel == RED;
}

static int64_t examine(Border *b, Legs *leg, const Tokens *token) {
    leg->exam_unit = token->lead;
    leg->exam_waiting = token->waiting;
    leg->thoroughness = token->thoroughness;
    leg->exam_level_min = (int64_t)leg->exam_min;
    leg->dose = leg->thoroughness * leg->exam_min * b->c->dose_per_min * (token->skill / b->c->reference_skill)
        * vigilance(token->hours, b->c->vigilance_loss_per_h) * b->c->equipment / leg->concealment;
    if (leg->prohibited && leg->dose >= leg->exam_threshold) {
        if (takes_bribe(leg->u_bribe, b->unit[token->lead].bribable, 0)) {
            leg->bribed |= SOLD_FIND;
            return 0;
        }
        leg->detected = 1;
        return 1;
    }
    return 0;
}

static int64_t effect(Border *b, int64_t number, int64_t now) {
    Legs *leg = &b->legs[number >> 1];
    const Tokens *token = &b->token[number];
    const Nodes *node = &b->node[token->node];
    switch (node->route) {
    case VALIDATION: return leg->machine_mismatch && VISITS_TO(number >> 1, node->slot) == 1;
    case CHANNEL:
        choose_channel(leg, &b->desk[leg->desk]);
        reroute(leg, b->c->reroute_up, b->c->reroute_down);
        leg->score_used = leg->score;
        if (node->token != GOODS) leg->lodged_ms = now;
        return leg->channel;
    case DOCUMENT: return check_documents(b, leg, token, VISITS_TO(number >> 1, node->slot) - 1);
    case CONTROL: return leg->scan ? 1 : leg->channel == RED ? 2 : 0;
    case IMAGE: return read_image(b, leg, token);
    case FOUND: return examine(b, leg, token);
    case AGENCY: return leg->agency ? 1 : 0;
    default: return 0;
    }
}

/* -- the walk of a token -- */

static int enter(Border *b, int64_t token, int64_t now) {
    Legs *leg = &b->legs[token >> 1];
    const int64_t at = b->token[token].node;
    const Nodes *node = &b->node[at];
    int64_t station;
    switch (node->kind) {
    case SERVED:
        station = node->station < 0 ? leg->office : node->station;
        queue_up(b, station, leg->lane, token);
        refill(b, station, now);
        return 0;
    case APPROACH:
        b->token[token].node = node->to[0];
        station = b->node[node->to[0]].station;
        queue_up(b, station, APPROACH_LANE, token);
        refill(b, station, now);
        return 0;
    case DELAY:
        schedule(b, now + to_ticks(nominal_min(b, token >> 1, node), b->c->tick_ms), ENTRY, at, token);
        return 0;
    case JOIN:
        if (leg->papers_done) return 1;
        leg->joined = 1;
        leg->joined_node = at;
        return 0;
    default: return 1;
    }
}

static void close_leg(Border *b, int64_t leg) { b->finished[b->scalar[FINISHED]++] = leg; }

static void end_of_leg(Border *b, int64_t number, int64_t end, int64_t now) {
    Legs *leg = &b->legs[number];
    const int64_t onward = leg->follower;
    leg->released_ms = now;
    if (end == END_SEIZED) {
        leg->outcome = SEIZED;
        if (onward >= 0) {
            b->legs[onward].outcome = STOPPED_BEFORE;
            if (b->legs[onward].papers_done) close_leg(b, onward);
        }
    } else {
        leg->outcome = leg->corrected ? CORRECTED : RELEASED;
        if (onward >= 0) {
            b->token[2 * onward + GOODS].node = b->legs[onward].goods_node;
            schedule(b, now + leg->transit_ms, ENTRY, b->legs[onward].goods_node, 2 * onward + GOODS);
        }
    }
    close_leg(b, number);
}

static void advance(Border *b, int64_t token, int leaving, int64_t now) {
    for (;;) {
        if (!leaving && !enter(b, token, now)) return;
        leaving = 0;
        Legs *leg = &b->legs[token >> 1];
        const int64_t which = token & 1;
        const Nodes *node = &b->node[b->token[token].node];
        if (which == GOODS || leg->joined) account(b, token >> 1, node->slot, now);
        VISITS_TO(token >> 1, node->slot)++;
        if (node->is_gate) leg->gated_ms = now;
        const int64_t onward = node->to[effect(b, token, now)];
        if (onward >= 0) {
            b->token[token].node = onward;
        } else if (which == GOODS) {
            end_of_leg(b, token >> 1, onward, now);
            return;
        } else {
            leg->papers_done = 1;
            if (leg->outcome == STOPPED_BEFORE) {
                close_leg(b, token >> 1);
                return;
            }
            if (!leg->joined) return;
            token += GOODS;
            leaving = 1;
            b->token[token].node = leg->joined_node;
        }
    }
}

/* -- events -- */

static void change_shift(Border *b, int64_t now) {
    const Shifts *shift = &b->calendar[b->scalar[CALENDAR_AT]++];
    const int64_t number = b->units[shift->unit].pool;
    const Pools *pool = &b->pools[number];
    UnitStates *unit = &b->unit[shift->unit];
    if (shift->on) {
        unit->shift_start = now;
        unit->pressed_ms = -1;
        if (unit->on_duty == 0) {
            unit->on_duty = 1;
            unit->idle_since = now;
            b->pool[number].free += 1 - unit->busy;
        }
    } else if (unit->on_duty == 1) {
        unit->on_duty = 0;
        b->pool[number].free -= 1 - unit->busy;
    }
    for (int64_t k = pool->station_first; k < pool->station_end; k++) refill(b, b->pool_station[k], now);
}

static void complete(Border *b, int64_t at, int64_t number, int64_t now) {
    const Tokens *token = &b->token[number];
    for (int k = 0; k < MAX_POOLS; k++) {
        if (token->held[k] >= 0) {
            UnitStates *unit = &b->unit[token->held[k]];
            unit->busy = 0;
            b->pool[b->units[token->held[k]].pool].free += unit->on_duty;
            unit->idle_since = now;
            unit->busy_ms += token->duration;
        }
    }
    STAGE(number >> 1, b->node[token->node].slot).work_ms += token->duration;
    for (int64_t k = b->station[at].refill_first; k < b->station[at].refill_end; k++) refill(b, b->refill[k], now);
    advance(b, number, 1, now);
}

static void set_out(Border *b, int64_t token, int64_t now) {
    Legs *leg = &b->legs[token >> 1];
    const int64_t which = token & 1;
    if (which == GOODS && leg->arrived_ms < 0) {
        leg->arrived_ms = leg->mark = now;
        advance(b, token, 0, now);
    } else if (which != GOODS && leg->papers_started == 0) {
        leg->papers_started = 1;
        if (leg->joined) account(b, token >> 1, b->desks[leg->desk].join_slot, now);
        advance(b, token, 0, now);
    } else {
        advance(b, token, 1, now);
    }
}

void run_until(Border *b, int64_t end_ms) {
    for (;;) {
        const int64_t at = b->scalar[COMING_AT], shift = b->scalar[CALENDAR_AT];
        const int64_t event_ms = b->scalar[HEAP_SIZE] > 0 ? b->event[0].at_ms : NEVER;
        const int64_t coming_ms = at < b->scalar[COMING_SIZE] ? b->coming[at].at_ms : NEVER;
        const int64_t shift_ms = shift < b->scalar[CALENDAR_SIZE] ? b->calendar[shift].at_ms : NEVER;
        const int64_t now = MIN(MIN(event_ms, coming_ms), shift_ms);
        if (now >= end_ms) return;
        if (shift_ms == now) {
            change_shift(b, now);
        } else if (coming_ms < event_ms || (coming_ms == event_ms && b->coming[at].key < b->event[0].key)) {
            b->scalar[COMING_AT]++;
            set_out(b, b->coming[at].token, now);
        } else {
            const Events first = b->event[0];
            drop_first(b);
            if (first.key >> 60 == COMPLETION) complete(b, (first.key >> 44) & 0xFFFF, first.token, now);
            else set_out(b, first.token, now);
        }
    }
}
