/*
 * The gpu delegate as a shared library that a stock TFLite loads, for instance
 * `benchmark_model --external_delegate_path=libtflbench_gpu_delegate.so`.
 */
#define PLUGIN_NAME gpu
#include "delegates/plugin.h"
