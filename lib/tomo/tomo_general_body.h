/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_general_body - the loops of tomo_general_kernel.c, included once per
 * number type and width of a register: REAL is the type, INTEGER its bits,
 * WIDTH the bytes of a register, MAX and MIN of two registers, LOCAL makes the
 * names. */

typedef REAL LOCAL(vec)
    __attribute__((vector_size(WIDTH), aligned(sizeof(REAL)), may_alias));
typedef INTEGER LOCAL(ivec)
    __attribute__((vector_size(WIDTH), aligned(sizeof(REAL)), may_alias));
enum { LOCAL(STEP) = WIDTH / sizeof(REAL) };
#define STEP LOCAL(STEP)
#define VEC  LOCAL(vec)

/* The view in REAL, the same number in all lanes. */
struct LOCAL(quad) {
    VEC a, b, da, db, moment, turn, slope; /* turn, slope: times the lane */
    LOCAL(ivec) sign;                      /* the bit of it */
};

static inline __attribute__((always_inline)) VEC LOCAL(all)(double x)
{
    return (REAL)x - (VEC){0};
}

static inline __attribute__((always_inline)) VEC LOCAL(lanes)(double by)
{
    static const REAL iota[16] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return *(const VEC *)iota * (REAL)by;
}

/* ---- where the voxels of a column land ------------------------------------ */

enum { LOCAL(CHUNK) = 32 };

/* Registers of a column: the middle row, and the cell of v of lane 0; the
 * distances of lane 0 from both. */
struct LOCAL(places) {
    REAL d[LOCAL(CHUNK)], phi[LOCAL(CHUNK)];
    int row[LOCAL(CHUNK)], cell[LOCAL(CHUNK)];
    int kind[LOCAL(CHUNK)]; /* 0 off the frame, 1 in one cell, 2 not so */
};

static inline __attribute__((always_inline)) void LOCAL(place)(
    const struct ae_tomo_shape *s, const struct view *w, double u, double v,
    int n, struct LOCAL(places) * p)
{
    enum { BIAS = 1 << 24 }; /* conversion truncates, of positive numbers too */
    const struct margins *m = &w->margins;
    double step_u = STEP * w->turn, step_v = STEP * (1 + w->slope);
    int nu = (int)s->nu, nv = (int)s->nv;
    for (int i = 0; i < n; i++) {
        double at_u = u + i * step_u, at_v = v + i * step_v;
        int row = (int)(at_u + m->low_u + BIAS) - BIAS + 1;
        int cell = (int)(at_v + BIAS) - BIAS;
        double d = at_u - row, phi = at_v - cell;
        int is_one = (d + m->high_u <= 1) & (phi + m->low_v >= 0) &
                     (phi + m->high_v <= 1);
        int is_on = (row >= -1) & (row <= nu) & (cell >= -STEP) & (cell <= nv);
        p->d[i] = (REAL)d;
        p->phi[i] = (REAL)phi;
        p->row[i] = row;
        p->cell[i] = cell;
        p->kind[i] = is_one ? is_on : 2;
    }
}

/* The weights of four sub-samples in one cell, see tomo_kernel.h; clamp(d, a)
 * is min(|d|, a) with the sign of d. */
static inline __attribute__((always_inline)) void LOCAL(weigh_cell)(
    const struct LOCAL(quad) * q, VEC d, VEC *e, VEC *k)
{
    LOCAL(ivec) sign = (LOCAL(ivec))d & q->sign;
    VEC far = (VEC)((LOCAL(ivec))d ^ sign);
    *e = MAX(far, q->a) + MAX(far, q->b);
    *k = q->da * MIN(far, q->a) + q->db * MIN(far, q->b);
    *k = (VEC)((LOCAL(ivec)) * k ^ sign);
}

/* ---- across the border of two cells ---------------------------------------- */

/* Lanes from ... from + many - 1 of a register, the middle of which is nearest
 * to v = cell; the weights of the fluxes from that lane on (up) and to it. */
struct LOCAL(part) {
    size_t at;
    VEC d, e, up[3], down[3];
    LOCAL(ivec) mask;
};

static inline __attribute__((always_inline)) void LOCAL(weigh_part)(
    const struct LOCAL(quad) * q, VEC phi, struct LOCAL(part) * p)
{
    const VEC du[4] = {q->a, -q->a, q->b, -q->b};
    const VEC dv[4] = {q->da, -q->da, q->db, -q->db};
    VEC zero = {0}, mass = zero, first = zero, second = zero, e = zero;
    VEC all = zero;
    for (int s = 0; s < 4; s++) {
        VEC d = p->d + du[s], there = phi + dv[s];
        VEC far = (VEC)((LOCAL(ivec))d & ~q->sign), up = MAX(there, zero);
        mass += up;
        first += up * d;
        second += up * far;
        e += far;
        all += there * far;
    }
    p->e = e * (REAL)0.5;
    p->up[0] = mass * (REAL)0.25;
    p->up[1] = (first - q->moment) * (REAL)0.25;
    p->up[2] = second * (REAL)0.5;
    p->down[0] = phi - p->up[0];
    p->down[1] = phi * p->d - p->up[1];
    p->down[2] = all * (REAL)0.5 - p->up[2];
}

