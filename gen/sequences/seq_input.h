/* Models from files, directories and text, and their names.
 *
 * Ownership: a model_list owns its models. */
#ifndef NN_SEQ_INPUT_H
#define NN_SEQ_INPUT_H

#include "onnx/onnx_view.h"

typedef struct {
    char *name;     /* set by model_list_name */
    char *path;     /* the given path with the part below it */
    size_t below;   /* where in path the part below the given directory begins; 0: a file was given */
    unsigned level; /* how much of the path the name contains */
    onnx_view view;
    unsigned class;
} seq_model;

typedef struct {
    seq_model *all;
    size_t n, capacity;
} model_list;

/* Reports a file that cannot be read and is skipped. */
typedef void model_problem_fn(void *data, const char *message);
/* Called at intervals during long computations: `done` of `all` steps are done. */
typedef void seq_progress_fn(void *data, uint64_t done, uint64_t all);

/* Callbacks; either function may be NULL. */
typedef struct {
    model_problem_fn *tell;
    seq_progress_fn *progress;
    void *data;
    bool terminal; /* progress goes to a terminal and is shown without --progress */
} seq_watch;

/* Adds the models of a path: a directory (every *.onnx below it, sorted by name; links to directories are not followed), a text
 * file of sequences (*.txt), or a model. A directory without models is reported as a problem. NN_ERR_IO: the path itself cannot
 * be read. */
nn_status model_list_add(model_list *l, const char *path, unsigned class, model_problem_fn *tell, void *data, size_t *problems,
                         nn_error *err);
/* Names all models, after all have been added. A name is the path below the given directory, without /model.onnx or .onnx at the
 * end. If different files would get the same name (a.onnx and a/model.onnx, or a.onnx in two directories), they keep the end, and
 * if that is not enough, the directory. A file that was given twice has one name. */
nn_status model_list_name(model_list *l, nn_error *err);
/* Finds a model by name, by its path below the given directory, or by its path; the first of these that fits decides. Leading
 * directories may be left out if the rest is unique. NULL: none. *second is another one that the name may mean, or NULL. */
seq_model *model_list_find(const model_list *l, const char *name, seq_model **second);
void model_list_free(model_list *l);

#endif
