/* Telling an application's telemetry profiler what an interpreter does. */
#include "runtime/c_api_internal.h"

static void tell_node(tb_sink *sink, const tb_event *event)
{
    const tb_telemetry *telemetry = (const tb_telemetry *)(const void *)sink;
    TfLiteTelemetryProfilerStruct *profiler = telemetry->profiler;
    tb_node_info info;
    if (event->kind != TB_EVENT_NODE || !profiler->ReportOpInvokeEvent ||
        !tb_interpreter_node(telemetry->interpreter, event->subgraph, event->node, &info))
        return;
    profiler->ReportOpInvokeEvent(profiler, info.op_name, (event->end_ns - event->begin_ns) / 1000,
                                  event->node, event->subgraph);
}

void tb_telemetry_attach(tb_telemetry *telemetry, TfLiteTelemetryProfilerStruct *profiler,
                         tb_interpreter *interpreter)
{
    *telemetry = (tb_telemetry){{tell_node, NULL}, profiler, interpreter};
    if (profiler)
        tb_interpreter_set_sink(interpreter, &telemetry->sink);
}

void tb_telemetry_event(const tb_telemetry *telemetry, const char *name, TfLiteStatus status)
{
    /* The source of a status code lies in its upper half; 1 is the interpreter. */
    const uint64_t from_interpreter = UINT64_C(1) << 32;
    TfLiteTelemetryProfilerStruct *profiler = telemetry->profiler;
    if (profiler && profiler->ReportTelemetryEvent)
        profiler->ReportTelemetryEvent(profiler, name, from_interpreter | (uint64_t)status);
}
