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

static int64_t up_again(int64_t now, int64_t down_ms, int64_t up_ms) {
    return down_ms <= now && now < up_ms ? up_ms : now;
}

/* -- heap -- */

static int before(const Events *a, int64_t at_ms, int64_t key) {
    return a->at_ms < at_ms || (a->at_ms == at_ms && a->key < key);
}

static void sink(Border *b, Events fresh) {
    const int64_t size = b->scalar[HEAP_SIZE];
    int64_t j = 0, child = 1;
    while (child < size) {
        const Events *pair = &b->event[child];
        if (pair[1].at_ms == pair[0].at_ms) child += pair[1].key < pair[0].key;
        else child += pair[1].at_ms < pair[0].at_ms;
        if (before(&fresh, b->event[child].at_ms, b->event[child].key)) break;
        b->event[j] = b->event[child];
        j = child;
        child = 2 * child + 1;
    }
    b->event[j] = fresh;
}

static void push(Border *b, int64_t at_ms, int64_t key, int64_t token) {
    if (b->scalar[HEAP_OPEN]) {
        b->scalar[HEAP_OPEN] = 0;
        sink(b, (Events){at_ms, key, token});
        return;
    }
    int64_t j = b->scalar[HEAP_SIZE]++;
    while (j > 0) {
        int64_t parent = (j - 1) >> 1;
        if (before(&b->event[parent], at_ms, key)) break;
        b->event[j] = b->event[parent];
        j = parent;
    }
    b->event[j] = (Events){at_ms, key, token};
}

