/* Corpora: the same with any number of threads, cancelled, without a directory, without memory. */
#include "folder.h"
#include "small_family.h"

#include <jansson.h>

typedef struct {
    uint64_t calls, stop_at;
    volatile int cancel;
} watch;

static void watching(void *data, const nn_progress *p)
{
    watch *w = data;
    w->calls++;
    assert_int_equal(p->done, w->calls); /* in order, one by one */
    assert_int_equal(p->count, 6);
    if (w->calls == w->stop_at)
        w->cancel = 1;
}

static json_t *manifest_in_folder(void)
{
    json_t *j = json_load_file(folder_path("manifest.json"), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    return j;
}

static void count_missing(void *data, const char *op, const char *reason)
{
    assert_true(op[0] != '\0' && reason[0] != '\0');
    ++*(size_t *)data;
}

static void corpora_with_any_number_of_threads(void **state)
{
    (void)state;
    char *texts[3] = {NULL};
    const unsigned jobs[] = {1, 2, 5};
    for (size_t i = 0; i < 3; i++) {
        nn_error err = {0};
        nn_corpus_report r;
        watch w = {0};
        size_t missing = 0;
        assert_int_equal(folder_make(NULL), 0);
        nn_corpus_config c = {.out = folder, .jobs = jobs[i], .progress = watching, .progress_data = &w, .cancel = &w.cancel};
        if (nn_corpus_write(family, &c, &r, count_missing, &missing, &err) != NN_OK)
            fail_msg("%s", err.message);
        assert_int_equal(w.calls, 6);
        assert_int_equal(r.models, 6);
        assert_int_equal(r.nodes, 72);
        assert_int_equal(r.operators, nn_table_operators(table));
        assert_int_equal(r.covered + r.missing, r.operators);
        assert_int_equal(missing, r.missing);
        json_t *j = manifest_in_folder();
        assert_int_equal(json_array_size(json_object_get(j, "missing")), missing);
        assert_null(json_object_get(j, "finished"));
        texts[i] = json_dumps(j, 0);
        assert_string_equal(texts[i], texts[0]);
        json_decref(j);
        assert_int_equal(folder_remove(NULL), 0);
    }
    for (size_t i = 0; i < 3; i++)
        free(texts[i]);
}

static void cancelled_runs_say_so(void **state)
{
    (void)state;
    nn_error err;
    nn_corpus_report r;
    watch w = {.stop_at = 2};
    assert_int_equal(folder_make(NULL), 0);
    nn_corpus_config c = {.out = folder, .progress = watching, .progress_data = &w, .cancel = &w.cancel};
    assert_int_equal(nn_corpus_write(family, &c, &r, NULL, NULL, &err), NN_ERR_CANCELLED);
    assert_string_equal(err.message, "stopped after 2 of 6 models");
    assert_int_equal(r.models, 2);
    json_t *j = manifest_in_folder();
    assert_int_equal(json_integer_value(json_object_get(j, "finished")), 2);
    json_decref(j);
    assert_int_equal(folder_remove(NULL), 0);
}

static void without_a_directory(void **state)
{
    (void)state;
    nn_error err;
    nn_corpus_report r = {0};
    assert_int_equal(nn_corpus_write(family, &(nn_corpus_config){.jobs = 2}, &r, NULL, NULL, &err), NN_OK);
    assert_int_equal(r.models, 6);
    assert_true(r.bytes > 6 * 500 && r.files >= 6 * 3);
    assert_int_equal(nn_corpus_write(family, &(nn_corpus_config){.jobs = 257}, &r, NULL, NULL, &err), NN_ERR_USAGE);
}

#ifdef NN_STRESS
static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (long n = 1, stride = 1;; n += stride, stride = n > 300 ? n / 40 : 1) {
        nn_error err = {0};
        nn_table *t = NULL;
        nn_family *f = NULL;
        nn_corpus_report r;
        assert_int_equal(folder_make(NULL), 0);
        nn_stress_fail_at(n);
        nn_status s = nn_table_open(&t, &(nn_table_config){.profile = "onnx"}, &err);
        if (s == NN_OK)
            s = nn_family_open(&f, t, &(nn_family_config){.nodes = 8, .count = 3}, &err);
        if (s == NN_OK)
            s = nn_corpus_write(f, &(nn_corpus_config){.out = folder}, &r, NULL, NULL, &err);
        nn_stress_fail_at(0);
        nn_family_close(f);
        nn_table_close(t);
        assert_int_equal(folder_remove(NULL), 0);
        if (s == NN_OK)
            return;
        assert_int_equal(s, NN_ERR_NOMEM);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAMILY(corpora_with_any_number_of_threads),
        WITH_FAMILY(cancelled_runs_say_so),
        WITH_FAMILY(without_a_directory),
#ifdef NN_STRESS
        cmocka_unit_test(every_allocation_may_fail),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
