/* What `verify` prints of its results: tables for people, or one JSON document. */
#ifndef TB_BENCH_VERIFY_REPORT_H
#define TB_BENCH_VERIFY_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/verify_case.h"

typedef struct tb_verify_summary {
    int passed, failed, skipped; /* failed: crashes and time-outs too */
    int crashed, timed_out;      /* of the failed */
    int64_t delegated, left;     /* nodes */
} tb_verify_summary;

typedef struct tb_verify_report {
    const tb_verify_result *results;
    int count;
    const char *engine; /* name and version */
    const char *delegate;
    int threads;
    bool lenient;
    bool verbose; /* reasons for every node left behind, every failure, every skipped case */
    int worst;    /* so many failures are printed in full */
} tb_verify_report;

tb_verify_summary tb_verify_summarise(const tb_verify_report *report);
/* Ends with the line "verify: P passed, F failed, S skipped". */
tb_status tb_verify_report_text(const tb_verify_report *report, tb_error *err, FILE *to);
/* docs/formats.md, "verify". */
tb_status tb_verify_report_json(const tb_verify_report *report, tb_error *err, FILE *to);

#endif
