#include "family/learned.h"
#include "build/weights.h"

#include <string.h>

#define FILE_NAME "weights" /* in messages */

/* The end of the part that begins here: the next line ---, or the end of the text. */
static const char *part_end(const char *p)
{
    while (*p != '\0' && strncmp(p, "---\n", 4) != 0 && strcmp(p, "---") != 0) {
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    return p;
}

/* A part of the text as a file whose lines have the numbers that they have in the text. The part begins with a line ---. */
static nn_status take_part(spec_file *file, const char *text, const char **at, arena *a, nn_error *err)
{
    const char *begin = *at + strcspn(*at, "\n"), *end = part_end(begin + (*begin == '\n'));
    size_t lines = 0;
    for (const char *p = text; p < begin; p++)
        lines += *p == '\n';
    const size_t n = (size_t)(end - begin);
    char *bytes = arena_alloc(a, lines + n + 1);
    if (bytes == NULL)
        return nn_nomem(err);
    memset(bytes, '\n', lines);
    memcpy(bytes + lines, begin, n);
    bytes[lines + n] = '\0';
    *file = (spec_file){.name = FILE_NAME, .bytes = bytes, .size = lines + n};
    *at = end;
    return NN_OK;
}

nn_status learned_open(learned *l, const char *text, const char *name, const op_set *ops, const motif_set *table, arena *a,
                       nn_error *err)
{
    const bool wanted = strcmp(name, LEARNED_WORD) == 0;
    const char *at = weights_rest(text);
    spec_file file;
    nn_status s = NN_OK;
    *l = (learned){.given = *at != '\0'};
    if (*at != '\0') {
        manner *m = NULL;
        s = take_part(&file, text, &at, a, err);
        if (s == NN_OK && wanted)
            s = manner_load(&m, LEARNED_WORD, ops, &file, a, err);
        l->manner = m;
    }
    if (s == NN_OK && *at != '\0') {
        s = take_part(&file, text, &at, a, err);
        if (s == NN_OK)
            s = motif_set_new(&l->motifs, ops, table, &file, 1, err);
    }
    if (s == NN_OK && *at != '\0')
        return nn_fail(err, NN_ERR_TABLE, FILE_NAME, 0, 0, "expected at most two parts after the weights: a manner and motifs");
    if (s == NN_OK && wanted && l->manner == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "manner %s: expected --like, or weights with a manner learned by it", name);
    return s;
}

void learned_close(learned *l)
{
    motif_set_free(l->motifs);
    l->motifs = NULL;
}
