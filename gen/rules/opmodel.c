/* Compiles the flat entries of a table to operator models. */
#include "rules/expr_check.h"

#include "arena.h"

#include <stdio.h>
#include <string.h>

struct arena_holder {
    arena a;
};

/* ---- checking, in dependency order ---- */

static nn_status enter(op_compile *c, uint8_t *state, const char *name, spec_place place, bool *go)
{
    *go = false;
    if (*state == 2)
        return NN_OK;
    if (*state == 1 || c->chain_length == (int)(sizeof c->chain / sizeof *c->chain)) {
        char chain[256];
        size_t n = 0;
        int from = c->chain_length - 1;
        while (from > 0 && strcmp(c->chain[from], name) != 0)
            from--;
        for (int i = from; i < c->chain_length; i++) {
            size_t length = strlen(c->chain[i]);
            if (n + length + 5 >= sizeof chain)
                break;
            memcpy(chain + n, c->chain[i], length);
            memcpy(chain + n + length, " -> ", 4);
            n += length + 4;
        }
        chain[n] = '\0';
        return spec_error(c->err, place, "operator %s: the definitions depend on each other in a circle: %s%s", c->op->name, chain,
                          name);
    }
    *state = 1;
    c->chain[c->chain_length++] = name;
    *go = true;
    return NN_OK;
}

/* Checks an expression without the comprehension variables of the expression that refers to it. number: the name of an int that it
 * may use, or NULL. */
static nn_status check_with(op_compile *c, expr **e, ex_type want, bool values, const char *number)
{
    int n = c->n_locals;
    bool before = c->values;
    char locals[sizeof c->locals];
    memcpy(locals, c->locals, sizeof locals);
    c->n_locals = number != NULL;
    c->locals[0].name = number;
    c->locals[0].type = TY_INT;
    c->values = values;
    nn_status s = expr_check(c, e, want);
    memcpy(c->locals, locals, sizeof locals);
    c->n_locals = n;
    c->values = before;
    return s;
}

static nn_status check_alone(op_compile *c, expr **e, ex_type want, bool values)
{
    return check_with(c, e, want, values, NULL);
}

/* In the rules of a variadic output, k is the number of the output. */
static nn_status check_output_expr(op_compile *c, const op_output *out, expr **e, ex_type want, bool values)
{
    return check_with(c, e, want, values, out->variadic ? "k" : NULL);
}

static bool attr_accepts(attr_type a, ex_type t)
{
    switch (a) {
    case ATTR_TYPE_INT:
        return t == TY_INT;
    case ATTR_TYPE_FLOAT:
        return t == TY_REAL;
    case ATTR_TYPE_STRING:
    case ATTR_TYPE_DTYPE:
        return t == TY_STRING;
    case ATTR_TYPE_INTS:
        return t == TY_INTS;
    case ATTR_TYPE_FLOATS:
    case ATTR_TYPE_TENSOR:
        return t == TY_REALS;
    default:
        return t == TY_STRINGS;
    }
}

static ex_type attr_value_type(attr_type a)
{
    static const ex_type types[] = {TY_NONE, TY_INT, TY_REAL, TY_STRING, TY_INTS, TY_REALS, TY_STRINGS, TY_STRING, TY_REALS};
    return types[a];
}

/* An attribute draws, or is defined as, a value of its type. */
static nn_status check_attribute(op_compile *c, rule_var *v)
{
    ex_type want = attr_value_type(v->attr), t = expr_domain_type(v->domain);
    if (!v->choice && t != want) { /* a definition may be converted */
        nn_status s = expr_check(c, &v->domain, want);
        if (s != NN_OK)
            return s;
        t = want;
    }
    if (!attr_accepts(v->attr, t) && !(v->attr == ATTR_TYPE_FLOAT && t == TY_INT))
        return spec_error(c->err, v->domain->place, "operator %s: attribute %s: its domain draws %s %s, but %s %s was expected",
                          c->op->name, v->name, t == TY_INT || t == TY_INTERVAL ? "an" : "a", expr_type_name(t),
                          want == TY_INT ? "an" : "a", expr_type_name(want));
    if (v->attr == ATTR_TYPE_DTYPE && v->domain->kind != EX_TYPEVAR)
        return spec_error(c->err, v->place, "operator %s: attribute %s: a `type` attribute takes a type variable", c->op->name,
                          v->name);
    v->type = v->attr == ATTR_TYPE_FLOAT ? TY_REAL : t;
    return NN_OK;
}

