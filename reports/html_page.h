/*
 * What the files reports/html*.c share: the page that is being written, and small pieces of HTML.
 *
 * Every text that comes from the store goes through tb_escape_html. The page carries no script but
 * the one of viewer/page.js, and its Content-Security-Policy allows no other.
 */
#ifndef TB_REPORTS_HTML_PAGE_H
#define TB_REPORTS_HTML_PAGE_H

#include "reports/describe.h"
#include "reports/escape.h"
#include "reports/plot.h"
#include "reports/pool.h"
#include "reports/select.h"
#include "reports/units.h"

/* A choice of delegate, threads, ...: the same colour and mark on the whole page. */
typedef struct tb_series {
    const char *name;   /* of the configuration */
    const char *colour; /* CSS classes: c-cpu, c-gpu, ..., foreign */
    const char *mark;   /* the number of threads, or "" */
    const char *family; /* engine, where there are several, and delegate: for the legend */
} tb_series;

typedef struct tb_page {
    const tb_selection *selection;
    const tb_results *results;
    const tb_context *context;
    const tb_series *series; /* one a result */
    tb_naming naming;
    int *profile_of;    /* a result's index among the profiles, or one of the two below */
    tb_buf profiles;    /* their document; empty: none */
    size_t model_count; /* groups of results of one model and run */
    tb_pool *pool;
    tb_error *err;
    tb_buf *out;
} tb_page;

enum { TB_PROFILE_NONE = -1, TB_PROFILE_LEFT_OUT = -2 };

/* Fills profile_of and profiles, before any section is written. */
tb_status tb_html_read_profiles(tb_page *page);

/* Sections, in the order of the page. */
tb_status tb_html_overview(tb_page *page);    /* all models in one picture */
tb_status tb_html_summary(tb_page *page);     /* the table of results */
tb_status tb_html_models(tb_page *page);      /* a section each */
tb_status tb_html_warnings(tb_page *page);    /* what limits trust */
tb_status tb_html_environment(tb_page *page); /* where it was measured */

tb_status tb_html_profiles(tb_page *page); /* the data of the profiles */

/* The CSS class of a delegate's colour; its options do not matter. */
const char *tb_html_colour_of(const char *delegate);

/* Charts of one model: result `first` and count - 1 more. */
void tb_html_latency_bars(tb_page *page, size_t first, size_t count);
void tb_html_cumulative(tb_page *page, size_t first, size_t count);
void tb_html_startup_bars(tb_page *page, size_t first, size_t count);
void tb_html_memory_bars(tb_page *page, size_t first, size_t count);
/* Latencies of one result in the order they were taken. */
void tb_html_order(tb_page *page, const tb_result *result);

/* What is folded away under a result: ops, phases, figures, plan. */
tb_status tb_html_detail(tb_page *page, size_t index);

/* <text> escaped; NULL adds nothing. */
void tb_html_text(tb_page *page, const char *text);
/* The coloured mark of a series, with the thread count in it. */
void tb_html_mark(tb_page *page, size_t index);
/* Tick marks of an axis below a track, as durations or per cent. */
void tb_html_axis(tb_page *page, const tb_axis *axis, bool per_cent);
/* A word on how a result ended, or on wrong outputs, with its reason; nothing where all is well. */
void tb_html_status(tb_page *page, const tb_result *result, bool with_reason);

#endif
