/* The opaque API's tensors: fields, strings, and builders of new ones; see c_api_opaque.h. */
#include <stdlib.h>
#include <string.h>

#include "runtime/op.h"
#include "runtime/operator_internal.h"
#include "runtime/string_buffer.h"
#include "runtime/tensor_builder.h"
#include "runtime/tflite_abi/c_api_opaque.h"

static const TfLiteTensor *plain(const TfLiteOpaqueTensor *tensor)
{
    return (const TfLiteTensor *)tensor;
}

static TfLiteTensor *plain_mutable(TfLiteOpaqueTensor *tensor)
{
    return (TfLiteTensor *)tensor;
}

/* ---- fields ----------------------------------------------------------------------------------- */

TfLiteType TfLiteOpaqueTensorType(const TfLiteOpaqueTensor *opaque_tensor)
{
    return plain(opaque_tensor)->type;
}

int32_t TfLiteOpaqueTensorNumDims(const TfLiteOpaqueTensor *opaque_tensor)
{
    return TfLiteTensorNumDims(plain(opaque_tensor));
}

int32_t TfLiteOpaqueTensorDim(const TfLiteOpaqueTensor *opaque_tensor, int32_t dim_index)
{
    return TfLiteTensorDim(plain(opaque_tensor), dim_index);
}

