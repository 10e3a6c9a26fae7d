/* Along one axis, a work item a line: sums that run, and norms. -DCUMSUM, ... says which is built. */
#ifdef CUMSUM
/* From `first` on by `by` elements; `exclusive`: without the element itself. */
kernel void cumsum(global const T *in, global T *out, int inner, int length, int outer, int first,
                   int by, int exclusive)
{
    const int x = get_global_id(0), y = get_global_id(1);
    if (x >= inner || y >= outer)
        return;
    int at = y * length * inner + x + first;
    A sum = 0;
    for (int i = 0; i < length; i++, at += by) {
        const A next = sum + LOAD(in, at);
        STORE(exclusive ? sum : next, out, at);
        sum = next;
    }
}
#endif

#ifdef L2_NORMALIZATION
kernel void l2_normalization(global const T *in, global T *out, int rows, int depth)
{
    const int row = get_global_id(0);
    if (row >= rows)
        return;
    float sum = 0.0f;
    for (int i = 0; i < depth; i++) {
        const float x = LOAD(in, row * depth + i);
        sum += x * x;
    }
    const float norm = fmax(sqrt(sum), 1e-6f);
    for (int i = 0; i < depth; i++)
        STORE(LOAD(in, row * depth + i) / norm, out, row * depth + i);
}
#endif

#ifdef LOCAL_RESPONSE
kernel void local_response(global const T *in, global T *out, int rows, int depth, int radius,
                           float bias, float alpha, float beta)
{
    const int c = get_global_id(0), row = get_global_id(1);
    if (c >= depth || row >= rows)
        return;
    const int begin = max(0, c - radius), end = min(depth, (int)min((long)c + radius + 1, (long)depth));
    float sum = 0.0f;
    for (int i = begin; i < end; i++) {
        const float x = LOAD(in, row * depth + i);
        sum += x * x * alpha;
    }
    STORE(LOAD(in, row * depth + c) * pow(bias + sum, -beta), out, row * depth + c);
}
#endif

#ifdef LOG_SOFTMAX
kernel void log_softmax(global const T *in, global T *out, int rows, int depth)
{
    const int row = get_global_id(0);
    if (row >= rows)
        return;
    float most = -INFINITY, sum = 0.0f;
    for (int i = 0; i < depth; i++)
        most = fmax(most, (float)LOAD(in, row * depth + i));
    for (int i = 0; i < depth; i++)
        sum += exp(LOAD(in, row * depth + i) - most);
    const float shift = log(sum);
    for (int i = 0; i < depth; i++)
        STORE(LOAD(in, row * depth + i) - most - shift, out, row * depth + i);
}
#endif
