#include "plan/plan.h"
#include "base/sorted.h"
#include "draw/choice.h"
#include "build/op_index.h"

#include <limits.h>
#include <string.h>

#define PLAN_STREAM UINT64_MAX /* stream of the tape; models use streams from 0 up */

/* One operator that is due in one slot. Slots are the models in which anything is due: at most one for each item, spread over the
 * family. */
typedef struct {
    uint16_t op;
    int cost;
    uint32_t slot;
} item;

struct plan {
    const op_set *ops;
    size_t nodes;
    uint64_t count;
    size_t most_copies;
    int *costs;           /* 0: the operator cannot be used */
    const char **reasons; /* NULL: planned */
    char **obstacles;     /* owned texts, for operators without an instance; NULL for others */
    uint16_t *shortfalls;
    size_t n_shortfalls;
    uint64_t *models; /* models of the slots; sorted */
    size_t n_slots;
    size_t *starts; /* index in `due` of each slot's first operator; n_slots + 1 */
    uint16_t *due;
};

/* Workspace of a packing. */
typedef struct {
    item *items;
    size_t n_items;
    int *loads;
    size_t n_slots;
    size_t n_ops;
    uint32_t *given;  /* by operator: the slots of its copies; PLAN_MAX_COPIES each */
    uint8_t *n_given; /* by operator: their number */
} packing;

static const char unreachable[] = "it cannot be connected to float32 inputs and outputs with these operators";
static const char too_small[] = "a model that holds it needs more nodes";
static const char no_room[] = "the family has too few nodes for all operators";

static int highest_cost(const plan *p)
{
    int most = 0;
    for (size_t i = 0; i < p->ops->n_ops; i++)
        if (!p->reasons[i] && p->costs[i] > most)
            most = p->costs[i];
    return most;
}

/* The operators of one cost that can be due, shuffled. */
static uint32_t of_cost(const plan *p, int cost, uint32_t *order, tape *t)
{
    uint32_t n = 0;
    for (size_t i = 0; i < p->ops->n_ops; i++)
        if (!p->reasons[i] && p->costs[i] == cost)
            order[n++] = (uint32_t)i;
    tape_shuffle(t, "plan order", order, n);
    return n;
}

/* Lists every operator `copies` times, the most expensive first. */
static void list_items(const plan *p, packing *pk, size_t copies, uint32_t *order, tape *t)
{
    pk->n_items = 0;
    for (int cost = highest_cost(p); cost > 0; cost--)
        for (size_t k = 0; k < copies; k++) {
            uint32_t n = of_cost(p, cost, order, t);
            for (uint32_t i = 0; i < n; i++)
                pk->items[pk->n_items++] = (item){(uint16_t)order[i], cost, UINT32_MAX};
        }
}

/* If not all operators can be due, keeps cheap ones while the family has nodes, so that most operators appear. */
static void leave_out(plan *p, uint32_t *order, tape *t)
{
    uint64_t left = p->count > UINT64_MAX / p->nodes ? UINT64_MAX : p->count * p->nodes;
    int most = highest_cost(p);
    for (int cost = 1; cost <= most; cost++) {
        uint32_t n = of_cost(p, cost, order, t);
        for (uint32_t i = 0; i < n; i++) {
            if ((uint64_t)cost > left)
                p->reasons[order[i]] = no_room;
            else
                left -= (uint64_t)cost;
        }
    }
}

/* Whether the copies of an operator that have a slot, which are `given`, have this one. */
static bool is_given(const uint32_t *given, size_t n, uint32_t slot)
{
    for (size_t k = 0; k < n; k++)
        if (given[k] == slot)
            return true;
    return false;
}

/* No slot carries more than `most`, so that some item of a larger sum has none. */
static bool is_too_much(const packing *pk, int capacity)
{
    int64_t sum = 0, most = capacity;
    for (size_t j = 0; j < pk->n_items; j++) {
        sum += pk->items[j].cost;
        most = pk->items[j].cost > most ? pk->items[j].cost : most;
    }
    return sum > most * (int64_t)pk->n_slots;
}

/* The least loaded slot that can take an item, the first one from `first` on; UINT32_MAX: there is none. */
static uint32_t find_slot(const packing *pk, const item *it, int capacity, size_t first, const uint32_t *given, size_t n_given)
{
    uint32_t best = UINT32_MAX;
    int least = INT_MAX;
    for (size_t k = 0, s = first; k < pk->n_slots && least > 0; k++, s = s + 1 < pk->n_slots ? s + 1 : 0) {
        const int load = pk->loads[s];
        if (load >= least || (load > 0 && load + it->cost > capacity) || is_given(given, n_given, (uint32_t)s))
            continue;
        best = (uint32_t)s;
        least = load;
    }
    return best;
}

