#include "family/dynamic_open.h"
#include "family/known.h"

#include <string.h>

nn_status dynamic_open(nn_family *f, nn_error *err)
{
    const char *text = f->options.dynamic;
    f->dynamic.batch = strcmp(text, "batch") == 0;
    const int share = f->dynamic.batch ? 1000 : share_parse(text);
    if (share < 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "dynamic %.60s: expected a share from 0 to 1, or batch", text);
    f->dynamic.share = (uint32_t)share;
    f->dynamic.compute = known_compute;
    f->dynamic.data = (void *)(uintptr_t)f->table;
    if (f->dynamic.share > 0 && f->table->reference == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "dynamic: the table was opened without the rules of outputs");
    return NN_OK;
}
