/* Counts the distinct structures among the models of a family, and finds the models that repeat one. Memory does not grow with
 * the family: structures go to a temporary file, which is read as many times as a table of fixed size requires.
 *
 * Ownership: a distinct owns its table and its file. One thread at a time may use it. */
#ifndef NN_DISTINCT_H
#define NN_DISTINCT_H

#include "base.h"
#include "stats/structure.h"

#define DISTINCT_LISTED 100 /* repetitions that are listed by name */

typedef struct {
    uint64_t model, first; /* `model` has the structure of `first`, first < model */
} distinct_pair;

typedef struct {
    uint64_t models, distinct;
    distinct_pair pairs[DISTINCT_LISTED]; /* the first repetitions, in order of `model` */
    size_t n_pairs;
} distinct_result;

typedef struct distinct distinct;

nn_status distinct_new(distinct **out, nn_error *err);
void distinct_free(distinct *d);
/* Models must be added in order of their index. */
nn_status distinct_add(distinct *d, const uint8_t structure[STRUCTURE_SIZE], uint64_t index, nn_error *err);
/* counts what was added so far; more may be added later */
nn_status distinct_count(distinct *d, distinct_result *out, nn_error *err);

#endif