/* Worst fit: each item goes to the least loaded slot that can take it. An item that exceeds the capacity gets a slot of its own.
 * Returns whether all items have slots. partly: items behind one without a slot are placed too; otherwise such a packing is of no
 * use, and only its draws are made. */
static bool pack(packing *pk, bool partly, int capacity, tape *t)
{
    bool all = partly || !is_too_much(pk, capacity);
    memset(pk->loads, 0, pk->n_slots * sizeof *pk->loads);
    memset(pk->n_given, 0, pk->n_ops * sizeof *pk->n_given);
    for (size_t j = 0; j < pk->n_items; j++) {
        item *it = &pk->items[j];
        size_t first = (size_t)tape_draw(t, "plan slot", pk->n_slots);
        uint32_t *given = &pk->given[(size_t)it->op * PLAN_MAX_COPIES];
        it->slot = all || partly ? find_slot(pk, it, capacity, first, given, pk->n_given[it->op]) : UINT32_MAX;
        all &= it->slot != UINT32_MAX;
        if (it->slot == UINT32_MAX)
            continue;
        pk->loads[it->slot] += it->cost;
        given[pk->n_given[it->op]++] = it->slot;
    }
    return all;
}

/* Chooses the widest spread that fits: many copies under a light load first, then fewer copies, then fuller models. */
static void choose(plan *p, packing *pk, uint32_t *order, tape *t)
{
    uint64_t total = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->ops->n_ops; i++)
        if (!p->reasons[i]) {
            total += (uint64_t)p->costs[i];
            n++;
        }
    if (n == 0 || total == 0)
        return;
    size_t nodes = p->nodes > 1000000 ? 1000000 : p->nodes;
    const size_t capacities[] = {nodes / 3, nodes / 2, nodes * 2 / 3, nodes};
    for (size_t c = 0; c < 4; c++) {
        uint64_t room = p->count > UINT64_MAX / nodes ? UINT64_MAX : p->count * nodes;
        uint64_t copies = room / total;
        if (copies > p->most_copies)
            copies = p->most_copies;
        if (copies > p->count)
            copies = p->count;
        for (; copies >= 1; copies--) {
            pk->n_slots = p->count < copies * n ? (size_t)p->count : (size_t)copies * n;
            list_items(p, pk, (size_t)copies, order, t);
            if (pack(pk, false, (int)capacities[c], t))
                return;
        }
    }
    leave_out(p, order, t);
    pk->n_slots = p->count < n ? (size_t)p->count : n;
    list_items(p, pk, 1, order, t);
    (void)pack(pk, true, (int)nodes, t);
    for (size_t j = 0; j < pk->n_items; j++)
        if (pk->items[j].slot == UINT32_MAX)
            p->reasons[pk->items[j].op] = no_room;
}

/* The model of a slot: slots divide the family evenly, and each is at a random place in its part. */
static void place_slots(plan *p, tape *t)
{
    for (size_t s = 0; s < p->n_slots; s++) {
        uint64_t lo = (uint64_t)((unsigned __int128)p->count * s / p->n_slots);
        uint64_t hi = (uint64_t)((unsigned __int128)p->count * (s + 1) / p->n_slots);
        p->models[s] = lo + tape_draw(t, "plan model", hi - lo);
    }
}

static bool file_due(plan *p, const packing *pk)
{
    p->n_slots = pk->n_items ? pk->n_slots : 0;
    p->models = nn_calloc(p->n_slots + 1, sizeof *p->models);
    p->starts = nn_calloc(p->n_slots + 2, sizeof *p->starts);
    p->due = nn_calloc(pk->n_items + 1, sizeof *p->due);
    if (!p->models || !p->starts || !p->due)
        return false;
    for (size_t j = 0; j < pk->n_items; j++)
        if (pk->items[j].slot != UINT32_MAX)
            p->starts[pk->items[j].slot + 2]++;
    for (size_t s = 0; s < p->n_slots; s++)
        p->starts[s + 2] += p->starts[s + 1];
    for (size_t j = 0; j < pk->n_items; j++)
        if (pk->items[j].slot != UINT32_MAX)
            p->due[p->starts[pk->items[j].slot + 1]++] = pk->items[j].op;
    return true;
}

