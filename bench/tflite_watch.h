/*
 * What a TFLite C library tells of its operators while it runs, through the telemetry profiler that
 * an application may give it, as events of our own; and from these, which nodes a delegate took.
 *
 * A library begins and ends an event a node of the graph. A delegate's kernel either is such a node,
 * behind the model's own, or tells in its place what it did inside, operator by operator, after it
 * did so and in whole microseconds: then the kernel's time is what lies between the events around it,
 * and the steps lie in it one behind the other. Which of the model's nodes a step stands for is not
 * told.
 */
#ifndef TB_BENCH_TFLITE_WATCH_H
#define TB_BENCH_TFLITE_WATCH_H

#include "bench/engine.h"
#include "runtime/base/arena.h"
#include "runtime/model.h"
#include "runtime/tflite_abi/c_api_experimental.h"

typedef struct tb_tflite_watch tb_tflite_watch;

/* The model is borrowed: it says what the nodes are called, and which are its own. */
tb_status tb_tflite_watch_create(const tb_model *model, tb_error *err, tb_tflite_watch **out);
void tb_tflite_watch_destroy(tb_tflite_watch *watch);

/* For TfLiteInterpreterOptionsSetTelemetryProfiler; lives as long as the watch. */
TfLiteTelemetryProfilerStruct *tb_tflite_watch_profiler(tb_tflite_watch *watch);

void tb_tflite_watch_set_sink(tb_tflite_watch *watch, tb_sink *sink); /* NULL: nobody listens */
/* Around every invoke. */
void tb_tflite_watch_begin(tb_tflite_watch *watch);
void tb_tflite_watch_end(tb_tflite_watch *watch);

/* What ran where, as far as the inferences so far have shown; TB_UNAVAILABLE before the first.
   `delegate`: whose the missing nodes are, NULL for nobody's. Lives in the watch, until the next
   call. */
tb_status tb_tflite_watch_plan(tb_tflite_watch *watch, const char *delegate, tb_error *err,
                               tb_engine_plan *out);

#endif
