#include "family/empty_open.h"

nn_status empty_open(nn_family *f, nn_error *err)
{
    const int share = share_parse(f->options.empty);
    if (share < 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "empty %.60s: expected a share from 0 to 1", f->options.empty);
    f->empty = (uint32_t)share;
    return NN_OK;
}

uint32_t empty_draw(const nn_family *f, tape *t)
{
    static const uint32_t shares[] = {50, 100, 200, 400}; /* few, so that most tensors have elements, or many */
    if (f->empty == 0 || !tape_chance(t, "empty", f->empty, 1000))
        return 0;
    return shares[tape_draw(t, "empty nodes", sizeof shares / sizeof *shares)];
}
