/* Lexer and recursive-descent parser of table expressions. Depth is bounded, so hostile text cannot exhaust the stack. */
#include "rules/expr.h"

#include <string.h>

typedef enum { TK_END, TK_INT, TK_REAL, TK_STRING, TK_NAME, TK_SYMBOL } token_kind;

typedef struct {
    token_kind kind;
    size_t start, end;
    int64_t i;
    double r;
    char symbol[16];  /* at most two characters; wider, so that no comparison reads out of bounds */
    const char *text; /* name or string */
    int binary;       /* its row of `binaries`; -1: it is no binary operator */
} token;

typedef struct {
    const spec_node *node;
    const char *s;
    bool plain; /* a byte of the text is a character */
    size_t at;
    token t;
    int depth, nodes;
    arena *a;
    nn_error *err;
    nn_status status;
    expr dummy; /* returned instead of new nodes after an error */
    expr *no_args[1];
} parser;

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

/* Binary operators by precedence: 0 or, 1 and, 2 comparisons (no chains), 3 sums, 4 products. */
static const struct {
    const char *word;
    ex_op op;
    int level;
} binaries[] = {{"or", OP_OR, 0}, {"and", OP_AND, 1}, {"==", OP_EQ, 2}, {"!=", OP_NE, 2}, {"<=", OP_LE, 2},
                {">=", OP_GE, 2}, {"<", OP_LT, 2},    {">", OP_GT, 2},  {"in", OP_IN, 2}, {"+", OP_ADD, 3},
                {"-", OP_SUB, 3}, {"++", OP_CAT, 3},  {"*", OP_MUL, 4}, {"/", OP_DIV, 4}, {"%", OP_MOD, 4}};

const char *expr_type_name(ex_type t)
{
    return type_names[t];
}

spec_place expr_place(const spec_node *node, size_t offset)
{
    spec_place p = node->place;
    if (!node->exact)
        return p;
    p.column += node->quoted;
    for (size_t i = 0; i < offset && node->text[i] != '\0'; i++)
        p.column += ((unsigned char)node->text[i] & 0xc0) != 0x80; /* columns count characters, not bytes */
    return p;
}

