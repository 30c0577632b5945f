#include "dtype.h"

#include <string.h>

static const struct {
    const char *name;
    uint8_t size;
    bool is_float;
} types[DT_COUNT] = {
    [DT_FLOAT32] = {"float32", 4, true}, [DT_UINT8] = {"uint8", 1, false},   [DT_INT8] = {"int8", 1, false},
    [DT_UINT16] = {"uint16", 2, false},  [DT_INT16] = {"int16", 2, false},   [DT_INT32] = {"int32", 4, false},
    [DT_INT64] = {"int64", 8, false},    [DT_STRING] = {"string", 0, false}, [DT_BOOL] = {"bool", 1, false},
    [DT_FLOAT16] = {"float16", 2, true}, [DT_DOUBLE] = {"double", 8, true},  [DT_UINT32] = {"uint32", 4, false},
    [DT_UINT64] = {"uint64", 8, false},
};

static bool known(dtype t)
{
    return (unsigned)t < DT_COUNT && types[t].name != NULL;
}

const char *dtype_name(dtype t)
{
    return known(t) ? types[t].name : "none";
}

dtype dtype_parse(const char *name)
{
    for (unsigned t = 0; t < DT_COUNT; t++)
        if (types[t].name != NULL && strcmp(types[t].name, name) == 0)
            return (dtype)t;
    return DT_NONE;
}

size_t dtype_size(dtype t)
{
    return known(t) ? types[t].size : 0;
}

bool dtype_is_float(dtype t)
{
    return known(t) && types[t].is_float;
}
