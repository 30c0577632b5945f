/* Fuzz target of rules of outputs: the text is the rules of an operator with inputs and attributes of common names; what compiles
 * is computed on small tensors with and without errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char table_text[] = "operators:\n"
                                 "  F:\n"
                                 "    since: [1]\n"
                                 "    types: {T: [float32, float16, int64]}\n"
                                 "    in: {X: T, W: T optional, data: T optional, indices: int64 optional, absent: T optional}\n"
                                 "    out: {Y: T, Z: int64 optional}\n"
                                 "    choose: {n: rank(X) - 1, drawn: 0..3}\n"
                                 "    attrs:\n"
                                 "      axis: int -2..1 default -1\n"
                                 "      p: int 1..4 default 2\n"
                                 "      alpha: float real(0, 1) default 0.5\n"
                                 "      pads: ints list(2, 0..3) default zeros(2)\n"
                                 "      mode: \"string {'a', 'b'} default 'a'\"\n"
                                 "    shape: {Y: \"shape(X)\", Z: \"[2]\"}\n"
                                 "    range: {Y: X, Z: \"[0, 9]\"}\n";

enum { LONGEST = 3000 };

static op_set *ops;

/* The text as the rules of F: each line indented. */
static char *rules_of(const uint8_t *data, size_t size, size_t *n)
{
    static const char head[] = "operators:\n  F:\n    ";
    char *text = malloc(sizeof head + 6 * size + 2);
    if (text == NULL)
        abort();
    memcpy(text, head, sizeof head - 1);
    *n = sizeof head - 1;
    for (size_t i = 0; i < size; i++) {
        text[(*n)++] = (char)data[i];
        if (data[i] == '\n')
            for (int k = 0; k < 4; k++)
                text[(*n)++] = ' ';
    }
    return text;
}

static void compute(const ref_table *t, double error, dtype type, arena *a, arena *b)
{
    double x[6] = {0.5, -2, 3, 0, 7, 1}, e[6], w[3] = {1, -1, 4}, ew[3] = {0, error, 0};
    int64_t i[2] = {1, 0}, xi[6] = {1, 0, 2, 5, -3, 4};
    bool real = dtype_is_float(type);
    for (int k = 0; k < 6; k++)
        e[k] = error;
    ref_tensor in = {.type = type,
                     .whole = !real,
                     .rank = 2,
                     .dims = {2, 3},
                     .n = 6,
                     .v = real ? x : NULL,
                     .e = real ? e : NULL,
                     .w = real ? NULL : xi};
    ref_tensor row = {.type = type,
                      .whole = !real,
                      .rank = 1,
                      .dims = {3},
                      .n = 3,
                      .v = real ? w : NULL,
                      .e = real ? ew : NULL,
                      .w = real ? NULL : xi};
    ref_tensor at = {.type = DT_INT64, .whole = true, .rank = 1, .dims = {2}, .n = 2, .w = i};
    ref_tensor y = {.type = type, .rank = 2, .dims = {2, 3}}, z = {.type = DT_INT64, .rank = 1, .dims = {2}};
    const ref_tensor *inputs[] = {&in, &row, &in, &at};
    ref_tensor *outputs[] = {&y, &z};
    nn_error err;
    ref_node node = {.op = 0, .inputs = inputs, .n_inputs = 4, .outputs = outputs, .n_outputs = 2, .max_work = 1e6};
    if (ref_compute(t, &node, a, b, &err) != NN_OK)
        return;
    for (size_t k = 0; k < y.n && y.e != NULL; k++)
        if (!(y.e[k] >= 0))
            abort(); /* a bound is never NaN */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_error err;
    if (ops == NULL) {
        const spec_file f = {.name = "t.yaml", .bytes = table_text, .size = sizeof table_text - 1};
        if (op_set_new_typed(&ops, &f, 1, NULL, 17, UINT32_MAX, &err) != NN_OK) {
            fprintf(stderr, "%s\n", err.message);
            abort();
        }
    }
    if (size == 0 || size > LONGEST)
        return 0;
    size_t n;
    char *text = rules_of(data, size, &n);
    const spec_file file = {.name = "c.yaml", .bytes = text, .size = n};
    ref_table *t;
    if (ref_table_new(&t, ops, &file, 1, &err) == NN_OK) {
        arena a, b;
        arena_init(&a, 0);
        arena_init(&b, 0);
        compute(t, 0, DT_FLOAT32, &a, &b);
        compute(t, 0.25, DT_FLOAT16, &a, &b);
        compute(t, 0, DT_INT64, &a, &b);
        arena_free(&a);
        arena_free(&b);
        ref_table_free(t);
    }
    free(text);
    return 0;
}
