#include "reduce/reduce_given.h"
#include "base/directory.h"
#include "base/path.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "onnx/tensor_file.h"
#include "reduce/reduce_names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The tensor as a message in the memory of the base. NULL: out of memory. */
static Onnx__TensorProto *message_of(const file_tensor *from, arena *a)
{
    Onnx__TensorProto *t = arena_alloc(a, sizeof *t);
    int64_t *dims = arena_alloc(a, ((size_t)from->rank + 1) * sizeof *dims);
    size_t n = from->n * dtype_size(from->type);
    uint8_t *data = arena_alloc(a, n + 1);
    if (arena_failed(a))
        return NULL;
    onnx__tensor_proto__init(t);
    for (int i = 0; i < from->rank; i++)
        dims[i] = from->dims[i];
    if (n > 0)
        dtype_pack(from->type, from->n, from->data, data);
    t->name = arena_strdup(a, from->name);
    t->dims = dims;
    t->n_dims = (size_t)from->rank;
    t->has_data_type = 1;
    t->data_type = (int32_t)from->type;
    t->has_raw_data = 1;
    t->raw_data.len = dtype_stored(from->type, from->n);
    t->raw_data.data = data;
    return t->name != NULL ? t : NULL;
}

static nn_status read_file(reduce_base *to, int root, const char *name, const char *shown, nn_error *err)
{
    tensor_file f;
    nn_status s = tensor_file_read(&f, root, name, 0, TENSOR_FILE_MOST, shown, err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; s == NN_OK && i < f.n; i++) {
        Onnx__TensorProto *t = message_of(&f.tensors[i], &to->memory);
        Onnx__TypeProto *type = t != NULL ? reduce_type_of(t, true, &to->memory) : NULL;
        if (type == NULL || !reduce_add_fact(to, &(reduce_fact){.name = t->name, .type = type, .value = t, .given = true}))
            s = nn_nomem(err);
    }
    tensor_file_free(&f);
    return s;
}

static bool is_tensor_file(const char *name)
{
    static const char *const ends[] = {".pb", ".npz", ".npy"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (n > strlen(ends[i]) && strcmp(name + n - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

static nn_status read_all(reduce_base *to, const char *path, nn_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return path_fail(err, path, "", "cannot be read", errno);
    if (!S_ISDIR(st.st_mode))
        return read_file(to, AT_FDCWD, path, path, err);
    DIR *d = directory_list(AT_FDCWD, path);
    if (d == NULL)
        return path_fail(err, path, "", "cannot be read", errno);
    nn_status s = NN_OK;
    for (const struct dirent *entry; s == NN_OK && (entry = readdir(d)) != NULL;)
        if (is_tensor_file(entry->d_name))
            s = read_file(to, dirfd(d), entry->d_name, entry->d_name, err);
    (void)closedir(d);
    return s;
}

/* Gives an input its value. */
static nn_status give_input(reduce_bytes *to, const Onnx__TensorProto *t, nn_error *err)
{
    to->n = onnx__tensor_proto__get_packed_size(t);
    to->bytes = nn_malloc(to->n + 1);
    if (to->bytes == NULL)
        return nn_nomem(err);
    onnx__tensor_proto__pack(t, to->bytes);
    return NN_OK;
}

static const reduce_fact *find_given(const reduce_base *b, const char *name)
{
    for (size_t i = 0; name != NULL && i < b->n_facts; i++)
        if (strcmp(b->facts[i].name, name) == 0)
            return &b->facts[i];
    return NULL;
}

static nn_status give_inputs(const reduce_base *to, reduce_case *c, const Onnx__GraphProto *g, size_t *known, nn_error *err)
{
    reduce_names constants = {.names = NULL};
    size_t next = 0;
    for (size_t i = 0; i < g->n_initializer; i++)
        reduce_names_add(&constants, g->initializer[i]->name);
    reduce_names_sort(&constants);
    nn_status s = constants.failed ? nn_nomem(err) : NN_OK;
    for (size_t i = 0; s == NN_OK && i < g->n_input && next < c->n_inputs; i++) {
        if (g->input[i]->name == NULL || reduce_names_has(&constants, g->input[i]->name))
            continue;
        const reduce_fact *f = find_given(to, g->input[i]->name);
        reduce_bytes *in = &c->inputs[next++];
        *known += f != NULL;
        if (f != NULL && in->bytes == NULL)
            s = give_input(in, f->value, err);
    }
    reduce_names_free(&constants);
    return s;
}

nn_status reduce_read_given(reduce_base *to, reduce_case *c, const char *path, nn_error *err)
{
    Onnx__ModelProto *m;
    arena a;
    size_t known = 0;
    *to = (reduce_base){.m = NULL};
    arena_init(&to->memory, 0);
    arena_init(&a, 0);
    nn_status s = read_all(to, path, err);
    if (s == NN_OK)
        s = onnx_parse_all(&m, c->model.bytes, c->model.n, &a, NULL, err);
    if (s == NN_OK)
        s = give_inputs(to, c, m->graph, &known, err);
    for (size_t i = 0; s == NN_OK && i < m->graph->n_node; i++)
        for (size_t k = 0; k < m->graph->node[i]->n_output; k++)
            known += find_given(to, m->graph->node[i]->output[k]) != NULL;
    if (s == NN_OK && known == 0)
        s = nn_fail(err, NN_ERR_USAGE, path, 0, 0, "--values: none of its %zu tensors is in the model by name", to->n_facts);
    arena_free(&a);
    return s;
}
