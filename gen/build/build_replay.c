#include "build/build_replay.h"
#include "build/build_again.h"
#include "build/build_budget.h"
#include "build/build_close.h"
#include "build/build_log.h"
#include "build/build_step.h"

#define CLOSE_VARIANTS 8           /* of the draws that close what is open */
#define DRAWN_ANEW 4               /* variants above this one draw everything anew */
#define NO_LIMIT ((size_t)1 << 24) /* of graph outputs, while segments are placed */

/* The first segment of a kind; SIZE_MAX: there is none. */
static size_t first_of(const segment_list *l, segment_kind kind)
{
    for (size_t k = 0; k < l->n; k++)
        if (l->items[k].kind == kind)
            return k;
    return SIZE_MAX;
}

static uint32_t item(const segment_reader *r, unsigned label, unsigned place, uint32_t otherwise)
{
    uint32_t value;
    return segment_find(r, label, place, &value) ? value : otherwise;
}

replay_head build_replay_head(segment_reader *r, size_t most)
{
    replay_head h = {.nodes = most};
    if (!segment_enter(r, first_of(r->list, SEGMENT_HEAD), 0))
        return h;
    h.nodes = item(r, ITEM_NODES, 0, (uint32_t)most);
    h.nodes = h.nodes < 1 ? 1 : h.nodes < most ? h.nodes : most;
    h.attempt = item(r, ITEM_ATTEMPT, 0, 0);
    h.equal = item(r, ITEM_EXTRA, 0, 0);
    h.held = item(r, ITEM_EXTRA, 1, 0);
    h.loose = item(r, ITEM_LOOSE, 0, 0) != 0;
    h.limit = item(r, ITEM_LIMIT, 0, 0);
    const size_t room = h.nodes / 4;
    h.equal = h.equal < room ? h.equal : room;
    h.held = h.held < room - h.equal ? h.held : room - h.equal;
    return h;
}

static lower_result place_segment(builder *b, size_t k)
{
    const segment *s = &b->reader->list->items[k];
    lower_result res = LOWER_OK;
    b->commits = 0;
    b->turn = 0;
    if (!segment_enter(b->reader, k, 0))
        return LOWER_NOMEM;
    b->s.leads = s->flags & SEGMENT_LEADS;
    if (s->flags & SEGMENT_PLAIN)
        lower_set_manner(b->lower, NULL);
    log_pause(b);
    switch ((segment_kind)s->kind) {
    case SEGMENT_STEP:
        res = b->s.n_nodes == 0 ? build_start(b) : build_step(b);
        break;
    case SEGMENT_GROUP:
        res = build_again_group(b, k);
        break;
    case SEGMENT_MOTIF:
        res = build_again_motif(b, k);
        break;
    case SEGMENT_SPARE:
        if (state_spare(&b->s))
            log_segment(b, SEGMENT_SPARE);
        break;
    case SEGMENT_HEAD:
    case SEGMENT_TAIL:
    case SEGMENT_KINDS:
        break;
    }
    b->s.leads = false;
    lower_set_manner(b->lower, b->manner);
    return res;
}

/* Places a first node if there is none, and closes what is open. */
static lower_result close_once(builder *b)
{
    lower_result res = LOWER_OK;
    log_pause(b);
    if (b->s.n_nodes == 0)
        res = build_start(b);
    while (res == LOWER_OK && build_need_now(b) > 0 && b->s.n_nodes < b->nodes) {
        b->turn = 0;
        res = build_count_step(b);
        res = res == LOWER_OK ? close_step(b) : res;
    }
    return res == LOWER_OK && build_need_now(b) > 0 ? LOWER_FAIL : res;
}

/* The same, with other draws if the simplest fail. */
static lower_result close_all(builder *b, size_t tail)
{
    lower_result res = LOWER_FAIL;
    for (unsigned v = 0; v <= CLOSE_VARIANTS && res == LOWER_FAIL; v++) {
        if (!segment_enter(b->reader, tail, v > 0 ? v + DRAWN_ANEW : 0))
            return LOWER_NOMEM;
        res = close_once(b);
    }
    return res;
}

lower_result build_replay(builder *b, const build_request *r, int closeness)
{
    const segment_list *l = b->reader->list;
    const size_t limit = b->limit, n = closeness < 2 ? l->n : closeness + 1 < REPLAY_ATTEMPTS ? l->n / 2 : 0;
    const size_t extra = b->extra.equal + b->extra.held, tail = first_of(l, SEGMENT_TAIL);
    uint32_t turn = 0;
    lower_result res = LOWER_OK;
    b->limit = NO_LIMIT;
    b->nodes = r->nodes > extra ? r->nodes - extra : 1;
    b->free_inputs = false;
    for (size_t k = 0; k < n && b->s.n_nodes < b->nodes && res != LOWER_NOMEM; k++) {
        res = build_count_step(b);
        res = res == LOWER_OK ? place_segment(b, k) : res;
    }
    b->commits = 0;
    if (res == LOWER_NOMEM)
        return res;
    res = close_all(b, tail);
    if (res != LOWER_OK || !segment_enter(b->reader, tail, 0))
        return res == LOWER_OK ? LOWER_NOMEM : res;
    b->limit = limit;
    b->nodes = b->s.n_nodes;
    (void)segment_find(b->reader, ITEM_TURN, 0, &turn);
    b->turn = turn;
    log_tail(b);
    return LOWER_OK;
}
