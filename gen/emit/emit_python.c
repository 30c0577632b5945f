#include "emit/emit_python.h"
#include "base/mix.h"
#include "write/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void emit_string(json_line *out, const char *s)
{
    line_string(out, s != NULL ? s : ""); /* a JSON string is a literal of Python too */
}

void emit_bytes(json_line *out, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    char text[8];
    line_raw(out, "b\"");
    for (size_t i = 0; i < n; i++) {
        bool plain = b[i] >= ' ' && b[i] <= '~' && b[i] != '"' && b[i] != '\\';
        (void)snprintf(text, sizeof text, plain ? "%c" : "\\x%02x", b[i]);
        line_raw(out, text);
    }
    line_raw(out, "\"");
}

void emit_real(json_line *out, double x, dtype type)
{
    char text[48];
    bool finite = x - x >= 0 && x - x <= 0;
    type = x > 3.4e38 || x < -3.4e38 ? DT_DOUBLE : type; /* rounded up, the largest float32 would be too large */
    int most = type == DT_DOUBLE ? 17 : 9;
    if (!finite) {
        line_raw(out, x > 0 ? "np.inf" : x < 0 ? "-np.inf" : "np.nan");
        return;
    }
    for (int digits = 1; digits <= most; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, x);
        double back = strtod(text, NULL);
        if (type == DT_DOUBLE ? back == x : (float)back == (float)x)
            break;
    }
    (void)line_point(text);
    line_raw(out, text);
    if (strpbrk(text, ".e") == NULL)
        line_raw(out, ".0"); /* Python takes it as an integer otherwise */
}

void emit_fill(json_line *out, const char *template, const emit_word *words)
{
    for (const char *s = template; *s != '\0';) {
        const emit_word *w = words;
        while (w->word != NULL && strncmp(s, w->word, strlen(w->word)) != 0)
            w++;
        if (w->word != NULL) {
            line_raw(out, w->text);
            s += strlen(w->word);
        } else
            line_text(out, s++, 1);
    }
}

void emit_ints(json_line *out, const int64_t *all, size_t n)
{
    line_raw(out, "[");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? ", " : "");
        line_int(out, all[i]);
    }
    line_raw(out, "]");
}

/* ---- names ---- */

static bool is_among(const char *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(s, words[i]) == 0)
            return true;
    return false;
}

