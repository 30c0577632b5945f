#include "build/op_index.h"
#include "lower/op_feasible.h"
#include "rules/opmodel_rules.h"

#include <string.h>

#define MAX_VARS 8
#define MAX_BINDINGS 256 /* of an operator's type variables that are examined */

/* A type for each of an operator's type variables. */
typedef struct {
    dtype vars[MAX_VARS];
} binding;

static dtype lowest_type(dtype_mask m)
{
    for (int t = 1; t < DT_COUNT; t++)
        if (m >> t & 1)
            return (dtype)t;
    return DT_NONE;
}

static dtype bound_type(const binding *b, int var, dtype_mask types)
{
    return var >= 0 && var < MAX_VARS ? b->vars[var] : lowest_type(types);
}

/* Goes to the next binding in counting order; false: there is none. */
static bool next_binding(const op_model *op, binding *b)
{
    for (size_t v = 0; v < op->n_types && v < MAX_VARS; v++) {
        for (int t = (int)b->vars[v] + 1; t < DT_COUNT; t++)
            if (op->type_masks[v] >> t & 1) {
                b->vars[v] = (dtype)t;
                return true;
            }
        b->vars[v] = lowest_type(op->type_masks[v]);
    }
    return false;
}

/* Gives each variable its lowest type. */
static void first_binding(const op_model *op, binding *b)
{
    for (size_t v = 0; v < MAX_VARS; v++)
        b->vars[v] = v < op->n_types ? lowest_type(op->type_masks[v]) : DT_NONE;
}

static int capped(int cost)
{
    return cost > OP_COST_NONE ? OP_COST_NONE : cost;
}

/* The number of nodes that must come before the operator. given: an input that already has a tensor (one of its tensors, if it is
 * variadic); -1: none. */
static int inputs_cost(const op_index *x, const op_model *op, const binding *b, int given)
{
    int sum = 0, least = OP_COST_NONE;
    bool any = given >= 0, possible = false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        if (!op_input_data(in))
            continue;
        int cost = x->produce[bound_type(b, in->type_var, in->types)];
        possible = true;
        if (op_input_must(in)) {
            int n = in->min_arity < 1 ? 1 : in->min_arity;
            n -= given == (int)i;
            sum = capped(sum + n * cost);
            any = true;
        } else if (cost < least) {
            least = cost;
        }
    }
    if (any)
        return sum;
    if (possible)
        return capped(sum + least);
    return op->flags & OP_SOURCE ? sum : OP_COST_NONE;
}

/* The number of nodes that must come after it. Optional outputs count only if there are no others. */
static int outputs_cost(const op_index *x, const op_model *op, const binding *b)
{
    int sure = OP_COST_NONE, perhaps = OP_COST_NONE;
    for (size_t o = 0; o < op->n_outputs; o++) {
        const op_output *out = &op->outputs[o];
        int cost = x->sink[bound_type(b, out->type_var, out->types)];
        int *least = out->optional || out->conditional ? &perhaps : &sure;
        if (cost < *least)
            *least = cost;
    }
    return sure < OP_COST_NONE ? sure : perhaps;
}

typedef bool (*visit_fn)(op_index *x, const op_model *op, const binding *b);

/* Calls visit for each binding of each feasible operator. true: some call changed something. */
static bool each_binding(op_index *x, visit_fn visit)
{
    bool changed = false;
    for (size_t i = 0; i < x->ops->n_ops; i++) {
        const op_model *op = &x->ops->ops[i];
        binding b;
        if (!x->facts[i].feasible)
            continue;
        first_binding(op, &b);
        int n = 0;
        do
            changed |= visit(x, op, &b);
        while (++n < MAX_BINDINGS && next_binding(op, &b));
    }
    return changed;
}

/* Types that the operator makes at a lower cost than known so far. */
static bool relax_produce(op_index *x, const op_model *op, const binding *b)
{
    int cost = capped(inputs_cost(x, op, b, -1) + 1);
    bool changed = false;
    for (size_t o = 0; o < op->n_outputs; o++) {
        dtype t = bound_type(b, op->outputs[o].type_var, op->outputs[o].types);
        if (t != DT_NONE && cost < x->produce[t]) {
            x->produce[t] = cost;
            changed = true;
        }
    }
    return changed;
}

