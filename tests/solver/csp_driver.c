/* Solves systems given as text, for tests that compare the solver with another one.
 *
 * Words on standard input, any white space between them; integers are decimal; variables are numbered from 0 in a system.
 *     int LO HI | set N V...                                                variables
 *     linear REL N C... X... RHS | reify B REL N C... X... RHS              REL: eq, ne, le
 *     eq X Y | ne X Y | abs Z X | mul|div|ceildiv|mod|broadcast Z X Y
 *     product|min|max|or|and Z N X... | element Z INDEX N X... | table N X... ROWS V...
 *     limit N                                                               propagations from here
 *     solve MODE SEED N X...                                                MODE: uniform, boundary, log
 *     enumerate MAX N X...
 *     end                                                                   forget the system
 * Answers, a line each: `sat V...` (all variables; the checker agreed), `unsat`, `limit`; enumerate: `count K`, then K lines with
 * the values of X. Exit status 1 on malformed input, 2 without memory, 3 if the checker refuses a solution. */
#include "csp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LIST 4096

static char word[64];

static bool next_word(void)
{
    return scanf("%63s", word) == 1;
}

static int64_t number(void)
{
    int64_t v;
    if (scanf("%" SCNd64, &v) != 1)
        exit(1);
    return v;
}

static size_t list(int64_t *out, size_t n)
{
    if (n > MAX_LIST)
        exit(1);
    for (size_t i = 0; i < n; i++)
        out[i] = number();
    return n;
}

static size_t variables(csp_var *out, const csp *s, size_t n)
{
    if (n > MAX_LIST)
        exit(1);
    for (size_t i = 0; i < n; i++) {
        int64_t v = number();
        if (v < 0 || (size_t)v >= csp_variables(s))
            exit(1);
        out[i] = (csp_var)v;
    }
    return n;
}

static csp_var variable(const csp *s)
{
    csp_var x;
    variables(&x, s, 1);
    return x;
}

static bool is(const char *w)
{
    return strcmp(word, w) == 0;
}

static csp_rel relation(void)
{
    if (!next_word())
        exit(1);
    if (is("eq"))
        return CSP_EQ;
    if (is("ne"))
        return CSP_NE;
    if (is("le"))
        return CSP_LE;
    exit(1);
}

static uint64_t state;

static uint64_t draw(void *user, uint64_t bound)
{
    (void)user;
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint64_t)(((unsigned __int128)(z ^ (z >> 31)) * bound) >> 64);
}

typedef struct {
    csp_var *x;
    size_t n;
    int64_t *found;
    size_t used, cap;
} listing;

static bool collect(void *user, const csp *s)
{
    listing *l = user;
    if (l->used + l->n > l->cap) {
        l->cap = 2 * (l->used + l->n);
        l->found = realloc(l->found, l->cap * sizeof *l->found);
        if (!l->found)
            exit(2);
    }
    for (size_t i = 0; i < l->n; i++)
        l->found[l->used++] = csp_value(s, l->x[i]);
    return true;
}

static csp_var x[MAX_LIST];
static int64_t values[MAX_LIST];

static void post_list(csp *s, bool has_rel, csp_var b)
{
    csp_rel rel = relation();
    size_t n = list(values, (size_t)number());
    variables(x, s, n);
    int64_t rhs = number();
    if (has_rel)
        csp_reify(s, b, rel, values, x, n, rhs);
    else
        csp_linear(s, rel, values, x, n, rhs);
}

static bool post(csp *s)
{
    if (is("int")) {
        int64_t lo = number();
        csp_int(s, lo, number());
    } else if (is("set")) {
        size_t n = list(values, (size_t)number());
        csp_set(s, values, n);
    } else if (is("linear")) {
        post_list(s, false, -1);
    } else if (is("reify")) {
        post_list(s, true, variable(s));
    } else if (is("eq") || is("ne") || is("abs")) {
        csp_result (*f)(csp *, csp_var, csp_var) = is("eq") ? csp_eq : is("ne") ? csp_ne : csp_abs;
        variables(x, s, 2);
        f(s, x[0], x[1]);
    } else if (is("mul") || is("div") || is("ceildiv") || is("mod") || is("broadcast") || is("spread")) {
        csp_result (*f)(csp *, csp_var, csp_var, csp_var) = is("mul")       ? csp_mul
                                                            : is("div")     ? csp_div
                                                            : is("ceildiv") ? csp_ceildiv
                                                            : is("mod")     ? csp_mod
                                                            : is("spread")  ? csp_spread
                                                                            : csp_broadcast;
        variables(x, s, 3);
        f(s, x[0], x[1], x[2]);
    } else if (is("product") || is("min") || is("max") || is("or") || is("and")) {
        csp_result (*f)(csp *, csp_var, const csp_var *, size_t) = is("product") ? csp_product
                                                                   : is("min")   ? csp_min
                                                                   : is("max")   ? csp_max
                                                                   : is("or")    ? csp_or
                                                                                 : csp_and;
        csp_var z = variable(s);
        f(s, z, x, variables(x, s, (size_t)number()));
    } else if (is("element")) {
        csp_var z = variable(s), index = variable(s);
        csp_element(s, z, index, x, variables(x, s, (size_t)number()));
    } else if (is("table")) {
        size_t n = variables(x, s, (size_t)number()), rows = (size_t)number();
        if (rows > MAX_LIST || n > MAX_LIST)
            exit(1);
        list(values, rows * n);
        csp_table(s, x, n, values, rows);
    } else {
        return false;
    }
    return true;
}

static void solve(csp *s)
{
    csp_search how = {.draw = draw};
    if (!next_word())
        exit(1);
    how.mode = is("uniform") ? CSP_UNIFORM : is("boundary") ? CSP_BOUNDARY : CSP_LOG;
    state = (uint64_t)number();
    size_t n = variables(x, s, (size_t)number());
    csp_mark m = csp_get_mark(s);
    switch (csp_solve(s, &how, x, n)) {
    case CSP_OK:
        if (!csp_check(s, NULL))
            exit(3);
        printf("sat");
        for (size_t i = 0; i < csp_variables(s); i++)
            printf(" %" PRId64, csp_value(s, (csp_var)i));
        printf("\n");
        csp_undo(s, m);
        break;
    case CSP_FAIL:
        printf("unsat\n");
        break;
    case CSP_LIMIT:
        printf("limit\n");
        break;
    case CSP_NOMEM:
        exit(2);
    }
}

static void enumerate(csp *s)
{
    uint64_t count, max = (uint64_t)number();
    listing l = {.x = x, .n = variables(x, s, (size_t)number())};
    csp_result r = csp_enumerate(s, x, l.n, max, collect, &l, &count);
    if (r == CSP_NOMEM)
        exit(2);
    if (r == CSP_LIMIT) {
        printf("limit\n");
    } else {
        printf("count %" PRIu64 "\n", count);
        for (uint64_t i = 0; i < count; i++)
            for (size_t j = 0; j < l.n; j++)
                printf("%" PRId64 "%c", l.found[i * l.n + j], j + 1 < l.n ? ' ' : '\n');
    }
    free(l.found);
}

int main(void)
{
    csp *s = csp_new();
    if (!s)
        return 2;
    while (next_word()) {
        if (is("end"))
            csp_reset(s);
        else if (is("limit"))
            csp_set_limit(s, (uint64_t)number());
        else if (is("solve"))
            solve(s);
        else if (is("enumerate"))
            enumerate(s);
        else if (!post(s))
            return 1;
    }
    csp_free(s);
    return 0;
}
