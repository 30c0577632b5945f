#include "table/spec_digest.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_line.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int by_file_name(const void *x, const void *y)
{
    const spec_file *a = *(const spec_file *const *)x, *b = *(const spec_file *const *)y;
    int c = strcmp(a->name, b->name);
    return c != 0 ? c : (a > b) - (a < b);
}

/* Frees the text. */
static nn_status digest_text(char out[SHA256_HEX_SIZE], json_line *text, nn_error *err)
{
    sha256 *hasher = NULL;
    uint8_t digest[SHA256_SIZE];
    nn_status s = text->failed ? nn_nomem(err) : sha256_new(&hasher, err);
    if (s == NN_OK)
        s = sha256_digest(hasher, text->bytes, text->size, digest, err);
    if (s == NN_OK)
        sha256_hex(digest, out);
    sha256_free(hasher);
    nn_free(text->bytes);
    return s;
}

/* Name, NUL, size in 8 bytes (low first), bytes: no two sequences of files give the same stream. */
static void add_table_file(json_line *text, const spec_file *f)
{
    const char *name = base_name(f->name);
    char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (char)((uint64_t)f->size >> (8 * i));
    line_text(text, name, strlen(name) + 1);
    line_text(text, size, sizeof size);
    line_text(text, f->bytes, f->size);
}

nn_status spec_digest_table(char out[SHA256_HEX_SIZE], const spec_file *files, size_t n, const spec_file *profile, nn_error *err)
{
    json_line text = {.bytes = NULL};
    const spec_file **sorted = nn_calloc(n + 1, sizeof *sorted);
    if (sorted == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &files[i];
    if (n > 0)
        qsort(sorted, n, sizeof *sorted, by_file_name);
    for (size_t i = 0; i < n; i++)
        add_table_file(&text, sorted[i]);
    for (; profile != NULL; profile = profile->base)
        add_table_file(&text, profile);
    nn_free(sorted);
    return digest_text(out, &text, err);
}

/* NAME of .../NAME.yaml, NUL, size and bytes of each file. */
static void add_files(json_line *text, const spec_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = base_name(files[i].name), *dot = strrchr(name, '.');
        line_text(text, name, dot != NULL ? (size_t)(dot - name) : strlen(name));
        line_text(text, "", 1);
        line_int(text, (int64_t)files[i].size);
        line_text(text, files[i].bytes, files[i].size);
    }
}

nn_status spec_digest_full(char out[SHA256_HEX_SIZE], const char *table, const spec_file *manners, size_t n_manners,
                           const spec_file *motifs, size_t n_motifs, nn_error *err)
{
    json_line text = {.bytes = NULL};
    line_raw(&text, table);
    add_files(&text, manners, n_manners);
    add_files(&text, motifs, n_motifs);
    return digest_text(out, &text, err);
}

nn_status spec_digest_rules(char out[SHA256_HEX_SIZE], const spec_file *files, size_t n, nn_error *err)
{
    json_line text = {.bytes = NULL};
    add_files(&text, files, n);
    line_text(&text, "", 1); /* no files give bytes too */
    return digest_text(out, &text, err);
}