/* Types that it converts back to data at a lower cost than known so far. */
static bool relax_sink(op_index *x, const op_model *op, const binding *b)
{
    int after = outputs_cost(x, op, b);
    bool changed = false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        if (!op_input_data(&op->inputs[i]))
            continue;
        dtype t = bound_type(b, op->inputs[i].type_var, op->inputs[i].types);
        int cost = capped(inputs_cost(x, op, b, (int)i) + 1 + after);
        if (t != DT_NONE && cost < x->sink[t]) {
            x->sink[t] = cost;
            changed = true;
        }
    }
    return changed;
}

/* Whether output 0 may have a type of data or another type, whatever the types of the inputs are. */
static bool converts(const op_model *op)
{
    const op_output *out = &op->outputs[0];
    bool chosen = op->n_outputs > 0 && out->type_var >= 0 && out->types & op->data && out->types & ~op->data;
    for (size_t i = 0; i < op->n_inputs && chosen; i++)
        chosen = op->inputs[i].type_var != out->type_var || !op_input_data(&op->inputs[i]);
    return chosen;
}

/* Operators are visited in order, so comparing with the last item is enough to avoid repeats. */
static void push(op_list *l, size_t op)
{
    if (l->n == 0 || l->items[l->n - 1] != op)
        l->items[l->n++] = (uint16_t)op;
}

/* Adds what a binding contributes to the lists for the types of the operator's outputs. true: one of them is a type of data. */
static bool collect_outputs(op_index *x, const op_model *op, const binding *b, int before)
{
    bool to_data = false;
    for (size_t o = 0; o < op->n_outputs; o++) {
        dtype t = bound_type(b, op->outputs[o].type_var, op->outputs[o].types);
        bool data = x->ops->data >> t & 1;
        x->facts[op->index].gives |= (dtype_mask)1 << t;
        to_data |= data;
        if (!data && before + 1 == x->produce[t])
            push(&x->producers[t], op->index);
    }
    return to_data;
}

/* The same for its inputs. */
static bool collect_inputs(op_index *x, const op_model *op, const binding *b, int after)
{
    bool from_data = false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        if (!op_input_data(&op->inputs[i]))
            continue;
        dtype t = bound_type(b, op->inputs[i].type_var, op->inputs[i].types);
        bool data = x->ops->data >> t & 1;
        x->facts[op->index].takes |= (dtype_mask)1 << t;
        from_data |= data;
        push(&x->takers[t], op->index);
        if (!data && inputs_cost(x, op, b, (int)i) + 1 + after == x->sink[t])
            push(&x->sinks[t], op->index);
    }
    return from_data;
}

/* Numbers of nodes before and after an operator, and in all. */
typedef struct {
    int before, after, cost;
} op_place;

/* Adds what a binding contributes to an operator's costs, once the costs of types are known. */
static op_place price(op_index *x, const op_model *op, const binding *b)
{
    op_facts *f = &x->facts[op->index];
    op_place p = {.before = inputs_cost(x, op, b, -1),
                  .after = capped(outputs_cost(x, op, b) + (op->flags & OP_SOURCE ? x->join_cost : 0))};
    p.cost = capped(p.before + 1 + p.after);
    if (p.cost < f->cost) {
        f->cost = p.cost;
        f->inputs_cost = p.before;
        f->outputs_cost = p.after;
    }
    return p;
}

static bool price_only(op_index *x, const op_model *op, const binding *b)
{
    (void)price(x, op, b);
    return false;
}

/* Adds what it contributes to the costs and to the lists. */
static bool collect(op_index *x, const op_model *op, const binding *b)
{
    const op_facts *f = &x->facts[op->index];
    const op_place p = price(x, op, b);
    if (p.cost >= OP_COST_NONE)
        return false;
    push(&x->usable, op->index);
    if (f->most_data >= 2)
        push(&x->joins, op->index);
    if (f->most_floats >= 2 && p.after == 0)
        push(&x->float_joins, op->index);
    bool to_data = collect_outputs(x, op, b, p.before), from_data = collect_inputs(x, op, b, p.after);
    bool single = from_data && p.before == 0 && f->least_data == 1;
    if (single && to_data)
        push(&x->bridges, op->index);
    if (single && converts(op))
        push(&x->converters, op->index);
    return false;
}