bool emit_is_keyword(const char *s)
{
    static const char *const words[] = {"False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
                                        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
                                        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
                                        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
    return is_among(s, words, sizeof words / sizeof words[0]);
}

/* Words that a program uses otherwise. */
static bool is_used(const char *s)
{
    static const char *const words[] = {"self",  "np",    "os",    "sys", "data", "list",     "tuple",    "int", "float",
                                        "bool",  "len",   "range", "max", "min",  "abs",      "sum",      "zip", "sorted",
                                        "print", "super", "dict",  "str", "map",  "reversed", "enumerate"};
    return is_among(s, words, sizeof words / sizeof words[0]);
}

/* next: of what is put behind the name to make another. */
struct emit_name {
    const char *text; /* NULL: the place is free */
    size_t next;
};

/* The place of the name, or the free one where it belongs. There is always a free place. */
static struct emit_name *name_place(const emit_names *names, const char *s)
{
    size_t i = (size_t)mix64(fnv_text(FNV_START, s)) & (names->room - 1);
    while (names->all[i].text != NULL && strcmp(names->all[i].text, s) != 0)
        i = (i + 1) & (names->room - 1);
    return &names->all[i];
}

/* Makes room for one more name, so that half of the places stay free. */
static bool names_grow(emit_names *names)
{
    if (names->n * 2 < names->room)
        return true;
    emit_names more = {.room = names->room > 0 ? names->room * 2 : 64, .n = names->n, .a = names->a};
    more.all = nn_calloc(more.room, sizeof *more.all);
    if (more.all == NULL)
        return false;
    for (size_t i = 0; i < names->room; i++)
        if (names->all[i].text != NULL)
            *name_place(&more, names->all[i].text) = names->all[i];
    nn_free(names->all);
    *names = more;
    return true;
}

void emit_names_free(emit_names *names)
{
    nn_free(names->all);
    *names = (emit_names){.all = NULL};
}

enum { NAME_MOST = 60 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* An identifier like `wanted`. */
static void name_clean(char base[NAME_MOST + 8], const char *wanted)
{
    size_t n = 0;
    if (wanted == NULL || *wanted == '\0' || *wanted == '_' || is_digit(*wanted))
        base[n++] = 'x';
    for (const char *c = wanted != NULL ? wanted : ""; *c != '\0' && n < NAME_MOST; c++) {
        bool good = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || is_digit(*c) || *c == '_';
        if (good || (n > 0 && base[n - 1] != '_'))
            base[n++] = good ? *c : '_';
        else if (n == 0)
            base[n++] = 'x';
    }
    base[n] = '\0';
    if (emit_is_keyword(base) || is_used(base)) {
        base[n++] = '_';
        base[n] = '\0';
    }
}

const char *emit_new_name(emit_names *names, const char *wanted)
{
    char base[NAME_MOST + 8];
    name_clean(base, wanted);
    if (!names_grow(names))
        return NULL;
    struct emit_name *first = name_place(names, base), *place = first;
    const char *name = place->text == NULL ? arena_strdup(names->a, base) : NULL;
    while (place->text != NULL) {
        name = arena_printf(names->a, "%s_%zu", base, first->next++);
        if (name == NULL)
            return NULL;
        place = name_place(names, name);
    }
    if (name != NULL) {
        *place = (struct emit_name){name, 1};
        names->n++;
    }
    return name;
}

/* ---- arrays ---- */

struct npz_bytes {
    npz z;
};

nn_status emit_arrays_open(emit_arrays *to, size_t most, arena *a, nn_error *err)
{
    *to = (emit_arrays){.most = most, .names = {.a = a}, .status = NN_OK, .err = err};
    to->archive = nn_calloc(1, sizeof *to->archive);
    if (to->archive == NULL)
        return nn_nomem(err);
    npz_begin(&to->archive->z);
    return NN_OK;
}

void emit_arrays_close(emit_arrays *to)
{
    if (to->archive != NULL)
        npz_free(&to->archive->z);
    nn_free(to->archive);
    emit_names_free(&to->names);
    to->archive = NULL;
}

/* NumPy lacks the narrow types; onnx knows a type for them, by the name that TensorProto gives them. */
static void put_type(json_line *out, dtype t)
{
    char name[24];
    size_t n = 0;
    if (dtype_since(t) == 1) {
        line_raw(out, t == DT_BOOL ? "bool" : "np.");
        line_raw(out, t == DT_BOOL ? "" : dtype_name(t));
        return;
    }
    for (const char *c = dtype_name(t); *c != '\0' && n + 1 < sizeof name; c++)
        name[n++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    name[n] = '\0';
    line_raw(out, "helper.tensor_dtype_to_np_dtype(TensorProto.");
    line_raw(out, name);
    line_raw(out, ")");
}

static void put_element(json_line *out, const file_tensor *t, const double *reals, const int64_t *ints, size_t i)
{
    char text[24];
    if (reals != NULL)
        emit_real(out, reals[i], t->type);
    else if (t->type == DT_BOOL)
        line_raw(out, ints[i] != 0 ? "True" : "False");
    else if (t->type == DT_UINT64) {
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)ints[i]);
        line_raw(out, text);
    } else
        line_int(out, ints[i]);
}

/* The elements as nested lists. */
static void put_elements(json_line *out, const file_tensor *t, const double *reals, const int64_t *ints)
{
    for (size_t i = 0; i < t->n; i++) {
        size_t block = 1;
        line_raw(out, i > 0 ? ", " : "");
        for (int d = t->rank; d-- > 0;) {
            block *= (size_t)t->dims[d];
            line_raw(out, i % block == 0 ? "[" : "");
        }
        put_element(out, t, reals, ints, i);
        block = 1;
        for (int d = t->rank; d-- > 0;) {
            block *= (size_t)t->dims[d];
            line_raw(out, (i + 1) % block == 0 ? "]" : "");
        }
    }
}

static bool all_equal(const file_tensor *t)
{
    size_t size = dtype_size(t->type);
    return t->n > 1 && memcmp(t->data, t->data + size, (t->n - 1) * size) == 0;
}

/* Shape, elements and type. */
static void put_array(json_line *out, const file_tensor *t, const double *reals, const int64_t *ints)
{
    if (t->n == 0 || (all_equal(t) && t->n > 2)) {
        line_raw(out, t->n == 0 ? "np.zeros((" : "np.full((");
        for (int d = 0; d < t->rank; d++) {
            line_int(out, t->dims[d]);
            line_raw(out, d + 1 < t->rank ? ", " : d == 0 ? "," : "");
        }
        line_raw(out, t->n == 0 ? ")" : "), ");
        if (t->n > 0)
            put_element(out, t, reals, ints, 0);
    } else {
        line_raw(out, "np.array(");
        put_elements(out, t, reals, ints);
    }
    line_raw(out, ", ");
    put_type(out, t->type);
    line_raw(out, ")");
}

static nn_status archive(json_line *out, emit_arrays *to, const file_tensor *t, const char *name)
{
    void *room;
    const char *key = emit_new_name(&to->names, name);
    if (key == NULL)
        return nn_nomem(to->err);
    nn_status s = npz_add(&to->archive->z, key, t->type, t->dims, (size_t)t->rank, &room, to->err);
    if (s != NN_OK)
        return s;
    if (t->n > 0)
        memcpy(room, t->data, t->n * dtype_size(t->type));
    to->n++;
    line_raw(out, "data[\"");
    line_raw(out, key);
    line_raw(out, "\"]");
    if (dtype_since(t->type) > 1) { /* the archive has the bits as a structure with one field */
        line_raw(out, "[\"");
        line_raw(out, dtype_name(t->type));
        line_raw(out, dtype_is_float(t->type) ? "\"].view(" : "\"].astype(");
        put_type(out, t->type);
        line_raw(out, ")");
    }
    return NN_OK;
}

void emit_array(json_line *out, emit_arrays *to, const file_tensor *t, const char *name)
{
    if (to->status != NN_OK)
        return;
    if (t->n > to->most && !all_equal(t)) {
        to->status = archive(out, to, t, name);
        return;
    }
    bool real = dtype_is_float(t->type);
    void *values = nn_malloc((t->n + 1) * 8);
    if (values == NULL) {
        to->status = nn_nomem(to->err);
        return;
    }
    if (real)
        file_tensor_reals(t, values);
    else
        file_tensor_ints(t, values);
    put_array(out, t, real ? values : NULL, real ? NULL : values);
    nn_free(values);
}

nn_status emit_archive(emit_arrays *from, const void **bytes, size_t *n)
{
    *bytes = NULL;
    *n = 0;
    if (from->n == 0)
        return NN_OK;
    nn_status s = npz_end(&from->archive->z, from->err);
    *bytes = from->archive->z.bytes;
    *n = from->archive->z.size;
    return s;
}
