/* A table of one operator with an attribute of each kind, and its classes of values. */
#ifndef TEST_CLASS_TABLE_H
#define TEST_CLASS_TABLE_H

#include "lower/lower.h"
#include "stats/value_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char table_text[] = "operators:\n"
                                 "  Op:\n"
                                 "    since: [1]\n"
                                 "    types: {T: [float32], T2: [float32, bool]}\n"
                                 "    in: {X: T, B: T weight optional}\n"
                                 "    out: {Y: T}\n"
                                 "    choose: {k: 'list(rank(X), 0..3)'}\n"
                                 "    attrs:\n"
                                 "      mode: \"string {'a', 'b'} default 'a'\"\n"
                                 "      flag: int bool\n"
                                 "      few: int 1..3\n"
                                 "      many: int 1..32 default 1\n"
                                 "      wide: int 1..64\n"
                                 "      around: int -16..16\n"
                                 "      axis: int -rank(X)..rank(X)-1\n"
                                 "      scale: float real(-1, 3)\n"
                                 "      ends: 'float logreal(1, 4)'\n"
                                 "      pads: ints k\n"
                                 "      sizes: 'ints list(rank(X), 1..5)'\n"
                                 "      perm: 'ints permutation(rank(X))'\n"
                                 "      part: 'ints subset(iota(rank(X)), 1..rank(X))'\n"
                                 "    rank: {X: 1..3}\n"
                                 "    shape: {B: '[1]', Y: shape(X)}\n"
                                 "    range: {Y: '[-1, 1]'}\n";

static inline op_set *small_set(void)
{
    op_set *set = NULL;
    nn_error err = {0};
    const spec_file file = {.name = "t.yaml", .bytes = table_text, .size = sizeof table_text - 1};
    if (op_set_new(&set, &file, 1, NULL, 17, &err) != NN_OK || lower_fold_domains(set, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    return set;
}

static inline const class_subject *subject(const class_table *t, const char *name)
{
    for (size_t i = 0; i < t->operators[0].n_subjects; i++)
        if (strcmp(t->operators[0].subjects[i].name, name) == 0)
            return &t->operators[0].subjects[i];
    fail_msg("no subject %s", name);
    return NULL;
}

#endif
