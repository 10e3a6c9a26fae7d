/*
 * Planned faults, for tests of how the driver copes: TFLBENCH_TEST_FAULT=KIND:AFTER[:MATCH] makes a
 * worker fail after AFTER samples, where MATCH (if given) stands in its job's text
 * "model=PATH delegate=D threads=N profile=0".
 *
 *     hang    sleeps for ever        spin   computes for ever
 *     crash   SIGSEGV                kill   SIGKILL, as the kernel's out-of-memory killer does
 *     exit    ends without a word    oom    an allocation fails
 *     vary    inputs, and so outputs, differ from process to process
 *
 * Besides, TFLBENCH_TEST_SLOW=NODE:NANOSECONDS plants a busy loop of that length in the invoke of
 * one node of the primary subgraph (engine native): what a gate has to find.
 */
#ifndef TB_BENCH_FAULT_H
#define TB_BENCH_FAULT_H

#include <stdint.h>

#include "bench/job.h"
#include "runtime/base/status.h"

typedef enum tb_fault_kind {
    TB_FAULT_NONE,
    TB_FAULT_HANG,
    TB_FAULT_SPIN,
    TB_FAULT_CRASH,
    TB_FAULT_KILL,
    TB_FAULT_EXIT,
    TB_FAULT_VARY,
    TB_FAULT_OOM
} tb_fault_kind;

typedef struct tb_fault {
    tb_fault_kind kind;
    int64_t after;
} tb_fault;

/* Reads the environment; none, or none that matches, is TB_FAULT_NONE. Nonsense is TB_USAGE. */
tb_status tb_fault_read(const tb_job *job, tb_error *err, tb_fault *out);

/* Does what is planned once `samples` were taken. Returns at all only where nothing is, or with
   TB_NO_MEMORY (oom), or TB_CANCELLED (exit: end at once, say nothing). */
tb_status tb_fault_strike(const tb_fault *fault, int64_t samples, tb_error *err);

struct tb_interpreter;

/* Plants what TFLBENCH_TEST_SLOW says, once the interpreter is allocated. */
tb_status tb_fault_slow(struct tb_interpreter *interpreter, tb_error *err);

#endif