static void count_data(op_facts *f, const op_model *op, dtype_mask data)
{
    f->cost = f->inputs_cost = f->outputs_cost = OP_COST_NONE;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        if (!op_input_data(in))
            continue;
        int most = in->max_arity < 1 ? 1 : in->max_arity;
        f->most_data += most;
        f->most_floats += in->types & data ? most : 0;
        if (op_input_must(in))
            f->least_data += in->min_arity < 1 ? 1 : in->min_arity;
    }
    if (f->least_data == 0 && f->most_data > 0)
        f->least_data = 1;
}

/* The weights that an expression names, as bits by number of the input. */
static uint32_t weights_in(const op_model *op, const expr *e)
{
    if (!e)
        return 0;
    if (e->kind == EX_INPUT)
        return op->inputs[e->index].roles & ROLE_WEIGHT ? (uint32_t)1 << e->index : 0;
    uint32_t m = weights_in(op, e->a) | weights_in(op, e->b) | weights_in(op, e->c);
    for (size_t i = 0; i < e->n; i++)
        m |= weights_in(op, e->args[i]);
    return m;
}

/* op_facts.aside: outputs that some weight of the first output does not reach. */
static uint32_t aside(const op_model *op)
{
    uint32_t m = 0, all = op->rules && op->n_outputs > 1 ? weights_in(op, op->rules->outputs[0].range) : 0;
    for (size_t o = 1; all && o < op->n_outputs; o++)
        if (all & ~weights_in(op, op->rules->outputs[o].range))
            m |= (uint32_t)1 << o;
    return m;
}

static bool new_list(op_list *l, size_t n)
{
    l->n = 0;
    l->items = nn_malloc((n + 1) * sizeof *l->items);
    return l->items != NULL;
}

static bool new_lists(op_index *x, size_t n)
{
    bool ok = new_list(&x->usable, n) && new_list(&x->joins, n) && new_list(&x->float_joins, n) && new_list(&x->bridges, n) &&
              new_list(&x->converters, n);
    for (int t = 0; t < DT_COUNT && ok; t++)
        ok = new_list(&x->producers[t], n) && new_list(&x->sinks[t], n) && new_list(&x->takers[t], n);
    return ok;
}

/* All operators of the embedded table have instances with the usual type, as a test finds for each opset and profile. */
static bool all_feasible(const op_set *ops)
{
    return ops->table != NULL && ops->table->embedded && ops->asked == dtype_bit(DT_FLOAT32);
}

/* Operators without rules, which only tests have, are feasible. false: out of memory. */
static bool find_feasible(op_index *x)
{
    const lower_limits limits = {0};
    op_trials *trials = NULL;
    bool ok = true;
    if (all_feasible(x->ops)) {
        for (size_t i = 0; i < x->ops->n_ops; i++)
            x->facts[i].feasible = true;
        return true;
    }
    for (size_t i = 0; i < x->ops->n_ops && ok; i++) {
        const op_model *op = &x->ops->ops[i];
        op_facts *f = &x->facts[i];
        op_obstacle why;
        ok = op->rules == NULL || trials != NULL || op_trials_new(&trials, x->ops, &limits, NULL) == NN_OK;
        f->feasible = ok && (op->rules == NULL || op_trials_feasible(trials, op, &why));
        f->obstacle = ok && !f->feasible ? nn_strdup(why.s) : NULL;
        ok = ok && (f->feasible || f->obstacle != NULL);
    }
    op_trials_free(trials);
    return ok;
}

/* Whether it can join the output of a source with a tensor that depends on a graph input. */
static bool joins(const op_facts *f, const op_model *op)
{
    return f->most_data >= 2 && !(op->flags & OP_SOURCE);
}

/* Computes what follows from each operator alone. */
static void find_facts(op_index *x)
{
    const op_set *ops = x->ops;
    x->join_cost = OP_COST_NONE;
    for (size_t i = 0; i < ops->n_ops; i++) {
        const op_model *op = &ops->ops[i];
        x->facts[i].aside = aside(op);
        count_data(&x->facts[i], op, ops->data);
        if (joins(&x->facts[i], op))
            x->join_cost = 1;
    }
}

