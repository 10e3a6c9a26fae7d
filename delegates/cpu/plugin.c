/*
 * The cpu delegate as a shared library that a stock TFLite loads, for instance
 * `benchmark_model --external_delegate_path=libtflbench_cpu_delegate.so`.
 */
#define PLUGIN_NAME cpu
#include "delegates/plugin.h"
