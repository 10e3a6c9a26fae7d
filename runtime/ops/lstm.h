/*
 * Long short-term memory cells, for the operators that run one over a sequence. For every step,
 * with x the input, h the output state, c the cell state, s the sigmoid and * elementwise:
 *
 *     i, f, o = s(W x + A aux + R h + p * c + b)     input, forget and output gate (o: of the new c)
 *     g       = activation(W x + A aux + R h + b)    cell gate
 *     c       = clip(f * c + i * g)                  i = 1 - f where there is no input gate ("cifg")
 *     h       = o * activation(c), or clip(P (o * activation(c)) + b) with a projection
 *
 * p are the optional peephole weights. With layer normalisation the sum before the bias is
 * normalised over the cells and multiplied by a gate's coefficients.
 *
 * In float, in float with integer weights ("hybrid": x, h and what is projected are quantised row
 * by row at every step), or wholly in integers as TFLite's 8x8->16 scheme. After TFLite's
 * lstm_eval.cc.
 */
#ifndef TB_RUNTIME_OPS_LSTM_H
#define TB_RUNTIME_OPS_LSTM_H

#include "runtime/ops/filter.h"

typedef enum tb_lstm_gate {
    TB_LSTM_INPUT,
    TB_LSTM_FORGET,
    TB_LSTM_CELL,
    TB_LSTM_OUTPUT,
    TB_LSTM_GATES
} tb_lstm_gate;

typedef struct tb_lstm_gate_tensors {
    const TfLiteTensor *weights;   /* [cells, inputs]; absent for the input gate: cifg */
    const TfLiteTensor *aux;       /* [cells, aux inputs] or NULL */
    const TfLiteTensor *recurrent; /* [cells, outputs], or [cells]: a diagonal matrix in float */
    const TfLiteTensor *peephole;  /* [cells] or NULL */
    const TfLiteTensor *bias;      /* [cells] */
    const TfLiteTensor *norm;      /* [cells] or NULL */
} tb_lstm_gate_tensors;

#define TB_LSTM_INTERMEDIATES 5 /* the gates' sums, and what is projected ("hidden") */

typedef struct tb_lstm_tensors {
    const TfLiteTensor
        *input; /* [time, batch, inputs], or [batch, time, inputs], or [batch, inputs] */
    const TfLiteTensor *aux_input; /* or NULL */
    tb_lstm_gate_tensors gate[TB_LSTM_GATES];
    const TfLiteTensor *projection;                          /* [outputs, cells] or NULL */
    const TfLiteTensor *projection_bias;                     /* [outputs] or NULL */
    TfLiteTensor *output_state;                              /* variables of batch * outputs */
    TfLiteTensor *cell_state;                                /* and batch * cells */
    const TfLiteTensor *intermediate[TB_LSTM_INTERMEDIATES]; /* scales of the integer scheme */
} tb_lstm_tensors;

typedef struct tb_lstm_params {
    TfLiteFusedActivation activation;
    float cell_clip; /* 0: none */
    float proj_clip;
    bool asymmetric_inputs; /* hybrid */
    bool time_major;
    bool backward;
} tb_lstm_params;

typedef struct tb_lstm_integer_gate {
    tb_multiplier input;
    tb_multiplier recurrent;
    tb_multiplier peephole;
    tb_multiplier norm;
    int32_t variance_guard;
} tb_lstm_integer_gate;

typedef struct tb_lstm_integer {
    tb_lstm_integer_gate gate[TB_LSTM_GATES];
    tb_multiplier hidden;
    tb_multiplier projection;
    int32_t input_zero_point;
    int32_t state_zero_point;
    int32_t hidden_zero_point;
    int cell_log2; /* of the cell state's scale */
    int32_t cell_clip;
    int32_t proj_clip;
    int hidden_scratch;
} tb_lstm_integer;

typedef struct tb_lstm tb_lstm;

/* What one step works on: the rows of `step_batches` batches. */
typedef struct tb_lstm_step {
    const void *input;
    const void *aux_input;
    void *output_state;
    void *cell_state;
} tb_lstm_step;

typedef void (*tb_lstm_stepper)(TfLiteContext *context, tb_lstm *lstm, const tb_lstm_tensors *t,
                                const tb_lstm_step *step);

struct tb_lstm {
    tb_lstm_params params;
    tb_lstm_stepper stepper;
    size_t times;
    size_t batches;
    size_t step_batches; /* all where time comes first, else one after the other */
    size_t inputs;
    size_t aux_inputs;
    size_t cells;
    size_t outputs;
    size_t element_bytes; /* of inputs and outputs */
    size_t cell_bytes;    /* of a cell state */
    int gates;            /* scratch: TB_LSTM_GATES of step_batches * cells */

    bool is_hybrid;
    tb_hybrid hybrid_input;
    tb_hybrid hybrid_aux;
    tb_hybrid hybrid_state;
    tb_hybrid hybrid_hidden;

    tb_lstm_integer integer;
};

/* The tensors of a node whose inputs lie as TFLite's "full" LSTM has them: 20, or 24 with layer
   normalisation. */
TfLiteStatus tb_lstm_get_tensors(TfLiteContext *context, const TfLiteNode *node,
                                 tb_lstm_tensors *out);

/* Checks everything, plans the steps. The output is the caller's: [..., outputs]. */
TfLiteStatus tb_lstm_prepare(TfLiteContext *context, const tb_lstm_tensors *tensors,
                             const tb_lstm_params *params, tb_lstm *out);

/* Runs the sequence. Output rows are `row` elements long, of which those from `offset` on are
   written. */
void tb_lstm_run(TfLiteContext *context, tb_lstm *lstm, const tb_lstm_tensors *tensors,
                 TfLiteTensor *output, size_t row, size_t offset);

/* lstm_integer.c: the integer scheme's scales, and its step. */
TfLiteStatus tb_lstm_prepare_integer(TfLiteContext *context, const tb_lstm_tensors *tensors,
                                     tb_lstm *lstm);

#endif
