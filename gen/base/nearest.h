/* The known word most like an unknown one, for "did you mean". */
#ifndef NN_NEAREST_H
#define NN_NEAREST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) between a and b without regard to case, at most `most` + 1. Words are
 * compared up to 63 characters. */
size_t word_distance(const char *a, const char *b, size_t most);

typedef struct {
    const char *word; /* best so far, NULL: none is near enough */
    size_t distance;
} nearest;

/* Offers a candidate; it is taken if it is nearer than the best and no more than a third of the word is wrong. */
void nearest_offer(nearest *n, const char *unknown, const char *candidate);

#endif
