/* What delegates/xnnpack/library.h restates of XNNPACK is what <xnnpack.h> says, where that is
   installed (Debian: libxnnpack-dev and libpthreadpool-dev). */
#include <criterion/criterion.h>

#if __has_include(<xnnpack.h>) && __has_include(<pthreadpool.h>)
#define HAS_HEADER 1
#include <xnnpack.h>
#endif

#include "delegates/xnnpack/library.h"

#ifdef HAS_HEADER

#define SAME(ours, theirs) _Static_assert((unsigned)(ours) == (unsigned)(theirs), #theirs)
SAME(TB_XNN_SUCCESS, xnn_status_success);
SAME(TB_XNN_INVALID, xnn_datatype_invalid);
SAME(TB_XNN_FP32, xnn_datatype_fp32);
SAME(TB_XNN_QINT8, xnn_datatype_qint8);
SAME(TB_XNN_QUINT8, xnn_datatype_quint8);
SAME(TB_XNN_QINT32, xnn_datatype_qint32);
SAME(TB_XNN_QCINT8, xnn_datatype_qcint8);
SAME(TB_XNN_QCINT32, xnn_datatype_qcint32);
SAME(TB_XNN_EXTERNAL_INPUT, XNN_VALUE_FLAG_EXTERNAL_INPUT);
SAME(TB_XNN_EXTERNAL_OUTPUT, XNN_VALUE_FLAG_EXTERNAL_OUTPUT);
SAME(TB_XNN_SAME_PADDING, XNN_FLAG_TENSORFLOW_SAME_PADDING);
SAME(TB_XNN_RESHAPE_2D, XNN_FLAG_TENSORFLOW_RESHAPE_2D);
SAME(TB_XNN_LEGACY_RESIZE, XNN_FLAG_TENSORFLOW_LEGACY_MODE);
SAME(TB_XNN_ALIGN_CORNERS, XNN_FLAG_ALIGN_CORNERS);
SAME(TB_XNN_MAX_RANK, XNN_MAX_TENSOR_DIMS);
SAME(TB_XNN_NO_VALUE, XNN_INVALID_VALUE_ID);
_Static_assert(TB_XNN_EXTRA_BYTES >= XNN_EXTRA_BYTES, "room behind values");
_Static_assert(sizeof(enum xnn_status) == sizeof(int), "statuses travel as int");
_Static_assert(sizeof(enum xnn_datatype) == sizeof(int), "types travel as int");
_Static_assert(sizeof(tb_xnn_external) == sizeof(struct xnn_external_value) &&
                   offsetof(tb_xnn_external, id) == offsetof(struct xnn_external_value, id) &&
                   offsetof(tb_xnn_external, data) == offsetof(struct xnn_external_value, data),
               "what crosses the boundary");

/* Functions: of a type with ours, but for the enumerations, which we have as int. */
#define LIKE(name, enums)                                                                     \
    _Static_assert(__builtin_types_compatible_p(__typeof__(&name), enum xnn_status(*) enums), \
                   #name " takes what we give it")
LIKE(xnn_create_subgraph, (uint32_t, uint32_t, tb_xnn_graph *));
LIKE(xnn_delete_subgraph, (tb_xnn_graph));
LIKE(xnn_define_tensor_value, (tb_xnn_graph, enum xnn_datatype, size_t, const size_t *,
                               const void *, uint32_t, uint32_t, uint32_t *));
LIKE(xnn_define_quantized_tensor_value,
     (tb_xnn_graph, enum xnn_datatype, int32_t, float, size_t, const size_t *, const void *,
      uint32_t, uint32_t, uint32_t *));
LIKE(xnn_define_channelwise_quantized_tensor_value,
     (tb_xnn_graph, enum xnn_datatype, const float *, size_t, size_t, const size_t *, const void *,
      uint32_t, uint32_t, uint32_t *));
LIKE(xnn_create_runtime_v2, (tb_xnn_graph, tb_xnn_pool, uint32_t, tb_xnn_runtime *));
LIKE(xnn_invoke_runtime, (tb_xnn_runtime));
LIKE(xnn_delete_runtime, (tb_xnn_runtime));
#define X(name, result, arguments) LIKE(name, arguments);
TB_XNN_OPTIONAL(X)
#undef X

Test(xnnpack, every_function_of_the_header_is_found)
{
    const tb_xnn *call;
    tb_error err = TB_ERROR_NONE;
    if (tb_xnn_open(NULL, &err, &call) != TB_OK)
        cr_skip_test("%s", err.text);
    cr_assert_eq(call->missing, 0);
}

#else

Test(xnnpack, every_function_of_the_header_is_found)
{
    cr_skip_test("no <xnnpack.h> here");
}

#endif
