/* The whole search in memory and on disk, on a model made by hand; in builds with -DNN_STRESS every allocation fails in turn. */
#include "../onnx/hand_model.h"

#include "base/file_read.h"
#include "reduce/reduce.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODES = 12, FLOAT = 1 };

static void type(buffer *to, const char *name, unsigned number_in_graph)
{
    buffer dim = {.n = 0}, shape = {.n = 0}, tensor = {.n = 0}, all = {.n = 0}, info = {.n = 0};
    number(&dim, 1, 4);
    field(&shape, 1, dim.bytes, dim.n);
    number(&tensor, 1, FLOAT);
    field(&tensor, 2, shape.bytes, shape.n);
    field(&all, 1, tensor.bytes, tensor.n);
    text(&info, 1, name);
    field(&info, 2, all.bytes, all.n);
    field(to, number_in_graph, info.bytes, info.n);
}

/* t0 = First(x), t1 = Operator(t0) ..., where the node in the middle is of type Wanted; all types are stated. */
static void make_chain(buffer *model)
{
    static buffer graph;
    buffer import = {.n = 0};
    char in[16] = "x", out[16];
    graph.n = 0;
    for (int i = 0; i < NODES; i++) {
        buffer node = {.n = 0};
        (void)snprintf(out, sizeof out, "t%d", i);
        text(&node, 1, in);
        text(&node, 2, out);
        text(&node, 4, i == NODES / 2 ? "Wanted" : "Other");
        text(&node, 7, "my.domain");
        field(&graph, 1, node.bytes, node.n);
        memcpy(in, out, sizeof in);
    }
    text(&graph, 2, "g");
    type(&graph, "x", 11);
    for (int i = 0; i < NODES; i++) {
        (void)snprintf(out, sizeof out, "t%d", i);
        type(&graph, out, i + 1 == NODES ? 12 : 13);
    }
    model->n = 0;
    number(model, 1, 8);
    field(model, 7, graph.bytes, graph.n);
    text(&import, 1, "my.domain");
    number(&import, 2, 1);
    field(model, 8, import.bytes, import.n);
}

static double now(void)
{
    static double t;
    return t += 1e-3;
}

static void tell(void *data, const char *message)
{
    ++*(int *)data;
    assert_non_null(message);
}

static char folder[] = "/tmp/nngen-reduce-XXXXXX";
static char model_path[64], out_path[64];

/* `words`: the mode, if any, and what follows it. */
static nn_status reduce_by(json_line *out, const char *const *words, const volatile int *cancel, int *told, nn_error *err)
{
    static char path[] = "PATH=/usr/bin:/bin";
    static char *const environment[] = {path, NULL};
    char *argv[16] = {model_path, "--out", out_path, "--force"};
    int n = 4;
    for (; *words != NULL; words++)
        argv[n++] = (char *)(uintptr_t)*words;
    const reduce_watch w = {.now = now, .tell = tell, .data = told, .cancel = cancel, .environment = environment, .jobs = 2};
    return reduce_run_command(n, argv, out, &w, err);
}

static nn_status reduce(json_line *out, const char *word, const volatile int *cancel, int *told, nn_error *err)
{
    return reduce_by(out, (const char *const[]){"--", "grep", "-q", word, "{}", NULL}, cancel, told, err);
}

/* Other ways to say the same: a tool that fails, and a worker. */
static const char fails[] = "grep -q Wanted \"$0\" || exit 0; echo \"error: 3 of 't1'\" >&2; exit 4",
                  answers[] = "echo ready; while read p; do "
                              "if grep -q Wanted \"$p\"; then printf 'fail\\tbad 3\\tt11\\tt6\\n'; else echo pass; fi; done";
static const char *const by_failure[] = {"--same", "--", "sh", "-c", fails, "{}", NULL}, *const by_worker[] = {"--worker", "--",
                                                                                                               "sh",       "-c",
                                                                                                               answers,    NULL};

static int write_model(void **state)
{
    static buffer b;
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(model_path, sizeof model_path, "%s/model.onnx", folder);
    (void)snprintf(out_path, sizeof out_path, "%s/out", folder);
    make_chain(&b);
    int fd = open(model_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    bool good = fd >= 0 && write(fd, b.bytes, b.n) == (ssize_t)b.n;
    return good && close(fd) == 0 ? 0 : -1;
}

static int remove_all(void **state)
{
    char command[100];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void test_one_node_is_left(void **state)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    int told = 0;
    file_bytes text = {.bytes = NULL};
    char path[100];
    (void)state;
    assert_int_equal(reduce(&out, "Wanted", NULL, &told, &err), NN_OK);
    assert_int_equal(told, 1);
    assert_memory_equal(out.bytes, "12 nodes to 1, ", 15);
    (void)snprintf(path, sizeof path, "%s/smallest/model.txt", out_path);
    assert_int_equal(file_read(&text, AT_FDCWD, path, 0, 10000, path, &err), NN_OK);
    assert_string_equal(text.bytes, "opset my.domain 1\ninput x0: float32[4]\nt1 = my.domain.Wanted(x0)\noutput t1: float32[4]\n");
    file_bytes_free(&text);
    nn_free(out.bytes);
}

static void test_by_its_failure(void **state)
{
    (void)state;
    const char *const *const ways[] = {by_failure, by_worker};
    const char *const texts[] = {"\nfails: exit status 4: error: N of 'NAME'\n", "\nfails: bad N\n"};
    for (size_t i = 0; i < 2; i++) {
        json_line out = {.bytes = NULL};
        nn_error err = {0};
        int told = 0;
        assert_int_equal(reduce_by(&out, ways[i], NULL, &told, &err), NN_OK);
        assert_memory_equal(out.bytes, "12 nodes to 1, ", 15);
        line_text(&out, "", 1);
        assert_non_null(strstr(out.bytes, texts[i]));
        nn_free(out.bytes);
    }
}

static void test_not_interesting(void **state)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    int told = 0;
    char path[100];
    (void)state;
    assert_int_equal(reduce(&out, "Absent", NULL, &told, &err), NN_ERR_BUILD);
    assert_string_equal(err.message, "is not interesting: COMMAND ends with exit status 1; exit status 0 was expected");
    (void)snprintf(path, sizeof path, "%s/smallest", out_path);
    assert_int_equal(access(path, F_OK), -1);
    nn_free(out.bytes);
}

static void test_cancelled(void **state)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    int told = 0;
    char path[100];
    const volatile int cancel = 1;
    (void)state;
    assert_int_equal(reduce(&out, "Wanted", &cancel, &told, &err), NN_ERR_CANCELLED);
    (void)snprintf(path, sizeof path, "%s/calls", out_path);
    assert_int_equal(access(path, F_OK), -1);
    nn_free(out.bytes);
}

#ifdef NN_STRESS
/* The later allocations are like the first of each kind, so that a sample of them is enough. */
static void fail_each(const char *const *words)
{
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK; n += n / 8 + 1) {
        json_line out = {.bytes = NULL};
        nn_error err = {0};
        int told = 0;
        nn_stress_fail_at(n);
        s = reduce_by(&out, words, NULL, &told, &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        nn_free(out.bytes);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    fail_each((const char *const[]){"--", "grep", "-q", "Wanted", "{}", NULL});
    fail_each(by_failure);
    fail_each(by_worker);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_node_is_left), cmocka_unit_test(test_by_its_failure),
        cmocka_unit_test(test_not_interesting),  cmocka_unit_test(test_cancelled),
#ifdef NN_STRESS
        cmocka_unit_test(test_out_of_memory),
#endif
    };
    return cmocka_run_group_tests(tests, write_model, remove_all);
}
