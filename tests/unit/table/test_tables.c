/* Runs the text cases of tests/tables/[*].case: a table in, its flat entries or an exact error message out.
 *
 * A case file holds cases; lines before the first one are comments:
 *
 *     == title
 *     opset 13                  settings: opset (default 17), stage (default load), escapes (\xHH, \\ in tables and profiles are
 * bytes)
 *     -- table specs/x.yaml     one or more tables; the name is t.yaml when left out
 *     operators: ...
 *     -- profile                p.yaml when the name is left out
 *     profile: ...
 *     -- motifs                 m.yaml when the name is left out; stage motifs compiles it for a small table of its own
 *     motifs: ...
 *     -- outputs                c.yaml when the name is left out; stage outputs compiles these rules for the same small table
 *     operators: ...
 *     -- error                  the message as file:line:column: text, or
 *     -- dump                   what the stage prints of the table
 *
 * A section ends before the next line that begins with `-- ` or `== `; blank lines at its end do not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>

#include <cmocka.h>

#include "lower/lower.h"
#include "motif/motif.h"
#include "reference/reference.h"

#ifndef TABLES_DIR
#define TABLES_DIR "tests/tables"
#endif

enum { MAX_TABLES = 4, FEWEST_ERRORS = 200 };

typedef struct {
    spec_file tables[MAX_TABLES];
    size_t n_tables;
    spec_file profile; /* name NULL: none */
    spec_file motifs, outputs;
    int opset;
} input;

typedef struct {
    const char *file, *title, *stage;
    int line;
    input in;
    const char *error, *dump; /* one is expected */
} table_case;

/* A stage turns the input into a text or an error. The text lives in the arena. */
typedef nn_status (*stage_run)(const input *in, char **text, arena *a, nn_error *err);

static nn_status run_load(const input *in, char **text, arena *a, nn_error *err)
{
    spec_table *t;
    nn_status s = spec_table_load(&t, in->tables, in->n_tables, in->profile.name != NULL ? &in->profile : NULL, in->opset, a, err);
    *text = arena_strdup(a, "");
    for (size_t i = 0; s == NN_OK && *text != NULL && i < t->n_entries; i++) {
        char *body;
        s = spec_dump(&body, t->entries[i].flat, 2, a, err);
        if (s == NN_OK)
            *text = arena_printf(a, "%s%s since %d\n%s", *text, t->entries[i].name, t->entries[i].since, body);
    }
    for (size_t i = 0; s == NN_OK && *text != NULL && i < t->n_exclusions; i++) {
        const spec_exclusion *e = &t->exclusions[i];
        *text = arena_printf(a, "%sexcluded %s %d..%d: %s\n", *text, e->op, e->first, e->last, e->reason);
    }
    for (size_t i = 0; s == NN_OK && *text != NULL && i < t->n_absent; i++)
        *text = arena_printf(a, "%sabsent %s\n", *text, t->absent[i]);
    return s == NN_OK && *text == NULL ? nn_nomem(err) : s;
}

static nn_status run_compile(const input *in, char **text, arena *a, nn_error *err)
{
    op_set *set;
    nn_status s = op_set_new(&set, in->tables, in->n_tables, in->profile.name != NULL ? &in->profile : NULL, in->opset, err);
    if (s != NN_OK)
        return s;
    if ((s = lower_fold_domains(set, err)) != NN_OK) {
        op_set_free(set);
        return s;
    }
    *text = arena_strdup(a, "");
    for (size_t i = 0; *text != NULL && i < set->n_ops; i++)
        *text = arena_printf(a, "%s%s\n", *text, set->ops[i].name);
    op_set_free(set);
    return *text == NULL ? nn_nomem(err) : NN_OK;
}

static const char *type_text(dtype_mask m, arena *a)
{
    const char *text = "";
    for (int t = 1; t < DT_COUNT && text != NULL; t++)
        if (m >> t & 1)
            text = arena_printf(a, "%s%s%s", text, *text != '\0' ? "|" : "", dtype_name((dtype)t));
    return text;
}

