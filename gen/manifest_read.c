#include "manifest_read.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *load(int fd)
{
    return json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
}

static bool is_own(const json_t *j)
{
    const char *generator = json_string_value(json_object_get(j, "generator"));
    return generator != NULL && strcmp(generator, "nngen") == 0;
}

manifest_kind manifest_look(int fd)
{
    json_t *j = load(fd);
    manifest_kind kind = !is_own(j)                               ? MANIFEST_FOREIGN
                         : json_object_get(j, "finished") != NULL ? MANIFEST_UNFINISHED
                                                                  : MANIFEST_WHOLE;
    json_decref(j);
    return kind;
}

static void show(char out[64], const json_t *value)
{
    const char *word = json_string_value(value);
    if (word != NULL)
        (void)snprintf(out, 64, "'%.40s'", word);
    else if (json_is_integer(value))
        (void)snprintf(out, 64, "%lld", (long long)json_integer_value(value));
    else
        (void)snprintf(out, 64, "%s", json_is_true(value) ? "true" : json_is_false(value) ? "false" : "nothing");
}

/* Every field of ours must have the same value in theirs. */
static bool same_fields(const json_t *theirs, const json_t *ours, char *why, size_t size)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)ours, key, value)
    {
        const json_t *other = json_object_get(theirs, key);
        if (json_is_object(value) && json_is_object(other)) {
            if (!same_fields(other, value, why, size))
                return false;
        } else if (!json_equal(other, value)) {
            char a[64], b[64];
            show(a, other);
            show(b, value);
            (void)snprintf(why, size, "cannot resume: %s was %s in the interrupted run and is %s now", key, a, b);
            return false;
        }
    }
    return true;
}

bool manifest_agrees(int fd, const char *run, size_t n, char *why, size_t size)
{
    json_t *theirs = load(fd), *ours = json_loadb(run, n, 0, NULL);
    bool same = false;
    if (!is_own(theirs) || ours == NULL)
        (void)snprintf(why, size, "holds no run that can go on; --force replaces what nngen wrote there");
    else
        same = same_fields(theirs, ours, why, size);
    json_decref(theirs);
    json_decref(ours);
    return same;
}
