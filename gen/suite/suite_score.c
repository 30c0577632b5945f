#include "suite/suite_score.h"
#include "arena.h"
#include "base/directory.h"
#include "base/line_reader.h"
#include "suite/suite_lines.h"
#include "suite/suite_outputs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X(name, word of results, heading) */
#define OUTCOMES(X)                              \
    X(PASSED, "passed", "passed")                \
    X(FAILED, "failed", "failed")                \
    X(CRASHED, "crashed", "crashed")             \
    X(UNSUPPORTED, "unsupported", "unsupported") \
    X(NOT_RUN, "", "not run")

typedef enum {
#define X(id, word, heading) RESULT_##id,
    OUTCOMES(X)
#undef X
        RESULT_COUNT
} outcome;

static const char *const words[] = {
#define X(id, word, heading) word,
    OUTCOMES(X)
#undef X
};
static const char *const headings[] = {
#define X(id, word, heading) heading,
    OUTCOMES(X)
#undef X
};

typedef struct {
    const char *name, *operator;
    outcome outcome;
} suite_case;

typedef struct {
    arena mem;
    suite_case *all; /* in the order of names */
    size_t n, capacity;
    size_t unknown;
} scores;

/* ---- reading ---- */

static nn_status bad_line(const char *path, int number, const char *what, nn_error *err)
{
    return nn_fail(err, NN_ERR_IO, path, number, 0, "%s", what);
}

static nn_status add_case(scores *s, const char *line, size_t n, const char *path, int number, nn_error *err)
{
    char name[LINE_TEXT], operator[LINE_TEXT];
    if (!line_field(line, n, "case", name) || !line_field(line, n, "operator", operator))
        return bad_line(path, number, "expected an object with \"case\" and \"operator\"", err);
    if (!nn_grow((void **)&s->all, &s->capacity, s->n + 1, sizeof *s->all))
        return nn_nomem(err);
    suite_case *c = &s->all[s->n++];
    *c = (suite_case){arena_strdup(&s->mem, name), arena_strdup(&s->mem, operator), RESULT_NOT_RUN};
    return c->name != NULL && c->operator!= NULL ? NN_OK : nn_nomem(err);
}

static int by_name(const void *x, const void *y)
{
    return strcmp(((const suite_case *)x)->name, ((const suite_case *)y)->name);
}

/* "CASE,OUTCOME" */
static bool split(const char *line, size_t n, char name[LINE_TEXT], char word[LINE_TEXT])
{
    const char *comma = memchr(line, ',', n);
    const size_t k = comma != NULL ? (size_t)(comma - line) : 0, rest = comma != NULL ? n - k - 1 : 0;
    if (k == 0 || k >= LINE_TEXT || rest == 0 || rest >= LINE_TEXT)
        return false;
    memcpy(name, line, k);
    name[k] = '\0';
    memcpy(word, comma + 1, rest);
    word[rest] = '\0';
    return true;
}

static nn_status add_result(scores *s, const char *line, size_t n, const char *path, int number, nn_error *err)
{
    char name[LINE_TEXT], word[LINE_TEXT];
    const bool object = line[0] == '{';
    if (object ? !line_field(line, n, "case", name) || !line_field(line, n, "outcome", word) : !split(line, n, name, word))
        return bad_line(path, number, "expected {\"case\": C, \"outcome\": O} or C,O", err);
    if (number == 1 && !object && strcmp(word, "outcome") == 0) /* the heading of a CSV file */
        return NN_OK;
    size_t k = 0;
    while (k < RESULT_NOT_RUN && strcmp(words[k], word) != 0)
        k++;
    if (k == RESULT_NOT_RUN)
        return bad_line(path, number, "expected the outcome passed, failed, unsupported or crashed", err);
    const suite_case key = {.name = name};
    suite_case *c = s->n > 0 ? bsearch(&key, s->all, s->n, sizeof *s->all, by_name) : NULL;
    if (c == NULL)
        s->unknown++;
    else if (c->outcome != RESULT_NOT_RUN)
        return bad_line(path, number, "names a case for the second time", err);
    else
        c->outcome = (outcome)k;
    return NN_OK;
}

typedef nn_status use_line(scores *s, const char *line, size_t n, const char *path, int number, nn_error *err);

static nn_status read_lines(scores *s, const char *path, use_line *use, nn_error *err)
{
    line_reader r = {.fd = -1};
    const char *line;
    size_t n = 1;
    nn_status st = line_reader_open(&r, AT_FDCWD, path, 0, path, err);
    for (int number = 1; st == NN_OK && n > 0; number++) {
        st = line_reader_next(&r, &line, &n, err);
        size_t length = n;
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        if (st == NN_OK && length > 0)
            st = use(s, line, length, path, number, err);
    }
    line_reader_close(&r);
    return st;
}

