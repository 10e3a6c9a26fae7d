/*
 * An OpenCL library for tests: it forwards to the real one (TB_SHIM_OPENCL names it, else
 * libOpenCL.so.1), fails the call it was told to, and counts what was made and not given back.
 * Loaded as any OpenCL is; these functions are found in it by name, and TB_SHIM_FAIL=FIRST:PERIOD in the
 * environment stands for the first of them.
 */
#ifndef TB_TESTS_GPU_OPENCL_SHIM_H
#define TB_TESTS_GPU_OPENCL_SHIM_H

/* From now on, the `first`-th call (from 1) fails, and then every `period`-th; 0: none, once. */
typedef void (*tb_shim_fail_fn)(int first, int period);
/* Calls since then. */
typedef int (*tb_shim_calls_fn)(void);
/* Objects made and not released. */
typedef int (*tb_shim_live_fn)(void);

#endif
