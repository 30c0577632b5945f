/* The form of table entries and profiles before anything is merged: known keys, the kind of each value, names, opset ranges.
 *
 * The meaning of texts is checked later, by the operator model (rules/). Nothing here allocates. */
#ifndef NN_SPEC_CHECK_H
#define NN_SPEC_CHECK_H

#include "table/spec_yaml.h"

typedef enum {
    SPEC_IN_OPERATOR = 1,
    SPEC_IN_CLASS = 2,
    SPEC_IN_PART = 4 /* under `versions` or in a patch */
} spec_where;

/* The prefix of a message, which says what it is about, e.g. "operator Conv: ". */
typedef struct {
    char s[240];
} spec_subject;
spec_subject spec_subject_of(const char *what, const char *name); /* name may be NULL */

/* entry: a mapping. */
nn_status spec_check_entry(const spec_node *entry, spec_where where, const spec_subject *subject, nn_error *err);

/* Checks that the keys of the mapping `map` are among the words; the error names the nearest word. */
nn_status spec_check_keys(const spec_node *map, const char *const *words, size_t n, const spec_subject *subject, nn_error *err);
/* "`where` must be a list, not text". */
nn_status spec_wrong_kind(const spec_pair *pair, const char *expected, const spec_subject *subject, nn_error *err);
const char *spec_kind_name(spec_kind kind);

bool spec_parse_opset(const char *text, int *opset);            /* SPEC_MIN_OPSET..SPEC_MAX_OPSET, decimal */
bool spec_parse_range(const char *text, int *first, int *last); /* "..12" "13" "13..17" "18.."; first <= last */

#endif
