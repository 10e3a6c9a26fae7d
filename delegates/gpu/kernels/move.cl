/*
 * Elements from strided places to strided places; only their size matters (T is an integer of it).
 * Up to eight dimensions of extents e0 to e7, e7 innermost; `a` are the input's strides, `b` the
 * output's. LUT: bytes become others on the way.
 */
kernel void move(global const T *in,
#ifdef LUT
                 global const uchar *table,
#endif
                 global T *out, int e0, int e1, int e2, int e3, int e4, int e5, int e6, int e7,
                 int from, int a0, int a1, int a2, int a3, int a4, int a5, int a6, int a7, int to,
                 int b0, int b1, int b2, int b3, int b4, int b5, int b6, int b7)
{
    const int i7 = get_global_id(0), i6 = get_global_id(1);
    int rest = get_global_id(2);
    if (i7 >= e7 || i6 >= e6 || rest >= e0 * e1 * e2 * e3 * e4 * e5)
        return;
    const int i5 = rest % e5;
    rest /= e5;
    const int i4 = rest % e4;
    rest /= e4;
    const int i3 = rest % e3;
    rest /= e3;
    const int i2 = rest % e2;
    rest /= e2;
    const int i1 = rest % e1, i0 = rest / e1;
    from += i0 * a0 + i1 * a1 + i2 * a2 + i3 * a3 + i4 * a4 + i5 * a5 + i6 * a6 + i7 * a7;
    to += i0 * b0 + i1 * b1 + i2 * b2 + i3 * b3 + i4 * b4 + i5 * b5 + i6 * b6 + i7 * b7;
#ifdef LUT
    out[to] = table[in[from]];
#else
    out[to] = in[from];
#endif
}

/*
 * The output is dense. For each dimension a table tells, by index, how much the input's offset grows;
 * where any of them says less than 0 the element is `fill`. The tables lie one behind the other.
 */
kernel void mapped(global const T *in, global const int *table, global const T *fill, global T *out,
                   int e0, int e1, int e2, int e3, int e4, int e5, int e6, int e7)
{
    const int i7 = get_global_id(0), i6 = get_global_id(1);
    int rest = get_global_id(2);
    if (i7 >= e7 || i6 >= e6 || rest >= e0 * e1 * e2 * e3 * e4 * e5)
        return;
    const int to = (rest * e6 + i6) * e7 + i7;
    const int extents[] = {e0, e1, e2, e3, e4, e5};
    int base = e0 + e1 + e2 + e3 + e4 + e5;
    int from = table[base + i6], more = table[base + e6 + i7];
    bool inside = from >= 0 && more >= 0;
    from += more;
    for (int d = 5; d >= 0; d--) {
        base -= extents[d];
        more = table[base + rest % extents[d]];
        rest /= extents[d];
        inside = inside && more >= 0;
        from += more;
    }
    out[to] = inside ? in[from] : fill[0];
}
