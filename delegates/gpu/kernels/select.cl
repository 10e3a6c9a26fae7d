/* Elements of one input or the other, as a condition says; T is an integer of an element's size. */
kernel void select_of(global const uchar *condition, global const T *a, global const T *b,
                      global T *out, EXTENTS, STRIDES(c), STRIDES(a), STRIDES(b))
{
    WALK;
    out[DENSE] = condition[AT(c)] ? a[AT(a)] : b[AT(b)];
}
