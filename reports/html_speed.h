/*
 * Speed against accuracy: the picture that says which configuration is the fastest that is still
 * right. Plain HTML with its figures beside it, for readers without scripts as well.
 */
#ifndef TB_REPORTS_HTML_SPEED_H
#define TB_REPORTS_HTML_SPEED_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/buf.h"

typedef struct tb_speed_point {
    const char *name;   /* of the configuration */
    const char *colour; /* CSS classes, as tb_series has them */
    double median_ns, low_ns, high_ns;
    bool has_interval;
    bool has_right; /* `right`, and its interval where low < high */
    double right, right_low, right_high;
    bool exact;     /* right without any difference: has no number */
    bool reference; /* what the others are held against: no contender */
    bool doubtful;  /* its outputs are wrong */
} tb_speed_point;

typedef struct tb_speed {
    const tb_speed_point *points;
    size_t count;
    const char *measure; /* what `right` is, for people: "top1", "signal to noise" */
    const char *unit;    /* "share", "db"; others as tb_format_value takes them */
    const char *without; /* why nothing is known of accuracy; NULL: it is */
} tb_speed;

/* A <figure id="speed">; of one point without accuracy a line that says so; nothing of none. */
void tb_html_speed(const tb_speed *speed, tb_buf *out);

#endif
