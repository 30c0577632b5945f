/* From an entry of a motif file to a motif_def. */
#include "motif/motif_compile.h"
#include "motif/motif_draw.h"
#include "motif/motif_node.h"
#include "motif/motif_pattern.h"

#include "table/spec_check.h"

#include <stdio.h>
#include <string.h>

/* ---- sections of an entry ---- */

static nn_status parse_doc(const motif_compile *c, const spec_node *entry)
{
    const spec_pair *doc = spec_get_pair(entry, "doc");
    if (doc == NULL)
        return motif_error(c, c->def->place, "`doc` is missing; a line that says what the motif is was expected");
    if (doc->value->kind != SPEC_SCALAR)
        return motif_error(c, doc->value->place, "`doc` must be text");
    c->def->doc = doc->value->text;
    return NN_OK;
}

static nn_status parse_opsets(const motif_compile *c, const spec_node *entry)
{
    const spec_pair *p = spec_get_pair(entry, "opset");
    c->def->first = SPEC_MIN_OPSET;
    c->def->last = SPEC_MAX_OPSET;
    if (p == NULL)
        return NN_OK;
    if (p->value->kind != SPEC_SCALAR || !spec_parse_range(p->value->text, &c->def->first, &c->def->last))
        return motif_error(c, p->value->place, "a range of opsets was expected, such as 13.., ..16 or 13..19");
    const bool common = c->ops->common[0] > 0;
    if ((common ? c->ops->common[0] : c->ops->table->opset) < c->def->first)
        return motif_leave_out(c, arena_printf(c->a, "it needs an opset >= %d", c->def->first));
    if ((common ? c->ops->common[1] : c->ops->table->opset) > c->def->last)
        return motif_leave_out(c, arena_printf(c->a, "it needs an opset <= %d", c->def->last));
    return NN_OK;
}

static nn_status parse_types(const motif_compile *c, const spec_node *entry)
{
    motif_def *d = c->def;
    const spec_pair *p = spec_get_pair(entry, "types");
    if (p == NULL) {
        d->type_names[0] = "T";
        d->type_masks[0] = dtype_bit(DT_FLOAT32);
        d->first_types[0] = DT_FLOAT32;
        d->n_types = 1;
        return motif_symbol_add(c, "T", SYM_TYPE, 0, 0, d->place);
    }
    if (p->value->kind != SPEC_MAP || p->value->count == 0 || p->value->count > MOTIF_MAX_TYPES)
        return motif_error(c, p->value->place, "`types` must be a mapping of 1 to %d variables to lists of types", MOTIF_MAX_TYPES);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < p->value->count; i++) {
        const spec_pair *var = &p->value->pairs[i];
        s = motif_types_parse(c, var->value, &d->type_masks[i], &d->first_types[i]);
        if (s == NN_OK)
            s = motif_symbol_add(c, var->key, SYM_TYPE, (int)i, 0, var->place);
        d->type_names[d->n_types++] = var->key;
    }
    return s;
}

/* The pairs of a section. NN_ERR_TABLE: it is no mapping, or has more than `most`. */
static nn_status section(const motif_compile *c, const spec_node *entry, const char *key, size_t most, const spec_node **out)
{
    static const spec_node empty = {.kind = SPEC_MAP, .text = ""};
    const spec_pair *p = spec_get_pair(entry, key);
    *out = p != NULL && p->value->kind != SPEC_NULL ? p->value : &empty;
    if ((*out)->kind != SPEC_MAP)
        return motif_error(c, (*out)->place, "`%s` must be a mapping from names to values, not %s", key,
                           spec_kind_name((*out)->kind));
    if ((*out)->count > most)
        return motif_error(c, (*out)->place, "`%s` has %d entries; at most %d were expected", key, (int)(*out)->count, (int)most);
    return NN_OK;
}

