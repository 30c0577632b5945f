/* Heads and lists of rules, in the order in which they need one another. */
#include "reference/ref_compile.h"

#include <string.h>

static void find_output(compiler *c, ref_rule *rule)
{
    const char *names[OP_MAX_OUTPUTS];
    for (size_t i = 0; i < c->op->n_outputs; i++) {
        names[i] = c->op->outputs[i].name;
        if (strcmp(names[i], rule->name) == 0) {
            rule->slot = (int)i;
            return;
        }
    }
    const char *near = spec_nearest(rule->name, names, c->op->n_outputs);
    if (near != NULL)
        ref_bad(c, rule->place, "unknown output `%s`; did you mean `%s`?", spec_show(rule->name).s, near);
    else
        ref_bad(c, rule->place, "unknown output `%s`; an output, or `let`, `scan` or `def` was expected", spec_show(rule->name).s);
}

static void declare(compiler *c, ref_rule *rule)
{
    ref_program *p = c->program;
    bool def = rule->kind == HEAD_FUNCTION;
    if (ref_of_output(rule)) {
        find_output(c, rule);
        return;
    }
    if (rule->kind == HEAD_SCAN && rule->n == 0)
        ref_bad(c, rule->place, "`%s`: a scan has indices, such as [t in 0..n-1]", spec_show(rule->name).s);
    size_t *n = def ? &p->n_defs : &p->n_lets;
    if (*n == REF_MAX_LETS) {
        ref_bad(c, rule->place, "at most %d definitions were expected", REF_MAX_LETS);
        return;
    }
    rule->slot = (int)(*n)++;
    if (def)
        p->defs[rule->slot] = rule;
}

static void compile_rule(compiler *c, ref_rule *rule, const expr_head *head, const spec_node *text)
{
    expr *body;
    c->n_locals = 0;
    c->bare = -1;
    c->slices = c->own_indices = false;
    memset(c->one_by_one, 0, sizeof c->one_by_one);
    if (c->status == NN_OK)
        c->status = expr_parse_elements(&body, text, c->a, c->err);
    rule->binders = ref_room(c, head->n + 1, sizeof *rule->binders);
    if (c->status != NN_OK)
        return;
    for (size_t i = 0; i < head->n; i++)
        if (head->binders[i]->a != NULL)
            ref_bind(c, &rule->binders[i], head->binders[i]);
    for (size_t i = 0; i < head->n; i++) {
        rule->binders[i].tuple = head->binders[i]->op == EXPR_TUPLE;
        rule->binders[i].slot = ref_add_local(c, head->binders[i]->s, head->binders[i]->place);
    }
    rule->n = head->n;
    if (rule->kind == HEAD_OUTPUT) {
        if (!rule->indexed) {
            rule->binders[0] = (ref_binder){.slot = ref_add_local(c, "", rule->place), .tuple = true};
            rule->n = 1;
            c->bare = rule->binders[0].slot;
        }
    }
    if (ref_of_output(rule) && c->op->outputs[rule->slot].variadic)
        ref_add_local(c, "k", rule->place);
    c->own_indices = rule->kind == HEAD_OUTPUT && rule->n == 1 && rule->binders[0].tuple;
    rule->body = ref_translate(c, body);
    for (size_t i = 0; rule->kind == HEAD_FUNCTION && i < rule->n; i++)
        rule->binders[i].chooses = c->one_by_one[rule->binders[i].slot];
    rule->n_locals = c->n_locals;
    rule->slices = c->slices;
}

/* Compiles the rule before the one that needs it. */
void ref_need_rule(compiler *c, size_t i, spec_place place)
{
    rule_list *l = c->list;
    ref_rule *rule = &l->rules[i];
    if (c->status != NN_OK || l->state[i] == RULE_DONE || (l->state[i] == RULE_OPEN && rule->kind == HEAD_SCAN))
        return;
    if (l->state[i] == RULE_OPEN || c->depth > 60) {
        ref_bad(c, place, "`%s` is defined by itself; `scan` defines a tensor by its earlier elements", spec_show(rule->name).s);
        return;
    }
    compiler inner = *c;
    inner.depth++;
    l->state[i] = RULE_OPEN;
    compile_rule(&inner, rule, &l->heads[i], l->map->pairs[i].value);
    l->state[i] = RULE_DONE;
    c->status = inner.status;
    if (rule->kind != HEAD_FUNCTION)
        c->program->order[c->program->n++] = rule;
}

