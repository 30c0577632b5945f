#include "form/form_chain.h"
#include "form/form_control.h"
#include "form/form_region.h"
#include "form/form_sizes.h"

#define LONGEST 12 /* of an axis that is taken apart */

typedef struct {
    form_graph *g, *body;
    form_node *node;
    form_value *iteration, *going; /* inputs of the body */
    uint32_t trips;
    form_value *length; /* the trip count where a symbol sizes it; NULL: it is `trips` */
    form_list scanned;  /* outputs of the body that are stacked */
} loop;

/* Iteration and condition, as inputs of the body. */
static void open_body(form_model *m, loop *l)
{
    tensor_desc count = form_desc(DT_INT64, 0, NULL), flag = form_desc(DT_BOOL, 0, NULL);
    count.range = (interval){0, l->trips};
    l->iteration = form_value_new(m, l->body, &count);
    l->going = form_value_new(m, l->body, &flag);
    form_insert(m, &l->body->inputs, 0, l->iteration);
    form_insert(m, &l->body->inputs, 1, l->going);
}

/* The same constant, a scalar, at times with rank 1. */
static form_value *one_element(form_model *m, form_value *v)
{
    if (form_draw(m, 6) == 0 && v->data->dims != NULL) {
        v->desc.rank = 1;
        v->desc.dims[0] = v->data->dims[0] = 1;
        v->data->n_dims = 1;
        form_count(m, FORM_LOOP_ONE_ELEMENT);
    }
    return v;
}

/* A trip count: an initializer or a graph input. */
static form_value *trip_count(form_model *m, loop *l, int64_t trips)
{
    if (l->g->function == NULL && form_draw(m, 3) == 0) {
        form_count(m, FORM_LOOP_INPUT);
        return form_new_input(m, DT_INT64, trips);
    }
    return one_element(m, form_constant_int(m, l->g, trips));
}

/* Whether to go on after an iteration, from inside the body. */
static form_value *go_on(form_model *m, loop *l, bool by_condition)
{
    if (!by_condition)
        return form_draw(m, 2) == 0 ? form_identity(m, l->body, l->going)
                                    : form_pass(m, l->body, form_constant_bool(m, l->body, true));
    if (l->trips == 1 && form_draw(m, 2) == 0)
        return form_pass(m, l->body, form_constant_bool(m, l->body, false));
    return form_chain_put(m, l->body, USE_BELOW, l->iteration, &(form_scene){.limit = (int64_t)l->trips - 1});
}

/* The inputs trip count and condition, and the output of the body that says whether to go on. The loop ends after l->trips
 * iterations, by one or the other. */
static void steer(form_model *m, loop *l)
{
    form_value *most = NULL, *going = NULL;
    bool by_condition = form_draw(m, 2) == 0;
    if (l->trips == 0) {
        by_condition = form_draw(m, 2) == 0;
        most = trip_count(m, l, by_condition ? 1 + form_draw(m, 3) : 0);
        going = by_condition ? form_constant_bool(m, l->g, false) : form_draw(m, 2) == 0 ? NULL : form_constant_bool(m, l->g, true);
    } else if (l->length != NULL) {
        by_condition = false;
        most = l->length;
        going = form_draw(m, 2) == 0 ? NULL : form_constant_bool(m, l->g, true);
    } else if (by_condition) {
        most = form_draw(m, 2) == 0 ? NULL : trip_count(m, l, l->trips + 1 + form_draw(m, 5));
        going = form_constant_bool(m, l->g, true);
    } else {
        most = trip_count(m, l, l->trips);
        going = form_draw(m, 2) == 0 ? NULL : form_constant_bool(m, l->g, true);
    }
    form_count(m, by_condition ? FORM_LOOP_CONDITION : FORM_LOOP_COUNTED);
    form_count(m, l->trips == 0 ? FORM_LOOP_NEVER : l->trips == 1 ? FORM_LOOP_ONCE : FORM_LOOP_SEVERAL);
    form_insert(m, &l->node->inputs, 0, most);
    form_insert(m, &l->node->inputs, 1, going);
    form_insert(m, &l->body->outputs, 0, go_on(m, l, by_condition));
}

/* A carried value: where it begins, and what the body makes of it. Returns the body's input. */
static form_value *carry(form_model *m, loop *l, form_value *from)
{
    form_value *inside = form_value_new(m, l->body, &from->desc);
    form_add_input(m, l->node, from);
    form_push(m, &l->body->inputs, inside);
    return inside;
}

static loop begin(form_model *m, form_graph *g, form_graph *body, uint32_t trips)
{
    loop l = {.g = g, .body = body, .trips = trips};
    l.node = form_node_new(m, g, m->rules->words[WORD_LOOP], "");
    form_attr_graph(m, l.node, m->rules->words[WORD_BODY], body);
    return l;
}

/* Some inputs of the part come as carried values that do not change. */
static void carry_inputs(form_model *m, loop *l, const form_region *r)
{
    for (size_t i = 0; i < r->inputs.n && !m->failed; i++) {
        form_value *x = FORM_VALUE(r->inputs, i);
        if (form_draw(m, 3) != 0 || x->data != NULL)
            continue;
        form_value *inside = carry(m, l, x);
        form_replace(m, l->body, x, inside, NULL);
        form_push(m, &l->body->outputs, form_pass(m, l->body, inside));
        (void)form_add_output(m, l->node, &x->desc);
        form_count(m, FORM_LOOP_CARRIED);
    }
}