static nn_status parse_dims(const motif_compile *c, const spec_node *entry)
{
    const spec_node *map;
    nn_status s = section(c, entry, "dims", MOTIF_MAX_DIMS, &map);
    for (size_t i = 0; s == NN_OK && i < map->count; i++) {
        motif_dim *d = &c->def->dims[i];
        d->name = map->pairs[i].key;
        d->free_use = -1;
        s = motif_draw_node(&d->draw, c, map->pairs[i].value, TY_INT);
        if (s == NN_OK)
            s = motif_symbol_add(c, d->name, SYM_DIM, (int)i, 0, map->pairs[i].place);
        c->def->n_dims = i + 1;
    }
    return s;
}

static nn_status parse_tensors(const motif_compile *c, const spec_node *entry, bool constants)
{
    motif_def *d = c->def;
    const spec_node *map;
    nn_status s = section(c, entry, constants ? "const" : "in", constants ? MOTIF_MAX_CONSTS : MOTIF_MAX_INPUTS, &map);
    for (size_t i = 0; s == NN_OK && i < map->count; i++) {
        motif_tensor *t = constants ? &d->consts[i] : &d->inputs[i];
        t->name = map->pairs[i].key;
        s = motif_pattern_parse(&t->p, c, map->pairs[i].value, constants);
        if (s == NN_OK && (constants || i > 0) && t->p.rest >= 0 && (d->n_inputs == 0 || d->inputs[0].p.rest < 0))
            s = motif_error(c, map->pairs[i].value->place,
                            "`..` stands for the dims that `..` of the first input has; it has none");
        if (s == NN_OK)
            s = motif_symbol_add(c, t->name, constants ? SYM_CONST : SYM_INPUT, (int)i, 0, map->pairs[i].place);
        if (constants)
            d->n_consts = i + 1;
        else
            d->n_inputs = i + 1;
    }
    return s == NN_OK && !constants && d->n_inputs == 0
               ? motif_error(c, d->place, "`in` is missing; at least one input was expected, such as in: {x: \"T[..]\"}")
               : s;
}

/* Dims that the first input names alone are read off a tensor that is given. */
static void find_free_dims(motif_def *d)
{
    const motif_pattern *p = &d->inputs[0].p;
    for (size_t k = 0; k < p->n_dims; k++) {
        const motif_expr *e = &p->dims[k];
        if (e->e->kind != EX_VAR)
            continue;
        const motif_symbol *y = &d->symbols[e->symbols[e->e->index]];
        if (y->kind == SYM_DIM && d->dims[y->index].draw.kind != DRAW_VALUE)
            d->dims[y->index].free_use = (int)k;
    }
}

static nn_status parse_nodes(const motif_compile *c, const spec_node *entry)
{
    const spec_node *map;
    nn_status s = section(c, entry, "nodes", MOTIF_MAX_NODES, &map);
    if (s == NN_OK && map->count == 0)
        return motif_error(c, c->def->place, "`nodes` is missing; at least one node was expected, such as y: Op(x)");
    for (size_t i = 0; s == NN_OK && i < map->count; i++)
        s = motif_node_parse(c, &map->pairs[i]);
    return s;
}

static nn_status mark_out(const motif_compile *c, const spec_node *name)
{
    int k = name->kind == SPEC_SCALAR ? motif_symbol_find(c->def, name->text) : -1;
    if (k < 0 || c->def->symbols[k].kind != SYM_OUTPUT)
        return motif_error(c, name->place, "`out`: `%s` is not an output of a node", spec_show(name->text).s);
    const motif_symbol *y = &c->def->symbols[k];
    c->def->nodes[y->index].outs |= 1u << y->output;
    return NN_OK;
}

/* What the nodes take. */
typedef struct {
    bool nodes[MOTIF_MAX_NODES], inputs[MOTIF_MAX_INPUTS], consts[MOTIF_MAX_CONSTS];
} motif_uses;