static spec_node head_node(const spec_pair *pair)
{
    return (spec_node){.kind = SPEC_SCALAR, .place = pair->place, .text = pair->key, .exact = true};
}

static void open_rules(compiler *c)
{
    rule_list *l = c->list;
    for (size_t i = 0; c->status == NN_OK && i < l->map->count; i++) {
        const spec_pair *pair = &l->map->pairs[i];
        spec_node node = head_node(pair);
        expr_head *h = &l->heads[i];
        c->status = expr_parse_head(h, &node, c->a, c->err);
        if (c->status == NN_OK && pair->value->kind != SPEC_SCALAR)
            ref_bad(c, pair->place, "`%s`: an expression was expected", spec_show(pair->key).s);
        if (c->status != NN_OK)
            return;
        ref_rule *rule = &l->rules[l->n++];
        *rule = (ref_rule){.kind = h->kind,
                           .name = h->name,
                           .indexed = h->indexed,
                           .sequential = h->kind == HEAD_SCAN,
                           .n = h->n,
                           .place = h->place};
        declare(c, rule);
        for (size_t k = 0; k + 1 < l->n; k++)
            if (strcmp(l->rules[k].name, rule->name) == 0 && !ref_of_output(&l->rules[k]) && !ref_of_output(rule))
                ref_bad(c, h->place, "`%s` is defined twice", spec_show(rule->name).s);
    }
}

/* The shape that the table states, if it follows from what a model states. */
static void shape_of_table(compiler *c, size_t output)
{
    const expr *source = c->op->rules->outputs[output].shape;
    nn_error ignored;
    compiler inner = *c;
    ref_rule *rule = ref_room(c, 1, sizeof *rule);
    if (rule == NULL)
        return;
    *rule = (ref_rule){.kind = HEAD_SHAPE, .name = c->op->outputs[output].name, .slot = (int)output, .place = source->place};
    inner.n_locals = 0;
    inner.bare = -1;
    inner.own_indices = false;
    inner.in_var = true;
    inner.err = &ignored;
    if (c->op->outputs[output].variadic)
        ref_add_local(&inner, "k", rule->place);
    rule->body = ref_translate(&inner, source);
    rule->n_locals = inner.n_locals;
    if (inner.status == NN_OK)
        c->program->order[c->program->n++] = rule;
    else if (inner.status != NN_ERR_TABLE)
        c->status = nn_nomem(c->err);
}

static void begin(compiler *c, size_t rules)
{
    const op_model *op = c->op;
    ref_program *p = c->program = ref_room(c, 1, sizeof *p);
    c->list->heads = ref_room(c, rules, sizeof *c->list->heads);
    c->list->rules = ref_room(c, rules, sizeof *c->list->rules);
    c->list->state = ref_room(c, rules, sizeof *c->list->state);
    if (c->status != NN_OK)
        return;
    p->op = op;
    p->order = ref_room(c, rules + op->n_outputs, sizeof *p->order);
    p->defs = ref_room(c, REF_MAX_LETS, sizeof *p->defs);
    p->vars = ref_room(c, op->rules->n_vars, sizeof *p->vars);
    open_rules(c);
}

/* The rules of one kind, with what they need. Returns the set of outputs that have one. */
static unsigned need_kind(compiler *c, expr_head_kind kind)
{
    unsigned seen = 0;
    for (size_t i = 0; c->status == NN_OK && i < c->list->n; i++) {
        if (c->list->rules[i].kind != kind)
            continue;
        ref_need_rule(c, i, c->list->rules[i].place);
        seen |= ref_of_output(&c->list->rules[i]) ? 1u << c->list->rules[i].slot : 0;
    }
    return seen;
}

static void need_working_type(compiler *c)
{
    for (size_t i = 0; c->status == NN_OK && i < c->list->n; i++) {
        ref_rule *rule = &c->list->rules[i];
        if (rule->kind != HEAD_LET || rule->indexed || strcmp(rule->name, "working_type") != 0)
            continue;
        ref_need_rule(c, i, rule->place);
        c->program->working_type = rule;
    }
}

