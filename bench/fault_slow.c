/* A busy loop planted in one node; see fault.h. */
#include <stdlib.h>

#include "bench/fault.h"
#include "runtime/base/clock.h"
#include "runtime/interpreter.h"

#define VARIABLE "TFLBENCH_TEST_SLOW"

/* Of the one node of this process. */
static TfLiteStatus (*slow_invoke)(TfLiteContext *context, TfLiteNode *node);
static uint64_t slow_ns;

static TfLiteStatus invoke_slowly(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteStatus status = slow_invoke(context, node);
    uint64_t begin_ns = tb_clock_ns();
    while (tb_clock_ns() - begin_ns < slow_ns) {
    }
    return status;
}

tb_status tb_fault_slow(tb_interpreter *interpreter, tb_error *err)
{
    const char *text = getenv(VARIABLE);
    if (!text || !*text)
        return TB_OK;
    char *end = NULL;
    long node = strtol(text, &end, 10);
    tb_node_info info;
    if (end == text || *end != ':' || node < 0 ||
        !tb_interpreter_node(interpreter, 0, (int)node, &info) || !info.registration->invoke)
        return tb_fail(err, TB_USAGE, VARIABLE "=%s: goes NODE:NANOSECONDS, of a node that runs",
                       text);
    slow_ns = strtoull(end + 1, NULL, 10);
    TfLiteRegistration *registration = (TfLiteRegistration *)(uintptr_t)info.registration;
    if (registration->invoke != invoke_slowly) {
        slow_invoke = registration->invoke;
        registration->invoke = invoke_slowly;
    }
    return TB_OK;
}
