/* embed FILES...: writes C source with the tables given as arguments to standard output: specs/[*].yaml as spec_embedded, those in
 * specs/profiles, specs/manners, specs/motifs, specs/compute and specs/forms as spec_embedded_profiles and so on, each in name order. A file has
 * its bytes, from which the table's digest is computed, and its tree, so that the program does not parse it again. Only the names'
 * last parts and the bytes matter, not where the files are. The build alone runs this program. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/spec_packed.h"

/* A folder of the table. The first one has the files of no other. */
typedef struct {
    const char *folder, *array, *prefix;
} kind;

static const kind kinds[] = {{"", "spec_embedded", "specs/"},
                             {"profiles", "spec_embedded_profiles", "specs/profiles/"},
                             {"manners", "spec_embedded_manners", "specs/manners/"},
                             {"motifs", "spec_embedded_motifs", "specs/motifs/"},
                             {"compute", "spec_embedded_compute", "specs/compute/"},
                             {"forms", "spec_embedded_forms", "specs/forms/"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct {
    const char *path, *base; /* base: the name's last part */
    size_t kind;
} source;

static size_t kind_of(const char *path, const char *base)
{
    for (size_t k = 1; k < KINDS; k++) {
        size_t n = strlen(kinds[k].folder), before = (size_t)(base - path);
        if (before > n && strncmp(base - n - 1, kinds[k].folder, n) == 0 && (before == n + 1 || base[-(long)n - 2] == '/'))
            return k;
    }
    return 0;
}

static bool name_is_plain(const char *name)
{
    for (; *name != '\0'; name++)
        if (!isalnum((unsigned char)*name) && strchr("_.-", *name) == NULL)
            return false;
    return true;
}

static int by_base(const void *x, const void *y)
{
    const source *a = x, *b = y;
    int c = strcmp(a->base, b->base);
    return c != 0 ? c : strcmp(a->path, b->path);
}

/* A string literal of several lines. Bytes that are not plain in C are in octal. */
static void write_literal(const char *name, size_t number, const unsigned char *bytes, size_t n)
{
    printf("static const char %s_%zu[] =\n    \"", name, number);
    for (size_t i = 0, column = 0; i < n; i++) {
        bool plain = bytes[i] >= 32 && bytes[i] < 127 && strchr("\"?\\", bytes[i]) == NULL;
        if (plain)
            putchar(bytes[i]);
        else
            printf("\\%03o", (unsigned)bytes[i]);
        if ((bytes[i] == '\n' || ++column >= 100) && i + 1 < n) {
            printf("\"\n    \"");
            column = 0;
        }
    }
    printf("\";\n");
}

static nn_status write_file(const source *s, size_t number, arena *a, nn_error *err)
{
    spec_file file;
    const spec_node *root;
    unsigned char *packed = NULL;
    size_t size;
    nn_status status = spec_read_file(&file, s->path, a, err);
    if (status == NN_OK)
        status = spec_file_tree(&root, &file, a, err);
    if (status == NN_OK)
        status = spec_pack(&packed, &size, root, err);
    if (status != NN_OK)
        return status;
    const char *array = kinds[s->kind].array;
    char name[64];
    write_literal(array, number, (const unsigned char *)file.bytes, file.size);
    (void)snprintf(name, sizeof name, "%s_tree", array);
    write_literal(name, number, packed, size);
    nn_free(packed);
    return NN_OK;
}

static nn_status write_array(const kind *k, const source *sources, size_t n, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n; i++)
        s = write_file(&sources[i], i, a, err);
    if (s != NN_OK)
        return s;
    printf("const spec_file %s[] = {\n", k->array);
    for (size_t i = 0; i < n; i++)
        printf(
            "    {.name = \"%s%s\", .bytes = %s_%zu, .size = sizeof %s_%zu - 1, .packed = (const unsigned char *)%s_tree_%zu},\n",
            k->prefix, sources[i].base, k->array, i, k->array, i, k->array, i);
    printf("    {.name = 0},\n};\nconst size_t %s_count = %zu;\n", k->array, n);
    return NN_OK;
}

static nn_status write_all(const source *sources, size_t n, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    source *some = arena_alloc(a, n * sizeof *some);
    if (some == NULL)
        return nn_nomem(err);
    printf("/* Made by gen/embed. */\n#include \"table/spec_table.h\"\n\n");
    for (size_t k = 0; s == NN_OK && k < KINDS; k++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            if (sources[i].kind == k)
                some[count++] = sources[i];
        s = write_array(&kinds[k], some, count, a, err);
    }
    if (s == NN_OK && (fflush(stdout) != 0 || ferror(stdout)))
        s = nn_fail(err, NN_ERR_IO, NULL, 0, 0, "cannot write to standard output");
    return s;
}

static nn_status run(char **paths, size_t n, arena *a, nn_error *err)
{
    source *sources = arena_alloc(a, n * sizeof *sources);
    if (sources == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const char *slash = strrchr(paths[i], '/'), *base = slash != NULL ? slash + 1 : paths[i];
        sources[i] = (source){paths[i], base, kind_of(paths[i], base)};
        if (!name_is_plain(base))
            return nn_fail(err, NN_ERR_USAGE, paths[i], 0, 0, "expected a name of letters, digits, _, . and -");
    }
    if (n > 0)
        qsort(sources, n, sizeof *sources, by_base);
    return write_all(sources, n, a, err);
}

int main(int argc, char **argv)
{
    arena a;
    nn_error err;
    arena_init(&a, 0);
    nn_status s = run(argv + 1, (size_t)(argc > 0 ? argc - 1 : 0), &a, &err);
    arena_free(&a);
    if (s == NN_OK)
        return 0;
    char text[sizeof err.file + sizeof err.message + 32];
    (void)nn_error_text(&err, text, sizeof text);
    fprintf(stderr, "embed: %s\n", text);
    return 1;
}
