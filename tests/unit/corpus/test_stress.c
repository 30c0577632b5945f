/* Every allocation fails in turn (in builds with -DNN_STRESS; elsewhere each scenario runs once, without failures): the status is
 * NN_ERR_NOMEM, nothing leaks (AddressSanitizer looks), and what stands on disk is whole. */
#include "base.h"
#include "folder.h"
#include "nngen.h"
#include "lower/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef nn_status scenario(nn_error *err);

#ifdef NN_STRESS
/* after: looks at what is left, NULL: nothing to look at. most: failures to try, spread evenly over the allocations. */
static void stress(scenario *run, void (*after)(nn_status), long most)
{
    nn_error err = {0};
    nn_stress_fail_at(0);
    nn_status st = run(&err);
    long total = nn_stress_count();
    if (st != NN_OK)
        fail_msg("without a failure: %s", err.message);
    if (after != NULL)
        after(st);
    assert_true(total > 0);
    long stride = total / most + 1, tried = 0;
    for (long n = 1; n <= total; n += n < 200 ? 1 : stride, tried++) {
        err = (nn_error){0};
        nn_stress_fail_at(n);
        st = run(&err);
        const bool reached = nn_stress_count() >= n; /* threads that share the work differently allocate less */
        nn_stress_fail_at(0);
        if (st == NN_OK && !reached)
            continue;
        if (st != NN_ERR_NOMEM)
            fail_msg("allocation %ld of %ld: status %d, %s", n, total, (int)st, err.message);
        assert_int_equal(err.status, NN_ERR_NOMEM);
        if (after != NULL)
            after(st);
    }
    print_message("%ld of %ld allocations failed in turn\n", tried, total);
}
#else
static void stress(scenario *run, void (*after)(nn_status), long most)
{
    nn_error err = {0};
    (void)most;
    if (run(&err) != NN_OK)
        fail_msg("%s", err.message);
    if (after != NULL)
        after(NN_OK);
}
#endif

/* ---- scenarios ---- */

static nn_status load_table(nn_error *err)
{
    op_set *s = NULL;
    nn_status st = op_set_new(&s, spec_embedded, spec_embedded_count, &spec_embedded_profiles[0], 17, err);
    assert_true((st == NN_OK) == (s != NULL));
    if (st == NN_OK)
        st = lower_fold_domains(s, err);
    op_set_free(s);
    return st;
}

static nn_status open_table(nn_error *err)
{
    nn_table *t = NULL;
    nn_status st = nn_table_open(&t, &(nn_table_config){.ops = "-Conv,-MatMul"}, err);
    assert_true((st == NN_OK) == (t != NULL));
    nn_table_close(t);
    return st;
}

static nn_table *shared, *few; /* opened without failures; few: of few operators */

static nn_status build_in(const nn_table *table, const nn_family_config *config, nn_error *err)
{
    nn_family *f = NULL;
    nn_model *m = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    nn_status st = nn_family_open(&f, table, config, err);
    for (uint64_t i = 0; i < 2 && st == NN_OK; i++) {
        st = nn_model_build(&m, f, i, err);
        if (st == NN_OK)
            st = nn_model_onnx(m, &bytes, &size, err);
        for (size_t k = 0; st == NN_OK && k < nn_model_inputs(m); k++)
            st = nn_model_input(m, 0, k, &bytes, &size, err);
    }
    nn_model_free(m);
    nn_family_close(f);
    return st;
}

static nn_status build_small(nn_error *err)
{
    return build_in(shared, &(nn_family_config){.nodes = 6, .count = 40, .seed = 3}, err);
}

static nn_status build_guided(nn_error *err)
{
    return build_in(few,
                    &(nn_family_config){.nodes = 10,
                                        .count = 2,
                                        .seed = 4,
                                        .cover = "pairs",
                                        .contain = "Conv,Relu;Less,Where",
                                        .avoid = "Relu,Relu;Add,Relu,Add",
                                        .weights = "* 0.5\nConv 2\nConv,Add 3\n"},
                    err);
}

