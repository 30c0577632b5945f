/* Motifs of models.jsonl. */
#include "corpus/row_motifs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char rows[] =
    "{\"name\":\"test_000001\",\"files\":{},\"motifs\":[{\"name\":\"gelu\",\"level\":\"exact\",\"nodes\":[3,4,7],\"mutations\":[]},"
    "{\"name\":\"silu\",\"level\":\"mutated\",\"nodes\":[]}]}\n"
    "{\"name\":\"test_000000\",\"files\":{},\"motifs\":[{\"name\":\"a\",\"level\":\"exact\",\"nodes\":[99999999999,1]}]}\n"
    "{\"name\":\"test_000002\",\"files\":{},\"motifs\":[]}\n"
    "not a row\n"
    "{\"name\":\"test_000003\",\"files\":{},\"motifs\":[{\"name\":7}]}\n"
    "{\"name\":\"test_000004\",\"files\":{},\"motifs\":[{\"name\":\"b\",\"level\":\"exact\",\"nodes\":[-1]}]}\n";

/* Reads the rows from a directory that is removed at once. */
static void read_rows(row_motifs *m, const char *text, const char *only)
{
    char dir[] = "/tmp/row-motifs-XXXXXX", path[80];
    nn_error err;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/models.jsonl", dir);
    if (text != NULL) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(row_motifs_read(m, fd, only, &err), NN_OK);
    close(fd);
    (void)unlink(path);
    assert_int_equal(rmdir(dir), 0);
}

static void motifs_are_found_by_model(void **state)
{
    (void)state;
    row_motifs m;
    read_rows(&m, rows, NULL);
    assert_int_equal(m.n, 3);
    const row_motifs_of *of = row_motifs_find(&m, "test_000001");
    assert_non_null(of);
    assert_int_equal(of->n_motifs, 2);
    assert_string_equal(of->motifs[0].name, "gelu");
    assert_string_equal(of->motifs[0].level, "exact");
    assert_int_equal(of->motifs[0].n_nodes, 3);
    assert_int_equal(of->motifs[0].nodes[2], 7);
    assert_int_equal(of->motifs[1].n_nodes, 0);
    of = row_motifs_find(&m, "test_000000");
    assert_non_null(of);
    assert_int_equal(of->motifs[0].nodes[0], UINT32_MAX); /* no node has this number */
    assert_null(row_motifs_find(&m, "test_000002"));
    assert_null(row_motifs_find(&m, "test_000003"));
    row_motifs_free(&m);
}

static void one_model_alone(void **state)
{
    (void)state;
    row_motifs m;
    read_rows(&m, rows, "test_000001");
    assert_int_equal(m.n, 1);
    assert_non_null(row_motifs_find(&m, "test_000001"));
    row_motifs_free(&m);
    read_rows(&m, rows, "test_00000");
    assert_int_equal(m.n, 0);
    row_motifs_free(&m);
}

static void a_directory_without_rows_has_none(void **state)
{
    (void)state;
    row_motifs m;
    read_rows(&m, NULL, NULL);
    assert_null(row_motifs_find(&m, "test_000000"));
    row_motifs_free(&m);
    read_rows(&m, "{\"name\":", NULL);
    assert_int_equal(m.n, 0);
    row_motifs_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(motifs_are_found_by_model),
        cmocka_unit_test(one_model_alone),
        cmocka_unit_test(a_directory_without_rows_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
