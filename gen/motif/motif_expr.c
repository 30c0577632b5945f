#include "motif/motif_expr.h"

#include "table/opset.h"

#include <stdio.h>
#include <string.h>

/* ---- names and messages ---- */

nn_status motif_error(const motif_compile *c, spec_place place, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return spec_error(c->err, place, "%s: %s", c->subject, text);
}

nn_status motif_leave_out(const motif_compile *c, const char *reason)
{
    if (reason == NULL)
        return nn_nomem(c->err);
    if (c->def->left_out == NULL)
        c->def->left_out = reason;
    return NN_OK;
}

nn_status motif_misfit(const motif_compile *c, spec_place place, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *profile = c->ops->table->profile;
    if (c->ops->table->opset < OPSET_MOTIFS)
        return motif_leave_out(c, arena_printf(c->a, "%s", text));
    if (strcmp(profile, "onnx") == 0)
        return spec_error(c->err, place, "%s: %s", c->subject, text);
    return motif_leave_out(c, arena_printf(c->a, "with profile %s, %s", profile, text));
}

size_t motif_name_length(const char *s)
{
    size_t n = 0;
    while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= '0' && s[n] <= '9') || s[n] == '_')
        n++;
    return n;
}

int motif_symbol_find(const motif_def *d, const char *name)
{
    for (size_t i = 0; i < d->n_symbols; i++)
        if (strcmp(d->symbols[i].name, name) == 0)
            return (int)i;
    return -1;
}

nn_status motif_symbol_add(const motif_compile *c, const char *name, sym_kind kind, int index, int output, spec_place place)
{
    static const char *const reserved[] = {"then", "else", "for", "in", "and",   "or",           "default", "when",
                                           "if",   "not",  "inf", "pi", "opset", "max_elements", "bool",    "_"};
    motif_def *d = c->def;
    const motif_symbol added = {.name = name, .kind = kind, .index = index, .output = output};
    if (c->outline) {
        d->symbols[d->n_symbols++] = added;
        return NN_OK;
    }
    if (!spec_is_name(name))
        return motif_error(c, place, "`%s` is not a name; letters, digits and _ were expected", spec_show(name).s);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0)
            return motif_error(c, place, "`%s` is a word of the language; another name was expected", name);
    if (motif_symbol_find(d, name) >= 0)
        return motif_error(c, place, "two things are named `%s`; the names of types, dims and tensors must differ", name);
    if (d->n_symbols == MOTIF_MAX_SYMBOLS)
        return motif_error(c, place, "more than %d names", MOTIF_MAX_SYMBOLS);
    d->symbols[d->n_symbols++] = added;
    return NN_OK;
}

motif_hint motif_near(const char *word, const char *const *names, size_t n)
{
    motif_hint h = {""};
    const char *near = spec_nearest(word, names, n);
    if (near != NULL)
        (void)snprintf(h.s, sizeof h.s, "; did you mean `%s`?", near);
    return h;
}

const spec_node *motif_text(const spec_node *node, size_t to, arena *a)
{
    spec_node *n = arena_alloc(a, sizeof *n);
    if (n == NULL)
        return NULL;
    *n = *node;
    n->text = arena_strndup(a, node->text, to);
    return n->text != NULL ? n : NULL;
}

/* ---- resolution ---- */

typedef struct {
    const motif_compile *c;
    const char *locals[EXPR_MAX_LOCALS];
    int n_locals;
    uint16_t symbols[EXPR_MAX_SYMBOLS];
    size_t n;
} resolver;

static bool is_tensor(sym_kind k)
{
    return k >= SYM_INPUT;
}

static nn_status unknown(const motif_compile *c, const expr *e)
{
    const char *names[MOTIF_MAX_SYMBOLS];
    for (size_t i = 0; i < c->def->n_symbols; i++)
        names[i] = c->def->symbols[i].name;
    motif_hint h = motif_near(e->s, names, c->def->n_symbols);
    return motif_error(c, e->place, "unknown name `%s`%s", spec_show(e->s).s,
                       h.s[0] != '\0' ? h.s : "; a dim, a type or an earlier tensor of the motif was expected");
}

static bool is_local(const resolver *r, const char *name)
{
    for (int i = 0; i < r->n_locals; i++)
        if (strcmp(r->locals[i], name) == 0)
            return true;
    return false;
}

/* Notes a name that the expression uses. */
static nn_status note(resolver *r, const expr *e)
{
    static const char *const fixed[] = {"inf", "pi", "opset", "max_elements"};
    if (is_local(r, e->s))
        return NN_OK;
    int k = motif_symbol_find(r->c->def, e->s);
    for (size_t i = 0; k < 0 && i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(e->s, fixed[i]) == 0)
            return NN_OK;
    if (k < 0)
        return unknown(r->c, e);
    for (size_t i = 0; i < r->n; i++)
        if (r->symbols[i] == k)
            return NN_OK;
    if (r->n == EXPR_MAX_SYMBOLS)
        return motif_error(r->c, e->place, "more than %d names in one expression", EXPR_MAX_SYMBOLS);
    r->symbols[r->n++] = (uint16_t)k;
    return NN_OK;
}

/* rank(x), shape(x) and numel(x) become functions of the list of dims, which is what an expression knows of a tensor. */
static void use_dims(const resolver *r, expr **pe)
{
    expr *e = *pe;
    if (e->kind != EX_CALL || e->n != 1 || e->args[0]->kind != EX_NAME || is_local(r, e->args[0]->s))
        return;
    int k = motif_symbol_find(r->c->def, e->args[0]->s);
    if (k < 0 || !is_tensor(r->c->def->symbols[k].kind))
        return;
    if (e->op == FN_RANK)
        e->op = FN_LEN;
    else if (e->op == FN_NUMEL)
        e->op = FN_PROD;
    else if (e->op == FN_SHAPE)
        *pe = e->args[0];
}

