/* The line of a terminal that shows how far a run is. The caller has the clock and the terminal. */
#ifndef NN_PROGRESS_H
#define NN_PROGRESS_H

#include "nngen.h"

#include <stddef.h>

/* Models of a corpus, after `elapsed` seconds. columns: the width of the terminal. `out` is cut off at `room` bytes. */
void progress_models(char *out, size_t room, int columns, const nn_progress *p, double elapsed);
/* Steps of an analysis; head: text before the bar. */
void progress_steps(char *out, size_t room, int columns, const char *head, uint64_t done, uint64_t all, double elapsed);

#endif
