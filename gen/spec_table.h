/* From files to flat entries: reads the table's files, resolves classes, inheritance, opset versions and the profile's overlay.
 *
 * Ownership: all lives in the arena given. */
#ifndef NN_SPEC_TABLE_H
#define NN_SPEC_TABLE_H

#include "spec_yaml.h"

typedef struct {
    const char *name;  /* path for messages, e.g. specs/conv.yaml */
    const char *bytes;
    size_t size;
} spec_file;

typedef struct {
    const char *name;
    spec_place place;
    int since;             /* newest version in `since` that is <= opset */
    const spec_node *flat; /* merged mapping: no like, since, until, versions left; doc may be there */
} spec_entry;

typedef struct {
    const char *op;        /* excluded operator, as the profile names it */
    int first, last;       /* opset range */
    const char *reason;
    spec_place place;
} spec_exclusion;

typedef struct {
    int opset;
    const char *profile;        /* its name */
    spec_entry *entries;        /* operators that exist at this opset and are not excluded, in name order */
    size_t n_entries;
    spec_exclusion *exclusions; /* those that struck at this opset */
    size_t n_exclusions;
    const char **absent;        /* operators of the table that do not exist at this opset, in name order */
    size_t n_absent;
    uint8_t digest[32];         /* SHA-256 over names and bytes of all files and the profile, in name order */
} spec_table;

/* files: the table (names ending in .yaml, read in name order). profile: may be NULL (no overlay). Keys allowed in a file: classes, operators;
 * in an entry: those of specs/README.md; unknown ones are errors that name the nearest known key. */
nn_status spec_table_load(spec_table **out, const spec_file *files, size_t n_files, const spec_file *profile, int opset, arena *a,
                          nn_error *err);

/* The embedded default table: specs/[*].yaml and specs/profiles/[*].yaml. */
extern const spec_file spec_embedded[];
extern const size_t spec_embedded_count;
extern const spec_file spec_embedded_profiles[];
extern const size_t spec_embedded_profiles_count;

/* Reads DIR/[*].yaml and DIR/profiles/PROFILE.yaml from disk. */
nn_status spec_read_dir(spec_file **files, size_t *n_files, const char *dir, arena *a, nn_error *err);
nn_status spec_read_file(spec_file *out, const char *path, arena *a, nn_error *err);

#endif
