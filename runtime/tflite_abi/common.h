/*
 * The structs that interpreter, kernels and delegates share, and the functions on them.
 *
 * Layout is binding: kernels and delegates compiled elsewhere read and write these fields directly.
 * Unless said otherwise, memory these structs own comes from malloc, because either side of the ABI
 * may free it.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_COMMON_H
#define TB_RUNTIME_TFLITE_ABI_COMMON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct TfLiteContext;
struct TfLiteNode;
struct TfLiteRegistration;
struct TfLiteOpaqueDelegateBuilder;

/* ---- arrays -------------------------------------------------------------------------------- */

/* A tensor index in a node's list that stands for "optional tensor, absent". */
#define kTfLiteOptionalTensor (-1)

/* A length and that many values after it: shapes, lists of tensors, zero points. */
__extension__ typedef struct TfLiteIntArray {
    int size;
    int data[];
} TfLiteIntArray;

__extension__ typedef struct TfLiteFloatArray {
    int size;
    float data[];
} TfLiteFloatArray;

/*
 * Create leaves the values unset and answers NULL for a negative size or without memory; Copy of
 * NULL is NULL; Free takes NULL. Two arrays are equal if both are NULL or both hold the same
 * values; a NULL array equals a plain array of no elements. GetSizeInBytes counts the length too
 * and is 0 for a size that cannot be.
 */
TFL_CAPI_EXPORT size_t TfLiteIntArrayGetSizeInBytes(int size);
TFL_CAPI_EXPORT TfLiteIntArray *TfLiteIntArrayCreate(int size);
TFL_CAPI_EXPORT int TfLiteIntArrayEqual(const TfLiteIntArray *a, const TfLiteIntArray *b);
TFL_CAPI_EXPORT int TfLiteIntArrayEqualsArray(const TfLiteIntArray *a, int b_size,
                                              const int b_data[]);
TFL_CAPI_EXPORT TfLiteIntArray *TfLiteIntArrayCopy(const TfLiteIntArray *src);
TFL_CAPI_EXPORT void TfLiteIntArrayFree(TfLiteIntArray *a);

TFL_CAPI_EXPORT int TfLiteFloatArrayGetSizeInBytes(int size);
TFL_CAPI_EXPORT TfLiteFloatArray *TfLiteFloatArrayCreate(int size);
TFL_CAPI_EXPORT TfLiteFloatArray *TfLiteFloatArrayCopy(const TfLiteFloatArray *src);
TFL_CAPI_EXPORT void TfLiteFloatArrayFree(TfLiteFloatArray *a);

/* ---- reporting from a kernel --------------------------------------------------------------- */

/* The macro names that kernels written against TFLite use. They return from the caller. */
#define TF_LITE_KERNEL_LOG(context, ...)                \
    do {                                                \
        (context)->ReportError((context), __VA_ARGS__); \
    } while (0)

#define TF_LITE_MAYBE_KERNEL_LOG(context, ...)              \
    do {                                                    \
        if ((context) != NULL) {                            \
            (context)->ReportError((context), __VA_ARGS__); \
        }                                                   \
    } while (0)

#define TF_LITE_ENSURE_MSG(context, value, ...)                      \
    do {                                                             \
        if (!(value)) {                                              \
            TF_LITE_KERNEL_LOG((context), __FILE__ " " __VA_ARGS__); \
            return kTfLiteError;                                     \
        }                                                            \
    } while (0)