static void close_heap(Border *b) {
    const int64_t last = --b->scalar[HEAP_SIZE];
    const Events moved = b->event[last];
    b->event[last].at_ms = NEVER;
    b->scalar[HEAP_OPEN] = 0;
    if (last > 0) sink(b, moved);
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

static void fetch(const void *row) {
    __builtin_prefetch(row);
    __builtin_prefetch((const char *)row + 64);
}

static void fetch_leg(const Border *b, int64_t leg) {
    fetch(&b->legs[leg]);
    fetch(&b->token[2 * leg]);
    fetch(&STAGE(leg, 0));
    fetch(&VISITS_TO(leg, 0));
    fetch(b->minutes + leg * b->columns);
}

static void fetch_stage(const Border *b, int64_t token) {
    const int64_t leg = token >> 1, slot = b->node[b->token[token].node].slot;
    fetch(&b->legs[leg]);
    __builtin_prefetch(&STAGE(leg, slot));
    __builtin_prefetch(&VISITS_TO(leg, slot));
}

static void fetch_start(const Border *b, int64_t token) {
    const Nodes *node = &b->node[b->token[token].node];
    const int64_t leg = token >> 1;
    fetch(&b->legs[leg]);
    __builtin_prefetch(&VISITS_TO(leg, node->slot));
    __builtin_prefetch(b->minutes + leg * b->columns + node->column);
}

static int64_t leave_queue(Border *b, int64_t station, int64_t lane) {
    Queues *queue = &b->queue[station];
    const int64_t token = queue->head[lane];
    queue->head[lane] = b->token[token].behind;
    if (queue->head[lane] < 0) queue->tail[lane] = -1;
    else fetch_start(b, queue->head[lane]);
    queue->length[lane]--;
    return token;
}

static int opens(const Border *b, const Pools *pool, int64_t unit, int64_t line) {
    return reserve_opens(line, b->units[unit].rank, pool->base, pool->open_at, pool->step);
}

static int may_start(const Border *b, const Pools *pool, int64_t unit, int64_t line) {
    return b->unit[unit].ready_since < NEVER && opens(b, pool, unit, line);
}

static void make_ready(Border *b, int64_t number, int64_t now) {
    PoolStates *pool = &b->pool[b->units[number].pool];
    UnitStates *unit = &b->unit[number];
    int64_t before = pool->last, behind = -1;
    while (before > number && b->unit[before].ready_since == now) {
        behind = before;
        before = b->unit[before].sooner;
    }
    unit->ready_since = now;
    unit->sooner = before;
    unit->later = behind;
    if (before < 0) pool->first = number;
    else b->unit[before].later = number;
    if (behind < 0) pool->last = number;
    else b->unit[behind].sooner = number;
    pool->ready++;
}

static void unready(Border *b, int64_t number) {
    PoolStates *pool = &b->pool[b->units[number].pool];
    UnitStates *unit = &b->unit[number];
    if (unit->sooner < 0) pool->first = unit->later;
    else b->unit[unit->sooner].later = unit->later;
    if (unit->later < 0) pool->last = unit->sooner;
    else b->unit[unit->later].sooner = unit->sooner;
    unit->ready_since = NEVER;
    pool->ready--;
}

static int64_t choose_unit(const Border *b, int64_t number, int64_t line, double u, int64_t partner) {
    if (b->pool[number].ready == 0) return -1;
    const Pools *pool = &b->pools[number];
    if (partner >= pool->first_unit && partner < pool->first_unit + pool->units && may_start(b, pool, partner, line))
        return partner;
    if (pool->assignment == LONGEST_IDLE) {
        int64_t unit = b->pool[number].first;
        while (unit >= 0 && !opens(b, pool, unit, line)) unit = b->unit[unit].later;
        return unit;
    }
    const int64_t first = pool->first_unit, end = first + pool->units;
    int64_t wanted = 0;
    if (pool->assignment == DRAWN) {
        for (int64_t unit = first; unit < end; unit++) wanted += may_start(b, pool, unit, line);
        wanted = (int64_t)(u * (double)wanted);
    }
    for (int64_t unit = first; unit < end; unit++)
        if (may_start(b, pool, unit, line) && wanted-- == 0) return unit;
    return -1;
}

static int64_t open_at_line(const Border *b, int64_t number, int64_t line) {
    const Pools *pool = &b->pools[number];
    if (!pool->reserve) return b->pool[number].on_duty;
    int64_t desks = 0;
    for (int64_t unit = pool->first_unit; unit < pool->first_unit + pool->units; unit++)
        desks += b->unit[unit].on_duty == 1 && opens(b, pool, unit, line);
    return desks;
}

static void account(Border *b, int64_t leg, int64_t slot, int64_t now) {
    if (b->legs[leg].mark >= now) return;
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
    if (b->pool[station->pools[station->lead]].ready == 0) return 0;
    const int64_t number = queue->head[lane];
    const Legs *leg = &b->legs[number >> 1];
    Tokens *token = &b->token[number];
    const int64_t line = queue->length[0] + queue->length[1] + queue->length[APPROACH_LANE];
    const int64_t work = b->node[token->node].work;
    const int64_t partner = work == DOCUMENT_WORK || work == EXAMINATION ? leg->partner : -1;
    const int64_t lead = choose_unit(b, station->pools[station->lead], line, leg->u_unit, partner);
    if (lead < 0) return 0;
    Services *service = &b->service[lead];
    service->held[station->lead] = lead;
    for (int64_t k = 0; k < station->needs; k++) {
        if (k == station->lead) continue;
        service->held[k] = choose_unit(b, station->pools[k], line, leg->u_unit, partner);
        if (service->held[k] < 0) return 0;
    }
    leave_queue(b, at, lane);
    for (int64_t k = 0; k < station->needs; k++) {
        b->unit[service->held[k]].busy = 1;
        unready(b, service->held[k]);
    }
    const Nodes *node = &b->node[token->node];
    token->lead = lead;
    service->waiting = line - 1;
    UnitStates *officer = &b->unit[lead];
    const double hours = hours_on_task(now, officer->shift_start);
    double thoroughness = 1.0, hurry = 1.0, pace_now = 1.0, extra = 0.0;
    if (node->pressure) {
        const int64_t desks = open_at_line(b, station->pools[station->lead], line);
        const int64_t index = MIN(service->waiting * 10 / MAX(desks, 1), b->pressure_size - 1);
        thoroughness = hurry = b->pressure[index];
        if (index < b->c->overwork_index) officer->pressed_ms = -1;
        else if (officer->pressed_ms < 0) officer->pressed_ms = now;
        if (officer->pressed_ms >= 0 && (double)(now - officer->pressed_ms) / HOUR_MS >= b->c->overwork_h) hurry = 1.0;
    }
    if (node->paced) pace_now = officer->pace * (1.0 - b->c->pace_loss_per_h * hours);
    if (node->work == DOCUMENT_WORK) extra = leg->compare_min;
    const double minutes = (nominal_min(b, number >> 1, node) * hurry + extra / officer->skill) / pace_now;
    service->duration = to_ticks(minutes, b->c->tick_ms);
    service->hours = hours;
    service->skill = officer->skill;
    service->thoroughness = thoroughness;
    if (b->scalar[LOGGED] < b->log_room) {
        int64_t *row = b->log + 5 * b->scalar[LOGGED]++;
        row[0] = now, row[1] = at, row[2] = leg->id, row[3] = lead, row[4] = service->waiting;
    }
    schedule(b, now + service->duration, COMPLETION, at, number);
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

static int64_t check_documents(Border *b, Legs *leg, int64_t lead, const Services *service, int64_t visit) {
    leg->document_unit = lead;
    const double bribable = b->unit[lead].bribable;
    if (takes_bribe(leg->u_bribe, bribable, lead == leg->partner)) {
        leg->bribed |= PAID_CHECK;
        return leg->corrected ? 2 : 0;
    }
    if (leg->fiscal
        && leg->u_irregular
            < b->p_irregular[leg->fiscal] * service->thoroughness * service->skill / b->c->reference_skill)
        leg->corrected = 1;
    if (visit < VISITS && leg->mismatch[visit] == 1
        && leg->u_query[visit] < b->c->query_p_base + b->c->query_p_skill * service->skill) {
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

static int64_t read_image(Border *b, Legs *leg, int64_t lead, const Services *service) {
    leg->scanned = 1;
    leg->image_unit = lead;
    const double d_prime = b->c->d_base + b->c->d_skill * (service->skill - 0.5);
    const double signal = leg->prohibited ? d_prime * 0.5 : -d_prime * 0.5;
    const double criterion = b->unit[lead].criterion + b->c->criterion_per_h * beyond_first_hour(service->hours);
    if (leg->z_image + signal > criterion) leg->alarm = 1;
    return leg->alarm || leg->channel == RED;
}

static int64_t examine(Border *b, Legs *leg, int64_t lead, const Services *service) {
    leg->exam_unit = lead;
    leg->exam_waiting = service->waiting;
    leg->thoroughness = service->thoroughness;
    leg->exam_level_min = (int64_t)leg->exam_min;
    leg->dose = leg->thoroughness * leg->exam_min * b->c->dose_per_min * (service->skill / b->c->reference_skill)
        * vigilance(service->hours, b->c->vigilance_loss_per_h) * b->c->equipment / leg->concealment;
    if (leg->prohibited && leg->dose >= leg->exam_threshold) {
        if (takes_bribe(leg->u_bribe, b->unit[lead].bribable, lead == leg->partner)) {
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
    const int64_t lead = b->token[number].lead;
    const Services *service = &b->service[MAX(lead, 0)];
    const Nodes *node = &b->node[b->token[number].node];
    switch (node->route) {
    case VALIDATION: return leg->machine_mismatch && VISITS_TO(number >> 1, node->slot) == 1;
    case CHANNEL:
        choose_channel(leg, &b->desk[leg->desk]);
        reroute(leg, b->c->reroute_up, b->c->reroute_down);
        leg->selected = 1;
        if (node->token != GOODS) leg->lodged_ms = now;
        return leg->channel;
    case DOCUMENT: return check_documents(b, leg, lead, service, VISITS_TO(number >> 1, node->slot) - 1);
    case CONTROL: return leg->scan ? 1 : leg->channel == RED ? 2 : 0;
    case IMAGE: return read_image(b, leg, lead, service);
    case FOUND: return examine(b, leg, lead, service);
    case AGENCY: return leg->agency ? 1 : 0;
    case SHARE: return (int64_t)b->minutes[(number >> 1) * b->columns + node->column];
    default: return 0;
    }
}

/* -- the walk of a token -- */

static int64_t lodging(const Border *b, Legs *leg, int64_t number, int64_t now) {
    const DeskStates *desk = &b->desk[number], *other = &b->desk[number ^ 1];
    int64_t begin = up_again(now, desk->down_ms, desk->up_ms);
    if (leg->reuses) {
        begin = up_again(begin, other->down_ms, other->up_ms);
        begin = up_again(begin, desk->down_ms, desk->up_ms);
    }
    if (begin > now) leg->held_up = 1;
    return begin;
}

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
    case DELAY: {
        const int64_t duration = to_ticks(nominal_min(b, token >> 1, node), b->c->tick_ms);
        schedule(b, (node->route == VALIDATION ? lodging(b, leg, node->desk, now) : now) + duration, ENTRY, at, token);
        return 0;
    }
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
    int64_t onward = leg->follower;
    leg->released_ms = now;
    if (end == END_SEIZED) {
        leg->outcome = SEIZED;
        for (; onward >= 0; onward = b->legs[onward].follower) {
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

static int64_t leave(Border *b, int64_t token, int64_t now) {
    Legs *leg = &b->legs[token >> 1];
    const Nodes *node = &b->node[b->token[token].node];
    if ((token & 1) == GOODS || leg->joined) account(b, token >> 1, node->slot, now);
    VISITS_TO(token >> 1, node->slot)++;
    if (node->is_gate) leg->gated_ms = now;
    return node->to[effect(b, token, now)];
}

static void advance(Border *b, int64_t token, int64_t onward, int64_t now) {
    const int64_t number = token >> 1;
    Legs *leg = &b->legs[number];
    for (;;) {
        if (onward >= 0) {
            b->token[token].node = onward;
            if (!enter(b, token, now)) return;
        } else if ((token & 1) == GOODS) {
            end_of_leg(b, number, onward, now);
            return;
        } else {
            leg->papers_done = 1;
            if (leg->outcome == STOPPED_BEFORE) {
                close_leg(b, number);
                return;
            }
            if (!leg->joined) return;
            token = 2 * number + GOODS;
            b->token[token].node = leg->joined_node;
        }
        onward = leave(b, token, now);
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
            b->pool[number].on_duty++;
            if (!unit->busy) make_ready(b, shift->unit, now);
        }
    } else if (unit->on_duty == 1) {
        unit->on_duty = 0;
        b->pool[number].on_duty--;
        if (!unit->busy) unready(b, shift->unit);
    }
    for (int64_t k = pool->station_first; k < pool->station_end; k++) refill(b, b->pool_station[k], now);
}

static int64_t complete(Border *b, int64_t at, int64_t number, int64_t now) {
    const Tokens *token = &b->token[number];
    const Services *service = &b->service[token->lead];
    for (int64_t k = 0; k < b->station[at].needs; k++) {
        UnitStates *unit = &b->unit[service->held[k]];
        unit->busy = 0;
        unit->busy_ms += service->duration;
        if (unit->on_duty) make_ready(b, service->held[k], now);
    }
    STAGE(number >> 1, b->node[token->node].slot).work_ms += service->duration;
    const int64_t onward = leave(b, number, now);
    for (int64_t k = b->station[at].refill_first; k < b->station[at].refill_end; k++) refill(b, b->refill[k], now);
    return onward;
}

static int64_t set_out(Border *b, int64_t token, int64_t now) {
    Legs *leg = &b->legs[token >> 1];
    const int64_t which = token & 1;
    int64_t onward = b->token[token].node;
    if (which == GOODS && leg->arrived_ms < 0) {
        leg->arrived_ms = leg->mark = now;
    } else if (which != GOODS && leg->papers_started == 0) {
        leg->papers_started = 1;
        if (leg->joined) account(b, token >> 1, b->desks[leg->desk].join_slot, now);
    } else {
        onward = leave(b, token, now);
    }
    return onward;
}

void run_until(Border *b, int64_t end_ms) {
    for (;;) {
        if (b->scalar[HEAP_OPEN]) close_heap(b);
        const int64_t at = b->scalar[COMING_AT], shift = b->scalar[CALENDAR_AT];
        const int64_t event_ms = b->event[0].at_ms;
        const int64_t coming_ms = at < b->scalar[COMING_SIZE] ? b->coming[at].at_ms : NEVER;
        const int64_t shift_ms = shift < b->scalar[CALENDAR_SIZE] ? b->calendar[shift].at_ms : NEVER;
        const int64_t now = MIN(MIN(event_ms, coming_ms), shift_ms);
        if (now >= end_ms) return;
        if (shift_ms == now) {
            change_shift(b, now);
            continue;
        }
        Events first = b->event[0];
        if (coming_ms < event_ms || (coming_ms == event_ms && b->coming[at].key < first.key)) {
            first = b->coming[at];
            b->scalar[COMING_AT]++;
            if (at + AHEAD < b->scalar[COMING_SIZE]) fetch_leg(b, b->coming[at + AHEAD].token >> 1);
        } else {
            b->scalar[HEAP_OPEN] = 1;
            for (int64_t k = 1; k < MIN(3, b->scalar[HEAP_SIZE]); k++) fetch_stage(b, b->event[k].token);
        }
        const int64_t onward = first.key >> 60 == COMPLETION
            ? complete(b, (first.key >> 44) & 0xFFFF, first.token, now)
            : set_out(b, first.token, now);
        advance(b, first.token, onward, now);
    }
}
