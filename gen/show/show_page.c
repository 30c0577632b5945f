#include "show/show_page.h"
#include "show/show_svg.h"

#include <stdlib.h>
#include <string.h>

static const char style[] =
    "body{font:14px system-ui,sans-serif;margin:0;color:#16202c;background:#fff}header{position:sticky;top:0;background:#fff;"
    "border-bottom:1px solid #ccd3db;padding:10px 16px;display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center}"
    "h1{font-size:16px;margin:0}input,select{font:inherit;padding:4px 6px;color:inherit;background:inherit;border:1px solid "
    "#8a94a3;"
    "border-radius:4px}#q{flex:1 1 220px;min-width:0}#lo,#hi{width:4.5em}main{display:grid;gap:12px;padding:12px 16px;"
    "grid-template-columns:repeat(auto-fill,minmax(min(260px,100%),1fr))}article{border:1px solid #ccd3db;border-radius:6px;"
    "padding:10px;min-width:0;content-visibility:auto;contain-intrinsic-size:auto 380px}article[hidden]{display:none}"
    "article p{margin:4px 0;overflow-wrap:anywhere}.o{font-size:12px;color:#4d5866}a{color:#0b57d0;overflow-wrap:anywhere}"
    "button.z{display:block;width:100%;padding:0;border:0;background:none;color:inherit;cursor:zoom-in;overflow:auto}"
    "button.z svg{max-width:100%;height:240px}article.big{grid-column:1/-1}.big button.z{cursor:zoom-out}"
    ".big button.z svg{max-width:none;height:auto}\n"
    "@media(prefers-color-scheme:dark){body,header{background:#14181d;color:#e8edf3}header,article{border-color:#3d4753}"
    ".o{color:#b3bdc9}a{color:#8ab4f8}}\n";

/* Words of the search are joined by "and"; a word that begins with - excludes. */
static const char script[] =
    "'use strict';\n"
    "const $=id=>document.getElementById(id),cards=[...document.querySelectorAll('article')],main=document.querySelector('main');\n"
    "const texts=new Map(cards.map(c=>[c,(c.dataset.t+' ').toLowerCase()]));\n"
    "function filter(){\n"
    "  const "
    "words=$('q').value.toLowerCase().split(/[\\s,]+/).filter(w=>w&&w!='-'),lo=+$('lo').value||0,hi=+$('hi').value||Infinity;\n"
    "  let n=0;\n"
    "  for(const c of cards){\n"
    "    const t=texts.get(c),k=+c.dataset.n;\n"
    "    c.hidden=k<lo||k>hi||!words.every(w=>w[0]=='-'?!t.includes(' '+w.slice(1)+' '):t.includes(w));\n"
    "    n+=!c.hidden;\n"
    "  }\n"
    "  $('count').textContent=`${n} of ${cards.length} models`;\n"
    "}\n"
    "for(const id of ['q','lo','hi'])$(id).oninput=filter;\n"
    "$('sort').onchange=()=>{\n"
    "  const by=$('sort').value,key=c=>by=='name'?0:+c.dataset[by];\n"
    "  [...cards].sort((a,b)=>key(a)-key(b)||cards.indexOf(a)-cards.indexOf(b)).forEach(c=>main.append(c));\n"
    "};\n"
    "for(const b of document.querySelectorAll('button.z'))b.onclick=()=>{\n"
    "  b.setAttribute('aria-expanded',b.parentNode.classList.toggle('big'));\n"
    "};\n"
    "const used=new Set(cards.flatMap(c=>c.dataset.o.split(' ')));\n"
    "for(const o of [...used].sort())if(o)$('ops').append(new Option(o,o));\n"
    "filter();\n";

