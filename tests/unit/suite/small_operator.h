/* Operators of few facets, whose possible pairs are known. */
#ifndef TEST_SMALL_OPERATOR_H
#define TEST_SMALL_OPERATOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "suite/search.h"

/* Mode 'b' needs a matrix; B, a vector, is there in mode 'a' only. */
static const char operator_text[] = "operators:\n"
                                    "  Op:\n"
                                    "    since: [1]\n"
                                    "    types: {T: [float32], I: [int32, int64]}\n"
                                    "    wide: {T: [floats]}\n"
                                    "    in: {X: T, i: I, B: 'T data|weight optional'}\n"
                                    "    out: {Y: T}\n"
                                    "    choose: {k: 2..9}\n"
                                    "    attrs:\n"
                                    "      mode: \"string {'a', 'b'} default 'a'\"\n"
                                    "      size: int k\n"
                                    "    rank: {X: 1..2, i: 0, B: 1}\n"
                                    "    shape: {Y: shape(X)}\n"
                                    "    domain: {i: '[0, 1]'}\n"
                                    "    where: [\"mode == 'a' or rank(X) == 2\", \"mode == 'a' or not present(B)\"]\n"
                                    "    range: {Y: X}\n";

typedef struct {
    op_set *set;
    arena memory;
    class_table classes;
} small_operator;

static inline void open_operator(small_operator *o)
{
    nn_error err = {0};
    const spec_file file = {.name = "t.yaml", .bytes = operator_text, .size = sizeof operator_text - 1};
    arena_init(&o->memory, 0);
    if (op_set_new_typed(&o->set, &file, 1, NULL, 17, dtype_group("all"), &err) != NN_OK ||
        lower_fold_domains(o->set, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    assert_int_equal(class_table_of_choices(&o->classes, o->set, &o->memory, &err), NN_OK);
}

static inline void close_operator(small_operator *o)
{
    arena_free(&o->memory);
    op_set_free(o->set);
}

static inline size_t class_named(const facet_table *t, const char *text)
{
    arena a;
    size_t found = t->n_classes;
    arena_init(&a, 0);
    for (size_t k = 0; k < t->n_classes; k++)
        if (strcmp(facet_text(t, k, &a), text) == 0)
            found = k;
    arena_free(&a);
    if (found == t->n_classes)
        fail_msg("no class %s", text);
    return found;
}

#endif
