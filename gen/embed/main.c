/* embed FILES...: writes C source with the tables given as arguments to standard output: specs/[*].yaml as spec_embedded, those in
 * specs/profiles, specs/manners, specs/motifs, specs/compute, specs/forms and specs/programs as spec_embedded_profiles and so on, each
 * in name order. A file has its bytes and its tree, so that the program does not parse it again; the digests of all files are there for the
 * same reason. Only the names' last parts and the bytes matter, not where the files are. The build alone runs this program. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/spec_digest.h"
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
                             {"forms", "spec_embedded_forms", "specs/forms/"},
                             {"programs", "spec_embedded_programs", "specs/programs/"}};
enum { TABLE, PROFILES, MANNERS, MOTIFS, COMPUTE, KINDS = sizeof kinds / sizeof *kinds };

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

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
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

static nn_status write_file(const spec_file *file, const char *array, size_t number, arena *a, nn_error *err)
{
    const spec_node *root;
    unsigned char *packed = NULL;
    size_t size;
    nn_status status = spec_file_tree(&root, file, a, err);
    if (status == NN_OK)
        status = spec_pack(&packed, &size, root, err);
    if (status != NN_OK)
        return status;
    char name[64];
    write_literal(array, number, (const unsigned char *)file->bytes, file->size);
    (void)snprintf(name, sizeof name, "%s_tree", array);
    write_literal(name, number, packed, size);
    nn_free(packed);
    return NN_OK;
}

/* The files of one kind. */
typedef struct {
    spec_file *items;
    size_t n;
} folder;

static nn_status write_array(const kind *k, const folder *f, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < f->n; i++)
        s = write_file(&f->items[i], k->array, i, a, err);
    if (s != NN_OK)
        return s;
    printf("const spec_file %s[] = {\n", k->array);
    for (size_t i = 0; i < f->n; i++)
        printf(
            "    {.name = \"%s%s\", .bytes = %s_%zu, .size = sizeof %s_%zu - 1, .packed = (const unsigned char *)%s_tree_%zu},\n",
            k->prefix, base_of(f->items[i].name), k->array, i, k->array, i, k->array, i);
    printf("    {.name = 0},\n};\nconst size_t %s_count = %zu;\n", k->array, f->n);
    return NN_OK;
}

/* ---- digests ---- */

/* The file NAME.yaml; NULL: there is none. */
static const spec_file *find_named(const folder *f, const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < f->n; i++) {
        const char *base = base_of(f->items[i].name);
        if (strncmp(base, name, n) == 0 && strcmp(base + n, ".yaml") == 0)
            return &f->items[i];
    }
    return NULL;
}

/* Sets `base` of each profile. One that is missing, or a circle, is left to the program, which reports it. */
static nn_status link_profiles(const folder *profiles, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < profiles->n; i++) {
        const char *name;
        spec_place place;
        s = spec_profile_extends(&name, &place, &profiles->items[i], a, err);
        if (s == NN_OK && name != NULL)
            profiles->items[i].base = find_named(profiles, name);
    }
    return s;
}

static bool is_circle(const spec_file *profile, size_t most)
{
    for (; profile != NULL && most > 0; most--)
        profile = profile->base;
    return profile != NULL;
}

/* profile: NULL: the plain one. */
static nn_status write_digests(const folder folders[KINDS], const spec_file *profile, nn_error *err)
{
    char table[SHA256_HEX_SIZE], full[SHA256_HEX_SIZE];
    const folder *files = &folders[TABLE], *manners = &folders[MANNERS], *motifs = &folders[MOTIFS];
    nn_status s = spec_digest_table(table, files->items, files->n, profile, err);
    if (s == NN_OK)
        s = spec_digest_full(full, table, manners->items, manners->n, motifs->items, motifs->n, err);
    if (s == NN_OK) {
        const char *base = profile != NULL ? base_of(profile->name) : "onnx.yaml";
        printf("    {\"%.*s\", \"%s\", \"%s\"},\n", (int)(strlen(base) - strlen(".yaml")), base, table, full);
    }
    return s;
}

static nn_status write_all_digests(const folder folders[KINDS], arena *a, nn_error *err)
{
    const folder *profiles = &folders[PROFILES];
    char rules[SHA256_HEX_SIZE];
    nn_status s = link_profiles(profiles, a, err);
    const bool plain = find_named(profiles, "onnx") == NULL;
    size_t count = 0;
    printf("const spec_digests spec_embedded_digests[] = {\n");
    for (size_t i = 0; s == NN_OK && i < profiles->n; i++)
        if (!is_circle(&profiles->items[i], profiles->n)) {
            s = write_digests(folders, &profiles->items[i], err);
            count++;
        }
    if (s == NN_OK && plain)
        s = write_digests(folders, NULL, err);
    printf("    {.profile = 0},\n};\nconst size_t spec_embedded_digests_count = %zu;\n", count + plain);
    if (s == NN_OK)
        s = spec_digest_rules(rules, folders[COMPUTE].items, folders[COMPUTE].n, err);
    if (s == NN_OK)
        printf("const char spec_embedded_rules_digest[] = \"%s\";\n", rules);
    return s;
}

/* ---- all ---- */

/* The program trusts the form of embedded entries, so that a fault must end the build. */
static nn_status check_table(const folder *f, arena *a, nn_error *err)
{
    spec_table *t;
    return spec_table_load(&t, f->items, f->n, NULL, SPEC_MIN_OPSET, a, err);
}

static nn_status read_folder(folder *f, size_t k, const source *sources, size_t n, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    *f = (folder){.items = arena_calloc(a, n + 1, sizeof *f->items)};
    if (f->items == NULL)
        return nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < n; i++)
        if (sources[i].kind == k)
            s = spec_read_file(&f->items[f->n++], sources[i].path, a, err);
    return s;
}

static nn_status write_all(const source *sources, size_t n, arena *a, nn_error *err)
{
    folder folders[KINDS];
    nn_status s = NN_OK;
    printf("/* Made by gen/embed. */\n#include \"table/spec_digest.h\"\n\n");
    for (size_t k = 0; s == NN_OK && k < KINDS; k++) {
        s = read_folder(&folders[k], k, sources, n, a, err);
        if (s == NN_OK)
            s = write_array(&kinds[k], &folders[k], a, err);
    }
    if (s == NN_OK)
        s = check_table(&folders[TABLE], a, err);
    if (s == NN_OK)
        s = write_all_digests(folders, a, err);
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
        const char *base = base_of(paths[i]);
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