#define TF_LITE_ENSURE(context, a)                                                            \
    do {                                                                                      \
        if (!(a)) {                                                                           \
            TF_LITE_KERNEL_LOG((context), "%s:%d: %s does not hold", __FILE__, __LINE__, #a); \
            return kTfLiteError;                                                              \
        }                                                                                     \
    } while (0)

#define TF_LITE_ENSURE_STATUS(a)                     \
    do {                                             \
        const TfLiteStatus tfl_ensure_status_ = (a); \
        if (tfl_ensure_status_ != kTfLiteOk) {       \
            return tfl_ensure_status_;               \
        }                                            \
    } while (0)

/* A message may follow the status; it is dropped, whoever returned the failure has reported it. */
#define TFL_FIRST_ARGUMENT(first, ...)  first
#define TF_LITE_ENSURE_OK(context, ...) TF_LITE_ENSURE_STATUS(TFL_FIRST_ARGUMENT(__VA_ARGS__, 0))

/* a and b are ints; they may be evaluated twice. */
#define TF_LITE_ENSURE_EQ(context, a, b)                                                          \
    do {                                                                                          \
        if ((a) != (b)) {                                                                         \
            TF_LITE_KERNEL_LOG((context), "%s:%d: %s is not %s (%d, %d)", __FILE__, __LINE__, #a, \
                               #b, (int)(a), (int)(b));                                           \
            return kTfLiteError;                                                                  \
        }                                                                                         \
    } while (0)

#define TF_LITE_ENSURE_TYPES_EQ(context, a, b)                                                    \
    do {                                                                                          \
        if ((a) != (b)) {                                                                         \
            TF_LITE_KERNEL_LOG((context), "%s:%d: %s is not %s (%s, %s)", __FILE__, __LINE__, #a, \
                               #b, TfLiteTypeGetName(a), TfLiteTypeGetName(b));                   \
            return kTfLiteError;                                                                  \
        }                                                                                         \
    } while (0)

#define TF_LITE_ENSURE_NEAR(context, a, b, epsilon)                                                \
    do {                                                                                           \
        const double tfl_ensure_a_ = (double)(a), tfl_ensure_b_ = (double)(b);                     \
        const double tfl_ensure_d_ = tfl_ensure_a_ - tfl_ensure_b_;                                \
        if (!(tfl_ensure_d_ <= (double)(epsilon) && -tfl_ensure_d_ <= (double)(epsilon))) {        \
            TF_LITE_KERNEL_LOG((context), "%s:%d: %s is not near %s (%g, %g)", __FILE__, __LINE__, \
                               #a, #b, tfl_ensure_a_, tfl_ensure_b_);                              \
            return kTfLiteError;                                                                   \
        }                                                                                          \
    } while (0)

/* ---- element types ------------------------------------------------------------------------- */

typedef struct TfLiteComplex64 {
    float re;
    float im;
} TfLiteComplex64;

typedef struct TfLiteComplex128 {
    double re;
    double im;
} TfLiteComplex128;

/* IEEE 754 half precision, and the upper half of a float32, as bits. */
typedef struct TfLiteFloat16 {
    uint16_t data;
} TfLiteFloat16;

typedef struct TfLiteBFloat16 {
    uint16_t data;
} TfLiteBFloat16;

/* Upper-case name such as "FLOAT32"; "Unknown type" outside the enum. Static storage. */
TFL_CAPI_EXPORT const char *TfLiteTypeGetName(TfLiteType type);

/* ---- quantization and sparsity ------------------------------------------------------------- */

/* Says which struct TfLiteQuantization.params points to. */
typedef enum TfLiteQuantizationType {
    kTfLiteNoQuantization = 0,
    kTfLiteAffineQuantization = 1,
    kTfLiteBlockwiseQuantization = 2,
    kTfLiteMultiAxisQuantization = 3,
} TfLiteQuantizationType;

/* Owned by its tensor, params and the arrays under it included. */
typedef struct TfLiteQuantization {
    TfLiteQuantizationType type;
    void *params;
} TfLiteQuantization;

/* real = scale[c] * (stored - zero_point[c]), c counting along quantized_dimension, or size 1. */
typedef struct TfLiteAffineQuantization {
    TfLiteFloatArray *scale;
    TfLiteIntArray *zero_point;
    int32_t quantized_dimension;
} TfLiteAffineQuantization;

/* A scale for each blocksize values; scale and zero_point are indices of the tensors with them. */
typedef struct TfLiteBlockwiseQuantization {
    int32_t scale;
    int32_t zero_point;
    int32_t blocksize;
    int32_t quantized_dimension;
} TfLiteBlockwiseQuantization;

/*
 * Scales along several dimensions at once: indices of the tensors with them, -1 for a zero point of
 * 0. A blocksize of 0 is one scale per channel.
 */
typedef struct TfLiteMultiAxisQuantization {
    int32_t scales;
    int32_t zero_points;
    int32_t blocksize;
    TfLiteIntArray *quantized_dimensions;
} TfLiteMultiAxisQuantization;

/* One dimension of a sparse tensor: dense_size if dense, segments and indices if CSR. */
typedef struct TfLiteDimensionMetadata {
    TfLiteDimensionType format;
    int dense_size;
    TfLiteIntArray *array_segments;
    TfLiteIntArray *array_indices;
} TfLiteDimensionMetadata;

/* How a constant tensor's non-zero values are laid out. Owned by its tensor with all it names. */
typedef struct TfLiteSparsity {
    TfLiteIntArray *traversal_order;
    TfLiteIntArray *block_map;
    TfLiteDimensionMetadata *dim_metadata;
    int dim_metadata_size;
} TfLiteSparsity;

/* Frees what is under it and leaves an empty, valid value; the second frees the struct as well. */
TFL_CAPI_EXPORT void TfLiteQuantizationFree(TfLiteQuantization *quantization);
TFL_CAPI_EXPORT void TfLiteSparsityFree(TfLiteSparsity *sparsity);

/* ---- tensors ------------------------------------------------------------------------------- */

/* A tensor's bytes under the type they are read as; all members hold the same address. */
typedef union TfLitePtrUnion {
    int32_t *i32;
    uint32_t *u32;
    int64_t *i64;
    uint64_t *u64;
    float *f;
    TfLiteFloat16 *f16;
    TfLiteBFloat16 *bf16;
    double *f64;
    char *raw;
    const char *raw_const;
    uint8_t *uint8;
    bool *b;
    int16_t *i16;
    uint16_t *ui16;
    TfLiteComplex64 *c64;
    TfLiteComplex128 *c128;
    int8_t *int8;
    void *data;
} TfLitePtrUnion;

/* Who owns a tensor's bytes and how long they live. */
typedef enum TfLiteAllocationType {
    kTfLiteMemNone = 0,           /* no bytes */
    kTfLiteMmapRo = 1,            /* a constant, inside the model file */
    kTfLiteArenaRw = 2,           /* planned memory, valid during one invoke */
    kTfLiteArenaRwPersistent = 3, /* planned memory that keeps its values between invokes */
    kTfLiteDynamic = 4,           /* malloc, size known at invoke */
    kTfLitePersistentRo = 5,      /* malloc, computed once in prepare */
    kTfLiteCustom = 6,            /* the application's own memory */
    kTfLiteVariantObject = 7,     /* a C++ object with a virtual destructor */
    kTfLiteNonCpu = 8,            /* bytes live on a device */
} TfLiteAllocationType;

/* The same seen from a reader: where bytes come from, ... */
typedef enum TfLiteAllocationStrategy {
    kTfLiteAllocationStrategyUnknown = 0,
    kTfLiteAllocationStrategyNone = 1,
    kTfLiteAllocationStrategyMMap = 2,
    kTfLiteAllocationStrategyArena = 3,
    kTfLiteAllocationStrategyMalloc = 4,
    kTfLiteAllocationStrategyNew = 5,
} TfLiteAllocationStrategy;

/* ... how long an address or a value stays what it is, ... */
typedef enum TfLiteRunStability {
    kTfLiteRunStabilityUnknown = 0,
    kTfLiteRunStabilityUnstable = 1,   /* may change at any time */
    kTfLiteRunStabilitySingleRun = 2,  /* fixed during a run */
    kTfLiteRunStabilityAcrossRuns = 3, /* fixed from run to run */
} TfLiteRunStability;

/* ... and from which step on it is known. */
typedef enum TfLiteRunStep {
    kTfLiteRunStepUnknown = 0,
    kTfLiteRunStepInit = 1,
    kTfLiteRunStepPrepare = 2,
    kTfLiteRunStepEval = 3,
} TfLiteRunStep;

/* A delegate's own name for a buffer; only the delegate that gave it can read it. */
typedef int TfLiteBufferHandle;
enum { kTfLiteNullBufferHandle = -1 };

/* Application memory offered for a tensor; it must outlive the interpreter's use of it. */
typedef struct TfLiteCustomAllocation {
    void *data;
    size_t bytes;
} TfLiteCustomAllocation;

typedef enum TfLiteCustomAllocationFlags {
    kTfLiteCustomAllocationFlagsNone = 0,
    kTfLiteCustomAllocationFlagsSkipAlignCheck = 1,
} TfLiteCustomAllocationFlags;

/*
 * Where dynamic tensors get their bytes from; it outlives them. reallocate is as realloc, or NULL.
 */
typedef struct TfLiteAllocator {
    void *data;
    void *(*allocate)(void *data, size_t bytes, size_t alignment);
    void *(*reallocate)(void *data, void *ptr, size_t old_bytes, size_t new_bytes,
                        size_t alignment);
    void (*deallocate)(void *data, void *ptr, size_t bytes, size_t alignment);
} TfLiteAllocator;

/* "This tensor is in no buffer of the model file". */
#define kTfLiteNoBufferIdentifier SIZE_MAX

/*
 * One tensor of a subgraph. It owns dims, quantization, sparsity and dims_signature, and data where
 * the allocation type says so; name and allocation are borrowed from the model.
 */
typedef struct TfLiteTensor {
    TfLiteType type;
    TfLitePtrUnion data;
    TfLiteIntArray *dims;
    TfLiteQuantizationParams params; /* the short form of quantization, see there */
    TfLiteAllocationType allocation_type;
    size_t bytes;
    const void *allocation;
    const char *name;
    struct TfLiteDelegate *delegate;  /* whose buffer_handle it is, or NULL */
    TfLiteBufferHandle buffer_handle; /* kTfLiteNullBufferHandle if none */
    bool data_is_stale;               /* the delegate's buffer is newer than data */
    bool is_variable;
    TfLiteQuantization quantization;
    TfLiteSparsity *sparsity; /* NULL if dense */
    const TfLiteIntArray
        *dims_signature; /* -1 where a dimension is free; NULL or empty if all fixed */
} TfLiteTensor;

/* The subset of a tensor that a kernel needs at invoke. */
typedef struct TfLiteEvalTensor {
    TfLitePtrUnion data;
    TfLiteIntArray *dims;
    TfLiteType type;
} TfLiteEvalTensor;

/* One operator of a subgraph. Lists hold tensor indices, kTfLiteOptionalTensor among them. */
typedef struct TfLiteNode {
    TfLiteIntArray *inputs;
    TfLiteIntArray *outputs;
    TfLiteIntArray *intermediates;
    TfLiteIntArray *temporaries; /* the kernel sets it in init or prepare */
    void *user_data;             /* what init returned; the kernel's free gets it back */
    void *builtin_data;          /* a TfLite...Params of builtin_op_data.h, or NULL */
    const void *custom_initial_data;
    int custom_initial_data_size; /* bytes */
    struct TfLiteDelegate *delegate;
    bool might_have_side_effect;
} TfLiteNode;

/*
 * DataFree frees bytes the tensor owns (dynamic, persistent, variant) and clears data; TensorFree
 * frees everything it owns and leaves an empty tensor, not the struct. Both take NULL. A NULL
 * allocator means malloc; the same one has to be given for the life of the bytes.
 */
TFL_CAPI_EXPORT void TfLiteTensorDataFree(TfLiteTensor *t);
TFL_CAPI_EXPORT void TfLiteTensorDataFreeWithAllocator(TfLiteTensor *t, TfLiteAllocator *allocator);
TFL_CAPI_EXPORT void TfLiteTensorFree(TfLiteTensor *t);

/* Frees the tensor and sets these fields; takes dims, borrows name, buffer and allocation. */
TFL_CAPI_EXPORT void TfLiteTensorReset(TfLiteType type, const char *name, TfLiteIntArray *dims,
                                       TfLiteQuantizationParams quantization, char *buffer,
                                       size_t size, TfLiteAllocationType allocation_type,
                                       const void *allocation, bool is_variable,
                                       TfLiteTensor *tensor);

/*
 * Copies shape, type, values and delegate buffer between tensors of the same byte size;
 * kTfLiteError if sizes differ or either has no bytes. A NULL tensor is nothing to do.
 */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorCopy(const TfLiteTensor *src, TfLiteTensor *dst);

/*
 * A tensor of its own: what src owns is duplicated, what it borrows is borrowed again. All zero if
 * memory runs out.
 */
TFL_CAPI_EXPORT TfLiteTensor TfLiteTensorClone(TfLiteTensor src);

/*
 * Gives a dynamic or persistent tensor num_bytes; for every other kind it does nothing and
 * succeeds. Realloc keeps the values, the other keeps them on request; neither shrinks the block
 * unless an allocator counts it. On kTfLiteError the tensor is as before.
 */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorResizeMaybeCopy(size_t num_bytes, TfLiteTensor *tensor,
                                                         bool preserve_data);
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorResizeMaybeCopyWithAllocator(size_t num_bytes,
                                                                      TfLiteTensor *tensor,
                                                                      bool preserve_data,
                                                                      TfLiteAllocator *allocator);
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorRealloc(size_t num_bytes, TfLiteTensor *tensor);
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorReallocWithAllocator(size_t num_bytes,
                                                              TfLiteTensor *tensor,
                                                              TfLiteAllocator *allocator);

/* dims_signature where there is one, else dims. Borrowed. */
TFL_CAPI_EXPORT const TfLiteIntArray *TfLiteTensorGetDimsSignature(const TfLiteTensor *t);

/* What the allocation type implies; "unknown" for application and device memory. */
TFL_CAPI_EXPORT TfLiteAllocationStrategy TfLiteTensorGetAllocationStrategy(const TfLiteTensor *t);
TFL_CAPI_EXPORT TfLiteRunStability TfLiteTensorGetBufferAddressStability(const TfLiteTensor *t);
TFL_CAPI_EXPORT TfLiteRunStability TfLiteTensorGetDataStability(const TfLiteTensor *t);
TFL_CAPI_EXPORT TfLiteRunStep TfLiteTensorGetDataKnownStep(const TfLiteTensor *t);
TFL_CAPI_EXPORT TfLiteRunStep TfLiteTensorGetShapeKnownStep(const TfLiteTensor *t);

/* ---- the context --------------------------------------------------------------------------- */

typedef enum TfLiteExternalContextType {
    kTfLiteEigenContext = 0,
    kTfLiteGemmLowpContext = 1,
    kTfLiteEdgeTpuContext = 2,
    kTfLiteCpuBackendContext = 3,
    kTfLiteLiteRtBufferContext = 4,
    kTfLiteMaxExternalContexts = 5,
} TfLiteExternalContextType;

/*
 * Something kernels share through the interpreter; Refresh is called when the thread count changes.
 */
typedef struct TfLiteExternalContext {
    TfLiteExternalContextType type;
    TfLiteStatus (*Refresh)(struct TfLiteContext *context);
} TfLiteExternalContext;

/* What a delegate's kernel gets as the buffer of init: its nodes and the tensors at its border. */
typedef struct TfLiteDelegateParams {
    struct TfLiteDelegate *delegate;
    TfLiteIntArray *nodes_to_replace;
    TfLiteIntArray *input_tensors;
    TfLiteIntArray *output_tensors;
} TfLiteDelegateParams;

/* The same for a delegate made from a TfLiteOpaqueDelegateBuilder. */
typedef struct TfLiteOpaqueDelegateParams {
    TfLiteOpaqueDelegate *delegate;
    void *delegate_data;
    TfLiteIntArray *nodes_to_replace;
    TfLiteIntArray *input_tensors;
    TfLiteIntArray *output_tensors;
} TfLiteOpaqueDelegateParams;

/*
 * What a kernel or delegate sees of its subgraph. Only a delegate's Prepare may look at the graph
 * (GetExecutionPlan, GetNodeAndRegistration, PreviewDelegatePartitioning, AcquireSubgraphContext)
 * or change it (ReplaceNodeSubsetsWithDelegateKernels); at other times these fail.
 */
typedef struct TfLiteContext {
    size_t tensors_size;

    /* Node indices in order of execution; valid until the graph changes. */
    TfLiteStatus (*GetExecutionPlan)(struct TfLiteContext *context,
                                     TfLiteIntArray **execution_plan);

    TfLiteTensor *tensors; /* moves when AddTensors succeeds */
    void *impl_;           /* the runtime's own */

    /* Takes new_size in every case; sets bytes, and the memory where the tensor is dynamic. */
    TfLiteStatus (*ResizeTensor)(struct TfLiteContext *context, TfLiteTensor *tensor,
                                 TfLiteIntArray *new_size);

    /* printf-like; one message a fault. */
    void (*ReportError)(struct TfLiteContext *context, const char *msg, ...);

    TfLiteStatus (*AddTensors)(struct TfLiteContext *context, int tensors_to_add,
                               int *first_new_tensor_index);
    TfLiteStatus (*GetNodeAndRegistration)(struct TfLiteContext *context, int node_index,
                                           TfLiteNode **node,
                                           struct TfLiteRegistration **registration);

    /* Puts one node of this registration in the place of each connected set of the nodes named. */
    TfLiteStatus (*ReplaceNodeSubsetsWithDelegateKernels)(struct TfLiteContext *context,
                                                          struct TfLiteRegistration registration,
                                                          const TfLiteIntArray *nodes_to_replace,
                                                          struct TfLiteDelegate *delegate);

    int recommended_num_threads; /* -1: as the runtime likes */

    TfLiteExternalContext *(*GetExternalContext)(struct TfLiteContext *context,
                                                 TfLiteExternalContextType type);
    void (*SetExternalContext)(struct TfLiteContext *context, TfLiteExternalContextType type,
                               TfLiteExternalContext *external_context);

    bool allow_fp32_relax_to_fp16;
    void *profiler;

    /* In init or prepare; lives as long as the interpreter. NULL without memory. */
    void *(*AllocatePersistentBuffer)(struct TfLiteContext *context, size_t bytes);

    /* Scratch: one taken in invoke, gone after it; or requested in prepare, fetched in invoke. */
    TfLiteStatus (*AllocateBufferForEval)(struct TfLiteContext *context, size_t bytes, void **ptr);
    TfLiteStatus (*RequestScratchBufferInArena)(struct TfLiteContext *context, size_t bytes,
                                                int *buffer_idx);
    void *(*GetScratchBuffer)(struct TfLiteContext *context, int buffer_idx);

    /* ResizeTensor with a borrowed shape. */
    TfLiteStatus (*ResizeTensorExplicit)(struct TfLiteContext *context, TfLiteTensor *tensor,
                                         int dims, const int *shape);

    /*
     * The partitions ReplaceNodeSubsets... would make; borrowed until the next call or Prepare's
     * end.
     */
    TfLiteStatus (*PreviewDelegatePartitioning)(struct TfLiteContext *context,
                                                const TfLiteIntArray *nodes_to_replace,
                                                TfLiteDelegateParams **partition_params_array,
                                                int *num_partitions);

    /* For runtimes without a tensors array; may be NULL where there is one. */
    TfLiteTensor *(*GetTensor)(const struct TfLiteContext *context, int tensor_idx);
    TfLiteEvalTensor *(*GetEvalTensor)(const struct TfLiteContext *context, int tensor_idx);

    /* The model's metadata buffer of that name, borrowed. */
    TfLiteStatus (*GetModelMetadata)(const struct TfLiteContext *context, const char *name,
                                     const char **ptr, size_t *bytes);

    /* Another subgraph of the model, for a delegate that takes control flow; release each. */
    TfLiteStatus (*AcquireSubgraphContext)(struct TfLiteContext *context, int subgraph_index,
                                           struct TfLiteContext **acquired_context);
    TfLiteStatus (*ReleaseSubgraphContext)(struct TfLiteContext *context, int subgraph_index);
} TfLiteContext;

/* ---- operators ----------------------------------------------------------------------------- */

/*
 * Bits of TfLiteRegistration.inplace_operator: which input may lie in the same memory as an output.
 * ...DataUnmodified: the first output's values are the first input's. Without
 * ...InputCanBeSharedWithCorrespondingOutput every sharable input pairs with output 0.
 */
__extension__ typedef enum TfLiteInPlaceOp {
    kTfLiteInplaceOpNone = 0,
    kTfLiteInplaceOpDataUnmodified = 1,
    kTfLiteInplaceInputCanBeSharedWithCorrespondingOutput = 2,
    kTfLiteInplaceOpInput0Shared = 4,
    kTfLiteInplaceOpInput1Shared = 8,
    kTfLiteInplaceOpInput2Shared = 16,
    kTfLiteInplaceOpMaxValue = UINT64_MAX, /* makes the type 64 bits wide */
} TfLiteInPlaceOp;

enum { kTfLiteMaxSharableOpInputs = 3 };

/*
 * The implementation of one operator. init may be NULL; for a builtin its buffer is the params
 * struct and length 0, for a custom operator the custom options, for a delegate's kernel a
 * TfLiteDelegateParams. prepare runs again after every change of shape.
 */
typedef struct TfLiteRegistration {
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);
    int32_t builtin_code;    /* TfLiteBuiltinOperator */
    const char *custom_name; /* NULL for a builtin */
    int version;
    TfLiteOperator *registration_external; /* set: the callbacks are there, in opaque form */
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteContext *context, TfLiteNode *node);
    uint64_t inplace_operator; /* TfLiteInPlaceOp bits */
} TfLiteRegistration;

/* Shorter forms of older generations, each a prefix of the next; only op resolvers give them. */
typedef struct TfLiteRegistration_V3 {
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);
    int32_t builtin_code;
    const char *custom_name;
    int version;
    TfLiteOperator *registration_external;
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteContext *context, TfLiteNode *node);
} TfLiteRegistration_V3;

