#include "suite/suite_outputs.h"
#include "base/directory.h"
#include "compare/compare.h"

#include <stdio.h>

enum { PATH_ROOM = 4096 };

static bool join(char out[PATH_ROOM], const char *folder, const char *name, const char *below)
{
    const int n = snprintf(out, PATH_ROOM, "%s/%s%s", folder, name, below);
    return n > 0 && n < PATH_ROOM;
}

nn_status suite_outputs_judge(outputs_verdict *v, const char *results, const char *index, const char *name, nn_error *err)
{
    static const char set[] = "/test_data_set_0";
    char expected[PATH_ROOM], actual[PATH_ROOM];
    comparison c;
    nn_error why = {.status = NN_OK};
    *v = OUTPUTS_MISSING;
    if (!join(expected, index, name, set) || !join(actual, results, name, set))
        return nn_fail(err, NN_ERR_IO, results, 0, 0, "the path is too long");
    if (!directory_exists(actual))
        (void)join(actual, results, name, "");
    if (!directory_exists(actual))
        return NN_OK;
    const nn_status s = comparison_run(&c, expected, actual, &(comparison_request){.limit = 0}, &why);
    *v = s == NN_OK && c.list.outside == 0 ? OUTPUTS_WITHIN : OUTPUTS_OUTSIDE;
    comparison_free(&c);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    return NN_OK;
}
