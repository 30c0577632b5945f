#include "sequences/seq_match.h"

static nn_status maximal(const uint32_t *a, size_t na, const uint32_t *b, size_t nb, size_t least, seq_block_fn *call, void *data)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i + least <= na; i++)
        for (size_t j = 0; j + least <= nb && s == NN_OK; j++) {
            size_t n = 0;
            if (i > 0 && j > 0 && a[i - 1] == b[j - 1])
                continue;
            while (i + n < na && j + n < nb && a[i + n] == b[j + n])
                n++;
            if (n >= least)
                s = call(data, a + i, n);
        }
    return s;
}

nn_status seq_match(seq_matching how, const uint32_t *a, size_t na, const uint32_t *b, size_t nb, size_t least, seq_block_fn *call,
                    void *data, nn_error *err)
{
    least = least > 0 ? least : 1;
    if (how == SEQ_MAXIMAL)
        return maximal(a, na, b, nb, least, call, data);
    seq_gestalt g = {.a = NULL};
    nn_status s = seq_gestalt_first(&g, a, na, err);
    if (s == NN_OK)
        s = seq_gestalt_match(&g, b, nb, 0, least, call, data, err);
    seq_gestalt_free(&g);
    return s;
}
