/* A graph as a tape in segments (draw/segments.h): what builder_build writes down for a request with a log.
 *
 * Ownership: a log owns its list. */
#ifndef NN_BUILD_TAPE_H
#define NN_BUILD_TAPE_H

#include "draw/choice.h"

typedef struct {
    segment_list list; /* the tape */
    tape_listener listener;
    uint32_t base;         /* addresses of segments are derived from it */
    size_t kept;           /* groups */
    bool trying, on;       /* a try is open; draws are written down */
    unsigned scope;        /* of the draws */
    segment_counts counts; /* of the last segment */
    size_t head;           /* items of the head that the caller wrote, and their draws */
    segment_counts head_counts;
    size_t before, values_before; /* the list before the try */
} build_log;

/* Begins a tape with the draws about the whole model: those of t are written down from here on. */
void build_log_start(build_log *l, tape *t, uint32_t base);
/* An item of the head that is no draw. */
void build_log_head(build_log *l, unsigned label, unsigned place, uint32_t value);
/* The following draws, which are not the builder's, are not part of the tape. */
void build_log_skip(build_log *l);
/* The draws about the whole model are those of the segment that the reader is at. */
void build_tape_head(segment_reader *r);
void build_log_stop(build_log *l, tape *t);
void build_log_free(build_log *l);

#endif
