/* Classes of attribute values: the declared domain of each attribute, cut into a few classes, so that a family's statistics can
 * show that no attribute is stuck.
 *
 *     {a, b, c}, bool     each value
 *     a..b                each value, or the ends and what lies between, or (wide) the lower end or 0, small and large; with ends
 *                         that are not numbers, by sign
 *     real, logreal       lower and upper half
 *     lists               list(n, a..b): zeros, equal, mixed; permutations: identity or not; others by length
 *     types               each type
 *     left out            absent; an optional input: absent, present
 *
 * Ownership: the table and its names live in the arena given; immutable, may be shared by threads. */
#ifndef NN_VALUE_CLASS_H
#define NN_VALUE_CLASS_H

#include "arena.h"
#include "rules/opmodel.h"

typedef struct {
    const char *name;
    bool undeclared; /* may be impossible: listed only where it is met */
    int test;        /* how a value is recognised */
    double lo, hi;
    const char *text;
} value_class;

typedef struct {
    const char *name;     /* of the attribute or input */
    int input;            /* index in the operator's inputs; -1: attribute */
    value_class *classes; /* the first that fits counts; the last is "other" */
    size_t n_classes;
    size_t first; /* number of classes[0] in the whole table */
} class_subject;

typedef struct {
    class_subject *subjects;
    size_t n_subjects;
} class_operator;

typedef struct {
    class_operator *operators; /* by index in the op_set */
    size_t n_classes;          /* in the whole table */
} class_table;

nn_status class_table_new(class_table *out, const op_set *ops, arena *a, nn_error *err);
/* Index in s->classes. v: NULL if the attribute is left out. */
size_t class_of_attr(const class_subject *s, const attr_value *v);
size_t class_of_input(const class_subject *s, bool present);

#endif