static void find_uses(const motif_def *d, motif_uses *u)
{
    for (size_t k = 0; k < d->n_nodes; k++) {
        u->nodes[k] |= d->nodes[k].outs != 0;
        for (size_t i = 0; i < d->nodes[k].n_slots; i++) {
            motif_operand o = d->nodes[k].operands[i];
            if (o.kind == MOTIF_NODE)
                u->nodes[o.index] = true;
            else if (o.kind == MOTIF_INPUT)
                u->inputs[o.index] = true;
            else if (o.kind == MOTIF_CONST)
                u->consts[o.index] = true;
        }
    }
}

/* Every node leads to an output of the motif, because the builder could not place it otherwise. An input or constant that no node
 * takes would have near misses that change nothing. */
static nn_status check_used(const motif_compile *c, const spec_node *entry)
{
    const motif_def *d = c->def;
    motif_uses u = {{false}, {false}, {false}};
    if (d->left_out != NULL) /* its operands are not known */
        return NN_OK;
    find_uses(d, &u);
    for (size_t k = 0; k < d->n_nodes; k++)
        if (!u.nodes[k])
            return motif_error(c, spec_get(entry, "nodes")->pairs[k].place,
                               "nothing uses node %s; an operand or `out` was expected to name it", d->nodes[k].name);
    for (size_t k = 0; k < d->n_inputs; k++)
        if (!u.inputs[k])
            return motif_error(c, spec_get(entry, "in")->pairs[k].place,
                               "no node uses input %s; an operand was expected to name it", d->inputs[k].name);
    for (size_t k = 0; k < d->n_consts; k++)
        if (!u.consts[k])
            return motif_error(c, spec_get(entry, "const")->pairs[k].place,
                               "no node uses constant %s; an operand was expected to name it", d->consts[k].name);
    return NN_OK;
}

static nn_status parse_out(const motif_compile *c, const spec_node *entry)
{
    const spec_pair *p = spec_get_pair(entry, "out");
    if (p == NULL)
        return motif_error(c, c->def->place, "`out` is missing; the name of a node was expected");
    if (p->value->kind == SPEC_SCALAR)
        return mark_out(c, p->value);
    if (p->value->kind != SPEC_LIST || p->value->count == 0)
        return motif_error(c, p->value->place, "`out` must be the name of a node, or a list of names");
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < p->value->count; i++)
        s = mark_out(c, p->value->items[i]);
    return s;
}

/* "onnxruntime: A, B; onnxslim: C" */
static nn_status parse_fires(const motif_compile *c, const spec_node *entry)
{
    const spec_pair *p = spec_get_pair(entry, "fires");
    c->def->fires = "";
    if (p == NULL)
        return NN_OK;
    if (p->value->kind != SPEC_MAP)
        return motif_error(c, p->value->place, "`fires` must be a mapping from programs to names of their optimisations");
    const char *text = "";
    for (size_t i = 0; i < p->value->count && text != NULL; i++) {
        const spec_pair *by = &p->value->pairs[i];
        size_t n = by->value->kind == SPEC_LIST ? by->value->count : 1;
        if (n == 0)
            return motif_error(c, by->value->place, "`fires`: the list for %s is empty; a name was expected", spec_show(by->key).s);
        text = arena_printf(c->a, "%s%s%s: ", text, i > 0 ? "; " : "", by->key);
        for (size_t k = 0; k < n && text != NULL; k++) {
            const spec_node *item = by->value->kind == SPEC_LIST ? by->value->items[k] : by->value;
            if (item->kind != SPEC_SCALAR)
                return motif_error(c, item->place, "`fires`: a name, or a list of names, was expected");
            text = arena_printf(c->a, "%s%s%s", text, k > 0 ? ", " : "", item->text);
        }
    }
    c->def->fires = text;
    return text != NULL ? NN_OK : nn_nomem(c->err);
}

/* ---- what the op_set lacks ---- */

