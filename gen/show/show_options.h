/* The command line of `nngen show`. */
#ifndef NN_SHOW_OPTIONS_H
#define NN_SHOW_OPTIONS_H

#include "base/json_line.h"

typedef enum { SHOW_DEFAULT, SHOW_TEXT, SHOW_SVG, SHOW_DOT, SHOW_HTML } show_format;

/* Texts belong to argv. */
typedef struct {
    const char *path, *out, *mark; /* NULL: not given */
    show_format format;
    bool help;
} show_options;

nn_status show_options_parse(show_options *o, int argc, char *const *argv, nn_error *err);
void show_options_help(json_line *out);

#endif
