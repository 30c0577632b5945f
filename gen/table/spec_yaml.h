/* The table's YAML as a tree with positions; the only user of libyaml is spec_yaml.c.
 *
 * Ownership: nodes and strings live in the arena that the parser is given. File names are copied. The tree is immutable after
 * parsing; spec_merge.h builds new trees that share nodes. */
#ifndef NN_SPEC_YAML_H
#define NN_SPEC_YAML_H

#include "arena.h"
#include "base.h"

typedef enum { SPEC_NULL, SPEC_SCALAR, SPEC_LIST, SPEC_MAP } spec_kind;

typedef struct {
    const char *file;
    int line, column; /* from 1; columns count characters */
} spec_place;

typedef struct spec_node spec_node;

typedef struct {
    const char *key;
    spec_place place; /* of the key */
    const spec_node *value;
} spec_pair;

struct spec_node {
    spec_kind kind;
    spec_place place;
    const char *text; /* SPEC_SCALAR: its text, without control characters but for tab and newline; "" for other kinds */
    bool quoted;      /* written in quotes or as a block */
    bool exact;   /* the file has the same text on one line: a character's column is the node's plus its index (plus 1 if quoted).
                     Otherwise it was folded or had escapes */
    size_t count; /* SPEC_LIST, SPEC_MAP */
    const spec_node **items; /* SPEC_LIST */
    spec_pair *pairs;        /* SPEC_MAP, in file order; keys are unique and not empty */
};

/* Limits on hostile input; each has its own error message. */
#define SPEC_MAX_DEPTH 32
#define SPEC_MAX_NODES 200000 /* keys included */
#define SPEC_MAX_BYTES (4u << 20)
#define SPEC_MAX_NAME 100

/* Parses one YAML document. Only mappings with scalar keys, sequences and scalars: anchors, aliases, tags and several documents are
 * errors. Plain `null`, `~` and empty scalars are SPEC_NULL; so is an empty document. Bytes must be UTF-8 without NUL. */
nn_status spec_parse(const spec_node **out, const char *file, const char *bytes, size_t n, arena *a, nn_error *err);

const spec_node *spec_get(const spec_node *map, const char *key); /* NULL if absent or not a map */
const spec_pair *spec_get_pair(const spec_node *map, const char *key);
/* NN_ERR_TABLE at a place, with the message. */
nn_status spec_error(nn_error *err, spec_place place, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* For messages: a text of the table cut to a readable length, in one line. Use as `spec_show(s).s` inside a call. */
typedef struct {
    char s[64];
} spec_word;
spec_word spec_show(const char *text);
/* The name that the author of `word` most likely meant: small edit distance, case ignored, the first among equals. NULL: none is
 * near. */
const char *spec_nearest(const char *word, const char *const *names, size_t n);
/* [A-Za-z_][A-Za-z0-9_]*, at most SPEC_MAX_NAME characters. */
bool spec_is_name(const char *text);

#endif