/* What float16, int8, bfloat16 and int4 beside float32 make of the type variables. */
static nn_status run_typed(const input *in, char **text, arena *a, nn_error *err)
{
    op_set *set;
    nn_status s = op_set_new_typed(&set, in->tables, in->n_tables, in->profile.name != NULL ? &in->profile : NULL, in->opset,
                                   dtype_bit(DT_FLOAT16) | dtype_bit(DT_INT8) | dtype_bit(DT_BFLOAT16) | dtype_bit(DT_INT4), err);
    if (s != NN_OK)
        return s;
    *text = arena_strdup(a, "");
    for (size_t i = 0; i < set->n_ops; i++)
        for (size_t k = 0; *text != NULL && k < set->ops[i].n_types; k++) {
            const char *types = type_text(set->ops[i].type_masks[k], a);
            *text =
                types != NULL ? arena_printf(a, "%s%s %s %s\n", *text, set->ops[i].name, set->ops[i].type_names[k], types) : NULL;
        }
    for (size_t i = 0; *text != NULL && i < set->n_untyped; i++) {
        const char *types = type_text(set->untyped[i].types, a);
        *text = types != NULL ? arena_printf(a, "%s%s lacks %s\n", *text, set->untyped[i].op, types) : NULL;
    }
    op_set_free(set);
    return *text == NULL ? nn_nomem(err) : NN_OK;
}

static const char motif_table[] =
    "operators:\n"
    "  Neg: {types: {T: [float32]}, wide: {T: [floats]}, since: [1], in: {x: T}, out: {y: T}, shape: {y: shape(x)}, range: {y: "
    "-x}}\n"
    "  Add: {types: {T: [float32]}, wide: {T: [floats]}, since: [1], in: {a: T, b: T data}, out: {y: T},\n"
    "    shape: {y: 'broadcast(a, b)'}, range: {y: a + b}}\n"
    "  Join: {types: {T: [float32]}, since: [1], in: {xs: T variadic 2..4}, out: {y: T}, attrs: {mode: \"string {'a', 'b'}\"},\n"
    "    shape: {y: 'shape(nth(xs, 0))'}, range: {y: hull(xs)}}\n"
    "  Turn: {types: {T: [float32]}, since: [1], in: {x: T, s: int64 constant optional}, out: {y: T},\n"
    "    attrs: {perm: ints permutation(rank(x)), k: int 0..3 default 0}, shape: {y: '[x[i] for i in perm]', s: '[1]'},\n"
    "    values: {s: '[1]'}, range: {y: x}}\n"
    "  New: {types: {T: [float32]}, since: [18], in: {x: T}, out: {y: T}, shape: {y: shape(x)}, range: {y: x}}\n";

/* The names of motifs, and why they are left out. */
static nn_status run_motifs(const input *in, char **text, arena *a, nn_error *err)
{
    const spec_file f = {.name = "t.yaml", .bytes = motif_table, .size = sizeof motif_table - 1};
    op_set *set;
    motif_set *motifs;
    nn_status s = op_set_new(&set, &f, 1, in->profile.name != NULL ? &in->profile : NULL, in->opset, err);
    if (s != NN_OK)
        return s;
    s = motif_set_new(&motifs, set, NULL, &in->motifs, 1, err);
    *text = arena_strdup(a, "");
    for (size_t i = 0; s == NN_OK && *text != NULL && i < motif_count(motifs); i++) {
        const char *why = motif_left_out(motifs, i);
        *text = arena_printf(a, "%s%s %d%s%s\n", *text, motif_name(motifs, i), (int)motif_nodes(motifs, i), why != NULL ? ": " : "",
                             why != NULL ? why : "");
    }
    motif_set_free(motifs);
    op_set_free(set);
    return s == NN_OK && *text == NULL ? nn_nomem(err) : s;
}

/* The operators whose outputs have rules. */
static nn_status run_outputs(const input *in, char **text, arena *a, nn_error *err)
{
    const spec_file f = {.name = "t.yaml", .bytes = motif_table, .size = sizeof motif_table - 1};
    op_set *set;
    ref_table *rules;
    nn_status s = op_set_new(&set, &f, 1, NULL, in->opset, err);
    if (s != NN_OK)
        return s;
    s = ref_table_new(&rules, set, &in->outputs, 1, err);
    *text = arena_strdup(a, "");
    for (size_t i = 0; s == NN_OK && *text != NULL && i < set->n_ops; i++)
        if (ref_table_has(rules, (int)i))
            *text = arena_printf(a, "%s%s\n", *text, set->ops[i].name);
    ref_table_free(rules);
    op_set_free(set);
    return s == NN_OK && *text == NULL ? nn_nomem(err) : s;
}

/* A layer above the loader that has errors of its own adds its row here. */
static const struct {
    const char *name;
    stage_run run;
} stages[] = {
    {"load", run_load}, {"compile", run_compile}, {"typed", run_typed}, {"motifs", run_motifs}, {"outputs", run_outputs},
};

/* ---- running a case ---- */

static stage_run find_stage(const char *name)
{
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        if (strcmp(stages[i].name, name) == 0)
            return stages[i].run;
    fail_msg("no stage %s", name);
    return NULL;
}

