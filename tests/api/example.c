/* Writes one model with its inputs: example DIR. */
#include <nngen.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    nn_table *table = NULL;
    nn_family *family = NULL;
    nn_model *model = NULL;
    nn_error err = {0};
    nn_family_config config = {.nodes = 20, .count = 50, .seed = 7};
    if (nn_table_open(&table, NULL, &err) == NN_OK && nn_family_open(&family, table, &config, &err) == NN_OK &&
        nn_model_build(&model, family, 42, &err) == NN_OK)
        nn_model_write(model, argc > 1 ? argv[1] : "model", &err);
    if (err.status != NN_OK)
        fprintf(stderr, "%s\n", err.message);
    nn_model_free(model);
    nn_family_close(family);
    nn_table_close(table);
    return err.status != NN_OK;
}