static void fail(parser *p, size_t offset, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void fail(parser *p, size_t offset, const char *fmt, ...)
{
    if (p->status != NN_OK)
        return;
    spec_place at = expr_place(p->node, offset);
    va_list ap;
    va_start(ap, fmt);
    p->status = nn_vfail(p->err, NN_ERR_TABLE, at.file, at.line, at.column, fmt, ap);
    va_end(ap);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A decimal number while it is read: mantissa * 10^scale. Digits beyond 15 significant ones are dropped. */
typedef struct {
    double mantissa;
    int scale, digits;
    int64_t whole; /* value of the digits before the point */
    bool real, overflow;
} decimal;

static void add_digit(decimal *d, char c, bool fraction)
{
    if (!fraction)
        d->overflow |= !nn_mul64(d->whole, 10, &d->whole) || !nn_add64(d->whole, c - '0', &d->whole);
    if (d->digits < 15) {
        d->mantissa = d->mantissa * 10 + (c - '0');
        d->digits += d->mantissa > 0;
        d->scale -= fraction;
    } else {
        d->scale += !fraction;
    }
}

/* The exponent at s, `e5` or `e-5`: adds it and returns its length; 0: there is none. */
static size_t read_exponent(decimal *d, const char *s)
{
    size_t sign = s[0] != '\0' && (s[1] == '-' || s[1] == '+'), i = 1 + sign;
    if ((s[0] != 'e' && s[0] != 'E') || !is_digit(s[i]))
        return 0;
    int e = 0;
    for (; is_digit(s[i]); i++)
        e = e < 1000 ? e * 10 + (s[i] - '0') : e;
    d->scale += s[1] == '-' ? -e : e;
    d->real = true;
    return i;
}

/* Without libc, whose result depends on the locale. Powers of ten up to 1e22 are exact, so that the usual constants are rounded
 * correctly. */
static double decimal_value(const decimal *d)
{
    int n = d->scale < 0 ? -d->scale : d->scale;
    double power = 1;
    if (n > 340)
        return __builtin_inf();
    for (; n > 0; n--)
        power *= 10;
    return d->scale < 0 ? d->mantissa / power : d->mantissa * power;
}

static void lex_number(parser *p, token *t)
{
    const char *s = p->s;
    size_t i = p->at;
    decimal d = {0};
    for (; is_digit(s[i]); i++)
        add_digit(&d, s[i], false);
    if (s[i] == '.' && is_digit(s[i + 1])) {
        d.real = true;
        for (i++; is_digit(s[i]); i++)
            add_digit(&d, s[i], true);
    }
    i += read_exponent(&d, s + i);
    t->end = i;
    if (!d.real && d.overflow) {
        fail(p, p->at, "the number is too large; an integer of at most 9223372036854775807 was expected");
        return;
    }
    t->kind = d.real ? TK_REAL : TK_INT;
    t->i = d.whole;
    t->r = d.real ? decimal_value(&d) : (double)d.whole;
    if (!(t->r - t->r == 0))
        fail(p, p->at, "the number is out of range of a double");
}

static void lex_name(parser *p, token *t)
{
    while (is_name(p->s[t->end]) || is_digit(p->s[t->end]))
        t->end++;
    t->kind = TK_NAME;
    t->text = arena_strndup(p->a, p->s + p->at, t->end - p->at);
}

static void lex_string(parser *p, token *t)
{
    const char *s = p->s + p->at + 1, *quote = strchr(s, '\'');
    if (!quote) {
        fail(p, p->at, "the string has no closing quote; 'text' was expected");
        return;
    }
    t->kind = TK_STRING;
    t->end = p->at + (size_t)(quote - s) + 2;
    t->text = arena_strndup(p->a, s, (size_t)(quote - s));
}

/* A hint for a character that the language does not have: what its author may have meant. */
static const char *symbol_hint(char c)
{
    switch (c) {
    case '=':
        return "; `==` compares";
    case '"':
        return "; a string is written 'text'";
    case '!':
        return "; `not` negates";
    case '&':
        return "; `and` joins conditions";
    case '|':
        return "; `or` joins conditions";
    default:
        return "";
    }
}

static void lex_symbol(parser *p, token *t)
{
    static const char *const two[] = {"==", "!=", "<=", ">=", "++", ".."};
    const char *s = p->s + p->at;
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (s[0] == two[i][0] && s[1] == two[i][1])
            t->symbol[1] = s[1];
    t->symbol[0] = s[0];
    t->end = p->at + strlen(t->symbol);
    t->kind = TK_SYMBOL;
    if (t->symbol[1] || strchr("+-*/%()[]{},:<>", s[0]))
        return;
    if ((unsigned char)s[0] < 0x20 || (unsigned char)s[0] >= 0x7f)
        fail(p, p->at, "unexpected byte 0x%02x in an expression", (unsigned char)s[0]);
    else
        fail(p, p->at, "unexpected character `%c` in an expression%s", s[0], symbol_hint(s[0]));
    t->kind = TK_END;
}

/* The row of the binary operator that a symbol or name is. */
static int find_binary(const char *word)
{
    static const bool begins[128] = {['o'] = true, ['a'] = true, ['i'] = true, ['='] = true, ['!'] = true, ['<'] = true,
                                     ['>'] = true, ['+'] = true, ['-'] = true, ['*'] = true, ['/'] = true, ['%'] = true};
    if (!begins[word[0] & 0x7f])
        return -1;
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++)
        if (binaries[i].word[0] == word[0] && strcmp(binaries[i].word, word) == 0)
            return (int)i;
    return -1;
}

static void next(parser *p)
{
    const char *s = p->s;
    while (s[p->at] == ' ' || s[p->at] == '\n' || s[p->at] == '\t' || s[p->at] == '\r')
        p->at++;
    token t = {.kind = TK_END, .start = p->at, .end = p->at, .text = "", .binary = -1};
    char c = s[p->at];
    if (p->status == NN_OK && c != '\0') {
        if (is_digit(c))
            lex_number(p, &t);
        else if (is_name(c))
            lex_name(p, &t);
        else if (c == '\'')
            lex_string(p, &t);
        else
            lex_symbol(p, &t);
    }
    if (t.text == NULL) {
        p->status = nn_nomem(p->err);
        t.kind = TK_END;
        t.text = "";
    }
    if (t.kind == TK_SYMBOL || t.kind == TK_NAME)
        t.binary = find_binary(t.kind == TK_NAME ? t.text : t.symbol);
    p->at = t.end;
    p->t = t;
}

/* word: a symbol, which has at most two characters, or a name */
static inline bool is(const parser *p, const char *word)
{
    if (p->t.kind == TK_SYMBOL)
        return p->t.symbol[0] == word[0] && p->t.symbol[1] == word[1];
    return p->t.kind == TK_NAME && p->t.text[0] == word[0] && strcmp(p->t.text, word) == 0;
}

static inline bool accept(parser *p, const char *word)
{
    if (!is(p, word))
        return false;
    next(p);
    return true;
}

static void expected(parser *p, const char *what)
{
    if (p->status != NN_OK)
        return;
    if (p->t.kind == TK_END) {
        fail(p, p->t.start, "the expression ends too early; %s was expected", what);
        return;
    }
    const char *word = arena_strndup(p->a, p->s + p->t.start, p->t.end - p->t.start);
    if (word)
        fail(p, p->t.start, "unexpected `%s`; %s was expected", spec_show(word).s, what);
    else
        p->status = nn_nomem(p->err);
}

static void expect(parser *p, const char *symbol)
{
    if (!accept(p, symbol)) {
        char what[8] = "`";
        strncat(what, symbol, 4);
        strcat(what, "`");
        expected(p, what);
    }
}

static spec_place place_of(const parser *p, size_t offset)
{
    if (!p->plain || !p->node->exact)
        return expr_place(p->node, offset);
    spec_place at = p->node->place;
    at.column += (int)p->node->quoted + (int)offset;
    return at;
}

static expr *make(parser *p, ex_kind kind, size_t start)
{
    expr *e = p->status == NN_OK ? arena_calloc(p->a, 1, sizeof *e) : NULL;
    if (!e) {
        if (p->status == NN_OK)
            p->status = nn_nomem(p->err);
        p->dummy = (expr){.kind = EX_INT, .args = p->no_args};
        return &p->dummy;
    }
    if (++p->nodes > EXPR_MAX_NODES)
        fail(p, start, "the expression is too long: more than %d names, numbers, operators and calls", EXPR_MAX_NODES);
    e->kind = kind;
    e->height = 1;
    e->place = place_of(p, start);
    return e;
}

/* Trees are walked by recursion, so their height is bounded. */
static void reach(parser *p, expr *e, const expr *below, size_t start)
{
    if (below && below->height >= e->height)
        e->height = below->height + 1;
    if (e->height > EXPR_MAX_HEIGHT)
        fail(p, start, "the expression is nested or chained deeper than %d levels", EXPR_MAX_HEIGHT);
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
    fail(p, p->t.start, "the expression is nested deeper than %d levels", EXPR_MAX_DEPTH);
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

/* After a body: `for v in R if C`. */
static expr *parse_for(parser *p, expr *body, size_t start)
{
    expr *e = make(p, EX_FOR, start);
    next(p);
    if (p->t.kind != TK_NAME)
        expected(p, "the name of a variable");
    e->s = p->t.text;
    next(p);
    if (!accept(p, "in"))
        expected(p, "`in`");
    expr *range = parse_expr(p);
    if (accept(p, "..")) {
        e->a = range;
        e->b = parse_expr(p);
    } else if (range->kind == EX_RANGE) {
        e->a = range->a;
        e->b = range->b;
    } else {
        e->a = range;
    }
    if (accept(p, "if"))
        e->c = parse_expr(p);
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
    while (p->status == NN_OK && !is(p, close)) {
        expr *e = parse_expr(p);
        if (is(p, "for") && l.n == 0 && kind != EX_SET)
            e = parse_for(p, e, start);
        push(p, &l, e);
        if (!accept(p, ","))
            break;
    }
    if (!accept(p, close)) {
        char what[16] = "`,` or `";
        strncat(what, close, 2);
        strcat(what, "`");
        expected(p, what);
    }
    if (kind == EX_LIST && l.n == 1 && l.items[0]->kind == EX_FOR)
        return l.items[0];
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
        if (functions[i].word[0] == word[0] && strcmp(functions[i].word, word) == 0)
            return i;
    return -1;
}

static expr *parse_call(parser *p, const token *name)
{
    int fn = find_function(name->text);
    if (fn < 0) {
        const char *words[FN_COUNT_];
        for (int i = 0; i < FN_COUNT_; i++)
            words[i] = functions[i].word;
        const char *near = spec_nearest(name->text, words, FN_COUNT_);
        if (near)
            fail(p, name->start, "unknown function `%s`; did you mean `%s`?", spec_show(name->text).s, near);
        else
            fail(p, name->start, "unknown function `%s`; specs/README.md lists the functions", spec_show(name->text).s);
    }
    next(p);
    expr *e = parse_items(p, EX_CALL, ")", name->start);
    e->op = fn;
    e->s = name->text;
    if (p->status == NN_OK && fn >= 0) {
        int lo = functions[fn].lo, hi = functions[fn].hi;
        if ((int)e->n < lo || (hi >= 0 && (int)e->n > hi))
            fail(p, name->start,
                 lo == hi         ? "`%s` takes %d argument%s, not %d"
                 : (int)e->n < lo ? "`%s` takes at least %d argument%s, not %d"
                                  : "`%s` takes at most %d argument%s, not %d",
                 name->text, (int)e->n < lo ? lo : hi, ((int)e->n < lo ? lo : hi) == 1 ? "" : "s", (int)e->n);
    }
    return e;
}

static expr *parse_primary(parser *p)
{
    token t = p->t;
    expr *e;
    switch (t.kind) {
    case TK_INT:
        e = make(p, EX_INT, t.start);
        e->i = t.i;
        next(p);
        return e;
    case TK_REAL:
        e = make(p, EX_REAL, t.start);
        e->r = t.r;
        next(p);
        return e;
    case TK_STRING:
        e = make(p, EX_STRING, t.start);
        e->s = t.text;
        next(p);
        return e;
    case TK_NAME: {
        static const char *const reserved[] = {"then", "else", "for", "in", "and", "or", "default", "when", "if", "not"};
        for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
            if (t.text[0] == reserved[i][0] && strcmp(t.text, reserved[i]) == 0) {
                expected(p, "a value");
                return make(p, EX_INT, t.start);
            }
        }
        next(p);
        if (is(p, "("))
            return parse_call(p, &t);
        if (strcmp(t.text, "bool") == 0)
            return make(p, EX_BOOLS, t.start);
        e = make(p, EX_NAME, t.start);
        e->s = t.text;
        return e;
    }
    default:
        break;
    }
    if (accept(p, "(")) {
        e = parse_expr(p);
        expect(p, ")");
        return e;
    }
    if (accept(p, "["))
        return parse_items(p, EX_LIST, "]", t.start);
    if (accept(p, "{"))
        return parse_items(p, EX_SET, "}", t.start);
    expected(p, "a value");
    return make(p, EX_INT, t.start);
}

static expr *parse_postfix(parser *p)
{
    expr *e = parse_primary(p);
    while (p->status == NN_OK && is(p, "[")) {
        size_t start = p->t.start;
        next(p);
        expr *from = is(p, ":") ? NULL : parse_expr(p);
        expr *x;
        if (accept(p, ":")) {
            x = make(p, EX_SLICE, start);
            x->c = is(p, "]") ? NULL : parse_expr(p);
        } else {
            x = make(p, EX_INDEX, start);
        }
        x->a = e;
        x->b = from;
        reach(p, x, e, start);
        reach(p, x, from, start);
        reach(p, x, x->c, start);
        expect(p, "]");
        e = x;
    }
    return e;
}

static expr *parse_unary(parser *p)
{
    if (!is(p, "-"))
        return parse_postfix(p);
    size_t start = p->t.start;
    next(p);
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
    if (!is(p, "not"))
        return parse_level(p, 2);
    size_t start = p->t.start;
    next(p);
    if (!enter(p))
        return make(p, EX_INT, start);
    expr *e = make(p, EX_NOT, start);
    e->a = parse_not(p);
    reach(p, e, e->a, start);
    p->depth--;
    return e;
}

static expr *parse_operand(parser *p, int level)
{
    if (level == 1)
        return parse_not(p);
    return level == 4 ? parse_unary(p) : parse_level(p, level + 1);
}

static expr *parse_level(parser *p, int level)
{
    expr *e = parse_operand(p, level);
    while (p->status == NN_OK && p->t.binary >= 0 && binaries[p->t.binary].level == level) {
        ex_op op = binaries[p->t.binary].op;
        size_t start = p->t.start;
        next(p);
        e = make_binary(p, op, e, parse_operand(p, level), start);
        if (e->op == OP_IN && is(p, ".."))
            fail(p, p->t.start, "`in` takes a list; for a range write a <= x and x <= b");
        if (level == 2)
            return e;
    }
    return e;
}

static expr *parse_expr(parser *p)
{
    size_t start = p->t.start;
    if (p->status != NN_OK || !enter(p))
        return make(p, EX_INT, start);
    expr *e;
    if (accept(p, "if")) {
        e = make(p, EX_IF, start);
        e->a = parse_expr(p);
        if (!accept(p, "then"))
            expected(p, "`then`");
        e->b = parse_expr(p);
        if (!accept(p, "else"))
            expected(p, "`else`");
        e->c = parse_expr(p);
        reach(p, e, e->a, start);
        reach(p, e, e->b, start);
        reach(p, e, e->c, start);
    } else {
        e = parse_level(p, 0);
        if (accept(p, "..")) {
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

static bool is_plain(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

nn_status expr_parse(expr **out, const spec_node *node, size_t offset, size_t *more, arena *a, nn_error *err)
{
    parser p = {.node = node, .s = node->text, .plain = is_plain(node->text), .at = offset, .a = a, .err = err, .status = NN_OK};
    next(&p);
    *out = parse_expr(&p);
    if (p.status == NN_OK && p.t.kind != TK_END && !(more && (is(&p, "default") || is(&p, "when"))))
        expected(&p, "the end of the expression");
    if (more)
        *more = p.t.start;
    return p.status;
}
