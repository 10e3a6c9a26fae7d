/* Planned faults; see fault.h. */
#include "bench/fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/size.h"

#define VARIABLE "TFLBENCH_TEST_FAULT"

static const struct {
    const char *name;
    tb_fault_kind kind;
} kinds[] = {
    {"hang", TB_FAULT_HANG}, {"spin", TB_FAULT_SPIN}, {"crash", TB_FAULT_CRASH},
    {"kill", TB_FAULT_KILL}, {"exit", TB_FAULT_EXIT}, {"oom", TB_FAULT_OOM},
    {"vary", TB_FAULT_VARY},
};

static bool matches(const tb_job *job, const char *wanted)
{
    char text[4608];
    snprintf(text, sizeof text, "model=%.4096s delegate=%.256s threads=%lld profile=%d",
             job->model ? job->model : "", job->delegate ? job->delegate : "",
             (long long)job->threads, job->profile);
    return strstr(text, wanted) != NULL;
}

tb_status tb_fault_read(const tb_job *job, tb_error *err, tb_fault *out)
{
    *out = (tb_fault){TB_FAULT_NONE, 0};
    const char *text = getenv(VARIABLE);
    if (!text || !*text)
        return TB_OK;
    size_t size = strcspn(text, ":");
    for (size_t k = 0; k < TB_COUNT_OF(kinds); k++) {
        if (strlen(kinds[k].name) != size || memcmp(kinds[k].name, text, size) != 0)
            continue;
        char *end = NULL;
        long long after = text[size] == ':' ? strtoll(text + size + 1, &end, 10) : 0;
        if (end && *end == ':' && !matches(job, end + 1))
            return TB_OK;
        *out = (tb_fault){kinds[k].kind, after};
        return TB_OK;
    }
    return tb_fail(err, TB_USAGE, VARIABLE "=%s: no such fault", text);
}

tb_status tb_fault_strike(const tb_fault *fault, int64_t samples, tb_error *err)
{
    if (fault->kind == TB_FAULT_NONE || samples < fault->after)
        return TB_OK;
    switch (fault->kind) {
    case TB_FAULT_HANG:
        for (;;)
            pause();
    case TB_FAULT_SPIN:
        for (volatile uint64_t turns = 0;; turns = turns + 1) {
        }
    case TB_FAULT_CRASH:
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        break;
    case TB_FAULT_KILL:
        raise(SIGKILL);
        break;
    case TB_FAULT_OOM:
        return tb_fail(err, TB_NO_MEMORY, "out of memory (a fault planned by " VARIABLE ")");
    case TB_FAULT_VARY:
        return TB_OK;
    case TB_FAULT_EXIT:
    case TB_FAULT_NONE:
        break;
    }
    return TB_CANCELLED;
}
