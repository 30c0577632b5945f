/* Classes of attribute values. The declared domain of each attribute is divided into a few classes, so that a family's statistics
 * show whether an attribute always has similar values.
 *
 *     {a, b, c}, bool     each value
 *     a..b                each value; or the ends and what lies between; or, if the range is wide, the lower end or 0, small and
 *                         large; if the ends are not numbers, by sign
 *     real, logreal       lower and upper half
 *     lists               list(n, a..b): zeros, equal, mixed; permutations: identity or not; others by length
 *     types               each type
 *     left out            absent; an optional input: absent, present
 *
 * Ownership: the table and its names live in the given arena. Immutable; threads may share it. */
#ifndef NN_VALUE_CLASS_H
#define NN_VALUE_CLASS_H

#include "arena.h"
#include "rules/opmodel.h"

typedef struct {
    const char *name;
    bool undeclared; /* may be impossible: listed only if it occurs */
    int test;        /* how a value is classified */
    double lo, hi;
    const char *text;
} value_class;

typedef struct {
    const char *name;     /* of the attribute or input */
    int input;            /* index among the operator's inputs; -1: an attribute or another choice */
    int var;              /* its index among the variables of the rules; -1: an input */
    value_class *classes; /* a value belongs to the first class that fits; the last class is "other" */
    size_t n_classes;
    size_t first; /* index of classes[0] in the whole table */
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
/* The same, and after the attributes of each operator what its entry chooses besides attributes. */
nn_status class_table_of_choices(class_table *out, const op_set *ops, arena *a, nn_error *err);
/* Index in s->classes. v: NULL if the attribute is left out. */
size_t class_of_attr(const class_subject *s, const attr_value *v);
size_t class_of_input(const class_subject *s, bool present);
/* A value that is in class k. false: its description does not name one. */
bool class_example(const class_subject *s, size_t k, bool real, attr_value *v);

#endif