/* Output v of the part is stacked over the iterations; one of them is picked. */
static void stack(form_model *m, loop *l, form_value *v, form_value *inside)
{
    const tensor_desc d = form_desc_raised(m, &v->desc, 0, l->trips);
    form_push(m, &l->scanned, inside);
    form_value *all = form_add_output(m, l->node, &d);
    form_value *one = form_chain_put(m, l->g, USE_PICK, all, &(form_scene){.axis = 0, .index = form_draw(m, l->trips)});
    if (one == NULL)
        return;
    form_give(m, one->producer, 0, v);
    form_count(m, FORM_LOOP_STACKED);
}

/* The part runs in each iteration, always with the same result. */
static void repeat_part(form_model *m, form_region *r)
{
    form_graph *g = r->graph;
    if (!form_can_begin(m, g, &r->inputs, &r->outputs))
        return;
    uint32_t trips = form_draw(m, 2) == 0 ? 1 : 2 + form_draw(m, m->rules->limits[LIMIT_TRIPS] - 1);
    form_graph *body = form_region_take(m, r, g, "body");
    form_list given = body->outputs;
    body->outputs = (form_list){.n = 0};
    if (form_draw(m, 2) == 0)
        form_bring_constants(m, body, 600);
    loop l = begin(m, g, body, trips);
    carry_inputs(m, &l, r);
    bool *stacked = form_memory(m, r->outputs.n + 1);
    for (size_t i = 0; stacked != NULL && i < r->outputs.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(r->outputs, i);
        stacked[i] = form_draw(m, 2) == 0 && v->desc.rank + 1 < NN_MAX_RANK;
        stacked[i] |= !form_can_fill(m, g, &r->inputs, &v->desc);
        if (stacked[i])
            continue;
        (void)carry(m, &l, form_filled(m, g, &r->inputs, &v->desc));
        form_push(m, &body->outputs, given.items[i]);
        form_push(m, &l.node->outputs, v);
        v->producer = l.node;
    }
    for (size_t i = 0; stacked != NULL && i < r->outputs.n && !m->failed; i++)
        if (stacked[i])
            stack(m, &l, FORM_VALUE(r->outputs, i), FORM_VALUE(given, i));
    open_body(m, &l);
    steer(m, &l);
    for (size_t i = 0; i < l.scanned.n; i++)
        form_push(m, &body->outputs, l.scanned.items[i]);
    form_push(m, &g->nodes, l.node);
    form_sort(m, body, false);
    form_sort(m, g, false);
}

/* The outputs of the part go through a loop that never runs, and whose body would compute them again. */
static void pass_part(form_model *m, form_region *r)
{
    form_graph *g = r->graph, *body = form_clone_part(m, &r->nodes, &r->outputs, g);
    form_list inner = body->outputs;
    body->outputs = (form_list){.n = 0};
    loop l = begin(m, g, body, 0);
    for (size_t i = 0; i < r->outputs.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(r->outputs, i), *w = form_cut(m, v);
        for (size_t k = 0; k < r->nodes.n; k++)
            form_replace_in(m, FORM_NODE(r->nodes, k), v, w);
        (void)carry(m, &l, w);
        form_push(m, &body->outputs, inner.items[i]);
        form_push(m, &l.node->outputs, v);
        v->producer = l.node;
    }
    open_body(m, &l);
    steer(m, &l);
    form_push(m, &g->nodes, l.node);
    form_sort(m, g, false);
}

/* Takes a tensor apart along its first axis and joins the slices again. */
static void slices(form_model *m, form_graph *g, form_value *v)
{
    form_value *w = form_cut(m, v);
    loop l = begin(m, g, form_graph_new(m, g, "body"), (uint32_t)form_longest(m, &v->desc, 0));
    if (form_axis_varies(m, &v->desc, 0))
        l.length = form_chain_put(m, g, USE_LENGTH, w, &(form_scene){.axis = 0});
    open_body(m, &l);
    form_value *slice = form_chain_put(m, l.body, USE_TAKE, w, &(form_scene){.axis = 0, .at = l.iteration});
    steer(m, &l);
    if (slice == NULL)
        slice = form_filler(m, l.body, &v->desc);
    form_push(m, &l.body->outputs, slice);
    form_push(m, &l.node->outputs, v);
    v->producer = l.node;
    form_push(m, &g->nodes, l.node);
    form_sort(m, g, false);
    form_count(m, FORM_LOOP_SLICES);
}

void form_loop(form_model *m)
{
    form_region r;
    form_graph *g = form_scope_draw(m, 1, true);
    if (g == NULL || !form_region_draw(m, g, form_part_size(m), &r) || !form_region_repeats(m, &r))
        return;
    form_count_nested(m, g, FORM_LOOP_NESTED);
    form_value *v = FORM_VALUE(r.outputs, form_draw(m, (uint32_t)r.outputs.n));
    uint32_t kind = form_draw(m, 4);
    if (kind == 0 && v->desc.rank > 0 && (v->desc.open & 1) == 0 && form_shortest(m, &v->desc, 0) >= 1 &&
        form_longest(m, &v->desc, 0) <= LONGEST)
        slices(m, g, v);
    else if (kind == 1)
        pass_part(m, &r);
    else
        repeat_part(m, &r);
}
