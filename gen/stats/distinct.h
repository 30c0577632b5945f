/* Counts the distinct ones among the structures of a family's models, and finds the models that repeat one, in memory that does not
 * grow with the family: structures go to a temporary file, which is read as often as a table of fixed size needs.
 *
 * Ownership: a distinct owns its table and its file. One thread at a time. */
#ifndef NN_DISTINCT_H
#define NN_DISTINCT_H

#include "base.h"
#include "stats/structure.h"

#define DISTINCT_LISTED 100 /* repetitions that are kept by name */

typedef struct {
    uint64_t model, first; /* model has the structure of first, first < model */
} distinct_pair;

typedef struct {
    uint64_t models, distinct;
    distinct_pair pairs[DISTINCT_LISTED]; /* the first ones by `model` */
    size_t n_pairs;
} distinct_result;

typedef struct distinct distinct;

nn_status distinct_new(distinct **out, nn_error *err);
void distinct_free(distinct *d);
/* Models come in order of their index. */
nn_status distinct_add(distinct *d, const uint8_t structure[STRUCTURE_SIZE], uint64_t index, nn_error *err);
nn_status distinct_count(distinct *d, distinct_result *out, nn_error *err); /* of what was added so far; more may follow */

#endif
