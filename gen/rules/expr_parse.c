/* Recursive-descent parser of table expressions. Depth is bounded, so hostile text cannot exhaust the stack. */
#include "rules/expr_lex.h"

#include <string.h>

static const char *const type_names[] = {"nothing",
                                         "int",
                                         "bool",
                                         "real",
                                         "string",
                                         "interval",
                                         "list of ints",
                                         "list of reals",
                                         "list of strings",
                                         "tensor",
                                         "variadic tensor",
                                         "domain",
                                         "generator",
                                         "empty list",
                                         "list of bools",
                                         "list of intervals"};
static const struct {
    const char *word;
    int lo, hi;
} functions[] = {
#define X(id, word, lo, hi) {word, lo, hi},
    EXPR_FUNCTIONS(X)
#undef X
};

const char *expr_type_name(ex_type t)
{
    return type_names[t];
}

static expr *make(parser *p, ex_kind kind, size_t start)
{
    expr *e = p->status == NN_OK ? arena_alloc(p->a, sizeof *e) : NULL;
    if (!e) {
        if (p->status == NN_OK)
            p->status = nn_nomem(p->err);
        p->dummy = (expr){.kind = EX_INT, .args = p->no_args};
        return &p->dummy;
    }
    if (++p->nodes > EXPR_MAX_NODES)
        lex_fail(p, start, "the expression is too long: more than %d names, numbers, operators and calls", EXPR_MAX_NODES);
    *e = (expr){.kind = kind, .height = 1, .place = lex_place(p, start)};
    return e;
}

/* Trees are walked by recursion, so their height is bounded. */
static void reach(parser *p, expr *e, const expr *below, size_t start)
{
    if (below && below->height >= e->height)
        e->height = below->height + 1;
    if (e->height > EXPR_MAX_HEIGHT)
        lex_fail(p, start, "the expression is nested or chained deeper than %d levels", EXPR_MAX_HEIGHT);
}

static expr *make_binary(parser *p, ex_op op, expr *a, expr *b, size_t start)
{
    expr *e = make(p, EX_BINARY, start);
    e->op = (int)op;
    e->a = a;
    e->b = b;
    reach(p, e, a, start);
    reach(p, e, b, start);
    return e;
}

static expr *parse_expr(parser *p);

static bool enter(parser *p)
{
    if (++p->depth <= EXPR_MAX_DEPTH)
        return true;
    lex_fail(p, p->t.start, "the expression is nested deeper than %d levels", EXPR_MAX_DEPTH);
    return false;
}

typedef struct {
    expr **items;
    size_t n, cap;
} items;

static void push(parser *p, items *l, expr *e)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 4;
        expr **more = arena_alloc(p->a, cap * sizeof *more);
        if (!more) {
            if (p->status == NN_OK)
                p->status = nn_nomem(p->err);
            return;
        }
        if (l->n)
            memcpy(more, l->items, l->n * sizeof *more);
        l->items = more;
        l->cap = cap;
    }
    l->items[l->n++] = e;
}

static expr *parse_for(parser *p, expr *body, size_t start);

/* The body of a comprehension. In the language of elements further variables may follow, and the last of them is the innermost. */
static expr *parse_inner(parser *p, expr *body, size_t start)
{
    return p->elements && lex_is(p, ",") ? parse_for(p, body, start) : body;
}

/* `v in R`, or `v.. in L` in the language of elements: the variable, its range and its kind of *e. */
static void parse_binder(parser *p, expr *e)
{
    if (p->t.kind != TK_NAME)
        lex_expected(p, "the name of a variable");
    e->s = p->t.text;
    lex_next(p);
    if (p->elements && lex_accept(p, ".."))
        e->op |= EXPR_TUPLE;
    if (!lex_accept(p, "in"))
        lex_expected(p, "`in`");
    expr *range = parse_expr(p);
    if (lex_accept(p, "..")) {
        e->a = range;
        e->b = parse_expr(p);
    } else if (range->kind == EX_RANGE) {
        e->a = range->a;
        e->b = range->b;
    } else {
        e->a = range;
    }
}

