/* Reading the draws of a tape by address instead of by order.
 *
 * A draw is addressed by its label, by the scope in which it is made, and by how many draws of this label the scope had before. A
 * draw that the segment has no item for is zero, the simplest choice, unless the segment has a salt: then it is a hash of salt and
 * address. The same idea serves probabilistic programs: Wingate, Stuhlmueller, Goodman, "Lightweight implementations of
 * probabilistic programming languages via transformational compilation", 2011.
 *
 * An item holds a draw below a bound as a fraction of 2^32, so that it stays near if the bound changes. Draws with bounds above
 * 2^32 take two items, the high half first.
 *
 * Ownership: a reader borrows the list and owns its marks. */
#ifndef NN_SEGMENT_READ_H
#define NN_SEGMENT_READ_H

#include "draw/segments.h"

#define SEGMENT_COUNTS 128 /* pairs of label and scope with a counter; the others count as new */

/* How many draws of a label a scope had. */
typedef struct {
    size_t n;
    struct {
        uint16_t label, scope;
        uint32_t n;
    } of[SEGMENT_COUNTS];
} segment_counts;

typedef struct {
    const segment_list *list;
    const segment *at; /* NULL: no segment, all draws are zero */
    unsigned variant;  /* 0: items are used as they are; otherwise some, then all of them are ignored */
    uint16_t scope;
    bool *used; /* items of the segment that a draw has taken */
    size_t used_capacity;
    segment_counts counts;
} segment_reader;

/* Makes segment k the one to read; SIZE_MAX: none. Variants are other values for the same draws: 1 to 3 set some to zero, 4 sets
 * all to zero, later ones draw all from a hash. false: out of memory. */
bool segment_enter(segment_reader *r, size_t k, unsigned variant);
void segment_scope(segment_reader *r, unsigned scope);
uint64_t segment_draw(segment_reader *r, const char *label, uint64_t bound); /* bound 0: 2^64 */
/* Finds an item that is no draw; false: there is none. */
bool segment_find(const segment_reader *r, unsigned label, unsigned place, uint32_t *value);
/* All items of an address; returns how many there are, at most `most`. */
size_t segment_all(const segment_reader *r, unsigned label, unsigned place, uint32_t *values, size_t most);
/* Adds a draw to the last segment of the list. counts: of the draws that it has. */
void segment_note(segment_list *l, segment_counts *counts, unsigned scope, const char *label, uint64_t bound, uint64_t value);
void segment_reader_free(segment_reader *r);

#endif
