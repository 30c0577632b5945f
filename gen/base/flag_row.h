/* The options of a command as a table: help, look-up and values. The values are fields of the command's own struct. */
#ifndef NN_FLAG_ROW_H
#define NN_FLAG_ROW_H

#include "base.h"
#include "base/json_line.h"

typedef enum {
    FLAG_TEXT,   /* const char *, not empty */
    FLAG_NUMBER, /* int64_t from least to greatest */
    FLAG_ON,     /* int64_t: 1 if the option is given; it takes no value */
    FLAG_LIST    /* flag_list of texts that are not empty: the option may be repeated */
} flag_kind;

/* Ownership: free items with nn_free; the texts belong to the command line. */
typedef struct {
    const char **items;
    size_t n, room;
} flag_list;

typedef struct {
    const char *flag, *argument; /* argument: NULL if the option takes none */
    flag_kind kind;
    unsigned use;  /* which forms of the command have the option, as bits; 0: all */
    size_t offset; /* of the field */
    int64_t fallback, least, greatest;
    const char *help;
} flag_row;

/* Adds an option for each row of the use. A default that is less than the least value is not printed. */
void flag_rows_help(json_line *out, const flag_row *rows, size_t n_rows, unsigned use);
/* Sets the numbers of `values`, the command's struct, to their defaults. */
void flag_rows_defaults(void *values, const flag_row *rows, size_t n_rows);
/* The row whose flag is the first n bytes of `word`, or NULL. */
const flag_row *flag_rows_find(const flag_row *rows, size_t n_rows, const char *word, size_t n);
/* NN_ERR_USAGE: no row has these n bytes; the message offers the nearest flag. */
nn_status flag_rows_unknown(const flag_row *rows, size_t n_rows, const char *word, size_t n, nn_error *err);
/* Adds a text. */
nn_status flag_list_add(flag_list *list, const char *text, nn_error *err);
/* Stores a text or a number, or adds to a list. NN_ERR_USAGE: it is not what the row expects. */
nn_status flag_row_set(void *values, const flag_row *r, const char *value, nn_error *err);
/* Stores 1. */
void flag_row_on(void *values, const flag_row *r);
/* Reads a command line: stores the values of rows, and gives what is no option to `word`, as is all behind `--`. */
typedef nn_status flag_word_fn(void *values, const char *word, nn_error *err);
nn_status flag_rows_parse(void *values, const flag_row *rows, size_t n_rows, int argc, char *const *argv, flag_word_fn *word,
                          nn_error *err);
/* Reads decimal digits; false: anything else, or a number above INT64_MAX. */
bool flag_read_number(const char *text, int64_t *x);

#endif