/* Inputs are tensors of the graph, whose types are chosen. */
static nn_status check_input_types(const motif_compile *c)
{
    motif_def *d = c->def;
    for (size_t i = 0; i < d->n_inputs; i++) {
        const motif_pattern *p = &d->inputs[i].p;
        dtype_mask needed = motif_pattern_types(d, p);
        if (p->type_var >= 0)
            d->type_masks[p->type_var] &= c->ops->data;
        if ((needed & c->ops->data) == 0) {
            const op_untyped wanted = {.op = d->name, .types = needed};
            char types[160] = "";
            (void)op_untyped_text(&wanted, types, sizeof types);
            return motif_leave_out(c, arena_printf(c->a, "input %s needs --types with %s", d->inputs[i].name, types));
        }
    }
    return NN_OK;
}

static void find_first_types(motif_def *d)
{
    for (size_t v = 0; v < d->n_types; v++)
        for (int t = 1; t < DT_COUNT && (d->type_masks[v] >> d->first_types[v] & 1) == 0; t++)
            if ((d->type_masks[v] >> t & 1) != 0)
                d->first_types[v] = (dtype)t;
}

static nn_status check_available(const motif_compile *c)
{
    motif_def *d = c->def;
    if (d->left_out != NULL)
        return NN_OK;
    nn_status s = check_input_types(c);
    if (s == NN_OK && d->left_out == NULL)
        s = motif_types_narrow(c);
    find_first_types(d);
    return s;
}

/* ---- motifs ---- */

static nn_status check_keys(const motif_compile *c, const spec_node *entry)
{
    static const char *const keys[] = {"doc", "opset", "types", "dims", "in", "const", "nodes", "out", "fires"};
    spec_subject subject = spec_subject_of("motif", c->def->name);
    return spec_check_keys(entry, keys, sizeof keys / sizeof *keys, &subject, c->err);
}

static size_t size_of(const spec_node *entry, const char *key)
{
    const spec_node *map = spec_get(entry, key);
    return map != NULL ? map->count : 0;
}

/* Room for as much as the entry has. */
static nn_status allocate(const motif_compile *c, const spec_node *entry)
{
    motif_def *d = c->def;
    const spec_node *nodes = spec_get(entry, "nodes");
    size_t outputs = size_of(entry, "nodes"), n_dims = size_of(entry, "dims"), n_in = size_of(entry, "in");
    for (size_t i = 0; nodes != NULL && nodes->kind == SPEC_MAP && i < nodes->count; i++)
        for (const char *s = nodes->pairs[i].key; (s = strchr(s, ',')) != NULL; s++)
            outputs++;
    d->symbols = arena_calloc(c->a, MOTIF_MAX_TYPES + n_dims + n_in + size_of(entry, "const") + outputs, sizeof *d->symbols);
    d->dims = arena_calloc(c->a, n_dims, sizeof *d->dims);
    d->inputs = arena_calloc(c->a, n_in, sizeof *d->inputs);
    d->consts = arena_calloc(c->a, size_of(entry, "const"), sizeof *d->consts);
    d->nodes = arena_alloc(c->a, size_of(entry, "nodes") * sizeof *d->nodes); /* motif_node_parse clears each */
    return arena_failed(c->a) ? nn_nomem(c->err) : NN_OK;
}

typedef nn_status (*parse_section)(const motif_compile *c, const spec_node *entry);

static nn_status parse_inputs(const motif_compile *c, const spec_node *entry)
{
    return parse_tensors(c, entry, false);
}

static nn_status parse_consts(const motif_compile *c, const spec_node *entry)
{
    return parse_tensors(c, entry, true);
}

static nn_status parse_all(const motif_compile *c, const parse_section *sections, size_t n, const spec_node *entry)
{
    nn_status s = allocate(c, entry);
    for (size_t i = 0; s == NN_OK && i < n; i++)
        s = sections[i](c, entry);
    return s;
}

static motif_compile begin(const motif_set *set, motif_def *d, const spec_pair *pair, arena *a, nn_error *err)
{
    motif_compile c = {.def = d, .ops = set->ops, .a = a, .err = err};
    *d = (motif_def){.name = pair->key, .place = pair->place};
    (void)snprintf(c.subject, sizeof c.subject, "motif %.*s", SPEC_MAX_NAME, spec_show(pair->key).s);
    return c;
}

