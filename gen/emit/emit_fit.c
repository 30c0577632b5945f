#include "emit/emit_fit.h"

enum { LARGE = 1 << 20 }; /* of sizes and values, so that products do not overflow */

typedef struct {
    json_line *out;
    const emit_size *sizes;
    size_t n_sizes;
    const int64_t *values;
    size_t n;
    bool closed;
} fit;

static void open(const fit *f)
{
    line_raw(f->out, f->closed ? "(" : "");
}

static bool close(const fit *f)
{
    line_raw(f->out, f->closed ? ")" : "");
    return true;
}

static void put_sum(const fit *f, int64_t c)
{
    if (c == 0)
        return;
    line_raw(f->out, c < 0 ? " - " : " + ");
    line_int(f->out, c < 0 ? -c : c);
}

static void put_product(const fit *f, int64_t a, const char *size)
{
    if (a == -1)
        line_raw(f->out, "-");
    line_raw(f->out, size);
    if (a == 1 || a == -1)
        return;
    line_raw(f->out, " * ");
    line_int(f->out, a);
}

static bool is_size(const fit *f, const emit_size *s)
{
    for (size_t k = 0; k < f->n; k++)
        if (s->values[k] != f->values[k])
            return false;
    line_raw(f->out, s->text);
    return true;
}

/* How many values a size takes; at most 3 are counted. A line through two points proves nothing. */
static int kinds(const fit *f, const emit_size *s)
{
    size_t second = f->n;
    for (size_t k = 1; k < f->n; k++) {
        if (s->values[k] == s->values[0])
            continue;
        if (second == f->n)
            second = k;
        else if (s->values[k] != s->values[second])
            return 3;
    }
    return second == f->n ? 1 : 2;
}

/* size * a + c */
static bool is_line(const fit *f, const emit_size *s)
{
    size_t other = 1;
    while (other < f->n && s->values[other] == s->values[0])
        other++;
    if (other >= f->n || kinds(f, s) < 3)
        return false;
    int64_t step = s->values[other] - s->values[0], change = f->values[other] - f->values[0];
    if (change % step != 0 || change == 0)
        return false;
    int64_t a = change / step, c = f->values[0] - a * s->values[0];
    for (size_t k = 0; k < f->n; k++)
        if (f->values[k] != a * s->values[k] + c)
            return false;
    open(f);
    put_product(f, a, s->text);
    put_sum(f, c);
    return close(f);
}

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The product of some sizes times p / q, without a rest. */
static bool is_share(const fit *f, const size_t *which, size_t n)
{
    int64_t p = 0, q = 0;
    for (size_t k = 0; k < f->n; k++) {
        int64_t product = 1;
        for (size_t i = 0; i < n; i++)
            if (!nn_mul64(product, f->sizes[which[i]].values[k], &product) || product > LARGE)
                return false;
        if (product <= 0 || f->values[k] <= 0)
            return false;
        if (k == 0) {
            int64_t common = greatest_divisor(f->values[0], product);
            p = f->values[0] / common;
            q = product / common;
        }
        if (product * p != f->values[k] * q)
            return false;
    }
    open(f);
    for (size_t i = 0; i < n; i++) {
        line_raw(f->out, i > 0 ? " * " : "");
        line_raw(f->out, f->sizes[which[i]].text);
    }
    if (p != 1) {
        line_raw(f->out, " * ");
        line_int(f->out, p);
    }
    if (q != 1) {
        line_raw(f->out, " // ");
        line_int(f->out, q);
    }
    return close(f);
}

/* a * x + b * y + c with small a and b */
static bool is_plane(const fit *f, const emit_size *x, const emit_size *y)
{
    enum { MOST = 4 };
    for (int64_t a = -MOST; a <= MOST; a++)
        for (int64_t b = -MOST; b <= MOST; b++) {
            int64_t c = f->values[0] - a * x->values[0] - b * y->values[0];
            bool good = a != 0 && b != 0;
            for (size_t k = 1; good && k < f->n; k++)
                good = f->values[k] == a * x->values[k] + b * y->values[k] + c;
            if (!good)
                continue;
            open(f);
            put_product(f, a, x->text);
            line_raw(f->out, b < 0 ? " - " : " + ");
            put_product(f, b < 0 ? -b : b, y->text);
            put_sum(f, c);
            return close(f);
        }
    return false;
}

static bool is_products(const fit *f)
{
    size_t which[3];
    for (which[0] = 0; which[0] < f->n_sizes; which[0]++)
        for (which[1] = which[0]; which[1] < f->n_sizes; which[1]++)
            if (is_share(f, which, 2))
                return true;
    for (which[0] = 0; which[0] < f->n_sizes; which[0]++)
        for (which[1] = which[0]; which[1] < f->n_sizes; which[1]++)
            for (which[2] = which[1]; which[2] < f->n_sizes; which[2]++)
                if (is_share(f, which, 3))
                    return true;
    return false;
}

static bool is_planes(const fit *f)
{
    for (size_t i = 0; i < f->n_sizes; i++)
        for (size_t j = i + 1; j < f->n_sizes; j++)
            if (kinds(f, &f->sizes[i]) == 3 && kinds(f, &f->sizes[j]) == 3 && is_plane(f, &f->sizes[i], &f->sizes[j]))
                return true;
    return false;
}

static bool is_small(const fit *f)
{
    for (size_t k = 0; k < f->n; k++) {
        if (f->values[k] < -LARGE || f->values[k] > LARGE)
            return false;
        for (size_t i = 0; i < f->n_sizes; i++)
            if (f->sizes[i].values[k] < 0 || f->sizes[i].values[k] > LARGE)
                return false;
    }
    return true;
}

bool emit_fit(json_line *out, const emit_size *sizes, size_t n_sizes, const int64_t *values, size_t n, bool closed)
{
    const fit f = {.out = out, .sizes = sizes, .n_sizes = n_sizes, .values = values, .n = n, .closed = closed};
    if (n == 0 || !is_small(&f))
        return false;
    for (size_t i = 0; i < n_sizes; i++)
        if (is_size(&f, &sizes[i]))
            return true;
    for (size_t i = 0; i < n_sizes; i++)
        if (is_line(&f, &sizes[i]))
            return true;
    for (size_t i = 0; i < n_sizes; i++)
        if (is_share(&f, &i, 1))
            return true;
    return is_products(&f) || is_planes(&f);
}