/* Part i of n of the register whose lane 0 is at (u, v); 0: off the frame. */
static int LOCAL(make_part)(const struct ae_tomo_shape *s, const struct view *w,
    const struct LOCAL(quad) * q, double u, double v, int i, int n,
    struct LOCAL(part) * p)
{
    int many = STEP / n, from = i * many;
    double start = u + from * w->turn, end = start + (many - 1) * w->turn;
    double low = fmin(start, end) - w->reach_u;
    double middle = v + (from + 0.5 * (many - 1)) * w->slope;
    double row = floor(low) + 1, cell = floor(middle + 0.5);
    if (row < -1 || row > (double)s->nu || cell < -STEP || cell > (double)s->nv)
        return 0;
    p->at = place_of(s, (long)row, (long)cell);
    p->d = (REAL)(u - row) + q->turn;
    VEC lane = LOCAL(lanes)(1);
    p->mask = (LOCAL(ivec))(lane >= (REAL)from) &
              (LOCAL(ivec))(lane < (REAL)(from + many));
    LOCAL(weigh_part)(q, (REAL)(v - cell) + q->slope, p);
    return 1;
}

/* Into how many parts a register that is not in one cell is cut. */
static int LOCAL(parts)(const struct view *w, REAL d)
{
    int fits = (double)d + w->margins.high_u <= 1 &&
               (STEP - 1) * fabs(w->slope) + 2 * w->reach_v <= 1;
    return fits || STEP == 1 ? 1 : 2;
}

/* Every lane to the one before it; read and write at unequal places wait for
 * each other. */
static inline __attribute__((always_inline)) VEC LOCAL(shift)(VEC x)
{
    LOCAL(ivec) one_on = {0};
    for (int i = 0; i < STEP; i++)
        one_on[i] = i + 1;
    return __builtin_shuffle(x, (VEC){0}, one_on);
}

static void LOCAL(spread_parts)(const struct ae_tomo_shape *s,
    const struct view *w, const struct LOCAL(quad) * q, double u, double v,
    int n, const REAL *value, REAL *work)
{
    size_t lanes = s->lanes_w;
    for (int i = 0; i < n; i++) {
        struct LOCAL(part) p;
        if (!LOCAL(make_part)(s, w, q, u, v, i, n, &p))
            continue;
        VEC x = (VEC)((LOCAL(ivec)) * (const VEC *)value & p.mask);
        REAL *to = work + p.at;
        *(VEC *)to += x;
        *(VEC *)(to + lanes) += x * p.d;
        *(VEC *)(to + 2 * lanes) += x * p.e;
        for (size_t j = 0; j < 3; j++) {
            VEC down = x * p.down[j];
            REAL *at = to + (3 + j) * lanes;
            *(VEC *)at += x * p.up[j] + LOCAL(shift)(down);
            at[-1] += down[0];
        }
    }
}

static void LOCAL(gather_parts)(const struct ae_tomo_shape *s,
    const struct view *w, const struct LOCAL(quad) * q, double u, double v,
    int n, const REAL *work, REAL *value)
{
    size_t lanes = s->lanes_w;
    for (int i = 0; i < n; i++) {
        struct LOCAL(part) p;
        if (!LOCAL(make_part)(s, w, q, u, v, i, n, &p))
            continue;
        const REAL *from = work + p.at;
        VEC sum = *(const VEC *)from + p.d * *(const VEC *)(from + lanes) +
                  p.e * *(const VEC *)(from + 2 * lanes);
        for (size_t j = 0; j < 3; j++)
            sum += p.up[j] * *(const VEC *)(from + (3 + j) * lanes) +
                   p.down[j] * *(const VEC *)(from + (3 + j) * lanes - 1);
        *(VEC *)value += (VEC)((LOCAL(ivec))sum & p.mask);
    }
}

/* ---- columns and tiles ------------------------------------------------------ */

static inline __attribute__((always_inline)) void LOCAL(spread_column)(
    const struct ae_tomo_shape *s, const struct view *w, struct LOCAL(quad) q,
    double u, double v, const REAL *column, REAL *work)
{
    struct LOCAL(places) p;
    size_t lanes = s->lanes_w;
    int registers = (int)((s->ny + STEP - 1) / STEP);
    for (int i0 = 0; i0 < registers; i0 += LOCAL(CHUNK)) {
        int n = registers - i0 < LOCAL(CHUNK) ? registers - i0 : LOCAL(CHUNK);
        double at_u = u + i0 * STEP * w->turn;
        double at_v = v + i0 * STEP * (1 + w->slope);
        LOCAL(place)(s, w, at_u, at_v, n, &p);
        for (int i = 0; i < n; i++) {
            const REAL *value = column + (i0 + i) * STEP;
            if (p.kind[i] == 1) {
                VEC d = p.d[i] + q.turn, e, k;
                VEC phi = p.phi[i] + q.slope;
                REAL *to = work + place_of(s, p.row[i], p.cell[i]);
                LOCAL(weigh_cell)(&q, d, &e, &k);
                VEC x = *(const VEC *)value, over = x * phi;
                *(VEC *)to += x;
                *(VEC *)(to + lanes) += x * d;
                *(VEC *)(to + 2 * lanes) += x * e;
                *(VEC *)(to + 3 * lanes) += over;
                *(VEC *)(to + 4 * lanes) += over * d;
                *(VEC *)(to + 5 * lanes) += over * e + x * k;
            } else if (p.kind[i]) {
                LOCAL(spread_parts)
                (s, w, &q, at_u + i * STEP * w->turn,
                    at_v + i * STEP * (1 + w->slope), LOCAL(parts)(w, p.d[i]),
                    value, work);
            }
        }
    }
}