TfLiteStatus TfLiteOpaqueTensorGetNumDimsSignature(const TfLiteOpaqueTensor *opaque_tensor,
                                                   int32_t *num_dims)
{
    const TfLiteIntArray *signature = plain(opaque_tensor)->dims_signature;
    *num_dims = signature ? signature->size : -1;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueTensorGetDimSignature(const TfLiteOpaqueTensor *opaque_tensor,
                                               int32_t dim_index, int32_t *dim_length)
{
    const TfLiteIntArray *signature = TfLiteTensorGetDimsSignature(plain(opaque_tensor));
    if (!signature || dim_index < 0 || dim_index >= signature->size)
        return kTfLiteError;
    *dim_length = signature->data[dim_index];
    return kTfLiteOk;
}

int TfLiteOpaqueTensorIsVariable(const TfLiteOpaqueTensor *opaque_tensor)
{
    return plain(opaque_tensor)->is_variable;
}

size_t TfLiteOpaqueTensorByteSize(const TfLiteOpaqueTensor *opaque_tensor)
{
    return plain(opaque_tensor)->bytes;
}

void *TfLiteOpaqueTensorData(const TfLiteOpaqueTensor *opaque_tensor)
{
    return opaque_tensor ? plain(opaque_tensor)->data.data : NULL;
}

const char *TfLiteOpaqueTensorName(const TfLiteOpaqueTensor *opaque_tensor)
{
    return plain(opaque_tensor)->name;
}

TfLiteQuantization TfLiteOpaqueTensorGetQuantization(const TfLiteOpaqueTensor *opaque_tensor)
{
    return plain(opaque_tensor)->quantization;
}

TfLiteQuantizationParams
TfLiteOpaqueTensorGetQuantizationParams(const TfLiteOpaqueTensor *opaque_tensor)
{
    return plain(opaque_tensor)->params;
}

TfLiteAllocationType TfLiteOpaqueTensorGetAllocationType(const TfLiteOpaqueTensor *opaque_tensor)
{
    return plain(opaque_tensor)->allocation_type;
}

TfLiteAllocationStrategy TfLiteOpaqueTensorGetAllocationStrategy(const TfLiteOpaqueTensor *t)
{
    return TfLiteTensorGetAllocationStrategy(plain(t));
}

TfLiteRunStability TfLiteOpaqueTensorGetBufferAddressStability(const TfLiteOpaqueTensor *t)
{
    return TfLiteTensorGetBufferAddressStability(plain(t));
}

TfLiteRunStability TfLiteOpaqueTensorGetDataStability(const TfLiteOpaqueTensor *t)
{
    return TfLiteTensorGetDataStability(plain(t));
}

TfLiteRunStep TfLiteOpaqueTensorGetDataKnownStep(const TfLiteOpaqueTensor *t)
{
    return TfLiteTensorGetDataKnownStep(plain(t));
}

TfLiteRunStep TfLiteOpaqueTensorGetShapeKnownStep(const TfLiteOpaqueTensor *t)
{
    return TfLiteTensorGetShapeKnownStep(plain(t));
}

TfLiteStatus TfLiteOpaqueTensorCopyFromBuffer(TfLiteOpaqueTensor *opaque_tensor,
                                              const void *input_data, size_t input_data_size)
{
    return TfLiteTensorCopyFromBuffer(plain_mutable(opaque_tensor), input_data, input_data_size);
}

TfLiteStatus TfLiteOpaqueTensorCopyToBuffer(const TfLiteOpaqueTensor *opaque_tensor,
                                            void *output_data, size_t output_data_size)
{
    return TfLiteTensorCopyToBuffer(plain(opaque_tensor), output_data, output_data_size);
}

void TfLiteOpaqueTensorSetAllocationTypeToDynamic(TfLiteOpaqueTensor *tensor)
{
    tb_op_set_dynamic(plain_mutable(tensor));
}

void TfLiteOpaqueTensorSetNonCpuAllocation(TfLiteOpaqueTensor *tensor)
{
    plain_mutable(tensor)->allocation_type = kTfLiteNonCpu;
}

/* ---- strings ---------------------------------------------------------------------------------- */

int TfLiteOpaqueTensorGetStringCount(const TfLiteOpaqueTensor *tensor)
{
    return tb_string_count(plain(tensor)->data.data, plain(tensor)->bytes);
}

TfLiteStatus TfLiteOpaqueTensorGetString(const TfLiteOpaqueTensor *tensor, int index,
                                         const char **str, int *len)
{
    if (index < 0 || index >= TfLiteOpaqueTensorGetStringCount(tensor))
        return kTfLiteError;
    int32_t length;
    *str = tb_string_at(plain(tensor)->data.data, index, &length);
    *len = length;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueTensorWriteStrings(TfLiteOpaqueTensor *tensor,
                                            const char *const *str_array, int str_array_len,
                                            const int *str_n_len)
{
    TfLiteTensor *t = plain_mutable(tensor);
    size_t size;
    if (!tb_string_buffer_size(str_n_len, str_array_len, &size))
        return kTfLiteError;
    char *buffer = malloc(size);
    TfLiteIntArray *dims = TfLiteIntArrayCreate(1);
    if (!buffer || !dims) {
        free(buffer);
        TfLiteIntArrayFree(dims);
        return kTfLiteError;
    }
    tb_string_buffer_fill(buffer, str_array, str_n_len, str_array_len);
    dims->data[0] = str_array_len;
    TfLiteTensorReset(t->type, t->name, dims, t->params, buffer, size, kTfLiteDynamic,
                      t->allocation, t->is_variable, t);
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueTensorWriteString(TfLiteOpaqueTensor *tensor, const char *str, int len)
{
    return TfLiteOpaqueTensorWriteStrings(tensor, &str, 1, &len);
}

/* ---- builders --------------------------------------------------------------------------------- */

TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderCreate(void)
{
    return calloc(1, sizeof(TfLiteOpaqueTensorBuilder));
}

void TfLiteOpaqueTensorBuilderDelete(TfLiteOpaqueTensorBuilder *builder)
{
    free(builder);
}

TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSetType(TfLiteOpaqueTensorBuilder *builder,
                                                            TfLiteType type)
{
    builder->type = type;
    return builder;
}

TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSetData(TfLiteOpaqueTensorBuilder *builder,
                                                            void *data)
{
    builder->data = data;
    return builder;
}

TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetAllocationType(TfLiteOpaqueTensorBuilder *builder,
                                           TfLiteAllocationType allocation_type)
{
    builder->allocation_type = allocation_type;
    return builder;
}

TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetQuantizationParams(TfLiteOpaqueTensorBuilder *builder,
                                               TfLiteQuantizationParams params)
{
    builder->params = params;
    return builder;
}

TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetQuantization(TfLiteOpaqueTensorBuilder *builder,
                                         TfLiteQuantization quantization)
{
    builder->quantization = quantization;
    return builder;
}