static nn_status check_variable(op_compile *c, rule_var *v)
{
    ex_type t = expr_domain_type(v->domain);
    if (t == TY_TENSOR || t == TY_TENSORS || t == TY_CONTENT || t == TY_BOOLS || t == TY_INTERVALS || t == TY_INTERVAL)
        return spec_error(c->err, v->place, "operator %s: variable %s: a domain or a number, string or list was expected",
                          c->op->name, v->name);
    v->type = t == TY_EMPTY ? TY_INTS : t;
    return NN_OK;
}

nn_status op_compile_var(op_compile *c, int var, spec_place place)
{
    rule_var *v = &c->rules->vars[var];
    bool go;
    nn_status s = enter(c, &c->var_state[var], v->name, place, &go);
    if (s != NN_OK || !go)
        return s;
    if (v->when)
        s = check_alone(c, &v->when, TY_BOOL, false);
    if (s == NN_OK)
        s = check_alone(c, &v->domain, TY_DOMAIN, false);
    if (s != NN_OK)
        return s;
    v->choice = v->domain->type == TY_DOMAIN;
    s = v->origin == VAR_ATTR ? check_attribute(c, v) : check_variable(c, v);
    if (s == NN_OK && v->fallback)
        s = check_alone(c, &v->fallback, v->type, false);
    c->var_state[var] = 2;
    c->chain_length--;
    return s;
}

nn_status op_compile_input(op_compile *c, int input, spec_place place)
{
    op_input *in = &c->op->inputs[input];
    rule_input *r = &c->rules->inputs[input];
    bool go;
    nn_status s = enter(c, &c->input_state[input], in->name, place, &go);
    if (s != NN_OK || !go)
        return s;
    if (r->when)
        s = check_alone(c, &r->when, TY_BOOL, false);
    if (s == NN_OK && r->rank) {
        s = check_alone(c, &r->rank, TY_DOMAIN, false);
        if (s == NN_OK && expr_domain_type(r->rank) != TY_INT)
            return spec_error(c->err, r->rank->place, "operator %s: `rank` of %s: a domain of ints was expected", c->op->name,
                              in->name);
    }
    /* A data input with a rank of its own takes its shape as a constraint, checked later: it may refer to itself. */
    if (s == NN_OK && r->shape && !((in->roles & ROLE_DATA) && r->rank))
        s = check_alone(c, &r->shape, TY_INTS, false);
    c->input_state[input] = 2;
    c->chain_length--;
    return s;
}

nn_status op_compile_output(op_compile *c, int output, spec_place place)
{
    op_output *out = &c->op->outputs[output];
    rule_output *r = &c->rules->outputs[output];
    bool go;
    nn_status s = enter(c, &c->output_state[output], out->name, place, &go);
    if (s != NN_OK || !go)
        return s;
    if (r->when)
        s = check_alone(c, &r->when, TY_BOOL, false);
    if (s == NN_OK && r->arity)
        s = check_alone(c, &r->arity, TY_INT, false);
    if (s == NN_OK && r->shape) {
        s = check_output_expr(c, out, &r->shape, TY_INTS, false);
    }
    c->output_state[output] = 2;
    c->chain_length--;
    return s;
}

static nn_status check_conditions(op_compile *c, expr **list, size_t n, bool values)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < n && s == NN_OK; i++)
        s = check_alone(c, &list[i], TY_BOOL, values);
    return s;
}

