/* Choices that follow the sizes of inputs. An instance that does not hold in another world with all its choices as they were may
 * hold with some of them changed as sizes change, while its attributes and the contents of its initializers stay: the target of a
 * Reshape whose initializer has 0 and -1, the ends of a Slice that count from behind, the rows of a matrix product.
 *
 * This only proposes values: the entry decides (again.h). They are
 *     replaced      a number that was the size of a dimension is the size that the dimension has now
 *     shifted       a list with a number for each axis changes by as much as the axes
 *     multiplied    one factor of a product of sizes takes up what the product changed by
 *
 * Ownership: lists live in the arena. */
#ifndef NN_AGAIN_CHOICES_H
#define NN_AGAIN_CHOICES_H

#include "lower/again.h"

#define AGAIN_LISTS 12 /* lists that are shifted, and products, are the first of so many */

typedef struct {
    const again_request *of;
    const inst_pin *was; /* the choices as they were */
    size_t n;
    bool changes[OP_MAX_SLOTS];           /* slots with other dims */
    size_t shifts[AGAIN_LISTS], n_shifts; /* indices of pins */
    size_t products[AGAIN_LISTS], n_products;
    size_t at, count; /* proposals so far, and all */
} again_choices;

void again_choices_begin(again_choices *c, const again_request *of, const inst_pin *was, size_t n);
/* The next proposal. pins: room for n. false: there is none left; *nomem: because memory ran out. */
bool again_choices_next(again_choices *c, arena *mem, inst_pin *pins, bool *nomem);

#endif
