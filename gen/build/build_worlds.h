/* Models for several sizes of their inputs. A model with symbols has some worlds, each of which gives every symbol a size. Groups
 * are solved in world 0, as without symbols. A group enters the graph only if each of its operators holds in the other worlds too,
 * with the same attributes and initializers (lower/again.h). The interval of a tensor is the hull of those of the worlds.
 *
 * All draws come from a tape of their own, so that a model without symbols does not depend on this file.
 *
 * Ownership: sizes of tensors live in the builder's memory. */
#ifndef NN_BUILD_WORLDS_H
#define NN_BUILD_WORLDS_H

#include "build/build_int.h"
#include "build/build_slots.h"

/* Prepares the request: draws whether the model has symbols, and which. b->worlds is NULL if it has none. */
nn_status build_worlds_open(builder *b, const build_request *r, nn_error *err);
void build_worlds_free(builder *b);
/* Begins an attempt, which are counted from 0. Later ones want less. */
void build_worlds_attempt(builder *b, const lower_limits *limits, size_t attempt);

/* Gives the open slots of a frame, which become graph inputs, symbols where they can have them. */
lower_result build_worlds_open_slots(builder *b, int frame, const slot_plan *p);
/* The same for a frame of a tape. slots: their number. */
lower_result build_worlds_open_again(builder *b, int frame, size_t slots);
/* Whether the model has symbols. */
bool build_worlds_sized(const builder *b);
/* The sizes of the symbols in world 0, that of the batch first; *n is 0 if the model has none. */
const int64_t *build_worlds_sizes(const builder *b, size_t *n);
/* Judges the group in all worlds, and sets sizes and ranges of its tensors. LOWER_FAIL: it does not hold in one, which is noted as
 * a refusal of op. */
lower_result build_worlds_hold(builder *b, const op_model *op);
/* Adds symbols and the number of worlds to the graph if a tensor has sizes. */
void build_worlds_finish(const builder *b, graph *g);

#endif
