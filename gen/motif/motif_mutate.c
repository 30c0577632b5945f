#include "motif/motif_mutate.h"

nn_status motif_mutate(const motif_set *s, motif_plan *p, bool given, const lower_limits *limits, tape *t, arena *a)
{
    (void)s, (void)p, (void)given, (void)limits, (void)t, (void)a;
    return NN_OK;
}
