/* Tables on disk: which files of a folder are read, and what is no table. */
#include "folder.h"
#include "table/spec_table.h"

#include <sys/stat.h>
#include <unistd.h>

#include "table/arena_fixture.h" /* after the others, as its `a` would shadow their parameters */

static int make_folder(void **state)
{
    setup(state);
    return folder_make(state);
}

static int remove_folder(void **state)
{
    teardown(state);
    return folder_remove(state);
}

static void assert_io_error(nn_status s, const nn_error *err, const char *file, const char *message)
{
    assert_int_equal(s, NN_ERR_IO);
    assert_string_equal(err->file, file);
    assert_string_equal(err->message, message);
}

static void folders(void **state)
{
    (void)state;
    spec_file *f;
    size_t n;
    nn_error err;
    assert_io_error(spec_read_dir(&f, &n, folder, &a, &err), &err, folder, "no table (*.yaml) in the folder");
    folder_write("b.yaml", "operators: {B: {since: [1]}}");
    folder_write("a.yaml", "");
    folder_write(".c.yaml", "no table");
    folder_write("d.yml", "no table");
    folder_write(".yaml", "no table");
    assert_int_equal(mkdir(folder_path("sub"), 0700), 0);
    folder_write("sub/e.yaml", "no table");
    assert_int_equal(spec_read_dir(&f, &n, folder_path(""), &a, &err), NN_OK);
    assert_int_equal(n, 2);
    assert_string_equal(f[0].name, folder_path("a.yaml"));
    assert_string_equal(f[1].name, folder_path("b.yaml"));
    assert_int_equal(f[0].size, 0);
    assert_int_equal(f[1].size, 28);
    assert_memory_equal(f[1].bytes, "operators: {B: {since: [1]}}", 28);
    spec_table *t;
    assert_int_equal(spec_table_load(&t, f, n, NULL, 17, &a, &err), NN_OK);
    assert_int_equal(t->n_entries, 1);
    assert_io_error(spec_read_dir(&f, &n, folder_path("none"), &a, &err), &err, folder_path("none"),
                    "cannot open the folder: No such file or directory");
    assert_io_error(spec_read_dir(&f, &n, folder_path("a.yaml"), &a, &err), &err, folder_path("a.yaml"),
                    "cannot open the folder: Not a directory");
    assert_int_equal(mkdir(folder_path("sub.yaml"), 0700), 0);
    assert_io_error(spec_read_dir(&f, &n, folder, &a, &err), &err, folder_path("sub.yaml"), "is not a regular file");
}

static void files(void **state)
{
    (void)state;
    spec_file f;
    nn_error err;
    assert_io_error(spec_read_file(&f, folder_path("none"), &a, &err), &err, folder_path("none"),
                    "cannot read: No such file or directory");
    assert_io_error(spec_read_file(&f, folder, &a, &err), &err, folder, "is not a regular file");
    assert_int_equal(mkfifo(folder_path("pipe.yaml"), 0600), 0);
    assert_io_error(spec_read_file(&f, folder_path("pipe.yaml"), &a, &err), &err, folder_path("pipe.yaml"),
                    "is not a regular file");
    folder_write("a.yaml", "");
    assert_int_equal(truncate(folder_path("a.yaml"), (off_t)SPEC_MAX_BYTES * 4), 0);
    assert_io_error(spec_read_file(&f, folder_path("a.yaml"), &a, &err), &err, folder_path("a.yaml"),
                    "is larger than 4194304 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folders, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(files, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