static nn_status read_index(scores *s, const char *dir, nn_error *err)
{
    const char *path = arena_printf(&s->mem, "%s/index.jsonl", dir);
    nn_status st = path != NULL ? read_lines(s, path, add_case, err) : nn_nomem(err);
    if (st == NN_OK && s->n > 0)
        qsort(s->all, s->n, sizeof *s->all, by_name);
    return st;
}

static nn_status judge_outputs(scores *s, const char *results, const char *index, nn_error *err)
{
    static const outcome outcomes[] = {
        [OUTPUTS_MISSING] = RESULT_NOT_RUN, [OUTPUTS_WITHIN] = RESULT_PASSED, [OUTPUTS_OUTSIDE] = RESULT_FAILED};
    nn_status st = NN_OK;
    for (size_t i = 0; i < s->n && st == NN_OK; i++) {
        outputs_verdict v;
        st = suite_outputs_judge(&v, results, index, s->all[i].name, err);
        s->all[i].outcome = outcomes[v];
    }
    return st;
}

/* ---- tables ---- */

typedef struct {
    const char *operator;
    size_t all, of[RESULT_COUNT];
} tally;

static void add_tally(tally *to, const tally *from)
{
    to->all += from->all;
    for (size_t k = 0; k < RESULT_COUNT; k++)
        to->of[k] += from->of[k];
}

static void put_text(json_line *out, const tally *t)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%-30.60s %7zu %7zu %7zu %7zu %11zu %7zu\n", t->operator, t->all, t->of[0], t->of[1],
                   t->of[2], t->of[3], t->of[4]);
    line_raw(out, text);
}

static void put_markdown(json_line *out, const tally *t)
{
    char text[200];
    (void)snprintf(text, sizeof text, "| %.60s | %zu | %zu | %zu | %zu | %zu | %zu |\n", t->operator, t->all, t->of[0], t->of[1],
                   t->of[2], t->of[3], t->of[4]);
    line_raw(out, text);
}

static void put_json(json_line *out, const tally *t)
{
    line_next(out);
    line_raw(out, "\n{");
    line_key(out, "operator");
    line_string(out, t->operator);
    line_key(out, "cases");
    line_int(out, (int64_t)t->all);
    for (size_t k = 0; k < RESULT_COUNT; k++) {
        line_key(out, k == RESULT_NOT_RUN ? "not_run" : words[k]);
        line_int(out, (int64_t)t->of[k]);
    }
    line_raw(out, "}");
}

static void head(json_line *out, const char *format)
{
    char text[200];
    if (strcmp(format, "json") == 0) {
        line_raw(out, "{");
        line_key(out, "operators");
        line_raw(out, "[");
    } else if (strcmp(format, "markdown") == 0) {
        line_raw(out, "| operator | cases |");
        for (size_t k = 0; k < RESULT_COUNT; k++) {
            (void)snprintf(text, sizeof text, " %s |", headings[k]);
            line_raw(out, text);
        }
        line_raw(out, "\n|---|---|---|---|---|---|---|\n");
    } else {
        (void)snprintf(text, sizeof text, "%-30s %7s %7s %7s %7s %11s %7s\n", "operator", "cases", headings[0], headings[1],
                       headings[2], headings[3], headings[4]);
        line_raw(out, text);
    }
}

static void put(json_line *out, const char *format, const tally *t)
{
    if (strcmp(format, "json") == 0)
        put_json(out, t);
    else if (strcmp(format, "markdown") == 0)
        put_markdown(out, t);
    else
        put_text(out, t);
}

static void report(json_line *out, const scores *s, const char *format)
{
    tally total = {.operator= "all" };
    head(out, format);
    for (size_t i = 0, end; i < s->n; i = end) { /* names begin with the operator's, so its cases lie together */
        tally t = {.operator= s->all[i].operator};
        for (end = i; end < s->n && strcmp(s->all[end].operator, t.operator) == 0; end++) {
            t.all++;
            t.of[s->all[end].outcome]++;
        }
        put(out, format, &t);
        add_tally(&total, &t);
    }
    if (strcmp(format, "json") == 0) {
        line_raw(out, "]");
        line_key(out, "all");
        line_raw(out, "[");
        put_json(out, &total);
        line_raw(out, "]}\n");
    } else {
        put(out, format, &total);
    }
}

nn_status suite_score(json_line *out, const char *results, const char *index, const char *format, size_t *unknown, nn_error *err)
{
    scores s = {.n = 0};
    arena_init(&s.mem, 0);
    nn_status st = read_index(&s, index, err);
    if (st == NN_OK)
        st = directory_exists(results) ? judge_outputs(&s, results, index, err) : read_lines(&s, results, add_result, err);
    if (st == NN_OK)
        report(out, &s, format);
    *unknown = s.unknown;
    nn_free(s.all);
    arena_free(&s.mem);
    return st == NN_OK && out->failed ? nn_nomem(err) : st;
}
