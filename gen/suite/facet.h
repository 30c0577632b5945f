/* What the cases of an operator differ in. A facet is one thing that a case decides, such as the type of a type variable, the rank
 * of an input or the value of an attribute; it has a few classes, and a case belongs to one class of each facet that it has.
 *
 * Ownership: a table of facets lives in the given arena and borrows the operator and its classes of values. */
#ifndef NN_SUITE_FACET_H
#define NN_SUITE_FACET_H

#include "arena.h"
#include "rules/instance.h"
#include "stats/stats.h"

typedef enum {
    FACET_TYPE,   /* of a type variable */
    FACET_INPUT,  /* presence and rank of an input */
    FACET_FORM,   /* whether an input is a graph input or an initializer */
    FACET_ARITY,  /* number of tensors of a variadic input */
    FACET_OUTPUT, /* presence of an optional output */
    FACET_VAR     /* class of values of an attribute or of another choice of the entry */
} facet_kind;

enum { FACET_ABSENT = -1, FACET_PRESENT = -2 }; /* values of classes of inputs that are no rank */
enum { FORM_INPUT, FORM_INITIALIZER };

typedef struct {
    const char *name;
    int64_t value;   /* the type, rank, form or number of tensors; of FACET_VAR: index in the subject */
    bool undeclared; /* may be impossible; it counts once a case has it */
} facet_class;

typedef struct {
    facet_kind kind;
    int index;        /* of the type variable, input, output or variable */
    const char *name; /* of the same */
    facet_class *classes;
    size_t n;
    size_t first;                 /* number of its first class among all classes of the operator */
    const class_subject *subject; /* FACET_VAR */
} facet;

typedef struct {
    const op_model *op;
    facet *all;
    size_t n, n_classes;
} facet_table;

/* Facets with a single class are left out. max_rank: of any tensor. */
nn_status facets_new(facet_table *out, const op_model *op, const class_operator *classes, int max_rank, arena *a, nn_error *err);
/* Fills in, for each facet, the number of the class of the instance among all classes of the operator; -1: it has none. The
 * instance must have the values of its variables. */
void facets_of(const facet_table *t, const op_instance *x, int *classes);
/* The facet of a class, and the class itself. */
const facet *facet_with(const facet_table *t, size_t class, const facet_class **c);
/* Whether one is the absence of an input and the other its form, which it then has not. */
bool facets_exclude(const facet_table *t, size_t class, size_t other);
/* "axis = 0", "X: rank 3", "T = float32". NULL: out of memory. */
const char *facet_text(const facet_table *t, size_t class, arena *a);

#endif
