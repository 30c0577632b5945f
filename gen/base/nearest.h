/* Finds the known word that is most similar to an unknown one, for "did you mean". */
#ifndef NN_NEAREST_H
#define NN_NEAREST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) between a and b, ignoring case; at most `most` + 1. Only the first 63
 * characters of a word are compared. */
size_t word_distance(const char *a, const char *b, size_t most);

typedef struct {
    const char *word; /* best so far; NULL: none is similar enough */
    size_t badness;   /* of the word */
} nearest;

/* Offers a candidate. It is taken if it differs in at most a third of the word and is a more likely mistake than the best so far:
 * a letter that is missing, surplus or swapped is likelier than one that is replaced. */
void nearest_offer(nearest *n, const char *unknown, const char *candidate);

/* Writes the words that begin with `start`, as "a, b or c" with `quote` around each: the members of a family, such as float8.
 * Returns their number; 0, and an empty text: none does, more than NEAREST_FAMILY do, or they need more than `size` bytes. */
#define NEAREST_FAMILY 4
size_t nearest_family(char *out, size_t size, const char *start, const char *quote, const char *const *words, size_t n);

#endif