/* After a body: `for v in R if C`. */
static expr *parse_for(parser *p, expr *body, size_t start)
{
    expr *e = make(p, EX_FOR, start);
    lex_next(p);
    if (!enter(p))
        return e;
    parse_binder(p, e);
    body = parse_inner(p, body, start);
    if (lex_accept(p, "if"))
        e->c = parse_expr(p);
    p->depth--;
    e->args = arena_alloc(p->a, sizeof *e->args);
    if (!e->args) {
        if (p->status == NN_OK)
            p->status = nn_nomem(p->err);
        return e;
    }
    e->args[0] = body;
    e->n = 1;
    const expr *parts[] = {e->a, e->b, e->c, body};
    for (size_t i = 0; i < 4; i++)
        reach(p, e, parts[i], start);
    return e;
}

static expr *parse_items(parser *p, ex_kind kind, const char *close, size_t start)
{
    items l = {0};
    while (p->status == NN_OK && !lex_is(p, close)) {
        expr *e = parse_expr(p);
        if (lex_is(p, "for") && (l.n == 0 || p->elements) && kind != EX_SET)
            e = parse_for(p, e, start);
        push(p, &l, e);
        if (!lex_accept(p, ","))
            break;
    }
    if (!lex_accept(p, close)) {
        char what[16] = "`,` or `";
        strncat(what, close, 2);
        strcat(what, "`");
        lex_expected(p, what);
    }
    if (kind == EX_LIST && l.n == 1 && l.items[0]->kind == EX_FOR) {
        l.items[0]->op |= p->elements ? EXPR_LISTED : 0;
        return l.items[0];
    }
    expr *e = make(p, kind, start);
    e->args = l.items;
    e->n = l.n;
    for (size_t i = 0; i < l.n; i++)
        reach(p, e, l.items[i], start);
    return e;
}

static int find_function(const char *word)
{
    for (int i = 0; i < FN_COUNT_; i++)
        if (functions[i].word[0] == word[0] && functions[i].word[1] == word[1] && strcmp(functions[i].word, word) == 0)
            return i;
    return -1;
}

static expr *parse_call(parser *p, const char *name, size_t start)
{
    int fn = find_function(name);
    if (fn < 0 && !p->elements) {
        const char *words[FN_COUNT_];
        for (int i = 0; i < FN_COUNT_; i++)
            words[i] = functions[i].word;
        const char *near = spec_nearest(name, words, FN_COUNT_);
        if (near)
            lex_fail(p, start, "unknown function `%s`; did you mean `%s`?", spec_show(name).s, near);
        else
            lex_fail(p, start, "unknown function `%s`; specs/README.md lists the functions", spec_show(name).s);
    }
    lex_next(p);
    expr *e = parse_items(p, EX_CALL, ")", start);
    e->op = fn;
    e->s = name;
    if (p->status == NN_OK && fn >= 0 && !p->elements) {
        int lo = functions[fn].lo, hi = functions[fn].hi;
        if ((int)e->n < lo || (hi >= 0 && (int)e->n > hi))
            lex_fail(p, start,
                     lo == hi         ? "`%s` takes %d argument%s, not %d"
                     : (int)e->n < lo ? "`%s` takes at least %d argument%s, not %d"
                                      : "`%s` takes at most %d argument%s, not %d",
                     name, (int)e->n < lo ? lo : hi, ((int)e->n < lo ? lo : hi) == 1 ? "" : "s", (int)e->n);
    }
    return e;
}

static bool is_reserved(const char *word)
{
    static const char *const reserved[] = {"then", "else", "for", "in", "and", "or", "default", "when", "if", "not"};
    if (strchr("tefiaodwn", word[0]) == NULL)
        return false;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (word[0] == reserved[i][0] && strcmp(word, reserved[i]) == 0)
            return true;
    return false;
}

static expr *parse_name(parser *p)
{
    const char *name = p->t.text;
    const size_t start = p->t.start;
    if (is_reserved(name)) {
        lex_expected(p, "a value");
        return make(p, EX_INT, start);
    }
    lex_next(p);
    if (lex_is(p, "("))
        return parse_call(p, name, start);
    if (!p->elements && strcmp(name, "bool") == 0)
        return make(p, EX_BOOLS, start);
    expr *e = make(p, EX_NAME, start);
    e->s = name;
    return e;
}

