#include "onnx/onnx_external.h"
#include "base/directory.h"
#include "base/file_read.h"
#include "onnx.pb-c.h"
#include "onnx/npy_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MOST = 255 };

typedef struct {
    char location[4096];
    uint64_t offset, length;
    bool has_length;
} place;

bool onnx_is_external(const Onnx__TensorProto *p)
{
    return p->has_data_location && p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

static bool read_number(const char *s, uint64_t *out)
{
    uint64_t x = 0;
    bool good = *s != '\0';
    for (; good && *s != '\0'; s++)
        good = *s >= '0' && *s <= '9' && !__builtin_mul_overflow(x, 10, &x) && !__builtin_add_overflow(x, (uint64_t)(*s - '0'), &x);
    *out = x;
    return good;
}

/* One entry of the list. */
static nn_status read_entry(place *to, const Onnx__StringStringEntryProto *e, const char *shown, nn_error *err)
{
    bool good = e->key != NULL && e->value != NULL;
    if (good && strcmp(e->key, "location") == 0) {
        good = strlen(e->value) < sizeof to->location;
        if (good)
            memcpy(to->location, e->value, strlen(e->value) + 1);
    } else if (good && strcmp(e->key, "offset") == 0) {
        good = read_number(e->value, &to->offset);
    } else if (good && strcmp(e->key, "length") == 0) {
        good = to->has_length = read_number(e->value, &to->length);
    }
    return good ? NN_OK : nn_fail(err, NN_ERR_IO, shown, 0, 0, "names another file for its elements wrongly");
}

/* Opens the file one name at a time. */
static nn_status open_inside(int *fd, int root, const char *location, nn_error *err)
{
    int at = -1;
    *fd = -1;
    if (*location == '\0' || *location == '/')
        return nn_fail(err, NN_ERR_IO, location, 0, 0,
                       "elements of a tensor are here: a path below the model's directory was expected");
    for (const char *p = location; *p != '\0';) {
        char name[NAME_MOST + 1];
        size_t n = strcspn(p, "/");
        if (n > NAME_MOST || (n == 2 && p[0] == '.' && p[1] == '.')) {
            if (at >= 0)
                (void)close(at);
            return nn_fail(err, NN_ERR_IO, location, 0, 0,
                           "elements of a tensor are here: a path below the model's directory was expected");
        }
        memcpy(name, p, n);
        name[n] = '\0';
        p += n + strspn(p + n, "/");
        if (n == 0 || strcmp(name, ".") == 0)
            continue;
        int next = -1, from = at >= 0 ? at : root;
        nn_status s =
            *p != '\0' ? directory_open(&next, from, name, location, err) : file_open(&next, from, name, O_NOFOLLOW, location, err);
        if (at >= 0)
            (void)close(at);
        at = next;
        if (s != NN_OK)
            return s;
    }
    *fd = at;
    return at >= 0 ? NN_OK : nn_fail(err, NN_ERR_IO, location, 0, 0, "is not a file");
}

static nn_status read_bytes(uint8_t *to, size_t n, int fd, uint64_t offset, const char *shown, nn_error *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t k = pread(fd, to + done, n - done, (off_t)(offset + done));
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return nn_fail(err, NN_ERR_IO, shown, 0, 0, "cannot read: %s", strerror(errno));
        if (k == 0)
            return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is shorter than the tensor of a model that is in it");
        done += (size_t)k;
    }
    return NN_OK;
}

nn_status onnx_external_read(file_tensor *t, const Onnx__TensorProto *p, int directory, size_t most, arena *a, nn_error *err)
{
    place where = {.offset = 0};
    const char *name = p->name != NULL ? p->name : "";
    nn_status s = NN_OK;
    int fd;
    for (size_t i = 0; s == NN_OK && i < p->n_external_data; i++)
        s = read_entry(&where, p->external_data[i], name, err);
    *t = (file_tensor){.name = arena_strdup(a, name), .rank = (int)p->n_dims};
    t->type = p->has_data_type ? dtype_of_number(p->data_type) : DT_NONE;
    if (s != NN_OK)
        return s;
    if (t->name == NULL)
        return nn_nomem(err);
    bool fits = dtype_size(t->type) > 0 && p->n_dims <= FILE_TENSOR_RANK;
    for (size_t k = 0; fits && k < p->n_dims; k++)
        fits = (t->dims[k] = p->dims[k]) >= 0;
    if (!fits || !file_tensor_count(t) || t->n > most / dtype_size(t->type))
        return nn_fail(err, NN_ERR_IO, name, 0, 0, "has a type or shape that cannot be read");
    size_t n = dtype_stored(t->type, t->n);
    if ((where.has_length && where.length != n) || where.offset > INT64_MAX - n)
        return nn_fail(err, NN_ERR_IO, name, 0, 0, "has %zu bytes by its shape, but %llu in another file", n,
                       (unsigned long long)where.length);
    uint8_t *data = arena_alloc(a, t->n * dtype_size(t->type) + 1);
    if (data == NULL)
        return nn_nomem(err);
    s = open_inside(&fd, directory, where.location, err);
    if (s != NN_OK)
        return s;
    s = read_bytes(data, n, fd, where.offset, where.location, err);
    (void)close(fd);
    for (size_t i = 0; s == NN_OK && i < n && t->type == DT_BOOL; i++)
        data[i] = data[i] != 0;
    if (s == NN_OK)
        dtype_unpack(t->type, t->n, data, data);
    t->data = data;
    return s;
}
