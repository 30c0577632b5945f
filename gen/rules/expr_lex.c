/* Lexer of table expressions. */
#include "rules/expr_lex.h"

#include <string.h>

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

spec_place lex_place(const parser *p, size_t offset)
{
    if (!p->plain || !p->node->exact)
        return expr_place(p->node, offset);
    spec_place at = p->node->place;
    at.column += (int)p->node->quoted + (int)offset;
    return at;
}

void lex_fail(parser *p, size_t offset, const char *fmt, ...)
{
    if (p->status != NN_OK)
        return;
    spec_place at = expr_place(p->node, offset);
    va_list ap;
    va_start(ap, fmt);
    p->status = nn_vfail(p->err, NN_ERR_TABLE, at.file, at.line, at.column, fmt, ap);
    va_end(ap);
}

/* What a character is. SYMBOL: it may stand alone. */
enum { DIGIT = 1, LETTER = 2, SPACE = 4, SYMBOL = 8 };
static const uint8_t kinds[256] = {
    ['0' ... '9'] = DIGIT, ['A' ... 'Z'] = LETTER, ['a' ... 'z'] = LETTER, ['_'] = LETTER, [' '] = SPACE,  ['\n'] = SPACE,
    ['\t'] = SPACE,        ['\r'] = SPACE,         ['+'] = SYMBOL,         ['-'] = SYMBOL, ['*'] = SYMBOL, ['/'] = SYMBOL,
    ['%'] = SYMBOL,        ['('] = SYMBOL,         [')'] = SYMBOL,         ['['] = SYMBOL, [']'] = SYMBOL, ['{'] = SYMBOL,
    ['}'] = SYMBOL,        [','] = SYMBOL,         [':'] = SYMBOL,         ['<'] = SYMBOL, ['>'] = SYMBOL,
};

static inline bool is_kind(char c, unsigned kind)
{
    return (kinds[(unsigned char)c] & kind) != 0;
}

static inline bool is_digit(char c)
{
    return is_kind(c, DIGIT);
}

/* Significant digits that are read; further ones are dropped. Rules of outputs are for double, and need all digits of a double. */
enum { USUAL_DIGITS = 15, MOST_DIGITS = 18 };

/* A decimal number while it is read: mantissa * 10^scale. */
typedef struct {
    uint64_t mantissa;
    int scale, digits, most;
    int64_t whole; /* value of the digits before the point */
    bool real, overflow;
} decimal;