static char *error_text(const nn_error *e, arena *a)
{
    if (e->file[0] == '\0')
        return arena_printf(a, "%s\n", e->message);
    if (e->line == 0)
        return arena_printf(a, "%s: %s\n", e->file, e->message);
    return arena_printf(a, "%s:%d:%d: %s\n", e->file, e->line, e->column, e->message);
}

static void compare(const table_case *c, nn_status s, const char *text, const nn_error *err, arena *a)
{
    const char *expected = c->error != NULL ? c->error : c->dump;
    const char *got = s == NN_OK ? text : error_text(err, a);
    if ((s == NN_OK) != (c->error == NULL) || strcmp(got, expected) != 0)
        fail_msg("%s:%d: %s\nexpected %s:\n%sgot %s:\n%s", c->file, c->line, c->title, c->error != NULL ? "the error" : "the dump",
                 expected, s == NN_OK ? "the dump" : "the error", got);
}

static void run_case(void **state)
{
    const table_case *c = *state;
    stage_run run = find_stage(c->stage);
    arena texts;
    arena_init(&texts, 0);
#ifdef NN_STRESS
    for (long n = 1;; n++) {
        arena small; /* blocks so small that nearly every allocation is one of the counted */
        arena_init(&small, 16);
        nn_error e;
        char *t = NULL;
        nn_stress_fail_at(n);
        nn_status status = run(&c->in, &t, &small, &e);
        nn_stress_fail_at(0);
        if (status != NN_ERR_NOMEM) {
            compare(c, status, t, &e, &texts);
            arena_free(&small);
            break;
        }
        assert_string_equal(e.message, "out of memory");
        arena_free(&small);
    }
#endif
    arena a;
    arena_init(&a, 0);
    nn_error err;
    char *text = NULL;
    nn_status s = run(&c->in, &text, &a, &err);
    compare(c, s, text, &err, &texts);
    arena_free(&a);
    arena_free(&texts);
}

/* ---- reading case files ---- */

typedef struct {
    arena *a;
    const char *file, *at;
    int line;
    table_case *cases;
    size_t n, capacity;
} reader;

static void bad(const reader *r, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", r->file, r->line, what);
    exit(2);
}

