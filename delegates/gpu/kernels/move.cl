/*
 * Elements from strided places to strided places; only their size matters (T is an integer of it).
 * Up to eight dimensions of extents e0 to e7, e7 innermost; `a` are the input's strides, `b` the
 * output's. LUT: bytes become others on the way.
 */
kernel void move(global const T *in,
#ifdef LUT
                 global const uchar *table,
#endif
                 global T *out, EXTENTS, int from, STRIDES(a), int to, STRIDES(b))
{
    WALK;
#ifdef LUT
    out[to + AT(b)] = table[in[from + AT(a)]];
#else
    out[to + AT(b)] = in[from + AT(a)];
#endif
}

/*
 * The output is dense. For each dimension a table tells, by index, how much the input's offset grows;
 * where any of them says less than 0 the element is `fill`. The tables lie one behind the other.
 */
kernel void mapped(global const T *in, global const int *table, global const T *fill, global T *out,
                   EXTENTS)
{
    WALK;
    const int indices[] = {i0, i1, i2, i3, i4, i5, i6, i7};
    const int extents[] = {e0, e1, e2, e3, e4, e5, e6, e7};
    int from = 0;
    bool inside = true;
    for (int d = 0; d < 8; table += extents[d], d++) {
        const int more = table[indices[d]];
        inside = inside && more >= 0;
        from += more;
    }
    out[DENSE] = inside ? in[from] : fill[0];
}