static nn_status resolve(resolver *r, expr **pe)
{
    if (*pe == NULL)
        return NN_OK;
    use_dims(r, pe);
    expr *e = *pe;
    if (e->kind == EX_NAME)
        return note(r, e);
    nn_status s = resolve(r, &e->a);
    if (s == NN_OK)
        s = resolve(r, &e->b);
    bool local = e->kind == EX_FOR && r->n_locals < EXPR_MAX_LOCALS;
    if (local)
        r->locals[r->n_locals++] = e->s;
    if (s == NN_OK)
        s = resolve(r, &e->c);
    for (size_t i = 0; s == NN_OK && i < e->n; i++)
        s = resolve(r, &e->args[i]);
    r->n_locals -= local;
    return s;
}

static nn_status finish(motif_expr *out, const motif_compile *c, expr *e, ex_type want)
{
    resolver r = {.c = c};
    nn_status s = resolve(&r, &e);
    if (s != NN_OK)
        return s;
    expr_symbol names[EXPR_MAX_SYMBOLS];
    for (size_t i = 0; i < r.n; i++) {
        const motif_symbol *y = &c->def->symbols[r.symbols[i]];
        names[i] = (expr_symbol){y->name, y->kind == SYM_DIM ? TY_INT : y->kind == SYM_TYPE ? TY_STRING : TY_INTS};
    }
    s = expr_check_outside(&e, want, names, r.n, c->subject, c->a, c->err);
    if (s != NN_OK)
        return s;
    *out = (motif_expr){.e = e, .n = r.n, .symbols = arena_alloc(c->a, (r.n + 1) * sizeof *out->symbols)};
    if (out->symbols == NULL)
        return nn_nomem(c->err);
    memcpy(out->symbols, r.symbols, r.n * sizeof *out->symbols);
    return NN_OK;
}

static nn_status parse(expr **e, const motif_compile *c, const spec_node *node, size_t offset)
{
    nn_error err;
    nn_status s = expr_parse(e, node, offset, NULL, c->a, &err);
    if (s == NN_ERR_TABLE)
        return motif_error(c, (spec_place){err.file, err.line, err.column}, "%s", err.message);
    return s == NN_OK ? s : nn_nomem(c->err);
}

nn_status motif_expr_parse(motif_expr *out, const motif_compile *c, const spec_node *node, size_t offset, ex_type want)
{
    expr *e;
    nn_status s = parse(&e, c, node, offset);
    return s == NN_OK ? finish(out, c, e, want) : s;
}

nn_status motif_draw_parse(motif_draw *out, const motif_compile *c, const spec_node *node, size_t offset, ex_type want)
{
    expr *e;
    nn_status s = parse(&e, c, node, offset);
    if (s != NN_OK)
        return s;
    expr *ends[2] = {e->a, e->b}, **items = &e;
    *out = (motif_draw){.kind = DRAW_VALUE, .n = 1};
    if (e->kind == EX_RANGE) {
        *out = (motif_draw){.kind = DRAW_RANGE, .n = 2};
        items = ends;
    } else if (e->kind == EX_SET) {
        *out = (motif_draw){.kind = DRAW_SET, .n = e->n};
        items = e->args;
        if (e->n == 0 || e->n > EXPR_MAX_SET)
            return motif_error(c, e->place, "a set of 1 to %d values was expected", EXPR_MAX_SET);
    }
    out->items = arena_calloc(c->a, out->n, sizeof *out->items);
    if (out->items == NULL)
        return nn_nomem(c->err);
    for (size_t i = 0; s == NN_OK && i < out->n; i++)
        s = finish(&out->items[i], c, items[i], want);
    return s;
}

nn_status motif_draw_node(motif_draw *out, const motif_compile *c, const spec_node *node, ex_type want)
{
    if (node->kind == SPEC_SCALAR)
        return motif_draw_parse(out, c, node, 0, want);
    if (node->kind != SPEC_MAP || node->count == 0)
        return motif_error(c, node->place, "a value, a range A..B or a set {A, B} was expected");
    *out = (motif_draw){.kind = DRAW_SET, .n = node->count, .items = arena_calloc(c->a, node->count, sizeof *out->items)};
    if (out->items == NULL)
        return nn_nomem(c->err);
    nn_status s = NN_OK;
    if (node->count > EXPR_MAX_SET)
        return motif_error(c, node->place, "a set of 1 to %d values was expected", EXPR_MAX_SET);
    for (size_t i = 0; s == NN_OK && i < node->count; i++) {
        const spec_pair *p = &node->pairs[i];
        if (p->value->kind != SPEC_NULL)
            return motif_error(c, p->value->place, "a set has values only; `,` or `}` was expected after `%s`",
                               spec_show(p->key).s);
        const spec_node element = {.kind = SPEC_SCALAR, .place = p->place, .text = p->key, .exact = true};
        s = motif_expr_parse(&out->items[i], c, &element, 0, want);
    }
    return s;
}

/* ---- values ---- */

recheck_result motif_value(inst_value *out, const motif_expr *e, const motif_values *v, const op_set *ops,
                           const lower_limits *limits, arena *a, const char **why)
{
    inst_var vars[EXPR_MAX_SYMBOLS];
    for (size_t i = 0; i < e->n; i++) {
        vars[i] = v->values[e->symbols[i]];
        if (!vars[i].known) {
            *why = "the shape of a tensor in it is not known before the nodes are solved";
            return RECHECK_UNKNOWN;
        }
    }
    return recheck_value(ops, limits, e->e, vars, a, out, why);
}