static bool free_of_names(const expr *e)
{
    if (!e)
        return true;
    if (e->kind == EX_VAR || e->kind == EX_INPUT || e->kind == EX_OUTPUT || e->kind == EX_TYPEVAR || e->kind == EX_OPSET ||
        e->kind == EX_LIMIT || e->kind == EX_LOCAL || e->kind == EX_FOR ||
        (e->kind == EX_CALL && (e->op == FN_CAN || e->op == FN_CHOSEN)))
        return false;
    for (size_t i = 0; i < e->n; i++)
        if (!free_of_names(e->args[i]))
            return false;
    return free_of_names(e->a) && free_of_names(e->b) && free_of_names(e->c);
}

/* The ranks in a domain of plain numbers; all ranks if the domain depends on anything else. */
static uint32_t static_ranks(const expr *e, bool *bad)
{
    uint32_t all = (1u << (NN_MAX_RANK + 1)) - 1, mask = 0;
    *bad = false;
    if (!e)
        return (1u << 6) - 1;
    if (!free_of_names(e))
        return all;
    int64_t v;
    if (e->kind == EX_RANGE && e->a->kind == EX_INT && e->b->kind == EX_INT) {
        for (v = e->a->i > 0 ? e->a->i : 0; v <= e->b->i && v <= NN_MAX_RANK; v++)
            mask |= 1u << v;
    } else if (e->kind == EX_SET) {
        for (size_t i = 0; i < e->n; i++) {
            v = e->args[i]->kind == EX_INT ? e->args[i]->i : -1;
            mask |= v >= 0 && v <= NN_MAX_RANK ? 1u << v : 0;
        }
    } else if (e->kind == EX_INT) {
        mask = e->i >= 0 && e->i <= NN_MAX_RANK ? 1u << e->i : 0;
    } else {
        return all;
    }
    *bad = mask == 0;
    return mask;
}

static nn_status check_initializer(op_compile *c, const op_input *in, rule_input *r, spec_place place)
{
    if (!r->values)
        return in->roles == ROLE_CONSTANT
                   ? spec_error(c->err, place,
                                "operator %s: the constant %s has no `values`; a generator, number or list was expected",
                                c->op->name, in->name)
                   : NN_OK;
    if (!(in->roles & (ROLE_WEIGHT | ROLE_CONSTANT)))
        return spec_error(c->err, r->values->place,
                          "operator %s: `values` of %s: only a weight or constant has values in the table", c->op->name, in->name);
    nn_status s = check_alone(c, &r->values, TY_DOMAIN, true);
    if (s == NN_OK && !expr_is_content(r->values->type))
        return spec_error(c->err, r->values->place,
                          "operator %s: `values` of %s: a generator, a number or a list of numbers was expected", c->op->name,
                          in->name);
    return s;
}

static nn_status check_interval(op_compile *c, const op_input *in, expr **domain)
{
    nn_status s = check_alone(c, domain, TY_DOMAIN, true);
    if (s == NN_OK && expr_scalar_number((*domain)->type)) /* YAML has read [a, b] as a list of two texts */
        return spec_error(c->err, (*domain)->place,
                          "operator %s: `domain` of %s: this is a number, but an interval was expected; write it in quotes, as "
                          "in %s: \"[-1, 1]\"",
                          c->op->name, in->name, in->name);
    return s == NN_OK ? check_alone(c, domain, TY_INTERVAL, true) : s;
}

/* Allocates the intervals of a domain that uses no names; lower_fold_domains fills them in. */
static nn_status make_room(op_compile *c, rule_input *r)
{
    bool constant = r->n_domain > 0;
    for (size_t k = 0; k < r->n_domain; k++)
        constant = constant && free_of_names(r->domain[k]);
    if (!constant)
        return NN_OK;
    r->constant = arena_calloc(c->a, r->n_domain, sizeof *r->constant);
    return r->constant ? NN_OK : nn_nomem(c->err);
}