static void add_digit(decimal *d, char c, bool fraction)
{
    if (!fraction)
        d->overflow |= !nn_mul64(d->whole, 10, &d->whole) || !nn_add64(d->whole, c - '0', &d->whole);
    if (d->digits < d->most) {
        d->mantissa = d->mantissa * 10 + (uint64_t)(c - '0');
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

/* mantissa / 10^n, correctly rounded, for a mantissa of 2^53 or more and n <= 18: the quotient of mantissa * 2^64 has at least 57
 * bits, and its last bit says whether something is left. */
static double long_quotient(uint64_t mantissa, int n)
{
    uint64_t power = 1;
    for (; n > 0; n--)
        power *= 10;
    const unsigned __int128 whole = (unsigned __int128)mantissa << 64, quotient = whole / power;
    return (double)(quotient | (whole % power != 0)) * 0x1p-64;
}

/* Without libc, whose result depends on the locale. Powers of ten up to 1e22 are exact, so that the usual constants are rounded
 * correctly. */
static double decimal_value(const decimal *d)
{
    int n = d->scale < 0 ? -d->scale : d->scale;
    double power = 1, mantissa = (double)d->mantissa;
    if (n > 340)
        return __builtin_inf();
    if (d->mantissa >> 53 != 0 && d->scale < 0 && n <= MOST_DIGITS)
        return long_quotient(d->mantissa, n);
    for (; n > 0; n--)
        power *= 10;
    return d->scale < 0 ? mantissa / power : mantissa * power;
}

static void lex_number(parser *p, token *t)
{
    const char *s = p->s;
    size_t i = p->at;
    decimal d = {.most = p->elements ? MOST_DIGITS : USUAL_DIGITS};
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
        lex_fail(p, p->at, "the number is too large; an integer of at most 9223372036854775807 was expected");
        return;
    }
    t->kind = d.real ? TK_REAL : TK_INT;
    t->i = d.whole;
    t->r = d.real ? decimal_value(&d) : (double)d.whole;
    if (!(t->r - t->r == 0))
        lex_fail(p, p->at, "the number is out of range of a double");
}

/* Names are short and many, so that they are copied here. */
static void lex_name(parser *p, token *t)
{
    const char *s = p->s + p->at;
    size_t n = 1;
    while (is_kind(s[n], DIGIT | LETTER))
        n++;
    char *copy = arena_alloc(p->a, n + 1);
    for (size_t i = 0; copy != NULL && i < n; i++)
        copy[i] = s[i];
    if (copy != NULL)
        copy[n] = '\0';
    t->kind = TK_NAME;
    t->text = copy;
    t->end = p->at + n;
}

static void lex_string(parser *p, token *t)
{
    const char *s = p->s + p->at + 1, *quote = strchr(s, '\'');
    if (!quote) {
        lex_fail(p, p->at, "the string has no closing quote; 'text' was expected");
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

static bool is_double(char a, char b)
{
    return b == '=' ? a == '=' || a == '!' || a == '<' || a == '>' : a == b && (a == '+' || a == '.');
}

static void lex_symbol(parser *p, token *t)
{
    const char *s = p->s + p->at;
    const bool both = is_double(s[0], s[1]);
    t->symbol[0] = s[0];
    t->symbol[1] = both ? s[1] : '\0';
    t->end = p->at + 1 + both;
    t->kind = TK_SYMBOL;
    if (both || is_kind(s[0], SYMBOL) || (p->elements && (s[0] == '~' || s[0] == '?')))
        return;
    if ((unsigned char)s[0] < 0x20 || (unsigned char)s[0] >= 0x7f)
        lex_fail(p, p->at, "unexpected byte 0x%02x in an expression", (unsigned char)s[0]);
    else
        lex_fail(p, p->at, "unexpected character `%c` in an expression%s", s[0], symbol_hint(s[0]));
    t->kind = TK_END;
}

static void set_binary(token *t, ex_op op, int level)
{
    t->op = op;
    t->level = level;
}

/* Sets the operator and level of a symbol or name that is a binary operator. */
static void find_binary(token *t)
{
    const char *word = t->kind == TK_NAME ? t->text : t->symbol;
    const bool single = word[1] == '\0';
    switch (word[0]) {
    case 'o':
        if (strcmp(word, "or") == 0)
            set_binary(t, OP_OR, 0);
        return;
    case 'a':
        if (strcmp(word, "and") == 0)
            set_binary(t, OP_AND, 1);
        return;
    case 'i':
        if (strcmp(word, "in") == 0)
            set_binary(t, OP_IN, 2);
        return;
    case '=':
        if (!single)
            set_binary(t, OP_EQ, 2);
        return;
    case '!':
        if (!single)
            set_binary(t, OP_NE, 2);
        return;
    case '<':
        set_binary(t, single ? OP_LT : OP_LE, 2);
        return;
    case '>':
        set_binary(t, single ? OP_GT : OP_GE, 2);
        return;
    case '+':
        set_binary(t, single ? OP_ADD : OP_CAT, 3);
        return;
    case '-':
        set_binary(t, OP_SUB, 3);
        return;
    case '*':
        set_binary(t, OP_MUL, 4);
        return;
    case '/':
        set_binary(t, OP_DIV, 4);
        return;
    case '%':
        set_binary(t, OP_MOD, 4);
        return;
    default:
        return;
    }
}

static bool is_plain(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

parser lex_begin(const spec_node *node, size_t offset, arena *a, nn_error *err)
{
    return (parser){
        .node = node, .s = node->text, .plain = is_plain(node->text), .at = offset, .a = a, .err = err, .status = NN_OK};
}

void lex_next(parser *p)
{
    const char *s = p->s + p->at;
    while (is_kind(*s, SPACE))
        s++;
    p->at = (size_t)(s - p->s);
    token *t = &p->t;
    *t = (token){.kind = TK_END, .start = p->at, .end = p->at, .text = "", .level = -1};
    if (p->status != NN_OK || *s == '\0')
        return;
    if (is_kind(*s, LETTER))
        lex_name(p, t);
    else if (is_digit(*s))
        lex_number(p, t);
    else if (*s == '\'')
        lex_string(p, t);
    else
        lex_symbol(p, t);
    if (t->text == NULL) {
        p->status = nn_nomem(p->err);
        t->kind = TK_END;
        t->text = "";
    }
    if (t->kind == TK_SYMBOL || t->kind == TK_NAME)
        find_binary(t);
    p->at = t->end;
}

void lex_expected(parser *p, const char *what)
{
    if (p->status != NN_OK)
        return;
    if (p->t.kind == TK_END) {
        lex_fail(p, p->t.start, "the expression ends too early; %s was expected", what);
        return;
    }
    const char *word = arena_strndup(p->a, p->s + p->t.start, p->t.end - p->t.start);
    if (word)
        lex_fail(p, p->t.start, "unexpected `%s`; %s was expected", spec_show(word).s, what);
    else
        p->status = nn_nomem(p->err);
}

void lex_expect(parser *p, const char *symbol)
{
    if (!lex_accept(p, symbol)) {
        char what[8] = "`";
        strncat(what, symbol, 4);
        strcat(what, "`");
        lex_expected(p, what);
    }
}