void show_page_begin(json_line *out, const char *title)
{
    line_raw(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    show_escaped(out, title);
    line_raw(out, "</title>\n<style>");
    line_raw(out, style);
    show_svg_style(out);
    line_raw(out, "</style>\n</head>\n<body>\n<header><h1>");
    show_escaped(out, title);
    line_raw(out, "</h1>\n<input id=\"q\" type=\"search\" list=\"ops\" aria-label=\"Search\" "
                  "placeholder=\"operators, motifs, names; -Op: without Op\"><datalist id=\"ops\"></datalist>\n"
                  "<label>Nodes <input id=\"lo\" type=\"number\" min=\"0\" aria-label=\"least number of nodes\"> to "
                  "<input id=\"hi\" type=\"number\" min=\"0\" aria-label=\"greatest number of nodes\"></label>\n"
                  "<label>Sort by <select id=\"sort\"><option value=\"name\">name</option><option value=\"n\">nodes</option>"
                  "<option value=\"k\">operators</option></select></label>\n"
                  "<span id=\"count\" role=\"status\"></span></header>\n<main>\n");
}

void show_page_end(json_line *out)
{
    line_raw(out, "</main>\n<script>\n");
    line_raw(out, script);
    line_raw(out, "</script>\n</body>\n</html>\n");
}

/* ---- links ---- */

/* Appends a path with the characters escaped that have a meaning in URLs or HTML. */
static void put_url(json_line *out, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/";
    static const char hex[] = "0123456789ABCDEF";
    for (const char *s = path; *s != '\0'; s++) {
        const char escaped[] = {'%', hex[(unsigned char)*s >> 4], hex[*s & 15]};
        strchr(plain, *s) != NULL ? line_text(out, s, 1) : line_text(out, escaped, 3);
    }
}

static const char *skip_slashes(const char *path)
{
    while (*path == '/')
        path++;
    return path;
}

static const char *skip_dots(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        path = skip_slashes(path + 1);
    return path;
}

void show_href(json_line *out, const char *page, const char *file)
{
    page = skip_dots(page != NULL ? page : "");
    file = skip_dots(file);
    if ((*page == '/') != (*file == '/') || strstr(page, "../") != NULL) { /* nothing is known about the directories between */
        put_url(out, file);
        return;
    }
    for (size_t i = 0; page[i] == file[i] && page[i] != '\0'; i++)
        if (page[i] == '/') { /* they have this directory in common */
            page = skip_slashes(page + i);
            file = skip_slashes(file + i);
            i = SIZE_MAX;
        }
    for (; (page = strchr(page, '/')) != NULL; page = skip_slashes(page))
        line_raw(out, "../");
    put_url(out, file);
}

/* ---- models ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The operators of a model, sorted, one for each node; free them with nn_free. */
static const char **sorted_operators(const show_model *m)
{
    const onnx_view *v = &m->view;
    const char **all = nn_malloc((v->n_nodes + 1) * sizeof *all);
    for (size_t i = 0; all != NULL && i < v->n_nodes; i++)
        all[i] = v->nodes[i].op;
    if (all != NULL && v->n_nodes > 0)
        qsort(all, v->n_nodes, sizeof *all, by_name);
    return all;
}

/* Each operator once, with its number unless `plain`; *kinds gets how many there are. */
static bool put_operators(json_line *out, const show_model *m, bool plain, size_t *kinds)
{
    const char **all = sorted_operators(m);
    *kinds = 0;
    for (size_t i = 0, end; all != NULL && i < m->view.n_nodes; i = end) {
        for (end = i + 1; end < m->view.n_nodes && strcmp(all[i], all[end]) == 0;)
            end++;
        line_raw(out, i == 0 ? "" : plain ? " " : ", ");
        show_escaped(out, all[i]);
        if (!plain && end - i > 1) {
            line_raw(out, " ");
            line_int(out, (int64_t)(end - i));
        }
        ++*kinds;
    }
    nn_free(all);
    return all != NULL;
}

nn_status show_operators(json_line *out, const show_model *m, nn_error *err)
{
    size_t kinds;
    return put_operators(out, m, false, &kinds) ? NN_OK : nn_nomem(err);
}

/* The texts that a search looks at, between blanks: name, operators, motifs. */
static bool put_data(json_line *out, const show_model *m, const char *name)
{
    size_t kinds;
    line_raw(out, "<article data-n=\"");
    line_int(out, (int64_t)m->view.n_nodes);
    line_raw(out, "\" data-o=\"");
    bool ok = put_operators(out, m, true, &kinds);
    line_raw(out, "\" data-k=\"");
    line_int(out, (int64_t)kinds);
    line_raw(out, "\" data-t=\" ");
    show_escaped(out, name);
    line_raw(out, " ");
    ok = ok && put_operators(out, m, true, &kinds);
    for (size_t i = 0; i < m->n_motifs; i++) {
        line_raw(out, " ");
        show_escaped(out, m->motifs[i].name);
    }
    line_raw(out, "\">\n");
    return ok;
}

nn_status show_page_add(json_line *out, const show_model *m, const char *name, const char *href, nn_error *err)
{
    nn_error large;
    if (!put_data(out, m, name))
        return nn_nomem(err);
    line_raw(out, "<a href=\"");
    line_raw(out, href);
    line_raw(out, "\">");
    show_escaped(out, name);
    line_raw(out, "</a>\n<p>");
    show_counts(out, m);
    line_raw(out, "</p>\n<button class=\"z\" type=\"button\" aria-expanded=\"false\" title=\"enlarge\">");
    nn_status s = show_svg(out, m, name, false, &large);
    if (s == NN_ERR_USAGE)
        line_raw(out, "too large to draw");
    else if (s != NN_OK)
        return nn_nomem(err);
    line_raw(out, "</button>\n<p class=\"o\">");
    s = show_operators(out, m, err);
    line_raw(out, "</p>\n</article>\n");
    return s;
}