static nn_status check_input_rules(op_compile *c, size_t i, spec_place place)
{
    op_input *in = &c->op->inputs[i];
    rule_input *r = &c->rules->inputs[i];
    bool bad;
    nn_status s = NN_OK;
    if (r->shape && (in->roles & ROLE_DATA) && r->rank)
        s = check_alone(c, &r->shape, TY_INTS, false);
    if (s == NN_OK)
        s = check_initializer(c, in, r, place);
    for (size_t k = 0; k < r->n_domain && s == NN_OK; k++)
        s = check_interval(c, in, &r->domain[k]);
    if (s == NN_OK)
        s = make_room(c, r);
    if (s != NN_OK)
        return s;
    in->ranks = static_ranks(r->rank, &bad);
    if (bad && r->rank)
        return spec_error(c->err, r->rank->place, "operator %s: `rank` of %s: no rank from 0 to %d is possible", c->op->name,
                          in->name, NN_MAX_RANK);
    /* Without a `rank`, the rank is the length of the shape, which may be anything. */
    if (!r->rank && r->shape)
        in->ranks = (1u << (NN_MAX_RANK + 1)) - 1;
    return NN_OK;
}

static nn_status check_output_rules(op_compile *c, size_t i, spec_place place)
{
    op_output *out = &c->op->outputs[i];
    rule_output *r = &c->rules->outputs[i];
    if (!r->shape)
        return spec_error(c->err, place, "operator %s: output %s has no `shape`; a list of dimensions was expected", c->op->name,
                          out->name);
    if (!r->range)
        return spec_error(c->err, place, "operator %s: output %s has no `range`; bounds of its values were expected", c->op->name,
                          out->name);
    c->known_outputs = (int)i;
    return check_output_expr(c, out, &r->range, TY_INTERVAL, true);
}

static bool names_output(const expr *e)
{
    bool found =
        e->kind == EX_OUTPUT || (e->a && names_output(e->a)) || (e->b && names_output(e->b)) || (e->c && names_output(e->c));
    for (size_t i = 0; i < e->n && !found; i++)
        found = names_output(e->args[i]);
    return found;
}

/* Moves the conditions that use no output to the front, in their order: they are checked before the ranges of outputs are computed.
 */
static void order_require(op_rules *r)
{
    for (size_t i = 0; i < r->n_require; i++) {
        expr *e = r->require[i];
        if (names_output(e))
            continue;
        for (size_t k = i; k > r->n_early; k--)
            r->require[k] = r->require[k - 1];
        r->require[r->n_early++] = e;
    }
}

/* Notes the names that domains and early conditions use. */
static nn_status note_names(op_compile *c)
{
    op_rules *r = c->rules;
    r->early_names = arena_calloc(c->a, r->n_early, sizeof *r->early_names);
    if (!r->early_names)
        return nn_nomem(c->err);
    for (size_t i = 0; i < r->n_early; i++)
        expr_collect_names(r->require[i], &r->early_names[i]);
    for (size_t i = 0; i < c->op->n_inputs; i++)
        for (size_t k = 0; k < r->inputs[i].n_domain; k++)
            expr_collect_names(r->inputs[i].domain[k], &r->inputs[i].names);
    return NN_OK;
}

