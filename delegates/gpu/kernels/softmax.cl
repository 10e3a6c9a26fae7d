/* Softmax along the last dimension: a work item a row. */
kernel void softmax(global const T *in, global T *out, int rows, int depth, float beta)
{
    const int row = get_global_id(0);
    if (row >= rows)
        return;
    const int at = row * depth;
    float most = -INFINITY;
    for (int i = 0; i < depth; i++)
        most = fmax(most, (float)LOAD(in, at + i));
    float sum = 0.0f;
    for (int i = 0; i < depth; i++)
        sum += exp((LOAD(in, at + i) - most) * beta);
    const float share = 1.0f / sum;
    for (int i = 0; i < depth; i++)
        STORE(exp((LOAD(in, at + i) - most) * beta) * share, out, at + i);
}