static nn_status check_name(const motif_set *set, const motif_compile *c, const spec_pair *pair)
{
    static const char *const reserved[] = {"none", "like", "manner"};
    if (!spec_is_name(pair->key))
        return motif_error(c, pair->place, "this is not a name; letters, digits and _ were expected");
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(pair->key, reserved[i]) == 0)
            return motif_error(c, pair->place, "this name is reserved, because --motifs %s means something else", pair->key);
    if (motif_find(set, pair->key) >= 0)
        return motif_error(c, pair->place, "two motifs have this name");
    if (pair->value->kind != SPEC_MAP)
        return motif_error(c, pair->value->place, "a mapping was expected, not %s", spec_kind_name(pair->value->kind));
    return NN_OK;
}

static unsigned flags_of(const motif_def *d)
{
    unsigned flags = 0;
    for (size_t k = 0; k < d->n_nodes && d->left_out == NULL; k++)
        flags |= d->nodes[k].op->flags;
    return flags;
}

static nn_status compile_body(motif_compile *c, const spec_node *entry)
{
    static const parse_section sections[] = {check_keys,   parse_doc,    parse_opsets, parse_types, parse_dims,
                                             parse_inputs, parse_consts, parse_nodes,  parse_out,   parse_fires};
    nn_status s = parse_all(c, sections, sizeof sections / sizeof *sections, entry);
    if (s == NN_OK)
        s = check_used(c, entry);
    if (s != NN_OK)
        return s;
    find_free_dims(c->def);
    s = check_available(c);
    c->def->flags = flags_of(c->def);
    c->def->ending = c->def->n_nodes > 0 ? c->def->nodes[c->def->n_nodes - 1].op : NULL;
    return s;
}

nn_status motif_compile_entry(const motif_set *set, motif_def *d, const spec_pair *pair, arena *a, nn_error *err)
{
    motif_compile c = begin(set, d, pair, a, err);
    nn_status s = check_name(set, &c, pair);
    if (s == NN_OK)
        s = compile_body(&c, pair->value);
    return s == NN_OK && d->left_out == NULL ? motif_try(set, d, &c) : s;
}

nn_status motif_compile_late(const motif_set *set, motif_def *d, const spec_pair *pair, arena *a, nn_error *err)
{
    motif_compile c = begin(set, d, pair, a, err);
    return compile_body(&c, pair->value);
}

/* Whether a motif is left out depends on types and operands alone, which are a small part of the work. */
nn_status motif_compile_outline(const motif_set *set, motif_def *d, const spec_pair *pair, arena *a, arena *scratch, nn_error *err)
{
    static const parse_section sections[] = {parse_types, parse_inputs, parse_consts, parse_nodes};
    motif_def whole;
    motif_compile c = begin(set, &whole, pair, scratch, err);
    const spec_node *doc = spec_get(pair->value, "doc");
    c.outline = true;
    nn_status s = parse_opsets(&c, pair->value);
    if (s == NN_OK && whole.left_out == NULL)
        s = parse_all(&c, sections, sizeof sections / sizeof *sections, pair->value);
    if (s == NN_OK)
        s = check_available(&c);
    if (s != NN_OK)
        return s;
    *d = (motif_def){.name = pair->key, .place = pair->place, .doc = doc != NULL ? doc->text : "", .fires = ""};
    d->n_nodes = size_of(pair->value, "nodes");
    if (whole.left_out != NULL)
        d->left_out = arena_strdup(a, whole.left_out);
    else
        d->ending = d->n_nodes > 0 ? whole.nodes[d->n_nodes - 1].op : NULL;
    d->flags = flags_of(&whole);
    return whole.left_out != NULL && d->left_out == NULL ? nn_nomem(err) : NN_OK;
}