static nn_status build_triples(nn_error *err)
{
    return build_in(few, &(nn_family_config){.nodes = 10, .count = 2, .cover = "triples"}, err);
}

static nn_status build_checked(nn_error *err)
{
    return build_in(shared, &(nn_family_config){.nodes = 40, .count = 10, .seed = 4, .check = 1}, err);
}

static void swallow(void *data, const char *text, size_t size)
{
    (void)text;
    *(size_t *)data += size;
}

static nn_status trace_small(nn_error *err)
{
    nn_family *f = NULL;
    size_t told = 0;
    nn_status st = nn_family_open(&f, shared, &(nn_family_config){.nodes = 6, .count = 3, .seed = 3}, err);
    if (st == NN_OK)
        st = nn_model_trace(f, 1, swallow, &told, err);
    if (st == NN_OK)
        st = nn_family_trace(f, "json", NULL, swallow, &told, err);
    if (st == NN_OK)
        st = nn_family_trace(f, NULL, NULL, swallow, &told, err);
    nn_family_close(f);
    return st;
}

/* A model that has failed can be built again: its workspace is sound. */
static nn_status build_again(nn_error *err)
{
    nn_family *f = NULL;
    nn_model *m = NULL;
    nn_status st = nn_family_open(&f, shared, &(nn_family_config){.nodes = 12, .count = 10, .seed = 5}, err);
    if (st == NN_OK)
        st = nn_model_build(&m, f, 1, err);
#ifdef NN_STRESS
    if (st != NN_OK && m != NULL) {
        nn_error second = {0};
        nn_stress_fail_at(0);
        if (nn_model_build(&m, f, 1, &second) != NN_OK)
            fail_msg("%s", second.message);
    }
#endif
    nn_model_free(m);
    nn_family_close(f);
    return st;
}

static nn_status expected_outputs(nn_error *err)
{
    nn_table *t = NULL;
    nn_family *f = NULL;
    nn_model *m = NULL;
    const void *bytes;
    size_t size;
    nn_status st = nn_table_open(&t, &(nn_table_config){.outputs = 1, .ops = "Conv,Relu,Add,Softmax,Gather,MaxPool"}, err);
    if (st == NN_OK)
        st = nn_family_open(
            &f, t, &(nn_family_config){.nodes = 8, .count = 2, .seed = 3, .outputs = 1, .inputs = 2, .input_format = "npz"}, err);
    if (st == NN_OK)
        st = nn_model_build(&m, f, 1, err);
    if (st == NN_OK)
        st = nn_model_output(m, 0, 0, &bytes, &size, err);
    if (st == NN_OK)
        st = nn_model_bound(m, 0, 0, &bytes, &size, err);
    if (st == NN_OK)
        st = nn_model_tolerance(m, 0, &(nn_tolerance){.atol = 0}, err);
    if (st == NN_OK)
        st = nn_model_output_npz(m, &bytes, &size, err);
    if (st == NN_OK)
        st = nn_model_bound_npz(m, &bytes, &size, err);
    nn_model_free(m);
    nn_family_close(f);
    nn_table_close(t);
    return st;
}

/* ---- on disk ---- */

static void wipe(const char *path)
{
    DIR *d = opendir(path);
    if (d == NULL) {
        (void)unlink(path);
        return;
    }
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char below[512];
        (void)snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        struct stat s;
        if (lstat(below, &s) == 0 && S_ISDIR(s.st_mode))
            wipe(below);
        else
            (void)unlink(below);
    }
    (void)closedir(d);
    (void)rmdir(path);
}

#define MODELS 4

static nn_status write_part(const char *name, unsigned shard, unsigned shards, nn_error *err)
{
    nn_family *f = NULL;
    const char *out = folder_path(name);
    wipe(out);
    nn_status st = nn_family_open(
        &f, shared,
        &(nn_family_config){
            .nodes = 8, .count = MODELS, .seed = 6, .inputs = 2, .input_mode = "normal,special", .input_format = "pb,npz"},
        err);
    if (st == NN_OK)
        st = nn_corpus_write(f, &(nn_corpus_config){.out = out, .shard = shard, .shards = shards}, NULL, NULL, NULL, err);
    nn_family_close(f);
    return st;
}

