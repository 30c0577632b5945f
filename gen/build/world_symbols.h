/* Symbols of a model and the sizes that they have in its worlds, and where new graph inputs have them: a batch first, then a
 * sequence, or height and width last, as in models that people export. */
#ifndef NN_WORLD_SYMBOLS_H
#define NN_WORLD_SYMBOLS_H

#include "draw/choice.h"
#include "rules/instance.h"
#include "value/graph.h"

#define WORLD_COUNT 4 /* of a model with symbols: a usual one, the smallest, the largest, and one in between */
/* Where data decide sizes, these are drawn in world 0, and the most that there can be in the others. There are as many worlds
 * again, with the sizes of these but the least where data decide. */
#define WORLD_ALL (2 * WORLD_COUNT)

typedef enum { SYMBOL_BATCH, SYMBOL_SEQUENCE, SYMBOL_HEIGHT, SYMBOL_WIDTH, SYMBOL_FREE, SYMBOL_KINDS } symbol_kind;

typedef struct {
    graph_symbol symbols[SYMBOL_KINDS];
    size_t n;
    int of[SYMBOL_KINDS]; /* index of the symbol of a kind; -1: the model has none */
} world_symbols;

/* There are no symbols. */
void world_symbols_clear(world_symbols *s);
/* The sizes of a symbol in world 0 differ from those of others, and are at least 3. batch: there is no other symbol. If the limits
 * have empty tensors, the smallest size of some symbols is 0. None at all if the limits leave no room. */
void world_symbols_draw(world_symbols *s, bool batch, const lower_limits *limits, tape *t);
/* Draws the symbols of the axes of a new graph input; -1: none. */
void world_layout_draw(const world_symbols *s, int rank, int axes[NN_MAX_RANK], tape *t);

#endif