static expr *parse_primary(parser *p)
{
    const size_t start = p->t.start;
    expr *e;
    switch (p->t.kind) {
    case TK_INT:
        e = make(p, EX_INT, start);
        e->i = p->t.i;
        lex_next(p);
        return e;
    case TK_REAL:
        e = make(p, EX_REAL, start);
        e->r = p->t.r;
        lex_next(p);
        return e;
    case TK_STRING:
        e = make(p, EX_STRING, start);
        e->s = p->t.text;
        lex_next(p);
        return e;
    case TK_NAME:
        return parse_name(p);
    default:
        break;
    }
    if (lex_accept(p, "(")) {
        e = parse_expr(p);
        lex_expect(p, ")");
        return e;
    }
    if (lex_accept(p, "["))
        return parse_items(p, EX_LIST, "]", start);
    if (lex_accept(p, "{"))
        return parse_items(p, EX_SET, "}", start);
    lex_expected(p, "a value");
    return make(p, EX_INT, start);
}

/* After `[`: `X[i, j]`, `X[~ i, j]` and `X[i, j ? E]` of the language of elements. */
static expr *parse_element(parser *p, size_t start)
{
    expr *x = make(p, EX_ELEMENT, start);
    items l = {0};
    if (lex_accept(p, "~"))
        x->op |= EXPR_BROADCAST;
    while (p->status == NN_OK && !lex_is(p, "]") && !lex_is(p, "?")) {
        push(p, &l, parse_expr(p));
        if (!lex_accept(p, ","))
            break;
    }
    if (lex_accept(p, "?")) {
        x->op |= EXPR_OUTSIDE;
        x->b = lex_is(p, "]") ? NULL : parse_expr(p);
    }
    x->args = l.items;
    x->n = l.n;
    for (size_t i = 0; i < l.n; i++)
        reach(p, x, l.items[i], start);
    return x;
}

static expr *parse_slice(parser *p, size_t start)
{
    expr *from = lex_is(p, ":") ? NULL : parse_expr(p);
    expr *x;
    if (lex_accept(p, ":")) {
        x = make(p, EX_SLICE, start);
        x->c = lex_is(p, "]") ? NULL : parse_expr(p);
    } else {
        x = make(p, EX_INDEX, start);
    }
    x->b = from;
    return x;
}

/* Whether the text up to the matching `]` has a `:` of its own, so that it is a slice. */
static bool is_slice(const parser *p)
{
    int depth = 0;
    for (const char *s = p->s + p->t.start; *s != '\0' && depth >= 0; s++) {
        depth += (*s == '[' || *s == '(') - (*s == ']' || *s == ')');
        if (*s == ':' && depth == 0)
            return true;
    }
    return false;
}

static expr *parse_postfix(parser *p)
{
    expr *e = parse_primary(p);
    while (p->status == NN_OK && lex_is(p, "[")) {
        size_t start = p->t.start;
        lex_next(p);
        expr *x = p->elements && !is_slice(p) ? parse_element(p, start) : parse_slice(p, start);
        x->a = e;
        reach(p, x, e, start);
        reach(p, x, x->b, start);
        reach(p, x, x->c, start);
        lex_expect(p, "]");
        e = x;
    }
    return e;
}

static expr *parse_unary(parser *p)
{
    if (!lex_is(p, "-"))
        return parse_postfix(p);
    size_t start = p->t.start;
    lex_next(p);
    if (!enter(p))
        return make(p, EX_INT, start);
    expr *a = parse_unary(p);
    p->depth--;
    if (a->kind == EX_INT && a->i > 0) {
        a->i = -a->i;
        return a;
    }
    if (a->kind == EX_REAL) {
        a->r = -a->r;
        return a;
    }
    expr *e = make(p, EX_NEG, start);
    e->a = a;
    reach(p, e, a, start);
    return e;
}

static expr *parse_level(parser *p, int level);

static expr *parse_not(parser *p)
{
    if (!lex_is(p, "not"))
        return parse_level(p, 2);
    size_t start = p->t.start;
    lex_next(p);
    if (!enter(p))
        return make(p, EX_INT, start);
    expr *e = make(p, EX_NOT, start);
    e->a = parse_not(p);
    reach(p, e, e->a, start);
    p->depth--;
    return e;
}

/* Precedence climbing: an operand, then operators of this level or a higher one while they follow. `not` stands below comparisons.
 */
static expr *parse_level(parser *p, int level)
{
    int most = 4;
    expr *e;
    if (level < 2 && lex_is(p, "not")) {
        e = parse_not(p);
        most = 1;
    } else {
        e = parse_unary(p);
    }
    while (p->status == NN_OK && level <= p->t.level && p->t.level <= most) {
        const ex_op op = p->t.op;
        const int own = p->t.level;
        size_t start = p->t.start;
        lex_next(p);
        e = make_binary(p, op, e, own == 1 ? parse_not(p) : own == 4 ? parse_unary(p) : parse_level(p, own + 1), start);
        if (e->op == OP_IN && lex_is(p, ".."))
            lex_fail(p, p->t.start, "`in` takes a list; for a range write a <= x and x <= b");
        most = own == 2 ? 1 : own; /* comparisons are not chained */
    }
    return e;
}

