/* Compares outputs with what is expected: compare EXPECTED ACTUAL. */
#include <nngen.h>
#include <stdio.h>

static void show(void *data, const nn_outside *e)
{
    (void)data;
    printf("%s: expected %g, bound %g, actual %g\n", e->output, e->expected, e->bound, e->actual);
}

int main(int argc, char **argv)
{
    nn_error err = {0};
    nn_compare_report r;
    nn_compare_config config = {.tell = show, .limit = 10};
    if (argc == 3 && nn_compare(argv[1], argv[2], &config, &r, &err) == NN_OK)
        return r.outside > 0;
    fprintf(stderr, "%s\n", argc == 3 ? err.message : "expected two paths");
    return 2;
}
