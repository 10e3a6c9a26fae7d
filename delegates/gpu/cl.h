/*
 * OpenCL, found when the program runs: a library that a phone's vendor or an ICD loader brings. The
 * Khronos headers give types and constants alone; nothing is linked.
 *
 * A library once loaded stays: drivers keep threads that do not survive an unload.
 */
#ifndef TB_GPU_CL_H
#define TB_GPU_CL_H

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

#include "runtime/base/status.h"

/* Its functions, without their prefix. */
typedef struct tb_cl {
#define TB_CL(name) __typeof__(cl##name) *name;
#include "delegates/gpu/cl.def"
#undef TB_CL
} tb_cl;

/* `path`: a library of the user's, or NULL for the places where one may be. TB_UNAVAILABLE with the
   reason; the functions are there until the process ends. */
tb_status tb_cl_load(const char *path, tb_error *err, const tb_cl **out);

/* The name of an error code, "CL_OUT_OF_RESOURCES (-5)"; static, or in `text`. */
const char *tb_cl_error_text(cl_int code, char text[48]);

/* tb_fail with ": <error>" appended. What the device or the driver may refuse is TB_UNAVAILABLE, want
   of memory TB_NO_MEMORY. */
tb_status tb_cl_fail(tb_error *err, cl_int code, const char *format, ...) TB_PRINTF(3, 4);

#endif