/* Computes the costs of types: the least solution of their equations, by relaxation until nothing changes. */
static void find_costs(op_index *x)
{
    for (int t = 0; t < DT_COUNT; t++)
        x->produce[t] = x->sink[t] = x->ops->data >> t & 1 ? 0 : OP_COST_NONE;
    while (each_binding(x, relax_produce)) {
    }
    while (each_binding(x, relax_sink)) {
    }
}

static nn_status new_index(op_index **out, const op_set *ops, bool tried, nn_error *err)
{
    *out = NULL;
    op_index *x = nn_calloc(1, sizeof *x);
    if (!x)
        return nn_nomem(err);
    x->ops = ops;
    x->facts = nn_calloc(ops->n_all + 1, sizeof *x->facts);
    bool ok = x->facts && new_lists(x, ops->n_ops) && (!tried || find_feasible(x));
    if (!ok) {
        op_index_free(x);
        return nn_nomem(err);
    }
    for (size_t i = 0; i < ops->n_ops && !tried; i++)
        x->facts[i].feasible = true;
    find_facts(x);
    find_costs(x);
    each_binding(x, collect);
    for (int t = 1; t < DT_COUNT; t++) {
        x->produced |= (dtype_mask)(x->producers[t].n > 0) << t;
        x->taken |= (dtype_mask)(x->takers[t].n > 0) << t;
        x->sinkable |= (dtype_mask)(x->sink[t] < OP_COST_NONE) << t;
    }
    *out = x;
    return NN_OK;
}

nn_status op_index_new(op_index **out, const op_set *ops, nn_error *err)
{
    return new_index(out, ops, true, err);
}

nn_status op_index_new_untried(op_index **out, const op_set *ops, nn_error *err)
{
    return new_index(out, ops, false, err);
}

nn_status op_index_reach(const op_index *x, const bool *use, bool joined, bool *can, nn_error *err)
{
    const size_t n = x->ops->n_ops;
    op_index part = {.ops = x->ops, .facts = nn_malloc((n + 1) * sizeof *part.facts)};
    part.join_cost = joined ? 1 : OP_COST_NONE;
    if (!part.facts)
        return nn_nomem(err);
    memcpy(part.facts, x->facts, n * sizeof *part.facts);
    for (size_t i = 0; i < n; i++) {
        op_facts *f = &part.facts[i];
        f->feasible = f->feasible && use[i];
        f->cost = OP_COST_NONE;
        if (f->feasible && joins(f, &x->ops->ops[i]))
            part.join_cost = 1;
    }
    find_costs(&part);
    each_binding(&part, price_only);
    for (size_t i = 0; i < n; i++)
        can[i] = part.facts[i].cost < OP_COST_NONE;
    nn_free(part.facts);
    return NN_OK;
}

void op_index_free(op_index *x)
{
    if (!x)
        return;
    for (size_t i = 0; x->facts && i < x->ops->n_ops; i++)
        nn_free(x->facts[i].obstacle);
    nn_free(x->facts);
    nn_free(x->usable.items);
    nn_free(x->joins.items);
    nn_free(x->float_joins.items);
    nn_free(x->bridges.items);
    nn_free(x->converters.items);
    for (int t = 0; t < DT_COUNT; t++) {
        nn_free(x->producers[t].items);
        nn_free(x->sinks[t].items);
        nn_free(x->takers[t].items);
    }
    nn_free(x);
}

int op_main_input(const op_model *op)
{
    int found = -1;
    for (size_t i = 0; i < op->n_inputs; i++) {
        if (op_input_must(&op->inputs[i]))
            return (int)i;
        if (found < 0 && op_input_data(&op->inputs[i]))
            found = (int)i;
    }
    return found;
}

int op_index_sink(const op_index *x, dtype_mask types)
{
    int least = OP_COST_NONE;
    for (int t = 1; t < DT_COUNT; t++)
        if (types >> t & 1 && x->sink[t] < least)
            least = x->sink[t];
    return least;
}