static nn_status fill(plan *p, uint64_t seed, nn_error *err)
{
    size_t n = p->ops->n_ops;
    packing pk = {.n_ops = n};
    tape *t = NULL;
    uint32_t *order = nn_calloc(n + 1, sizeof *order);
    pk.items = nn_calloc(n * PLAN_MAX_COPIES + 1, sizeof *pk.items);
    pk.loads = nn_calloc(n * PLAN_MAX_COPIES + 1, sizeof *pk.loads);
    nn_status st = tape_new_seeded(&t, seed, PLAN_STREAM, err);
    pk.given = nn_calloc(n * PLAN_MAX_COPIES + 1, sizeof *pk.given);
    pk.n_given = nn_calloc(n + 1, sizeof *pk.n_given);
    if (st == NN_OK && (!order || !pk.items || !pk.loads || !pk.given || !pk.n_given))
        st = nn_nomem(err);
    if (st == NN_OK) {
        choose(p, &pk, order, t);
        if (file_due(p, &pk))
            place_slots(p, t);
        else
            st = nn_nomem(err);
    }
    tape_free(t);
    nn_free(order);
    nn_free(pk.items);
    nn_free(pk.loads);
    nn_free(pk.given);
    nn_free(pk.n_given);
    return st;
}

nn_status plan_new(plan **out, const op_set *ops, size_t nodes, uint64_t count, uint64_t seed, nn_error *err)
{
    return plan_new_with(out, ops, nodes, count, seed, PLAN_MAX_COPIES, err);
}

nn_status plan_new_with(plan **out, const op_set *ops, size_t nodes, uint64_t count, uint64_t seed, size_t most_copies,
                        nn_error *err)
{
    *out = NULL;
    plan *p = nn_calloc(1, sizeof *p);
    op_index *x = NULL;
    if (!p)
        return nn_nomem(err);
    p->ops = ops;
    p->nodes = nodes;
    p->count = count;
    p->most_copies = most_copies < PLAN_MAX_COPIES ? most_copies : PLAN_MAX_COPIES;
    p->costs = nn_calloc(ops->n_ops + 1, sizeof *p->costs);
    p->reasons = nn_calloc(ops->n_ops + 1, sizeof *p->reasons);
    p->shortfalls = nn_calloc(ops->n_ops + 1, sizeof *p->shortfalls);
    p->obstacles = nn_calloc(ops->n_ops + 1, sizeof *p->obstacles);
    nn_status st = p->costs && p->reasons && p->obstacles && p->shortfalls ? op_index_new(&x, ops, err) : nn_nomem(err);
    if (st == NN_OK) {
        for (size_t i = 0; i < ops->n_ops; i++) {
            int cost = x->facts[i].cost;
            p->obstacles[i] = x->facts[i].obstacle; /* ownership moves to the plan */
            x->facts[i].obstacle = NULL;
            p->costs[i] = cost >= OP_COST_NONE ? 0 : cost;
            if (p->costs[i] == 0)
                p->reasons[i] = x->facts[i].feasible ? unreachable : p->obstacles[i];
            else if ((size_t)p->costs[i] > nodes)
                p->reasons[i] = too_small;
            else if (count == 0)
                p->reasons[i] = no_room;
        }
        st = fill(p, seed, err);
    }
    op_index_free(x);
    if (st != NN_OK) {
        plan_free(p);
        return st;
    }
    for (size_t i = 0; i < ops->n_ops; i++)
        if (p->reasons[i])
            p->shortfalls[p->n_shortfalls++] = (uint16_t)i;
    *out = p;
    return NN_OK;
}

void plan_free(plan *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->obstacles && i < p->ops->n_ops; i++)
        nn_free(p->obstacles[i]);
    nn_free(p->obstacles);
    nn_free(p->costs);
    nn_free(p->reasons);
    nn_free(p->shortfalls);
    nn_free(p->models);
    nn_free(p->starts);
    nn_free(p->due);
    nn_free(p);
}

const uint16_t *plan_due(const plan *p, uint64_t model, size_t *n)
{
    size_t at = sorted_place(p->models, p->n_slots, model);
    if (at == p->n_slots || p->models[at] != model) {
        *n = 0;
        return p->due;
    }
    *n = p->starts[at + 1] - p->starts[at];
    return p->due + p->starts[at];
}

size_t plan_shortfalls(const plan *p, const uint16_t **ops)
{
    *ops = p->shortfalls;
    return p->n_shortfalls;
}

const char *plan_reason(const plan *p, uint16_t op)
{
    return p->reasons[op];
}

int plan_cost(const plan *p, uint16_t op)
{
    return p->costs[op];
}
