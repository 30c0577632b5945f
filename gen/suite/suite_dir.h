/* The directory of a suite.
 *
 * Ownership: a suite_dir owns its descriptor and borrows its path. */
#ifndef NN_SUITE_DIR_H
#define NN_SUITE_DIR_H

#include "base/json_line.h"

typedef struct {
    const char *path;
    int fd; /* -1: not open */
} suite_dir;

/* Makes the directory and its parents; it must be new or empty. */
nn_status suite_dir_open(suite_dir *d, const char *path, nn_error *err);
nn_status suite_dir_put(const suite_dir *d, const char *file, const json_line *text, nn_error *err);
void suite_dir_close(suite_dir *d);

#endif
