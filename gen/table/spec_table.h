/* From files to flat entries: reads the table's files, resolves classes, inheritance, opset versions and the profile's overlay.
 *
 * Ownership: everything lives in the given arena. */
#ifndef NN_SPEC_TABLE_H
#define NN_SPEC_TABLE_H

#include "table/spec_yaml.h"

#define SPEC_MIN_OPSET 1
#define SPEC_MAX_OPSET 1000
#define SPEC_MAX_OPERATORS 65535 /* of a table: an index has 16 bits, and one value is left for "none" */

typedef struct spec_file {
    const char *name;  /* path for messages, e.g. specs/conv.yaml */
    const char *bytes; /* not ended by NUL */
    size_t size;
    const unsigned char *packed;  /* its tree (spec_packed.h), which outlives what is read from it; NULL: the bytes are parsed */
    const struct spec_file *base; /* of a profile: the profile that it extends; borrowed, NULL: none */
} spec_file;

typedef struct {
    const char *name;
    spec_place place; /* of the name */
    int since;        /* newest version in `since` that is <= opset */
    const spec_node
        *flat; /* merged mapping, without like, since, until and versions; doc, if present, comes first; no value is SPEC_NULL */
    const spec_node **without; /* words for types that the profile says this operator lacks; not checked here */
    size_t n_without;
} spec_entry;

typedef struct {
    const char *op;  /* excluded operator, as the profile names it */
    int first, last; /* opset range */
    const char *reason;
    spec_place place;
} spec_exclusion;

typedef struct {
    int opset;
    const char *profile; /* its name; "onnx" without one */
    bool embedded;       /* all files, and the profile with those that it extends, are embedded: what tests found of them holds */
    int max_rank;        /* of any tensor, as the profile says; 0: it says nothing */
    spec_entry *entries; /* operators that exist at this opset and are not excluded, in name order */
    size_t n_entries;
    spec_exclusion *exclusions; /* those that apply at this opset, at most one per operator, in file order */
    size_t n_exclusions;
    const char **absent; /* operators of the table that do not exist at this opset, in name order */
    size_t n_absent;
} spec_table;

/* files: the table, in any order (read in name order). profile: may be NULL (no overlay). Keys allowed in a file: classes,
 * operators; in an entry: those of specs/README.md; unknown ones are errors that name the nearest known key. Every entry is checked
 * and resolved, whether it exists at this opset or not. */
nn_status spec_table_load(spec_table **out, const spec_file *files, size_t n_files, const spec_file *profile, int opset, arena *a,
                          nn_error *err);

/* Whether the table has the operator, perhaps at another opset or for another profile. */
bool spec_table_knows(const spec_table *t, const char *name);
/* NN_ERR_TABLE: "PREFIXoperator `NAME` is not in the table", with the nearest name. NN_ERR_NOMEM. The arena is for scratch. */
nn_status spec_table_unknown(const spec_table *t, spec_place place, const char *prefix, const char *name, arena *a, nn_error *err);

/* Finds the profile that a profile extends: *name, with its place; NULL: none. The caller reads that file and sets `base`. */
nn_status spec_profile_extends(const char **name, spec_place *place, const spec_file *profile, arena *a, nn_error *err);

/* A tree as block YAML, the same for equal trees: two blanks per level, lists of scalars in brackets, a scalar in double quotes
 * unless it is a plain word. Each line starts with `indent` blanks. spec_parse reads it back to an equal tree (places and quotes
 * aside). */
nn_status spec_dump(char **out, const spec_node *node, int indent, arena *a, nn_error *err);

/* The embedded default table: specs/[*].yaml and those in specs/profiles, specs/manners, specs/motifs, specs/compute,
 * specs/forms and specs/programs, in name order. */
extern const spec_file spec_embedded[];
extern const size_t spec_embedded_count;
extern const spec_file spec_embedded_profiles[];
extern const size_t spec_embedded_profiles_count;
extern const spec_file spec_embedded_manners[];
extern const size_t spec_embedded_manners_count;
extern const spec_file spec_embedded_motifs[];
extern const size_t spec_embedded_motifs_count;
extern const spec_file spec_embedded_compute[];
extern const size_t spec_embedded_compute_count;
extern const spec_file spec_embedded_forms[];
extern const size_t spec_embedded_forms_count;
extern const spec_file spec_embedded_programs[];
extern const size_t spec_embedded_programs_count;

/* Reads DIR/[*].yaml (a file's name is its path), in name order. NN_ERR_IO: the message names the path; a directory without such
 * files is also an error. */
nn_status spec_read_dir(spec_file **files, size_t *n_files, const char *dir, arena *a, nn_error *err);
/* The same for a folder in DIR that need not exist, such as motifs; without it there are no files. */
nn_status spec_read_folder(spec_file **files, size_t *n_files, const char *dir, const char *folder, arena *a, nn_error *err);
nn_status spec_read_file(spec_file *out, const char *path, arena *a, nn_error *err);

#endif