static nn_status check_rules(op_compile *c, spec_place place)
{
    op_rules *r = c->rules;
    nn_status s = NN_OK;
    for (size_t i = 0; i < r->n_vars && s == NN_OK; i++)
        s = op_compile_var(c, (int)i, r->vars[i].place);
    for (size_t i = 0; i < c->op->n_inputs && s == NN_OK; i++)
        s = op_compile_input(c, (int)i, place);
    for (size_t i = 0; i < c->op->n_outputs && s == NN_OK; i++)
        s = op_compile_output(c, (int)i, place);
    if (s == NN_OK)
        s = check_conditions(c, r->where, r->n_where, false);
    if (s == NN_OK)
        s = check_conditions(c, r->empty, r->n_empty, false);
    for (size_t i = 0; i < r->n_idioms && s == NN_OK; i++)
        s = check_conditions(c, r->idioms[i].conditions, r->idioms[i].n, false);
    for (size_t i = 0; i < c->op->n_inputs && s == NN_OK; i++)
        s = check_input_rules(c, i, place);
    for (size_t i = 0; i < c->op->n_outputs && s == NN_OK; i++)
        s = check_output_rules(c, i, place);
    c->known_outputs = (int)c->op->n_outputs;
    if (s == NN_OK)
        s = check_conditions(c, r->require, r->n_require, true);
    if (s != NN_OK)
        return s;
    order_require(r);
    return note_names(c);
}

static nn_status compile_entry(op_model *op, const spec_entry *entry, int opset, dtype_mask asked, dtype_mask *lacking, arena *a,
                               nn_error *err)
{
    op_rules *rules = arena_calloc(a, 1, sizeof *rules);
    if (!rules)
        return nn_nomem(err);
    const spec_node *as = spec_get(entry->flat, "as");
    op->name = entry->name;
    op->type = as != NULL ? as->text : entry->name;
    op->since = entry->since;
    op->rules = rules;
    op_compile c = {.op = op, .rules = rules, .a = a, .err = err, .asked = asked, .opset = opset};
    nn_status s = op_parse_types(&c, entry);
    if (s == NN_OK)
        s = op_parse_tensors(&c, entry);
    if (s == NN_OK)
        s = op_parse_sections(&c, entry);
    if (s == NN_OK)
        s = check_rules(&c, entry->place);
    for (size_t i = 0; s == NN_OK && i < rules->n_vars; i++)
        op->flags |= rule_var_is_found(&rules->vars[i]) ? OP_FOUND : 0;
    if (as != NULL && (op->flags & OP_NONDETERMINISTIC) == 0)
        op->flags |= OP_FOUND;
    *lacking = c.lacking;
    return s;
}

/* The model of an entry with the rules of `from`, which do not depend on the types that were chosen. */
static nn_status retype_entry(op_model *op, const spec_entry *entry, int opset, const op_model *from, dtype_mask asked,
                              dtype_mask *lacking, arena *a, nn_error *err)
{
    op_rules unused = {0};
    op_compile c = {.op = op, .rules = &unused, .a = a, .err = err, .asked = asked, .opset = opset};
    op->name = from->name;
    op->type = from->type;
    nn_status s = op_parse_types(&c, entry);
    if (s == NN_OK)
        s = op_parse_tensors(&c, entry);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input typed = op->inputs[i];
        op->inputs[i] = from->inputs[i];
        op->inputs[i].types = typed.types;
        op->inputs[i].type_var = typed.type_var;
    }
    for (size_t i = 0; i < op->n_outputs; i++) {
        const op_output typed = op->outputs[i];
        op->outputs[i] = from->outputs[i];
        op->outputs[i].types = typed.types;
        op->outputs[i].type_var = typed.type_var;
    }
    op->since = from->since;
    op->flags = from->flags;
    op->empty = from->empty;
    op->rules = from->rules;
    *lacking = c.lacking;
    return NN_OK;
}

/* Entries without a usable type are checked like the others, then left out. of: a set of the same table whose rules are used; NULL:
 * none. */
