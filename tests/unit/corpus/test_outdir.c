/* The output directory: whole or not at all, and nothing removed that nngen did not write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "corpus/outdir.h"

static char base[96];

static int set_up(void **state)
{
    int status = folder_make(state);
    (void)snprintf(base, sizeof base, "%s/out", folder);
    return status;
}

static const char *path(const char *name)
{
    static char text[4][256];
    static int turn;
    char *p = text[turn++ % 4];
    (void)snprintf(p, sizeof text[0], "%s/%s", base, name);
    return p;
}

static bool is_there(const char *name)
{
    return access(path(name), F_OK) == 0;
}

static void put(const char *name, const char *content)
{
    FILE *f = fopen(path(name), "w");
    assert_non_null(f);
    assert_true(fputs(content, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static const char *content_of(const char *name)
{
    static char text[256];
    FILE *f = fopen(path(name), "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* Names in the directory, sorted, with spaces between. */
static const char *listing(void)
{
    static char text[512];
    struct dirent **names;
    int n = scandir(base, &names, NULL, alphasort);
    assert_true(n >= 2);
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
            strcat(strcat(text, text[0] != '\0' ? " " : ""), names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return text;
}

static outdir *opened(bool force)
{
    outdir *d;
    nn_error err = {0};
    if (outdir_open(&d, base, force ? OUTDIR_FORCE : OUTDIR_NEW, NULL, &err) != NN_OK)
        fail_msg("%s: %s", err.file, err.message);
    return d;
}

/* The message, after checking that the path is base or what follows it. */
static const char *refused(bool force, const char *where)
{
    static nn_error err;
    outdir *d;
    err = (nn_error){0};
    assert_int_equal(outdir_open(&d, base, force ? OUTDIR_FORCE : OUTDIR_NEW, NULL, &err), NN_ERR_IO);
    assert_null(d);
    char expected[256];
    (void)snprintf(expected, sizeof expected, "%s%s", base, where);
    assert_string_equal(err.file, expected);
    return err.message;
}

static void write_model(outdir *d, const char *name)
{
    model_dir m;
    nn_error err;
    assert_int_equal(outdir_begin_model(d, &m, name, &err), NN_OK);
    assert_int_equal(model_dir_put(&m, -1, "model.onnx", "abc", 3, &err), NN_OK);
    for (long set = 0; set < 2; set++)
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(model_dir_put_input(&m, set, i, "xy", 2, &err), NN_OK);
    assert_false(is_there(name)); /* not before it is whole */
    assert_int_equal(model_dir_end(&m, &err), NN_OK);
    assert_true(is_there(name));
}

#define MANIFEST "{\"generator\": \"nngen\"}\n"

static void write_corpus(void)
{
    outdir *d = opened(false);
    nn_error err;
    write_model(d, "test_000000");
    write_model(d, "test_000001");
    assert_int_equal(outdir_record(d, "{0}\n", 4, &err), NN_OK);
    assert_int_equal(outdir_record(d, "{1}\n", 4, &err), NN_OK);
    assert_string_equal(listing(), ".nngen-models.jsonl test_000000 test_000001");
    assert_int_equal(outdir_finish(d, MANIFEST, strlen(MANIFEST), &err), NN_OK);
    outdir_close(d);
}

static void a_whole_corpus(void **state)
{
    (void)state;
    write_corpus();
    assert_string_equal(listing(), "manifest.json models.jsonl test_000000 test_000001");
    assert_string_equal(content_of("models.jsonl"), "{0}\n{1}\n");
    assert_string_equal(content_of("manifest.json"), MANIFEST);
    assert_string_equal(content_of("test_000001/model.onnx"), "abc");
    assert_string_equal(content_of("test_000001/test_data_set_1/input_1.pb"), "xy");
}

static void parents_are_created(void **state)
{
    (void)state;
    strcat(base, "/a/b//c/");
    outdir_close(opened(false)); /* nothing was written: only what this run made last goes again */
    assert_int_equal(access(base, F_OK), -1);
    base[strlen(base) - 3] = '\0';
    assert_int_equal(access(base, F_OK), 0);
}

static void an_empty_directory_of_the_user_stays(void **state)
{
    (void)state;
    assert_int_equal(mkdir(base, 0777), 0);
    outdir_close(opened(false));
    assert_string_equal(listing(), "");
}

static void a_full_directory_is_refused(void **state)
{
    (void)state;
    write_corpus();
    assert_string_equal(refused(false, ""), "is not empty; --force replaces what nngen wrote there and nothing else");
    assert_string_equal(listing(), "manifest.json models.jsonl test_000000 test_000001");
    assert_int_equal(unlink(path("manifest.json")), 0);
}

static void force_replaces_what_nngen_wrote(void **state)
{
    (void)state;
    write_corpus();
    put("notes.txt", "mine");
    assert_int_equal(mkdir(path("test_suite"), 0777), 0);
    put(".hidden", "mine");
    outdir_close(opened(true));
    assert_string_equal(listing(), ".hidden notes.txt test_suite");
    assert_string_equal(content_of("notes.txt"), "mine");
}

static void force_keeps_foreign_files_in_models(void **state)
{
    (void)state;
    const char *const places[] = {"test_000001/notes.txt", "test_000001/test_data_set_0/notes.pb", "test_000001/input_0.pb",
                                  "test_000001/test_data_set_0/input_x.pb"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        write_corpus();
        put(places[i], "mine");
        char where[128];
        (void)snprintf(where, sizeof where, "/%s", places[i]);
        assert_string_equal(refused(true, where), "was not written by nngen; move it away first");
        assert_string_equal(listing(), "manifest.json models.jsonl test_000000 test_000001"); /* nothing was removed */
        assert_true(is_there("test_000001/model.onnx"));
        assert_int_equal(unlink(path(places[i])), 0);
        outdir_close(opened(true));
    }
}

static void force_does_not_follow_links(void **state)
{
    (void)state;
    write_corpus();
    char away[128];
    (void)snprintf(away, sizeof away, "%s/away", folder);
    assert_int_equal(rename(path("test_000001"), away), 0);
    assert_int_equal(symlink(away, path("test_000001")), 0);
    assert_string_equal(refused(true, "/test_000001"), "was not written by nngen; move it away first");
    (void)snprintf(away, sizeof away, "%s/away/model.onnx", folder);
    assert_int_equal(access(away, F_OK), 0);
}

static void force_refuses_what_is_not_ours(void **state)
{
    (void)state;
    assert_int_equal(mkdir(base, 0777), 0);
    put("manifest.json", "{\"generator\": \"other\"}");
    assert_string_equal(refused(true, "/manifest.json"), "was not written by nngen; move it away first");
    put("manifest.json", "[1, 2");
    assert_string_equal(refused(true, "/manifest.json"), "was not written by nngen; move it away first");
    put("manifest.json", "[]");
    assert_string_equal(refused(true, "/manifest.json"), "was not written by nngen; move it away first");
    assert_int_equal(unlink(path("manifest.json")), 0);
    put("models.jsonl", "mine");
    assert_string_equal(refused(true, "/models.jsonl"), "was not written by nngen; move it away first");
    assert_int_equal(unlink(path("models.jsonl")), 0);
    assert_int_equal(mkdir(path("test_000000"), 0777), 0); /* a layout that others use too */
    put("test_000000/model.onnx", "mine");
    assert_string_equal(refused(true, ""), "contains test_* directories without a manifest of nngen; move them away first");
    assert_string_equal(content_of("test_000000/model.onnx"), "mine");
}

static void leftovers_of_a_crash(void **state)
{
    (void)state;
    outdir *d = opened(false);
    nn_error err;
    model_dir m;
    write_model(d, "test_000000");
    assert_int_equal(outdir_record(d, "{0}\n", 4, &err), NN_OK);
    assert_int_equal(outdir_begin_model(d, &m, "test_000001", &err), NN_OK);
    assert_int_equal(model_dir_put_input(&m, 0, 0, "x", 1, &err), NN_OK);
    outdir_close(d); /* as a crash would leave it */
    put(".nngen-tmp-manifest.json", "{");
    assert_string_equal(listing(), ".nngen-models.jsonl .nngen-tmp-manifest.json .nngen-tmp-test_000001 test_000000");
    assert_string_equal(refused(false, ""), "contains an unfinished run; --force starts it again");
    d = opened(true);
    assert_string_equal(listing(), ".nngen-models.jsonl");
    outdir_close(d);
}

static void only_leftovers_count_as_empty(void **state)
{
    (void)state;
    assert_int_equal(mkdir(base, 0777), 0);
    assert_int_equal(mkdir(path(".nngen-tmp-test_000007"), 0777), 0);
    put(".nngen-tmp-test_000007/model.onnx", "half");
    outdir *d = opened(false);
    assert_string_equal(listing(), ".nngen-models.jsonl");
    outdir_close(d);
}

static void a_dropped_model_leaves_nothing(void **state)
{
    (void)state;
    outdir *d = opened(false);
    nn_error err;
    model_dir m;
    assert_int_equal(outdir_begin_model(d, &m, "test_000000", &err), NN_OK);
    assert_int_equal(model_dir_put(&m, -1, "model.onnx", "abc", 3, &err), NN_OK);
    assert_int_equal(model_dir_put_input(&m, 0, 0, "x", 1, &err), NN_OK);
    model_dir_drop(&m);
    assert_string_equal(listing(), ".nngen-models.jsonl");
    outdir_close(d);
}

static void one_run_at_a_time(void **state)
{
    (void)state;
    outdir *d = opened(false);
    assert_string_equal(refused(true, ""), "another run is writing here");
    write_model(d, "test_000000"); /* the first one goes on */
    nn_error err;
    assert_int_equal(outdir_finish(d, MANIFEST, strlen(MANIFEST), &err), NN_OK);
    outdir_close(d);
}

static void reasons_of_the_system(void **state)
{
    (void)state;
    char file[128];
    (void)snprintf(file, sizeof file, "%s", base);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fclose(f);
    assert_string_equal(refused(false, ""), "cannot open: Not a directory");
    strcat(base, "/below");
    assert_string_equal(refused(false, ""), "cannot create: Not a directory");
    if (geteuid() != 0) {
        (void)snprintf(base, sizeof base, "/nngen-not-writable");
        assert_string_equal(refused(false, ""), "cannot create: Permission denied");
    }
    (void)snprintf(base, sizeof base, "%s/out", folder);
    nn_error err;
    outdir *d;
    assert_int_equal(outdir_open(&d, "", OUTDIR_NEW, NULL, &err), NN_ERR_IO);
    assert_string_equal(err.message, "the path is empty; expected a directory");
}

static void long_paths_keep_their_end(void **state)
{
    (void)state;
    char name[300], long_path[600];
    memset(name, 'n', 255);
    name[255] = '\0';
    (void)snprintf(long_path, sizeof long_path, "%s/%sX", folder, name);
    nn_error err;
    outdir *d;
    assert_int_equal(outdir_open(&d, long_path, OUTDIR_NEW, NULL, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot create: File name too long");
    assert_int_equal(strncmp(err.file, "...n", 4), 0);
    assert_int_equal(err.file[strlen(err.file) - 1], 'X');
}

static void a_file_size_limit_is_an_error(void **state)
{
    (void)state;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100;
    outdir *d = opened(false);
    nn_error err;
    model_dir m;
    char bytes[200] = {0};
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(outdir_begin_model(d, &m, "test_000000", &err), NN_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    nn_status s = model_dir_put(&m, -1, "model.onnx", bytes, sizeof bytes, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, old);
    assert_int_equal(s, NN_ERR_IO);
    assert_string_equal(err.message, "cannot write: File too large");
    assert_string_equal(err.file + strlen(err.file) - 23,
                        "/test_000000/model.onnx"); /* as it would be called, not the hidden name */
    model_dir_drop(&m);
    outdir_close(d);
    assert_int_equal(access(base, F_OK), -1);
}

/* Lines that did not fit are tried again, and never half written. */
static void the_record_holds_whole_lines(void **state)
{
    (void)state;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 70000;
    outdir *d = opened(false);
    nn_error err;
    static char line[50000];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(outdir_record(d, line, sizeof line, &err), NN_OK);
    nn_status s = outdir_record(d, line, sizeof line, &err);
    struct stat st;
    assert_int_equal(stat(path(".nngen-models.jsonl"), &st), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, old);
    assert_int_equal(s, NN_ERR_IO);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(outdir_finish(d, MANIFEST, strlen(MANIFEST), &err), NN_OK); /* there is room now */
    assert_int_equal(stat(path("models.jsonl"), &st), 0);
    assert_int_equal(st.st_size, 2 * sizeof line);
    outdir_close(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_corpus),
        TEST(parents_are_created),
        TEST(an_empty_directory_of_the_user_stays),
        TEST(a_full_directory_is_refused),
        TEST(force_replaces_what_nngen_wrote),
        TEST(force_keeps_foreign_files_in_models),
        TEST(force_does_not_follow_links),
        TEST(force_refuses_what_is_not_ours),
        TEST(leftovers_of_a_crash),
        TEST(only_leftovers_count_as_empty),
        TEST(a_dropped_model_leaves_nothing),
        TEST(one_run_at_a_time),
        TEST(reasons_of_the_system),
        TEST(long_paths_keep_their_end),
        TEST(a_file_size_limit_is_an_error),
        TEST(the_record_holds_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
