/* Models from files, directories and text, with their names.
 *
 * Ownership: a model_list owns its models. */
#ifndef NN_SEQ_INPUT_H
#define NN_SEQ_INPUT_H

#include "onnx/onnx_view.h"

typedef struct {
    char *name;     /* of model_list_name */
    char *path;     /* as it was given, with what is below it */
    size_t below;   /* where in path that begins; 0: a file was given */
    unsigned level; /* how much of the path the name has */
    onnx_view view;
    unsigned class;
} seq_model;

typedef struct {
    seq_model *all;
    size_t n, capacity;
} model_list;

/* What cannot be read is told and passed over. */
typedef void model_problem_fn(void *data, const char *message);
/* Called now and then while something takes long: `done` of `all` steps are done. */
typedef void seq_progress_fn(void *data, uint64_t done, uint64_t all);

/* Who is told of what happens meanwhile; either function may be NULL. */
typedef struct {
    model_problem_fn *tell;
    seq_progress_fn *progress;
    void *data;
    bool terminal; /* somebody looks on: progress is told without --progress too */
} seq_watch;

/* Adds the models of a path: a directory (every *.onnx below it, by name; links to directories are not followed), a text file of
 * sequences (*.txt), or a model. A directory without models is a problem. NN_ERR_IO: the path itself cannot be read. */
nn_status model_list_add(model_list *l, const char *path, unsigned class, model_problem_fn *tell, void *data, size_t *problems,
                         nn_error *err);
/* Names all models, when all are there: the path below the directory that was given, without /model.onnx or .onnx at its end.
 * Different files that would have the same name (a.onnx and a/model.onnx, or a.onnx in two directories) keep the end, and where
 * that is not enough the directory. A file that was given twice has one name. */
nn_status model_list_name(model_list *l, nn_error *err);
/* The model of a name, or of a path. Leading folders may be left out if that is clear. NULL: none, or more than one. */
seq_model *model_list_find(const model_list *l, const char *name);
void model_list_free(model_list *l);

#endif