static nn_status write_corpus(nn_error *err)
{
    return write_part("out", 0, 0, err);
}

/* Of two shards that are there already. */
static nn_status merge_shards(nn_error *err)
{
    const char *out = folder_path("out"), *one = folder_path("one"), *two = folder_path("two");
    wipe(out);
    return nn_corpus_merge(out, (const char *const[]){two, one}, 2, &(nn_merge_config){.verify = 1}, NULL, NULL, NULL, err);
}

/* Nothing is taken for a difference that is a want of memory. */
static nn_status verify_whole(nn_error *err)
{
    nn_verify_report report;
    nn_status st = nn_corpus_verify(folder_path("whole"), &report, NULL, NULL, err);
    assert_int_equal(report.differences, 0);
    assert_true(st != NN_OK || report.models == MODELS);
    return st;
}

/* Same bytes as in the corpus that was written without failures, if the file is there. */
static bool same_file(const char *name)
{
    char a[200], b[200];
    size_t na, nb;
    (void)snprintf(a, sizeof a, "whole/%.150s", name);
    (void)snprintf(b, sizeof b, "out/%.150s", name);
    char *x = folder_get(a, &na), *y = folder_get(b, &nb);
    bool same = y != NULL && na == nb && memcmp(x, y, na) == 0;
    free(x);
    free(y);
    return same;
}

/* Lines of models that were finished, none cut. */
static void lines_are_whole(const char *file)
{
    char name[60];
    size_t na, nb;
    (void)snprintf(name, sizeof name, "out/%.50s", file);
    char *whole = folder_get("whole/models.jsonl", &na), *lines = folder_get(name, &nb);
    assert_non_null(whole);
    if (lines != NULL)
        assert_true(nb <= na && memcmp(whole, lines, nb) == 0 && (nb == 0 || lines[nb - 1] == '\n'));
    free(whole);
    free(lines);
}

static void corpus_is_whole(nn_status st)
{
    char name[160];
    if (st == NN_OK) { /* the first time: keep it to compare with */
        wipe(folder_path("whole"));
        assert_int_equal(rename(folder_path("out"), folder_path("whole")), 0);
        return;
    }
    DIR *d = opendir(folder_path("out"));
    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, "manifest.json") == 0 ||
            strcmp(e->d_name, "models.jsonl") == 0 || strcmp(e->d_name, ".nngen-run.json") == 0) /* the run's options, to go on */
            continue;
        if (strcmp(e->d_name, ".nngen-models.jsonl") == 0) { /* the record of the models that are there, for want of a manifest */
            lines_are_whole(".nngen-models.jsonl");
            continue;
        }
        if (strncmp(e->d_name, "test_", 5) != 0)
            fail_msg("%s was left behind", e->d_name);
        static const char *const files[] = {"model.onnx", "test_data_set_0/input_0.pb", "test_data_set_1/input_0.pb", "inputs.npz"};
        for (size_t i = 0; i < 4; i++) {
            (void)snprintf(name, sizeof name, "%.40s/%s", e->d_name, files[i]);
            if (!same_file(name))
                fail_msg("%s is not whole", name);
        }
    }
    (void)closedir(d);
    lines_are_whole("models.jsonl");
}

static nn_status write_model(nn_error *err)
{
    nn_family *f = NULL;
    nn_model *m = NULL;
    char out[80];
    (void)snprintf(out, sizeof out, "%s/model", folder);
    wipe(out);
    nn_status st = nn_family_open(&f, shared, &(nn_family_config){.nodes = 5, .count = 20, .seed = 7}, err);
    if (st == NN_OK)
        st = nn_model_build(&m, f, 0, err);
    if (st == NN_OK)
        st = nn_model_write(m, out, err);
    nn_model_free(m);
    nn_family_close(f);
    return st;
}

