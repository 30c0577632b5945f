/* Reasons that the builder adds to those of the lowering (lower/reason.h), in the same numbering.
 *
 * BUILD_FAULT stands for faults of a group that was solved; its text is build_effect.fault. */
#ifndef NN_BUILD_REASON_H
#define NN_BUILD_REASON_H

#include "lower/reason.h"

/* clang-format off */
#define BUILD_REASONS(X) \
    X(NO_PARTNER, "no existing tensor fits") \
    X(NO_PLAN, "the motif cannot be drawn on this tensor") \
    X(IDLE, "no tensor was found that varies where the given one may not") \
    X(NO_PRODUCER, "no operator produces a tensor of the type") \
    X(OPERATORS, "too many operators in one group") \
    X(SLOTS, "the inputs would take too many tensors") \
    X(FAULT, "the graph must not contain it") \
    X(NO_ROOM, "the graph could not be finished with the nodes that are left") \
    X(SIZES, "it does not hold for all sizes of the graph inputs")
/* clang-format on */

typedef enum {
    BUILD_REASON_FIRST_ = WHY_COUNT_ - 1,
#define X(id, text) BUILD_##id,
    BUILD_REASONS(X)
#undef X
        BUILD_REASON_COUNT_
} build_reason;

const char *build_reason_text(build_reason r);

#endif
