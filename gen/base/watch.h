/* A caller that watches what takes long, and may stop it. */
#ifndef NN_WATCH_H
#define NN_WATCH_H

#include "base.h"

typedef struct {
    nn_step_fn *step; /* NULL: nobody watches */
    void *data;
} step_watch;

/* Whether the caller wants it to stop. w: NULL: nobody watches. */
static inline bool watch_stops(const step_watch *w, const char *what, uint64_t done, uint64_t all)
{
    return w != NULL && w->step != NULL && w->step(w->data, what, done, all) != 0;
}

static inline nn_status watch_stopped(nn_error *err)
{
    return nn_fail(err, NN_ERR_CANCELLED, NULL, 0, 0, "stopped on request");
}

#endif
