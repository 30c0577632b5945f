/* Writes a graph down as a tape in segments (draw/segments.h) while it is built: each group that is kept becomes a segment, which
 * holds what was asked of the lowering and the draws that the lowering made. What the builder drew to find the group is not written
 * down, nor are the tries that failed; so a change of one segment does not change how others are found.
 *
 * Tensors are named by the segment that made them, and by their port: 64 * frame + output, or 64 * frame + 32 + slot for a graph
 * input. Without a log the functions only keep
 * addresses and scopes for a replay, or do nothing. */
#ifndef NN_BUILD_LOG_H
#define NN_BUILD_LOG_H

#include "build/build_int.h"

/* Scopes of draws. */
enum {
    SCOPE_HEAD = 0x100,
    SCOPE_STYLE = 0x200,
    SCOPE_FRAME = 0x100, /* that of frame f is (f + 1) * SCOPE_FRAME */
    SCOPE_BEGIN = 0x700,
    SCOPE_CLOSE = 0x800,
    SCOPE_PLAN = 0x4000, /* of a motif; the scope of its node k is (k + 1) * SCOPE_FRAME */
    SCOPE_INPUT = 0x5000,
    SCOPE_OWN = 0x6000,
    SCOPE_FEED = 0x7000,
    SCOPE_FREE = 0xe000 /* what the builder draws to find a group */
};
#define PORT_FRAME 64
#define PORT_INPUT 32

/* What is in a slot, as the value of an item. */
#define SLOT_CODE(kind, outcome, rank, frame, output) \
    ((uint32_t)(kind) | (uint32_t)(outcome) << 4 | (uint32_t)((rank) + 1) << 8 | (uint32_t)(frame) << 16 | (uint32_t)(output) << 20)
enum { OUTCOME_OPEN, OUTCOME_BOUND, OUTCOME_LEFT };

/* The draws from now on are made in this scope, and belong to the try. */
void log_scope(builder *b, unsigned scope);
/* The draws from now on are not written down. */
void log_pause(builder *b);
/* Begins a try, and ends it. nodes, tensors: their numbers before it was kept. false: out of memory. */
void log_try(builder *b, segment_kind kind);
void log_drop(builder *b);
bool log_keep(builder *b, size_t nodes, size_t tensors);
/* A segment that is kept at once. */
void log_segment(builder *b, segment_kind kind);
void log_put(builder *b, unsigned label, unsigned place, uint32_t value);
/* Where a tensor comes from, and what it is. */
void log_tensor(builder *b, unsigned place, int32_t tensor);
void log_desc(builder *b, unsigned place, const tensor_desc *d);
/* Frame f of a group: its request, after its slots were bound. tensors: in its slots. left: bit s: slot s became an initializer. */
void log_frame(builder *b, size_t f, const lower_request *r, const int32_t *tensors, uint32_t left);

/* Begins a request: what the head has so far is the caller's. */
void log_request(builder *b);
/* The head of the tape: what is drawn between these two belongs to it. A new attempt begins it again. */
void log_head_begin(builder *b);
void log_head_end(builder *b, size_t nodes, bool loose);
/* The tail: what is drawn from here on. */
void log_tail(builder *b);

/* What was written down since a mark can be taken back. */
void log_get_mark(const builder *b, log_mark *m);
void log_rewind(builder *b, const log_mark *m);

/* While the graph is finished: the following draws are about this tensor, or about none (-1). */
void log_about(builder *b, int32_t tensor);
/* The name of a tensor: a hash of its address. */
uint32_t log_name(const builder *b, int32_t tensor);
/* Room for the names of n things, from the builder's memory. NULL: no names are needed. false: out of memory. */
bool log_names(builder *b, size_t n, uint32_t **names);
/* build_draw, but a tape names the thing that was drawn. If it is no longer there, another one is found by hash. */
size_t log_draw_named(builder *b, const char *label, size_t n, const uint32_t *names);
/* Tensor t gets a smaller number, after those below it. */
void log_renumber(builder *b, size_t t, size_t to);
/* The tensor at an address; -1: there is none. */
int32_t log_find(const builder *b, uint32_t made_by, unsigned port);

#endif
