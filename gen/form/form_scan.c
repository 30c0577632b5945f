#include "form/form_chain.h"
#include "form/form_control.h"
#include "form/form_region.h"
#include "form/form_sizes.h"

#define LONGEST 12 /* of an axis that is taken apart */

typedef struct {
    form_graph *g, *body;
    form_node *node;
    uint32_t length, iteration; /* number of iterations; the one whose result is used */
    int64_t *axes, *directions; /* of scanned inputs */
    size_t n_in;
    int64_t *out_axes, *out_directions;
    size_t n_out;
    bool varied; /* only one slice of each input needs to be the part's input */
} scan;

static bool begin(form_model *m, scan *s, form_graph *g, form_graph *body, size_t most_in, size_t most_out)
{
    *s = (scan){.g = g, .body = body};
    s->axes = form_memory(m, (most_in + 1) * sizeof *s->axes);
    s->directions = form_memory(m, (most_in + 1) * sizeof *s->axes);
    s->out_axes = form_memory(m, (most_out + 1) * sizeof *s->axes);
    s->out_directions = form_memory(m, (most_out + 1) * sizeof *s->axes);
    s->node = form_node_new(m, g, m->rules->words[WORD_SCAN], "");
    form_attr_graph(m, s->node, m->rules->words[WORD_BODY], body);
    return !m->failed;
}

static bool any(const int64_t *x, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found |= x[i] != 0;
    return found;
}

/* Writes a list that is not all zeros, which is the default; at times also then. */
static void put_list(form_model *m, const scan *s, form_word word, const int64_t *x, size_t n, form_feature f)
{
    bool matters = any(x, n);
    if (matters)
        form_count(m, f);
    if (n > 0 && (matters || form_draw(m, 3) == 0))
        form_attr_ints(m, s->node, m->rules->words[word], x, n);
}

static void end(form_model *m, scan *s)
{
    form_attr_int(m, s->node, m->rules->words[WORD_SCANNED], (int64_t)s->n_in);
    put_list(m, s, WORD_INPUT_AXES, s->axes, s->n_in, FORM_SCAN_AXIS);
    put_list(m, s, WORD_INPUT_DIRECTIONS, s->directions, s->n_in, FORM_SCAN_BACKWARD);
    put_list(m, s, WORD_OUTPUT_AXES, s->out_axes, s->n_out, FORM_SCAN_AXIS);
    put_list(m, s, WORD_OUTPUT_DIRECTIONS, s->out_directions, s->n_out, FORM_SCAN_BACKWARD);
    form_push(m, &s->g->nodes, s->node);
    form_sort(m, s->body, false);
    form_sort(m, s->g, false);
}

/* Slices joined along a new axis: copies of x, or x at one place and constants in its range elsewhere. */
static form_value *joined(form_model *m, const scan *s, form_value *x, int64_t axis, bool backward)
{
    form_value *one = form_chain_put(m, s->g, USE_RAISE, x, &(form_scene){.axis = axis}), *other = one;
    if (one == NULL || s->length == 1)
        return one;
    if (s->varied && dtype_is_float(x->desc.type))
        other = form_filled(m, s->g, &(form_list){.items = (void *[]){one}, .n = 1}, &one->desc);
    tensor_desc d = one->desc;
    form_desc_resize(m, &d, (int)axis, s->length);
    form_node *n = form_node_new(m, s->g, m->rules->words[WORD_CONCAT], "");
    form_attr_int(m, n, m->rules->words[WORD_AXIS], axis);
    for (uint32_t i = 0; i < s->length && !m->failed; i++)
        form_add_input(m, n, i == (backward ? s->length - 1 - s->iteration : s->iteration) ? one : other);
    form_push(m, &s->g->nodes, n);
    return form_add_output(m, n, &d);
}

/* Some inputs of the part are scanned, at least one if any can be. */
static void scan_inputs(form_model *m, scan *s, const form_region *r)
{
    for (size_t i = 0; i < r->inputs.n && !m->failed; i++) {
        form_value *x = FORM_VALUE(r->inputs, i);
        if (x->data != NULL || x->desc.rank + 1 >= NN_MAX_RANK || (s->n_in > 0 && form_draw(m, 2) == 0))
            continue;
        int64_t axis = form_draw(m, 2) == 0 ? 0 : form_draw(m, (uint32_t)x->desc.rank + 1);
        const bool backward = form_draw(m, 2) == 1;
        form_value *all = joined(m, s, x, axis, backward);
        if (all == NULL)
            continue;
        form_value *inside = form_value_new(m, s->body, &x->desc);
        form_replace(m, s->body, x, inside, NULL);
        form_add_input(m, s->node, all);
        form_push(m, &s->body->inputs, inside);
        s->axes[s->n_in] = form_draw(m, 3) == 0 ? axis - (x->desc.rank + 1) : axis;
        s->directions[s->n_in++] = backward;
    }
}

/* Whether the part has an input that can be scanned. */
static bool has_input(const form_region *r)
{
    for (size_t i = 0; i < r->inputs.n; i++)
        if (FORM_VALUE(r->inputs, i)->data == NULL && FORM_VALUE(r->inputs, i)->desc.open == 0 &&
            FORM_VALUE(r->inputs, i)->desc.rank + 1 < NN_MAX_RANK)
            return true;
    return false;
}