static void *must(const void *p)
{
    if (p == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
    return (void *)(uintptr_t)p;
}

/* The next line without its end, NULL at the end of the file. */
static char *next_line(reader *r)
{
    if (*r->at == '\0')
        return NULL;
    size_t n = strcspn(r->at, "\n");
    char *line = must(arena_strndup(r->a, r->at, n));
    r->at += n + (r->at[n] == '\n');
    r->line++;
    return line;
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Up to the next marker, ended by one newline; empty if there are only blank lines. */
static char *section(reader *r)
{
    const char *start = r->at, *end = r->at;
    while (*r->at != '\0' && !begins(r->at, "-- ") && !begins(r->at, "== ")) {
        size_t n = strcspn(r->at, "\n");
        if (n > 0)
            end = r->at + n;
        r->at += n + (r->at[n] == '\n');
        r->line++;
    }
    return must(arena_printf(r->a, "%.*s%s", (int)(end - start), start, end > start ? "\n" : ""));
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t unescape(const reader *r, char *s)
{
    size_t n = 0;
    for (const char *p = s; *p != '\0'; p++)
        if (*p != '\\') {
            s[n++] = *p;
        } else if (p[1] == '\\') {
            s[n++] = *++p;
        } else {
            if (p[1] != 'x' || hex(p[2]) < 0 || hex(p[3]) < 0)
                bad(r, "expected \\xHH or \\\\");
            s[n++] = (char)(hex(p[2]) * 16 + hex(p[3]));
            p += 3;
        }
    return n;
}

/* Bytes get a block of their own, so that a sanitizer sees reads past their end. They live as long as the process. */
static spec_file file_of(const reader *r, const char *name, char *text, bool escapes)
{
    spec_file f = {.name = name, .bytes = NULL, .size = escapes ? unescape(r, text) : strlen(text)};
    char *bytes = must(nn_malloc(f.size));
    memcpy(bytes, text, f.size);
    f.bytes = bytes;
    return f;
}

static const char *name_after(const char *line, const char *marker, const char *otherwise)
{
    const char *name = line + strlen(marker);
    return *name == ' ' && name[1] != '\0' ? name + 1 : otherwise;
}

static void read_section(reader *r, table_case *c, const char *marker, bool escapes)
{
    char *text = section(r);
    if (begins(marker, "-- table")) {
        if (c->in.n_tables == MAX_TABLES)
            bad(r, "too many tables in a case");
        c->in.tables[c->in.n_tables++] = file_of(r, name_after(marker, "-- table", "t.yaml"), text, escapes);
    } else if (begins(marker, "-- profile")) {
        c->in.profile = file_of(r, name_after(marker, "-- profile", "p.yaml"), text, escapes);
    } else if (begins(marker, "-- outputs")) {
        c->in.outputs = file_of(r, name_after(marker, "-- outputs", "c.yaml"), text, escapes);
    } else if (begins(marker, "-- motifs")) {
        c->in.motifs = file_of(r, name_after(marker, "-- motifs", "m.yaml"), text, escapes);
    } else if (strcmp(marker, "-- error") == 0) {
        c->error = text;
    } else if (strcmp(marker, "-- dump") == 0) {
        c->dump = text;
    } else {
        bad(r, "expected -- table, -- profile, -- motifs, -- outputs, -- error or -- dump");
    }
}

/* line: the title's. */
static void read_case(reader *r, const char *line)
{
    table_case c = {.file = r->file, .title = line + 3, .stage = "load", .line = r->line, .in.opset = 17};
    bool escapes = false;
    while (*r->at != '\0' && !begins(r->at, "== ")) {
        char *s = next_line(r);
        if (begins(s, "-- "))
            read_section(r, &c, s, escapes);
        else if (begins(s, "opset "))
            c.in.opset = atoi(s + 6);
        else if (begins(s, "stage "))
            c.stage = s + 6;
        else if (strcmp(s, "escapes") == 0)
            escapes = true;
        else if (s[0] != '\0')
            bad(r, "expected a setting or a section");
    }
    if ((c.error == NULL) == (c.dump == NULL))
        bad(r, "expected one of -- error and -- dump in the case before");
    void *grown = r->cases;
    if (!nn_grow(&grown, &r->capacity, r->n + 1, sizeof c))
        must(NULL);
    r->cases = grown;
    r->cases[r->n++] = c;
}

static void read_cases(reader *r, const char *path)
{
    spec_file f;
    nn_error err;
    if (spec_read_file(&f, path, r->a, &err) != NN_OK) {
        fprintf(stderr, "%s: %s\n", err.file, err.message);
        exit(2);
    }
    r->file = f.name;
    r->at = must(arena_strndup(r->a, f.bytes, f.size));
    r->line = 0;
    for (char *line; (line = next_line(r)) != NULL;)
        if (begins(line, "== "))
            read_case(r, line);
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void read_folder(reader *r, const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL) {
        perror(dir);
        exit(2);
    }
    const char *paths[256];
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        size_t length = strlen(e->d_name);
        if (length > 5 && strcmp(e->d_name + length - 5, ".case") == 0 && n < sizeof paths / sizeof paths[0])
            paths[n++] = must(arena_printf(r->a, "%s/%s", dir, e->d_name));
    }
    closedir(d);
    qsort(paths, n, sizeof *paths, by_text);
    for (size_t i = 0; i < n; i++)
        read_cases(r, paths[i]);
}

static void enough_errors(void **state)
{
    const reader *r = *state;
    size_t errors = 0;
    for (size_t i = 0; i < r->n; i++)
        errors += r->cases[i].error != NULL;
    assert_true(errors >= FEWEST_ERRORS);
}

int main(int argc, char **argv)
{
    arena a;
    arena_init(&a, 0);
    reader r = {.a = &a};
    read_folder(&r, argc > 1 ? argv[1] : TABLES_DIR);
    struct CMUnitTest *tests = must(arena_calloc(&a, r.n + 1, sizeof *tests));
    for (size_t i = 0; i < r.n; i++)
        tests[i] = (struct CMUnitTest){.name = r.cases[i].title, .test_func = run_case, .initial_state = &r.cases[i]};
    tests[r.n] = (struct CMUnitTest){.name = "there are enough malformed tables", .test_func = enough_errors, .initial_state = &r};
    int failed = _cmocka_run_group_tests("tables", tests, r.n + 1, NULL, NULL);
    for (size_t i = 0; i < r.n; i++) {
        for (size_t k = 0; k < r.cases[i].in.n_tables; k++)
            nn_free((void *)(uintptr_t)r.cases[i].in.tables[k].bytes);
        nn_free((void *)(uintptr_t)r.cases[i].in.profile.bytes);
        nn_free((void *)(uintptr_t)r.cases[i].in.motifs.bytes);
        nn_free((void *)(uintptr_t)r.cases[i].in.outputs.bytes);
    }
    nn_free(r.cases);
    arena_free(&a);
    return failed;
}