static expr *parse_expr(parser *p)
{
    size_t start = p->t.start;
    if (p->status != NN_OK || !enter(p))
        return make(p, EX_INT, start);
    expr *e;
    if (lex_accept(p, "if")) {
        e = make(p, EX_IF, start);
        e->a = parse_expr(p);
        if (!lex_accept(p, "then"))
            lex_expected(p, "`then`");
        e->b = parse_expr(p);
        if (!lex_accept(p, "else"))
            lex_expected(p, "`else`");
        e->c = parse_expr(p);
        reach(p, e, e->a, start);
        reach(p, e, e->b, start);
        reach(p, e, e->c, start);
    } else {
        e = parse_level(p, 0);
        if (lex_accept(p, "..")) {
            expr *range = make(p, EX_RANGE, start);
            range->a = e;
            range->b = parse_level(p, 0);
            reach(p, range, range->a, start);
            reach(p, range, range->b, start);
            e = range;
        }
    }
    p->depth--;
    return e;
}

static nn_status parse_whole(expr **out, parser *p, size_t *more)
{
    lex_next(p);
    *out = parse_expr(p);
    if (p->status == NN_OK && p->t.kind != TK_END && !(more && (lex_is(p, "default") || lex_is(p, "when"))))
        lex_expected(p, "the end of the expression");
    if (more)
        *more = p->t.start;
    return p->status;
}

nn_status expr_parse(expr **out, const spec_node *node, size_t offset, size_t *more, arena *a, nn_error *err)
{
    parser p = lex_begin(node, offset, a, err);
    return parse_whole(out, &p, more);
}

nn_status expr_parse_elements(expr **out, const spec_node *node, arena *a, nn_error *err)
{
    parser p = lex_begin(node, 0, a, err);
    p.elements = true;
    return parse_whole(out, &p, NULL);
}

static void parse_head_binders(parser *p, expr_head *out, bool ranges)
{
    const char *close = out->kind == HEAD_FUNCTION ? ")" : "]";
    do {
        expr *e = make(p, EX_FOR, p->t.start);
        if (out->n == EXPR_MAX_BINDERS) {
            lex_fail(p, p->t.start, "more than %d indices", EXPR_MAX_BINDERS);
            return;
        }
        if (ranges) {
            parse_binder(p, e);
        } else {
            if (p->t.kind != TK_NAME)
                lex_expected(p, "a name");
            e->s = p->t.text;
            lex_next(p);
            if (out->kind == HEAD_OUTPUT && lex_accept(p, ".."))
                e->op = EXPR_TUPLE;
        }
        out->binders[out->n++] = e;
    } while (p->status == NN_OK && lex_accept(p, ","));
    lex_expect(p, close);
}

nn_status expr_parse_head(expr_head *out, const spec_node *node, arena *a, nn_error *err)
{
    static const char *const words[] = {
        [HEAD_LET] = "let", [HEAD_SCAN] = "scan", [HEAD_FUNCTION] = "def", [HEAD_SHAPE] = "shape", [HEAD_TYPE] = "type"};
    parser p = lex_begin(node, 0, a, err);
    p.elements = true;
    *out = (expr_head){.kind = HEAD_OUTPUT, .place = node->place};
    lex_next(&p);
    for (int k = HEAD_LET; k <= HEAD_TYPE; k++)
        if (lex_accept(&p, words[k]))
            out->kind = (expr_head_kind)k;
    if (p.t.kind != TK_NAME)
        lex_expected(&p, "a name");
    out->name = p.t.text;
    out->place = expr_place(node, p.t.start);
    lex_next(&p);
    if (out->kind == HEAD_FUNCTION) {
        lex_expect(&p, "(");
        parse_head_binders(&p, out, false);
    } else if (out->kind < HEAD_SHAPE && lex_accept(&p, "[")) {
        out->indexed = true;
        if (!lex_accept(&p, "]"))
            parse_head_binders(&p, out, out->kind != HEAD_OUTPUT);
    }
    if (p.status == NN_OK && p.t.kind != TK_END)
        lex_expected(&p, "the end of the key");
    return p.status;
}
