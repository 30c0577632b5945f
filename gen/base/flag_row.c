#include "base/flag_row.h"
#include "base/help_row.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

void flag_rows_help(json_line *out, const flag_row *rows, size_t n_rows, unsigned use)
{
    for (const flag_row *r = rows; r < rows + n_rows; r++) {
        char left[64], text[300];
        if (r->use != 0 && (r->use & use) == 0)
            continue;
        (void)snprintf(left, sizeof left, "%s%s%s", r->flag, r->argument != NULL ? " " : "",
                       r->argument != NULL ? r->argument : "");
        if (r->kind == FLAG_NUMBER && r->fallback >= r->least)
            (void)snprintf(text, sizeof text, "%s (default: %lld)", r->help, (long long)r->fallback);
        else
            (void)snprintf(text, sizeof text, "%s", r->help);
        help_row(out, left, text);
    }
}

void flag_rows_defaults(void *values, const flag_row *rows, size_t n_rows)
{
    for (const flag_row *r = rows; r < rows + n_rows; r++)
        if (r->kind == FLAG_NUMBER)
            memcpy((char *)values + r->offset, &r->fallback, sizeof r->fallback);
}

const flag_row *flag_rows_find(const flag_row *rows, size_t n_rows, const char *word, size_t n)
{
    for (const flag_row *r = rows; r < rows + n_rows; r++)
        if (strlen(r->flag) == n && strncmp(r->flag, word, n) == 0)
            return r;
    return NULL;
}

nn_status flag_rows_unknown(const flag_row *rows, size_t n_rows, const char *word, size_t n, nn_error *err)
{
    nearest best = {0};
    char given[64];
    (void)snprintf(given, sizeof given, "%.*s", (int)(n < 60 ? n : 60), word);
    for (const flag_row *r = rows; r < rows + n_rows; r++)
        nearest_offer(&best, given, r->flag);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown option %s%s%s%s", given, best.word != NULL ? "; did you mean " : "",
                   best.word != NULL ? best.word : "", best.word != NULL ? "?" : "");
}

bool flag_read_number(const char *text, int64_t *x)
{
    bool good = *text != '\0';
    *x = 0;
    for (const char *p = text; good && *p != '\0'; p++)
        good = *p >= '0' && *p <= '9' && nn_mul64(*x, 10, x) && nn_add64(*x, *p - '0', x);
    return good;
}

nn_status flag_list_add(flag_list *list, const char *text, nn_error *err)
{
    void *p = list->items;
    if (!nn_grow(&p, &list->room, list->n + 1, sizeof *list->items))
        return nn_nomem(err);
    list->items = p;
    list->items[list->n++] = text;
    return NN_OK;
}

nn_status flag_row_set(void *values, const flag_row *r, const char *value, nn_error *err)
{
    int64_t x;
    if ((r->kind == FLAG_TEXT || r->kind == FLAG_LIST) && *value == '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected %s", r->flag, r->argument);
    if (r->kind == FLAG_LIST)
        return flag_list_add((flag_list *)(void *)((char *)values + r->offset), value, err);
    if (r->kind == FLAG_TEXT) {
        memcpy((char *)values + r->offset, &value, sizeof value);
        return NN_OK;
    }
    const bool good = flag_read_number(value, &x);
    memcpy((char *)values + r->offset, &x, sizeof x);
    if (good && x >= r->least && x <= r->greatest)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: expected an integer from %lld to %lld", r->flag,
                   *value != '\0' ? value : "''", (long long)r->least, (long long)r->greatest);
}

void flag_row_on(void *values, const flag_row *r)
{
    memcpy((char *)values + r->offset, &(int64_t){1}, sizeof(int64_t));
}

nn_status flag_rows_parse(void *values, const flag_row *rows, size_t n_rows, int argc, char *const *argv, flag_word_fn *word,
                          nn_error *err)
{
    nn_status s = NN_OK;
    bool options = true;
    flag_rows_defaults(values, rows, n_rows);
    for (int i = 0; i < argc && s == NN_OK; i++) {
        const char *a = argv[i], *equals = strchr(a, '=');
        size_t n = equals != NULL ? (size_t)(equals - a) : strlen(a);
        if (!options || a[0] != '-' || a[1] == '\0') {
            s = word(values, a, err);
            continue;
        }
        if (strcmp(a, "--") == 0) {
            options = false;
            continue;
        }
        const flag_row *r = flag_rows_find(rows, n_rows, a, n);
        if (r == NULL)
            s = flag_rows_unknown(rows, n_rows, a, n, err);
        else if (r->kind == FLAG_ON && equals != NULL)
            s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: no value was expected", r->flag);
        else if (r->kind == FLAG_ON)
            flag_row_on(values, r);
        else if (equals == NULL && i + 1 == argc)
            s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected %s", r->flag, r->argument);
        else {
            const char *value = equals != NULL ? equals + 1 : argv[++i];
            s = flag_row_set(values, r, value, err);
        }
    }
    return s;
}