static inline __attribute__((always_inline)) void LOCAL(gather_column)(
    const struct ae_tomo_shape *s, const struct view *w, struct LOCAL(quad) q,
    double u, double v, const REAL *work, REAL *column)
{
    struct LOCAL(places) p;
    size_t lanes = s->lanes_w;
    int registers = (int)((s->ny + STEP - 1) / STEP);
    for (int i0 = 0; i0 < registers; i0 += LOCAL(CHUNK)) {
        int n = registers - i0 < LOCAL(CHUNK) ? registers - i0 : LOCAL(CHUNK);
        double at_u = u + i0 * STEP * w->turn;
        double at_v = v + i0 * STEP * (1 + w->slope);
        LOCAL(place)(s, w, at_u, at_v, n, &p);
        for (int i = 0; i < n; i++) {
            REAL *value = column + (i0 + i) * STEP;
            if (p.kind[i] == 1) {
                VEC d = p.d[i] + q.turn, e, k;
                VEC phi = p.phi[i] + q.slope;
                const REAL *from = work + place_of(s, p.row[i], p.cell[i]);
                LOCAL(weigh_cell)(&q, d, &e, &k);
                VEC last = *(const VEC *)(from + 5 * lanes);
                VEC over = *(const VEC *)(from + 3 * lanes) +
                           d * *(const VEC *)(from + 4 * lanes) + e * last;
                VEC sum = *(const VEC *)from +
                          d * *(const VEC *)(from + lanes) +
                          e * *(const VEC *)(from + 2 * lanes) + k * last;
                *(VEC *)value += sum + phi * over;
            } else if (p.kind[i]) {
                LOCAL(gather_parts)
                (s, w, &q, at_u + i * STEP * w->turn,
                    at_v + i * STEP * (1 + w->slope), LOCAL(parts)(w, p.d[i]),
                    work, value);
            }
        }
    }
}

static struct LOCAL(quad) LOCAL(quad_of)(const struct view *w)
{
    return (struct LOCAL(quad)){.a = LOCAL(all)(w->a),
        .b = LOCAL(all)(w->b),
        .da = LOCAL(all)(w->da),
        .db = LOCAL(all)(w->db),
        .moment = LOCAL(all)(w->moment),
        .turn = LOCAL(lanes)(w->turn),
        .slope = LOCAL(lanes)(w->slope),
        .sign = (LOCAL(ivec))LOCAL(all)(w->minus_zero)};
}

/* Columns of a tile follow each other along the axis on which u moves less. */
static void LOCAL(forward)(const struct ae_tomo_shape *s, struct view *w,
    const struct ae_tile *t, const REAL *volume, REAL *work)
{
    struct LOCAL(quad) q = LOCAL(quad_of)(w);
    w->margins = margins_of(w, STEP);
    size_t nx = t->x1 - t->x0, all = nx * (t->z1 - t->z0), nz = t->z1 - t->z0;
    for (size_t i = 0; i < all; i++) {
        size_t x = t->x0 + (w->along_z ? i / nz : i % nx);
        size_t z = t->z0 + (w->along_z ? i % nz : i / nx);
        const REAL *column = volume + (x + s->nx * z) * s->lanes_y;
        for (int j = 0; j < w->quads; j++) {
            double u, v;
            if (start_column(s, w, x, z, j, &u, &v))
                LOCAL(spread_column)(s, w, q, u, v, column, work);
        }
    }
}

static void LOCAL(back)(const struct ae_tomo_shape *s, struct view *w,
    const struct ae_tile *t, const REAL *work, REAL *volume)
{
    struct LOCAL(quad) q = LOCAL(quad_of)(w);
    w->margins = margins_of(w, STEP);
    size_t nx = t->x1 - t->x0, all = nx * (t->z1 - t->z0), nz = t->z1 - t->z0;
    for (size_t i = 0; i < all; i++) {
        size_t x = t->x0 + (w->along_z ? i / nz : i % nx);
        size_t z = t->z0 + (w->along_z ? i % nz : i / nx);
        REAL *column = volume + (x + s->nx * z) * s->lanes_y;
        for (int j = 0; j < w->quads; j++) {
            double u, v;
            if (start_column(s, w, x, z, j, &u, &v))
                LOCAL(gather_column)(s, w, q, u, v, work, column);
        }
    }
}

#undef STEP
#undef VEC
