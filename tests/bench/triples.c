/* What share of the feasible triples of operators a corpus has. Three operators in a row are feasible if the corpus has them, or
 * if the solver finds an instance in so many tries on new graph inputs; where two of them can never follow one another, so neither
 * can the three.
 *
 *     triples OPERATORS TRIES OPSET < list     OPERATORS as of --ops; list as `nngen coverage --show sequences --format csv` writes
 * it */
#include "family/family.h"
#include "build/path_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *text)
{
    fprintf(stderr, "triples: %s\n", text);
    return 1;
}

/* Marks the triples of the list: a line "A,B,C",models. False: an operator that is not among them. */
static bool read_list(const op_set *set, bool *has)
{
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        char *end = line[0] == '"' ? strchr(line + 1, '"') : NULL;
        size_t n = 0, key = 0;
        if (end == NULL)
            continue;
        *end = '\0';
        for (char *word = strtok(line + 1, ","); word != NULL; word = strtok(NULL, ","), n++) {
            int op = op_find(set, word);
            if (op < 0)
                return false;
            key = n < 3 ? key * set->n_ops + (size_t)op : key;
        }
        if (n == 3)
            has[key] = true;
    }
    return true;
}

static nn_status count(const op_set *set, const pair_table *p, const bool *has, builder *b, int most)
{
    size_t n = set->n_ops, seen = 0, feasible = 0, chains = 0;
    for (size_t k = 0; k < n * n * n; k++) {
        const uint16_t ops[3] = {(uint16_t)(k / n / n), (uint16_t)(k / n % n), (uint16_t)(k % n)};
        const char *reason = NULL;
        bool chain = !pairs_reason(p, ops[0], ops[1]) && !pairs_reason(p, ops[1], ops[2]);
        int tries = most;
        if (!has[k] && chain && path_probe(b, ops, 3, &tries, &reason) != NN_OK)
            return NN_ERR_NOMEM;
        chains += chain;
        seen += has[k];
        feasible += has[k] || (chain && !reason);
    }
    printf("%zu operators, %zu pairs that are feasible, %zu triples of two such pairs\n", n, pairs_count(p), chains);
    printf("%zu triples seen, %zu known to be feasible (seen, or solved in %d tries): %.2f %%\n", seen, feasible, most,
           feasible > 0 ? 100.0 * (double)seen / (double)feasible : 0.0);
    return NN_OK;
}

int main(int argc, char **argv)
{
    const lower_limits limits = {.max_elements = 4096};
    nn_table *table = NULL;
    pair_table *pairs = NULL;
    builder *b = NULL;
    tape *t = NULL;
    bool *has = NULL;
    nn_error err = {0};
    if (argc != 4)
        return fail("OPERATORS TRIES OPSET < list of sequences");
    nn_status s = nn_table_open(&table, &(nn_table_config){.opset = atoi(argv[3]), .ops = argv[1]}, &err);
    if (s == NN_OK)
        s = pairs_new(&pairs, table->ops, &limits, NULL, &err);
    if (s == NN_OK)
        s = builder_new(&b, table->ops, &err);
    if (s == NN_OK)
        s = tape_new_seeded(&t, 0, 0, &err);
    if (s == NN_OK)
        s = path_probe_begin(b, t, &limits);
    if (s == NN_OK) {
        size_t n = table->ops->n_ops;
        has = nn_calloc(n * n * n, sizeof *has);
        if (has != NULL && !read_list(table->ops, has))
            return fail("the list has another operator");
        s = has != NULL ? count(table->ops, pairs, has, b, atoi(argv[2])) : NN_ERR_NOMEM;
    }
    nn_free(has);
    tape_free(t);
    builder_free(b);
    pairs_free(pairs);
    nn_table_close(table);
    return s == NN_OK ? 0 : fail(err.message[0] != '\0' ? err.message : "no memory");
}
