#include "family/type_list.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

enum { NEAR_TYPES = 80 };

/* The types that an unknown word may mean: the members of its family, or else the one with the most similar name. */
static bool suggest_types(char out[NEAR_TYPES], const char *word)
{
    const char *names[DT_COUNT];
    size_t n = 0;
    nearest best = {0};
    for (int t = 1; t < DT_COUNT; t++)
        if (t != DT_STRING)
            names[n++] = dtype_name((dtype)t);
    for (size_t i = 0; i < n; i++)
        nearest_offer(&best, word, names[i]);
    if (nearest_family(out, NEAR_TYPES, word, "", names, n) == 0)
        (void)snprintf(out, NEAR_TYPES, "%s", best.word != NULL ? best.word : "");
    return *out != '\0';
}

nn_status type_list_parse(const char *list, int opset, dtype_mask *mask, nn_error *err)
{
    *mask = dtype_bit(DT_FLOAT32);
    for (const char *p = list, *end; *p != '\0'; p = *end == ',' ? end + 1 : end) {
        end = p + strcspn(p, ",");
        p += strspn(p, " ");
        char word[32];
        size_t n = end > p ? (size_t)(end - p) : 0;
        while (n > 0 && p[n - 1] == ' ')
            n--;
        (void)snprintf(word, sizeof word, "%.*s", (int)(n < 31 ? n : 31), p);
        dtype t = dtype_parse(word);
        if (t == DT_NONE || t == DT_STRING || (*end == ',' && end[1] == '\0')) {
            char near[NEAR_TYPES];
            if (n > 0 && t == DT_NONE && suggest_types(near, word))
                return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "types: unknown type %s; did you mean %s?", word, near);
            return nn_fail(
                err, NN_ERR_USAGE, NULL, 0, 0,
                "types %.60s: expected a list of float32, float16, double, int8, uint8, int16, uint16, int32, uint32, int64, "
                "uint64, bool, bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, float4e2m1, int4, uint4, int2 "
                "or "
                "uint2, separated by commas",
                list);
        }
        if (dtype_since(t) > opset)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "types: no operator takes %s at opset %d; opset %d or later was expected",
                           dtype_name(t), opset, dtype_since(t));
        *mask |= dtype_bit(t);
    }
    return NN_OK;
}
