#include "write/model_dir.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "base/path.h"
#include "write/model_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 256 };
#define VISIBLE (sizeof FILE_TEMPORARY - 1) /* of a hidden path: where the one that it will have begins */

static void hidden_name(char out[PATH_ROOM], const model_dir *m)
{
    (void)snprintf(out, PATH_ROOM, FILE_TEMPORARY "%s", m->name);
}

static void hidden_path(char out[PATH_ROOM], const model_dir *m, long set, const char *file)
{
    if (set >= 0)
        (void)snprintf(out, PATH_ROOM, FILE_TEMPORARY "%s/test_data_set_%ld/%s", m->name, set, file);
    else
        (void)snprintf(out, PATH_ROOM, FILE_TEMPORARY "%s/%s", m->name, file);
}

nn_status model_dir_begin(model_dir *m, int root, const char *above, const char *name, nn_error *err)
{
    *m = (model_dir){.root = root, .above = above, .set = -1};
    if (strlen(name) >= sizeof m->name)
        return path_fail(err, above, name, "the name is too long", 0);
    memcpy(m->name, name, strlen(name) + 1);
    char path[PATH_ROOM];
    hidden_name(path, m);
    if (mkdirat(root, path, 0777) == 0)
        return NN_OK;
    if (errno == EEXIST) { /* of a crash */
        model_dir_drop(m);
        if (mkdirat(root, path, 0777) == 0)
            return NN_OK;
    }
    return path_fail(err, above, name, "cannot create", errno);
}

/* The hidden path of a file, with the directory of its set. */
static nn_status place(model_dir *m, char path[PATH_ROOM], long set, const char *file, nn_error *err)
{
    if (set >= 0 && set != m->set) {
        hidden_path(path, m, set, "");
        path[strlen(path) - 1] = '\0';
        if (mkdirat(m->root, path, 0777) != 0)
            return path_fail(err, m->above, path + VISIBLE, "cannot create", errno);
        m->set = set;
    }
    hidden_path(path, m, set, file);
    return NN_OK;
}

nn_status model_dir_put(model_dir *m, long set, const char *file, const void *bytes, size_t n, nn_error *err)
{
    char path[PATH_ROOM];
    nn_status s = place(m, path, set, file, err);
    if (s != NN_OK || file_write(m->root, path, bytes, n))
        return s;
    return path_fail(err, m->above, path + VISIBLE, "cannot write", errno);
}

nn_status model_dir_link(model_dir *m, long set, const char *file, int from, const char *name, nn_error *err)
{
    char path[PATH_ROOM];
    nn_status s = place(m, path, set, file, err);
    if (s != NN_OK || linkat(from, name, m->root, path, 0) == 0)
        return s;
    if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP)
        return NN_ERR_CANCELLED;
    return path_fail(err, m->above, path + VISIBLE, "cannot link", errno);
}

nn_status model_dir_copy(model_dir *m, long set, const char *file, int from, nn_error *err)
{
    char path[PATH_ROOM];
    nn_status s = place(m, path, set, file, err);
    if (s != NN_OK || file_copy(m->root, path, from))
        return s;
    return path_fail(err, m->above, path + VISIBLE, "cannot copy", errno);
}

nn_status model_dir_open(const model_dir *m, int *fd, long set, const char *file, nn_error *err)
{
    char path[PATH_ROOM], shown[PATH_SHOWN];
    hidden_path(path, m, set, file);
    path_shown(shown, m->above, path + VISIBLE);
    return file_open(fd, m->root, path, O_NOFOLLOW, shown, err);
}

nn_status model_dir_put_input(model_dir *m, long set, size_t index, const void *bytes, size_t n, nn_error *err)
{
    char file[40];
    (void)snprintf(file, sizeof file, "input_%zu.pb", index);
    return model_dir_put(m, set, file, bytes, n, err);
}

nn_status model_dir_end(model_dir *m, nn_error *err)
{
    char path[PATH_ROOM];
    hidden_name(path, m);
    return renameat(m->root, path, m->root, m->name) == 0 ? NN_OK : path_fail(err, m->above, m->name, "cannot create", errno);
}

void model_dir_drop(model_dir *m)
{
    char path[PATH_ROOM];
    model_content c;
    hidden_name(path, m);
    (void)model_files_remove(&c, m->root, path);
}
