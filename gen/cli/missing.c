#include "cli/missing.h"

#include <stdio.h>
#include <string.h>

void missing_add(void *list, const char *name, const char *reason)
{
    missing_list *m = list;
    size_t i = 0, length = strlen(name), head = strlen(reason) + 1;
    while (i < m->n && strcmp(m->lines[i].text, reason) != 0)
        i++;
    if (i == MISSING_REASONS) {
        m->unsaid++;
        return;
    }
    if (i < m->n && m->lines[i].named >= MISSING_NAMED) {
        m->lines[i].named++;
        return;
    }
    void *text = m->lines[i].text;
    size_t from = i < m->n ? m->lines[i].size : head;
    if (!nn_grow(&text, &m->lines[i].capacity, from + length + 3, 1)) {
        m->unsaid++;
        return;
    }
    m->lines[i].text = text;
    if (i == m->n)
        memcpy(m->lines[m->n++].text, reason, head);
    else
        from += (size_t)snprintf(m->lines[i].text + from, 3, ", ");
    memcpy(m->lines[i].text + from, name, length + 1);
    m->lines[i].size = from + length;
    m->lines[i].named++;
}

void missing_add_motif(void *list, const char *motif, const char *levels, const char *reason)
{
    char name[200];
    (void)snprintf(name, sizeof name, "%.100s%s%s%s", motif, levels != NULL ? " (" : "", levels != NULL ? levels : "",
                   levels != NULL ? ")" : "");
    missing_add(list, name, reason);
}

static void put_line(json_line *out, const char *what, const char *text, size_t n)
{
    const char *names = text + strlen(text) + 1;
    line_raw(out, "nngen: ");
    if (n > 1) {
        line_int(out, (int64_t)n);
        line_raw(out, " ");
    }
    line_raw(out, "missing ");
    line_raw(out, what);
    line_raw(out, n == 1 ? " " : "s: ");
    line_raw(out, n == 1 ? names : text);
    line_raw(out, ": ");
    line_raw(out, n == 1 ? text : names);
    if (n > MISSING_NAMED) {
        line_raw(out, " and ");
        line_int(out, (int64_t)(n - MISSING_NAMED));
        line_raw(out, " more");
    }
    line_raw(out, "\n");
}

void missing_text(json_line *out, missing_list *m)
{
    for (size_t i = 0; i < m->n; i++) {
        put_line(out, m->what, m->lines[i].text, m->lines[i].named);
        nn_free(m->lines[i].text);
    }
    if (m->unsaid > 0) {
        line_raw(out, "nngen: ");
        line_int(out, (int64_t)m->unsaid);
        line_raw(out, " more missing ");
        line_raw(out, m->what);
        line_raw(out, "s for other reasons; the manifest lists them\n");
    }
    *m = (missing_list){.what = m->what};
}