static void model_is_whole_or_absent(nn_status st)
{
    char path[80];
    struct stat s;
    (void)snprintf(path, sizeof path, "%s/model", folder);
    assert_true((lstat(path, &s) == 0) == (st == NN_OK));
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && strcmp(e->d_name, "model") != 0 &&
            strcmp(e->d_name, "out") != 0 && strcmp(e->d_name, "whole") != 0)
            fail_msg("%s was left behind", e->d_name);
    (void)closedir(d);
}

/* A corpus with expected outputs: written, verified and compared with itself. */
static nn_status expected_files(nn_error *err)
{
    nn_table *t = NULL;
    nn_family *f = NULL;
    char out[80], model[100];
    (void)snprintf(out, sizeof out, "%s/expected", folder);
    (void)snprintf(model, sizeof model, "%s/test_000000", out);
    wipe(out);
    nn_verify_report report;
    nn_compare_report compared;
    nn_status st = nn_table_open(&t, &(nn_table_config){.outputs = 1, .ops = "Conv,Relu,Add"}, err);
    if (st == NN_OK)
        st = nn_family_open(
            &f, t, &(nn_family_config){.nodes = 4, .count = 2, .seed = 3, .outputs = 1, .inputs = 2, .input_format = "pb,npz"},
            err);
    if (st == NN_OK)
        st = nn_corpus_write(f, &(nn_corpus_config){.out = out}, NULL, NULL, NULL, err);
    if (st == NN_OK)
        st = nn_compare(model, model, NULL, &compared, err);
    if (st == NN_OK)
        st = nn_corpus_verify(out, &report, NULL, NULL, err);
    assert_true(st != NN_OK || (report.recomputed == 2 && report.differences == 0 && compared.outside == 0));
    nn_family_close(f);
    nn_table_close(t);
    wipe(out);
    return st;
}

/* ---- tests ---- */

static void tables(void **state)
{
    (void)state;
    stress(load_table, NULL, 2000);
    stress(open_table, NULL, 800);
}
static void models(void **state)
{
    (void)state;
    stress(build_small, NULL, 800);
    stress(trace_small, NULL, 800);
    stress(build_checked, NULL, 800);
    stress(build_guided, NULL, 400);
    stress(build_triples, NULL, 300);
    stress(build_again, NULL, 800);
    stress(expected_outputs, NULL, 100);
}
static void single_directories(void **state)
{
    (void)state;
    stress(write_model, model_is_whole_or_absent, 400);
    stress(expected_files, NULL, 40);
}
static nn_status learn(nn_error *err)
{
    char *text = NULL;
    char dir[80];
    (void)snprintf(dir, sizeof dir, "%s/whole", folder);
    nn_status st = nn_weights_learn(&text, dir, shared, NULL, NULL, err);
    assert_true((st == NN_OK) == (text != NULL));
    nn_text_free(text);
    return st;
}

static void corpora(void **state)
{
    (void)state;
    stress(write_corpus, corpus_is_whole, 600);
    stress(learn, NULL, 200);
    stress(verify_whole, NULL, 300);
    nn_error err = {0};
    assert_int_equal(write_part("one", 1, 2, &err), NN_OK);
    assert_int_equal(write_part("two", 2, 2, &err), NN_OK);
    stress(merge_shards, corpus_is_whole, 300);
    assert_int_equal(verify_whole(&err), NN_OK);
}

static int open_all(void **state)
{
    nn_error err = {0};
    return folder_make(state) == 0 && nn_table_open(&shared, NULL, &err) == NN_OK &&
                   nn_table_open(&few, &(nn_table_config){.ops = "Add,Conv,Less,Relu,Where"}, &err) == NN_OK
               ? 0
               : -1;
}

static int close_all(void **state)
{
    nn_table_close(shared);
    nn_table_close(few);
    return folder_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(models),
        cmocka_unit_test(single_directories),
        cmocka_unit_test(corpora),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