nn_status ref_compile(ref_program **out, const op_set *ops, const op_model *op, const spec_node *rules, arena *a, nn_error *err)
{
    rule_list list = {.map = rules};
    compiler c = {.ops = ops, .op = op, .list = &list, .a = a, .err = err, .status = NN_OK};
    begin(&c, rules->count);
    need_working_type(&c);
    unsigned seen = need_kind(&c, HEAD_OUTPUT);
    size_t n = c.status == NN_OK ? c.program->n : 0;
    /* What only types and shapes need is checked and not computed. */
    (void)need_kind(&c, HEAD_TYPE);
    (void)need_kind(&c, HEAD_SHAPE);
    if (c.status == NN_OK)
        c.program->n = n;
    /* Functions come last: those that a scan uses may use the scan. */
    (void)need_kind(&c, HEAD_LET);
    (void)need_kind(&c, HEAD_SCAN);
    (void)need_kind(&c, HEAD_FUNCTION);
    if (c.status == NN_OK)
        c.program->stated = seen;
    *out = c.program;
    return c.status;
}

nn_status ref_compile_shapes(ref_program **out, const op_set *ops, const op_model *op, const spec_node *rules, arena *a,
                             nn_error *err)
{
    const spec_node none = {.kind = SPEC_MAP};
    rule_list list = {.map = rules != NULL ? rules : &none};
    compiler c = {.ops = ops, .op = op, .list = &list, .a = a, .err = err, .status = NN_OK};
    begin(&c, list.map->count);
    (void)need_kind(&c, HEAD_TYPE);
    size_t n = c.status == NN_OK ? c.program->n : 0;
    for (size_t i = 0; i < n; i++)
        if (c.program->order[i]->kind != HEAD_TYPE)
            ref_bad(&c, c.program->order[i]->place, "`%s` has values; a type is known before any value", c.program->order[i]->name);
    unsigned seen = need_kind(&c, HEAD_SHAPE);
    for (size_t i = 0; c.status == NN_OK && i < op->n_outputs; i++)
        if ((seen >> i & 1) == 0)
            shape_of_table(&c, i);
    if (c.status == NN_OK)
        c.program->n_typing = n;
    *out = c.program;
    return c.status;
}

static void check_definitions(compiler *c)
{
    const ref_rule **lets = ref_room(c, c->program != NULL ? c->program->n_lets + 1 : 1, sizeof *lets);
    for (size_t i = 0; c->status == NN_OK && i < c->list->n; i++) {
        ref_rule *rule = &c->list->rules[i];
        if ((rule->kind != HEAD_LET || rule->indexed) && rule->kind != HEAD_FUNCTION)
            ref_bad(c, rule->place, "`%s`: `let NAME` or `def NAME(x)` was expected", spec_show(rule->name).s);
        else if (rule->kind == HEAD_LET)
            lets[rule->slot] = rule;
    }
    if (c->status == NN_OK)
        c->program->lets = lets;
}

nn_status ref_compile_phrases(ref_program **out, const ref_expr **phrases, const op_set *ops, const op_model *op,
                              const spec_node *definitions, const spec_node *const *texts, size_t n, arena *a, nn_error *err)
{
    const spec_node none = {.kind = SPEC_MAP};
    rule_list list = {.map = definitions != NULL ? definitions : &none};
    compiler c = {.ops = ops, .op = op, .list = &list, .a = a, .err = err, .status = NN_OK};
    begin(&c, list.map->count);
    check_definitions(&c);
    (void)need_kind(&c, HEAD_LET);
    (void)need_kind(&c, HEAD_FUNCTION);
    for (size_t i = 0; c.status == NN_OK && i < n; i++) {
        expr *body;
        c.n_locals = 0;
        c.bare = -1;
        c.slices = c.own_indices = false;
        memset(c.one_by_one, 0, sizeof c.one_by_one);
        c.status = expr_parse_elements(&body, texts[i], a, err);
        if (c.status == NN_OK)
            phrases[i] = ref_translate(&c, body);
    }
    *out = c.program;
    return c.status;
}
