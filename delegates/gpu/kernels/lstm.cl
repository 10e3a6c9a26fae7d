/* The cell of a basic LSTM: `gates` has, for each batch, the sums of the input gate, the new input, the
   forget gate and the output gate. */
#define SIGMOID(x) (1.0f / (1.0f + exp(-(x))))

kernel void lstm_cell(global const T *gates, global const T *state_in, global T *state_out,
                      global T *out, int batches, int cells)
{
    const int i = get_global_id(0), batch = get_global_id(1);
    if (i >= cells || batch >= batches)
        return;
    gates += batch * 4 * cells + i;
    const float admit = SIGMOID(LOAD(gates, 0)), fresh = tanh(LOAD(gates, cells));
    const float keep = SIGMOID(LOAD(gates, 2 * cells)), show = SIGMOID(LOAD(gates, 3 * cells));
    const float state = admit * fresh + keep * LOAD(state_in, batch * cells + i);
    STORE(state, state_out, batch * cells + i);
    STORE(show * tanh(state), out, batch * cells + i);
}