typedef struct TfLiteRegistration_V2 {
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);
    int32_t builtin_code;
    const char *custom_name;
    int version;
    TfLiteOperator *registration_external;
} TfLiteRegistration_V2;

typedef struct TfLiteRegistration_V1 {
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);
    int32_t builtin_code;
    const char *custom_name;
    int version;
} TfLiteRegistration_V1;

/* What a delegate kernel's init returns to say that it failed; NULL is a valid result. */
TFL_CAPI_EXPORT void *TfLiteKernelInitFailed(void);

/* ---- delegates ----------------------------------------------------------------------------- */

/* Bits of TfLiteDelegate.flags. */
typedef enum TfLiteDelegateFlags {
    kTfLiteDelegateFlagsNone = 0,
    kTfLiteDelegateFlagsAllowDynamicTensors = 1,     /* may be applied to graphs with them */
    kTfLiteDelegateFlagsRequirePropagatedShapes = 2, /* border shapes are known at prepare */
    kTfLiteDelegateFlagsPerOperatorProfiling = 4,    /* reports its steps itself */
    kTfLiteDelegateFlagsHintFullyDelegatedToSingleDelegate = 8,
} TfLiteDelegateFlags;

/*
 * Something that takes nodes away from the interpreter. The application owns it and keeps it alive
 * longer than every interpreter it was applied to. The buffer-handle functions may be NULL for a
 * delegate that leaves its results in data.
 */
