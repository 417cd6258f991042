/* SPDX-License-Identifier: BSD-2-Clause
 * wave_body - wave_kernel's loops for the type REAL, names ending in NAME().
 */

CLONES void NAME(ae_wave_times)(REAL *a, const REAL *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const REAL re = a[2 * i] * t[2 * i] - a[2 * i + 1] * t[2 * i + 1];
        const REAL im = a[2 * i] * t[2 * i + 1] + a[2 * i + 1] * t[2 * i];
        a[2 * i] = re;
        a[2 * i + 1] = im;
    }
}

CLONES void NAME(ae_wave_times2)(
    REAL *a, const REAL *p, const REAL c[2], size_t n)
{
    const REAL cr = c[0], ci = c[1];
    for (size_t i = 0; i < n; i++) {
        const REAL pr = p[2 * i] * cr - p[2 * i + 1] * ci;
        const REAL pi = p[2 * i] * ci + p[2 * i + 1] * cr;
        const REAL re = a[2 * i] * pr - a[2 * i + 1] * pi;
        const REAL im = a[2 * i] * pi + a[2 * i + 1] * pr;
        a[2 * i] = re;
        a[2 * i + 1] = im;
    }
}

double NAME(ae_wave_sum)(
    const REAL *a, const uint32_t *at, const float *w, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double re = a[2 * (size_t)at[i]], im = a[2 * (size_t)at[i] + 1];
        sum += w[i] * (re * re + im * im);
    }
    return sum;
}

CLONES void NAME(ae_wave_add)(
    REAL *to, const REAL *a, const REAL c[2], size_t n)
{
    const REAL cr = c[0], ci = c[1];
    for (size_t i = 0; i < n; i++) {
        to[2 * i] += cr * a[2 * i] - ci * a[2 * i + 1];
        to[2 * i + 1] += cr * a[2 * i + 1] + ci * a[2 * i];
    }
}
