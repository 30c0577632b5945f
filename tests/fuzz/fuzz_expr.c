/* Fuzz target of expressions: the first byte says where in a fixed operator the text of the rest stands; what compiles is lowered.
 */
#include <stdio.h>

#include "fuzz_lower.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The operator in two parts; the expression, in quotes, comes between. */
static const char *const places[][2] = {
    {"where: [", "]\n"},    {"where: [", ", \"can(X[0] == 2)\"]\n"},
    {"require: [", "]\n"},  {"domain: {X: ", "}\n"},
    {"rank: {X: ", "}\n"},  {"idioms: {i: [", "]}\n"},
    {"attrs: {a: ", "}\n"}, {"attrs: {a: int 1..3, b: ", "}\n"},
};

static const char head[] =
    "operators:\n"
    "  A:\n"
    "    since: [1]\n"
    "    types: {T: [float32, int64]}\n"
    "    in: {X: T, Z: T variadic 1..4, B: float32 data|weight optional, W: float32 weight, C: int64 constant}\n"
    "    out: {Y: T, V: T variadic q}\n"
    "    choose:\n"
    "      n: 1..3\n"
    "      p: permutation(rank(X))\n"
    "      l: \"list(n, 1..4)\"\n"
    "      r: \"real(0.5, 2)\"\n"
    "      q: 1..2\n"
    "      s: \"{'a', 'bc'}\"\n";

enum { LONGEST = 2000, PLACES = sizeof places / sizeof places[0] };

static size_t quote(char *out, const uint8_t *data, size_t size)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < size; i++) {
        if (data[i] < 0x20 || data[i] == 0x7f)
            continue;
        if (data[i] == '"' || data[i] == '\\')
            out[n++] = '\\';
        out[n++] = (char)data[i];
    }
    out[n++] = '"';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > LONGEST)
        return 0;
    static char text[sizeof head + 3 * LONGEST + 1000], expression[2 * LONGEST + 3];
    size_t n = quote(expression, data + 1, size - 1);
    unsigned place = data[0];
    const char *e = expression, *any = "\"[-1, 1]\"", *shape = "\"shape(X)\"";
    int en = (int)n;
    unsigned kind = place % (PLACES + 4);
    int length;
    if (kind < PLACES)
        length = snprintf(text, sizeof text,
                          "%s    %s%.*s%s    shape: {Y: %s, V: \"X[:1]\", B: \"[1]\", W: \"l\", C: \"[n]\"}\n"
                          "    values: {C: \"iota(n)\"}\n    range: {Y: X, V: Y}\n",
                          head, places[kind][0], en, e, places[kind][1], place & 64 ? "\"ones(n)\"" : shape);
    else
        length = snprintf(text, sizeof text,
                          "%s      z: %.*s\n    shape: {Y: %.*s, V: \"X[:1]\", B: \"[1]\", W: \"l\", C: \"[n]\"}\n"
                          "    values: {C: %.*s}\n    range: {Y: %.*s, V: X}\n    domain: {B: %s}\n",
                          head, kind == PLACES ? en : 4, kind == PLACES ? e : "1..2", kind == PLACES + 1 ? en : (int)strlen(shape),
                          kind == PLACES + 1 ? e : shape, kind == PLACES + 2 ? en : 9, kind == PLACES + 2 ? e : "\"iota(n)\"",
                          kind == PLACES + 3 ? en : 3, kind == PLACES + 3 ? e : "\"X\"", any);
    check(length > 0 && (size_t)length < sizeof text);
    char *bytes = malloc((size_t)length); /* a block of its own, so that a read past the end is seen */
    check(bytes != NULL);
    memcpy(bytes, text, (size_t)length);
    const spec_file file = {.name = "t.yaml", .bytes = bytes, .size = (size_t)length};
    compile_and_lower(&file, NULL, 17, 6);
    free(bytes);
    return 0;
}