struct TfLiteDelegate {
    void *data_;

    /* Called once per graph; looks at the nodes and asks for those it wants. */
    TfLiteStatus (*Prepare)(TfLiteContext *context, struct TfLiteDelegate *delegate);

    TfLiteStatus (*CopyFromBufferHandle)(TfLiteContext *context, struct TfLiteDelegate *delegate,
                                         TfLiteBufferHandle buffer_handle, TfLiteTensor *tensor);
    TfLiteStatus (*CopyToBufferHandle)(TfLiteContext *context, struct TfLiteDelegate *delegate,
                                       TfLiteBufferHandle buffer_handle, TfLiteTensor *tensor);
    void (*FreeBufferHandle)(TfLiteContext *context, struct TfLiteDelegate *delegate,
                             TfLiteBufferHandle *handle);

    int64_t flags; /* TfLiteDelegateFlags bits */

    /* Set: its functions are called in the place of the ones above, which are then NULL. */
    struct TfLiteOpaqueDelegateBuilder *opaque_delegate_builder;
};

/* A delegate of all zeros: no functions, no flags. */
TFL_CAPI_EXPORT TfLiteDelegate TfLiteDelegateCreate(void);

/* The same callbacks for clients of the opaque API; see TfLiteOpaqueDelegateCreate. */
typedef struct TfLiteOpaqueDelegateBuilder {
    void *data;
    TfLiteStatus (*Prepare)(TfLiteOpaqueContext *context, TfLiteOpaqueDelegate *delegate,
                            void *data);
    TfLiteStatus (*CopyFromBufferHandle)(TfLiteOpaqueContext *context,
                                         TfLiteOpaqueDelegate *delegate, void *data,
                                         TfLiteBufferHandle buffer_handle,
                                         TfLiteOpaqueTensor *tensor);
    TfLiteStatus (*CopyToBufferHandle)(TfLiteOpaqueContext *context, TfLiteOpaqueDelegate *delegate,
                                       void *data, TfLiteBufferHandle buffer_handle,
                                       TfLiteOpaqueTensor *tensor);
    void (*FreeBufferHandle)(TfLiteOpaqueContext *context, TfLiteOpaqueDelegate *delegate,
                             void *data, TfLiteBufferHandle *handle);
    int64_t flags; /* TfLiteDelegateFlags bits */
} TfLiteOpaqueDelegateBuilder;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