static nn_status compile_all(op_set *set, const op_set *of, arena *a, nn_error *err)
{
    const spec_table *table = set->table;
    set->ops = arena_calloc(a, table->n_entries, sizeof *set->ops);
    set->untyped = arena_calloc(a, table->n_entries, sizeof *set->untyped);
    set->compiled = arena_calloc(a, table->n_entries, sizeof *set->compiled);
    if (!set->ops || !set->untyped || !set->compiled)
        return nn_nomem(err);
    for (size_t i = 0; i < table->n_entries; i++) {
        op_model *op = &set->compiled[i];
        const spec_entry *entry = &table->entries[i];
        dtype_mask lacking = 0;
        *op = (op_model){.index = (uint16_t)set->n_ops, .data = set->data};
        nn_status s = of ? retype_entry(op, entry, table->opset, &of->compiled[i], set->asked, &lacking, a, err)
                         : compile_entry(op, entry, table->opset, set->asked, &lacking, a, err);
        if (s != NN_OK)
            return s;
        if (lacking)
            set->untyped[set->n_untyped++] = (op_untyped){entry->name, lacking};
        else
            set->ops[set->n_ops++] = *op;
    }
    set->n_all = set->n_ops;
    return NN_OK;
}

nn_status op_set_new(op_set **out, const spec_file *files, size_t n_files, const spec_file *profile, int opset, nn_error *err)
{
    return op_set_new_typed(out, files, n_files, profile, opset, dtype_bit(DT_FLOAT32), err);
}

/* An empty set with an arena of its own. */
static op_set *new_set(dtype_mask asked)
{
    struct arena_holder *owner = nn_calloc(1, sizeof *owner);
    if (!owner)
        return NULL;
    arena_init(&owner->a, 0);
    op_set *set = arena_calloc(&owner->a, 1, sizeof *set);
    if (!set) {
        arena_free(&owner->a);
        nn_free(owner);
        return NULL;
    }
    set->owner = owner;
    set->asked = asked | dtype_bit(DT_FLOAT32);
    set->data = set->asked & ~dtype_bit(DT_BOOL);
    return set;
}

nn_status op_set_new_typed(op_set **out, const spec_file *files, size_t n_files, const spec_file *profile, int opset,
                           dtype_mask asked, nn_error *err)
{
    spec_table *table = NULL;
    op_set *set = *out = new_set(asked);
    if (!set)
        return nn_nomem(err);
    nn_status s = spec_table_load(&table, files, n_files, profile, opset, &set->owner->a, err);
    set->table = table;
    if (s == NN_OK)
        s = compile_all(set, NULL, &set->owner->a, err);
    if (s != NN_OK) {
        op_set_free(set);
        *out = NULL;
    }
    return s;
}

nn_status op_set_new_retyped(op_set **out, const op_set *of, dtype_mask asked, nn_error *err)
{
    op_set *set = *out = new_set(asked);
    if (!set)
        return nn_nomem(err);
    set->table = of->table;
    nn_status s = compile_all(set, of, &set->owner->a, err);
    if (s != NN_OK) {
        op_set_free(set);
        *out = NULL;
    }
    return s;
}

size_t op_untyped_text(const op_untyped *u, char *out, size_t size)
{
    size_t n = 0;
    for (int t = 1; t < DT_COUNT; t++) {
        if (!(u->types >> t & 1))
            continue;
        bool last = !(u->types >> t >> 1);
        const char *gap = n == 0 ? "" : last ? " or " : ", ";
        int k = snprintf(n < size ? out + n : NULL, n < size ? size - n : 0, "%s%s", gap, dtype_name((dtype)t));
        n += k > 0 ? (size_t)k : 0;
    }
    return n;
}

void op_set_free(op_set *s)
{
    if (!s)
        return;
    op_set_free(s->inner);
    struct arena_holder *owner = s->owner;
    arena_free(&owner->a);
    nn_free(owner);
}

int op_find(const op_set *s, const char *name)
{
    size_t low = 0, high = s->n_ops;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = strcmp(name, s->ops[middle].name);
        if (c == 0)
            return (int)middle;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

nn_status op_pairs_fit(const op_set *s, const char *what, nn_error *err)
{
    if (s->n_ops <= OP_MAX_PAIRED)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                   "%s: pairs of %zu operators are too many; expected at most %d operators (see --ops)", what, s->n_ops,
                   OP_MAX_PAIRED);
}
