/*
 * Progress of a sweep on standard error: one line that is rewritten on a terminal, plain lines
 * elsewhere. Whoever prints something else in between does it by tb_progress_note.
 */
#ifndef TB_BENCH_PROGRESS_H
#define TB_BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/status.h"

typedef struct tb_progress {
    bool quiet;
    bool terminal;
    bool line_shown;
    int total;
    int number; /* of the unit in hand, from 1 */
    char unit[160];
    uint64_t begin_ns;
    uint64_t unit_begin_ns;
    uint64_t drawn_ns;         /* when the line was drawn last */
    uint64_t expected_ns;      /* what all units take by plan */
    uint64_t done_expected_ns; /* those behind us, by plan */
    uint64_t unit_expected_ns; /* the one in hand */
} tb_progress;

void tb_progress_begin(tb_progress *progress, int total, uint64_t expected_ns, bool quiet);
/* More than were planned: so many units, which take so long altogether. */
void tb_progress_more(tb_progress *progress, int units, uint64_t expected_ns);
/* A process is about to measure `unit`, which is planned to take `expected_ns`. */
void tb_progress_unit(tb_progress *progress, const char *unit, uint64_t expected_ns);
/* How it goes: samples so far and their median (0: none yet). May be called often. */
void tb_progress_update(tb_progress *progress, int64_t samples, double median_ns);
/* The same where items of a data set are evaluated. */
void tb_progress_items(tb_progress *progress, int64_t done, int64_t total);
/* How it ended, in one line; on a terminal only failures stay visible. */
void tb_progress_result(tb_progress *progress, bool failed, const char *text);
/* A line of its own, also where quiet. */
void tb_progress_note(tb_progress *progress, const char *format, ...) TB_PRINTF(2, 3);
void tb_progress_end(tb_progress *progress);

#endif
