/* Single expressions of the rules' language, evaluated on one node: conditions, and numbers, texts and lists that are computed from
 * its attributes, shapes and constants.
 *
 *     ref_phrases *p;
 *     ref_phrases_new(&p, table, op, definitions, texts, n, &memory, &err);
 *     ref_phrase_eval(p, 0, &node, &memory, &value, &err);
 *
 * Ownership: phrases live in the arena that they are given and borrow the table. */
#ifndef NN_REF_PHRASE_H
#define NN_REF_PHRASE_H

#include "reference/reference.h"

typedef enum { PHRASE_INT, PHRASE_REAL, PHRASE_TEXT, PHRASE_LIST, PHRASE_TENSOR, PHRASE_TENSORS } phrase_kind;

typedef struct phrase_value phrase_value;
struct phrase_value {
    phrase_kind kind;
    bool certain; /* of a number: it does not depend on contents of which nothing is known */
    int64_t i;
    double r;
    const char *s;
    const phrase_value *items;
    const ref_tensor *tensor; /* of the node; NULL: absent */
    const ref_tensor *const *tensors;
    size_t n; /* of items or tensors */
};

typedef struct ref_phrases ref_phrases;

/* Compiles texts for an operator. definitions: a mapping of `let NAME` and `def NAME(x)` that they may use; NULL: none. */
nn_status ref_phrases_new(ref_phrases **out, const ref_table *t, int op, const spec_node *definitions,
                          const spec_node *const *texts, size_t n, arena *a, nn_error *err);
/* Evaluates text i. NN_ERR_TABLE: it fails on this node; the message gives its place. */
nn_status ref_phrase_eval(const ref_phrases *p, size_t i, const ref_node *node, arena *a, phrase_value *out, nn_error *err);

#endif