static void stack(form_model *m, scan *s, form_value *v, form_value *inside)
{
    int axis = form_draw(m, 2) == 0 ? 0 : (int)form_draw(m, (uint32_t)v->desc.rank + 1);
    const tensor_desc d = form_desc_raised(m, &v->desc, axis, s->length);
    uint32_t backward = form_draw(m, 2);
    s->out_axes[s->n_out] = form_draw(m, 3) == 0 ? axis - d.rank : axis;
    s->out_directions[s->n_out++] = backward;
    form_push(m, &s->body->outputs, inside);
    form_value *all = form_add_output(m, s->node, &d);
    int64_t at = backward != 0 ? s->length - 1 - s->iteration : s->iteration;
    form_value *one = form_chain_put(m, s->g, USE_PICK, all, &(form_scene){.axis = axis, .index = at});
    if (one != NULL)
        form_give(m, one->producer, 0, v);
    form_count(m, FORM_SCAN_STACKED);
}

/* Outputs of the part that become states: each begins as a constant, and each iteration gives it again. */
static void add_state(form_model *m, scan *s, const form_region *r, form_value *v, form_value *inside)
{
    form_push(m, &s->body->inputs, form_value_new(m, s->body, &v->desc));
    form_add_input(m, s->node, form_filled(m, s->g, &r->inputs, &v->desc));
    form_push(m, &s->body->outputs, inside);
    form_push(m, &s->node->outputs, v);
    v->producer = s->node;
    form_count(m, FORM_SCAN_STATE);
}

static void scan_part(form_model *m, form_region *r)
{
    scan s;
    form_graph *g = r->graph, *body = form_region_take(m, r, g, "body");
    form_list given = body->outputs;
    bool *state = form_memory(m, r->outputs.n + 1);
    body->outputs = (form_list){.n = 0};
    if (state == NULL || !begin(m, &s, g, body, r->inputs.n, r->outputs.n))
        return;
    if (form_draw(m, 2) == 0)
        form_bring_constants(m, body, 600);
    s.length = form_draw(m, 3) == 0 ? 1 : 2 + form_draw(m, m->rules->limits[LIMIT_TRIPS] - 1);
    s.iteration = form_draw(m, s.length);
    for (size_t i = 0; i < r->outputs.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(r->outputs, i);
        state[i] = form_draw(m, 3) == 0 || v->desc.rank + 1 >= NN_MAX_RANK;
        state[i] &= form_can_fill(m, g, &r->inputs, &v->desc);
        if (state[i])
            add_state(m, &s, r, v, FORM_VALUE(given, i));
    }
    s.varied = s.node->outputs.n == 0; /* states come from the last iteration */
    scan_inputs(m, &s, r);
    for (size_t i = 0; i < r->outputs.n && !m->failed; i++)
        if (!state[i])
            stack(m, &s, FORM_VALUE(r->outputs, i), FORM_VALUE(given, i));
    end(m, &s);
}

/* Takes a tensor apart along an axis and joins the slices again. */
static void slices(form_model *m, form_graph *g, form_value *v, int axis)
{
    scan s;
    if (!begin(m, &s, g, form_graph_new(m, g, "body"), 1, 1))
        return;
    form_value *w = form_cut(m, v);
    const tensor_desc d = form_desc_lowered(m, &v->desc, axis);
    form_value *slice = form_value_new(m, s.body, &d);
    form_push(m, &s.body->inputs, slice);
    form_value *out = form_chain_put(m, s.body, USE_NEUTRAL, slice, &(form_scene){.axis = 0});
    form_push(m, &s.body->outputs, out != NULL ? out : form_identity(m, s.body, slice));
    form_add_input(m, s.node, w);
    form_push(m, &s.node->outputs, v);
    v->producer = s.node;
    s.axes[0] = form_draw(m, 3) == 0 ? axis - v->desc.rank : axis;
    s.out_axes[0] = form_draw(m, 3) == 0 ? axis - v->desc.rank : axis;
    s.directions[0] = s.out_directions[0] = form_draw(m, 2);
    s.n_in = s.n_out = 1;
    end(m, &s);
    form_count(m, FORM_SCAN_SLICES);
}

void form_scan(form_model *m)
{
    form_region r;
    form_graph *g = form_scope_draw(m, 1, true);
    if (g == NULL || !form_region_draw(m, g, form_part_size(m), &r) || !form_region_repeats(m, &r))
        return;
    form_value *v = FORM_VALUE(r.outputs, form_draw(m, (uint32_t)r.outputs.n));
    int axis = (int)form_draw(m, (uint32_t)v->desc.rank);
    bool short_axis = v->desc.rank > 0 && (v->desc.open >> axis & 1) == 0 && form_shortest(m, &v->desc, axis) >= 1 &&
                      form_longest(m, &v->desc, axis) <= LONGEST;
    bool part = has_input(&r) && form_can_begin(m, g, &r.inputs, &r.outputs);
    if (!short_axis && !part)
        return;
    form_count_nested(m, g, FORM_SCAN_NESTED);
    if (part && (!short_axis || form_draw(m, 3) != 0))
        scan_part(m, &r);
    else
        slices(m, g, v, axis);
}
