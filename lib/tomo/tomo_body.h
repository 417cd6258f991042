/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_body - the loops of tomo_kernel.c, included once per number type and
 * instruction set: REAL is the type, WIDTH the bytes of a register, LOCAL makes
 * the names. */

/* ---- fast path: the same weights for all lanes --------------------------- */

static void LOCAL(spread)(size_t lanes, const struct pair *p,
    const REAL *restrict a, const REAL *restrict b, REAL *restrict row,
    size_t stride)
{
    REAL wa0 = (REAL)p->wa[0], wb0 = (REAL)p->wb[0];
    REAL wa1 = (REAL)p->wa[1], wb1 = (REAL)p->wb[1];
    REAL wa2 = (REAL)p->wa[2], wb2 = (REAL)p->wb[2];
    REAL wa3 = (REAL)p->wa[3], wb3 = (REAL)p->wb[3];
    REAL *restrict r1 = row + stride;
    REAL *restrict r2 = row + 2 * stride;
    REAL *restrict r3 = row + 3 * stride;
#pragma GCC ivdep
    for (size_t i = 0; i < lanes; i++) {
        REAL va = a[i], vb = b[i];
        row[i] += wa0 * va + wb0 * vb;
        r1[i] += wa1 * va + wb1 * vb;
        r2[i] += wa2 * va + wb2 * vb;
        r3[i] += wa3 * va + wb3 * vb;
    }
}

static void LOCAL(gather)(size_t lanes, const struct pair *p, REAL *restrict a,
    REAL *restrict b, const REAL *restrict row, size_t stride)
{
    REAL wa0 = (REAL)p->wa[0], wb0 = (REAL)p->wb[0];
    REAL wa1 = (REAL)p->wa[1], wb1 = (REAL)p->wb[1];
    REAL wa2 = (REAL)p->wa[2], wb2 = (REAL)p->wb[2];
    REAL wa3 = (REAL)p->wa[3], wb3 = (REAL)p->wb[3];
    const REAL *restrict r1 = row + stride;
    const REAL *restrict r2 = row + 2 * stride;
    const REAL *restrict r3 = row + 3 * stride;
#pragma GCC ivdep
    for (size_t i = 0; i < lanes; i++) {
        REAL s0 = row[i], s1 = r1[i], s2 = r2[i], s3 = r3[i];
        a[i] += wa0 * s0 + wa1 * s1 + wa2 * s2 + wa3 * s3;
        b[i] += wb0 * s0 + wb1 * s1 + wb2 * s2 + wb3 * s3;
    }
}

/* One voxel and one bin, where a pair reaches over the edge of the frame. */
static void LOCAL(add)(size_t lanes, REAL w, const REAL *from, REAL *to)
{
    for (size_t i = 0; i < lanes; i++)
        to[i] += w * from[i];
}

static void LOCAL(fast_forward)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *volume, REAL *image)
{
    struct pair pair[AE_TILE * AE_TILE];
    size_t n = make_pairs(s, R, tile, pair), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct pair *p = &pair[i];
        const REAL *a = volume + p->a * lanes, *b = volume + p->b * lanes;
        if (p->bin >= 0 && p->bin + 3 < (long)s->nu) {
            LOCAL(spread)
            (lanes, p, a, b, image + (size_t)p->bin * lanes, lanes);
            continue;
        }
        for (long j = 0; j < 4; j++) {
            if (p->bin + j < 0 || p->bin + j >= (long)s->nu)
                continue;
            REAL *row = image + (size_t)(p->bin + j) * lanes;
            LOCAL(add)(lanes, (REAL)p->wa[j], a, row);
            LOCAL(add)(lanes, (REAL)p->wb[j], b, row);
        }
    }
}

static void LOCAL(fast_back)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *image, REAL *volume)
{
    struct pair pair[AE_TILE * AE_TILE];
    size_t n = make_pairs(s, R, tile, pair), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct pair *p = &pair[i];
        REAL *a = volume + p->a * lanes, *b = volume + p->b * lanes;
        if (p->bin >= 0 && p->bin + 3 < (long)s->nu && p->a != p->b) {
            LOCAL(gather)
            (lanes, p, a, b, image + (size_t)p->bin * lanes, lanes);
            continue;
        }
        for (long j = 0; j < 4; j++) {
            if (p->bin + j < 0 || p->bin + j >= (long)s->nu)
                continue;
            const REAL *row = image + (size_t)(p->bin + j) * lanes;
            LOCAL(add)(lanes, (REAL)p->wa[j], row, a);
            if (p->a != p->b)
                LOCAL(add)(lanes, (REAL)p->wb[j], row, b);
        }
    }
}

/* ---- any orientation ----------------------------------------------------- */

/* Along y a sub-sample moves by (R12, R22) per lane: slowly across the rows u,
 * by about one lane in v. Lanes are taken in blocks of 16. In a block the row
 * below u takes few values, and v - y lies mostly in one cell: then every lane
 * shares its value among the rows first ... first + rows - 1 with the weights
 * tent(u - row), and between the lanes v and v + 1 with 1 - fv and fv. What goes
 * to lane v + 1 is kept in an image of its own, so that all lanes of a block
 * write to one place, and added at the end. */
enum { LOCAL(BLOCK) = 16 };

struct LOCAL(block) {
    REAL u, du;     /* of lane 0 above the first row; per lane */
    REAL fv, dv;    /* fraction of v in lane 0; per lane */
    long row, lane; /* first row, and v of lane 0; margin included */
    int rows;       /* 0: no lane touches the frame */
    int is_plain;   /* one cell of v, nothing at an edge */
    int is_split;   /* the same with two cells */
};

/* The column whose lane 0 lands at (u, v) never comes near an edge. */
static int LOCAL(is_inside)(
    const struct ae_tomo_shape *s, double u, double v, double R12, double R22)
{
    double far = (double)(s->lanes_y - 1);
    double end_u = u + far * R12, end_v = v + far * R22;
    return fmin(u, end_u) > -0.5 && fmax(u, end_u) < (double)s->nu - 1.5 &&
           v > -0.5 && R22 > 0 && end_v < (double)s->lanes_v - LANES_SPARE;
}

/* The block at (u, v) of a column that is inside: all conversions truncate
 * numbers that are not negative. */
static inline __attribute__((always_inline)) struct LOCAL(block)
    LOCAL(place_inside)(double u, double v, double R12, double slope)
{
    double margin_u = u + 1, margin_v = v + 1;
    int here = (int)margin_u, there = (int)(margin_u + 15 * R12);
    int lane = (int)margin_v, low = here < there ? here : there;
    return (struct LOCAL(block)){.u = (REAL)(margin_u - low),
        .du = (REAL)R12,
        .fv = (REAL)(margin_v - lane),
        .dv = (REAL)slope,
        .row = low,
        .lane = lane,
        .rows = (here < there ? there - here : here - there) + 2,
        .is_plain = (int)(margin_v + 15 * slope) == lane,
        .is_split = lane > 0 && 15 * slope > -0.99};
}

static struct LOCAL(block) LOCAL(place)(
    const struct ae_tomo_shape *s, double u, double v, double R12, double R22)
{
    double end_u = u + 15 * R12, end_v = v + 15 * (R22 - 1);
    double low = floor(fmin(u, end_u)), high = floor(fmax(u, end_u));
    double iv = floor(v);
    struct LOCAL(block) b = {.u = (REAL)(u - low),
        .du = (REAL)R12,
        .fv = (REAL)(v - iv),
        .dv = (REAL)(R22 - 1),
        .row = (long)low + 1,
        .lane = (long)iv + 1,
        .rows = (int)(high - low) + 2};
    double first = fmin(v, v + 15 * R22), last = fmax(v, v + 15 * R22);
    if (high < -1 || low >= (double)s->nu || last < -1 ||
        first >= (double)s->nv)
        b.rows = 0;
    int fits = low >= -1 && high < (double)s->nu && b.lane >= 0 &&
               b.lane + LOCAL(BLOCK) < (long)s->lanes_v;
    b.is_plain = fits && floor(end_v) == iv;
    b.is_split = fits && b.lane > 0 && end_v > v - 0.99;
    return b;
}

/* Lanes are worked on WIDTH bytes at a time, a register of the machine. */
typedef REAL LOCAL(vec)
    __attribute__((vector_size(WIDTH), aligned(sizeof(REAL)), may_alias));
typedef INTEGER LOCAL(ivec)
    __attribute__((vector_size(WIDTH), aligned(sizeof(REAL)), may_alias));
enum { LOCAL(STEP) = WIDTH / sizeof(REAL) };

static const REAL LOCAL(iota)[LOCAL(BLOCK)] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* Shares tent(u - j) of row j above the first; with two rows they are 1 - u
 * and u. */
static inline __attribute__((always_inline)) void LOCAL(shares)(
    const LOCAL(vec) * u, int j, int rows, LOCAL(vec) * w)
{
    if (rows == 2) {
        *w = *u;
        if (!j)
            *w = 1 - *u;
        return;
    }
    LOCAL(vec) d = *u - (REAL)j;
    d = (LOCAL(vec))((LOCAL(ivec))d & ~SIGN_BIT);
    d = 1 - d;
    *w = (LOCAL(vec))((LOCAL(ivec))d & (LOCAL(ivec))(d > 0));
}

/* A block in which no simple form holds: lane by lane, with every test. Reads
 * from image when back is set, else writes. */
static void LOCAL(lane_by_lane)(const struct ae_tomo_shape *s, double u,
    double v, double R12, double R22, REAL q, REAL *value, REAL *image,
    int back)
{
    for (int i = 0; i < LOCAL(BLOCK); i++, u += R12, v += R22) {
        double iu = floor(u), iv = floor(v);
        if (iu < -1 || iu >= (double)s->nu || iv < -1 || iv >= (double)s->nv)
            continue;
        REAL fu = (REAL)(u - iu), fv = (REAL)(v - iv);
        REAL *p = image + (size_t)(iu + 1) * s->lanes_v + (size_t)(iv + 1);
        REAL *n = p + s->lanes_v;
        REAL w00 = (1 - fu) * (1 - fv), w01 = (1 - fu) * fv;
        REAL w10 = fu * (1 - fv), w11 = fu * fv;
        if (back) {
            value[i] += q * (w00 * p[0] + w01 * p[1] + w10 * n[0] + w11 * n[1]);
        } else {
            REAL x = q * value[i];
            p[0] += w00 * x;
            p[1] += w01 * x;
            n[0] += w10 * x;
            n[1] += w11 * x;
        }
    }
}

static inline __attribute__((always_inline)) void LOCAL(spread_block)(
    const struct LOCAL(block) * b, int rows, REAL q, const REAL *value,
    REAL *here, REAL *next, size_t stride)
{
    for (int i = 0; i < LOCAL(BLOCK); i += LOCAL(STEP)) {
        LOCAL(vec) lane = *(const LOCAL(vec) *)(LOCAL(iota) + i), w;
        LOCAL(vec) u = b->u + lane * b->du, fv = b->fv + lane * b->dv;
        LOCAL(vec) x = q * *(const LOCAL(vec) *)(value + i);
        for (int j = 0; j < rows; j++) {
            LOCAL(vec) *p = (LOCAL(vec) *)(here + (size_t)j * stride + i);
            LOCAL(vec) *n = (LOCAL(vec) *)(next + (size_t)j * stride + i);
            LOCAL(shares)(&u, j, rows, &w);
            LOCAL(vec) share = x * w, over = share * fv;
            *p += share - over;
            *n += over;
        }
    }
}

static inline __attribute__((always_inline)) void LOCAL(gather_block)(
    const struct LOCAL(block) * b, int rows, REAL q, REAL *value,
    const REAL *image, size_t stride)
{
    for (int i = 0; i < LOCAL(BLOCK); i += LOCAL(STEP)) {
        LOCAL(vec) lane = *(const LOCAL(vec) *)(LOCAL(iota) + i), w;
        LOCAL(vec) u = b->u + lane * b->du, fv = b->fv + lane * b->dv;
        LOCAL(vec) sum = lane * 0;
        for (int j = 0; j < rows; j++) {
            const REAL *at = image + (size_t)j * stride + i;
            LOCAL(vec) p = *(const LOCAL(vec) *)at;
            LOCAL(vec) n = *(const LOCAL(vec) *)(at + 1);
            LOCAL(shares)(&u, j, rows, &w);
            sum += w * (p + fv * (n - p));
        }
        *(LOCAL(vec) *)(value + i) += q * sum;
    }
}

/* A block whose lanes pass from one cell of v to the one below: twice, each
 * time with the lanes of one cell. */
static void LOCAL(spread_split)(const struct LOCAL(block) * b, REAL q,
    const REAL *value, REAL *here, REAL *next, size_t stride)
{
    for (int below = 0; below < 2; below++, here--, next--)
        for (int i = 0; i < LOCAL(BLOCK); i += LOCAL(STEP)) {
            LOCAL(vec) lane = *(const LOCAL(vec) *)(LOCAL(iota) + i), w;
            LOCAL(vec) u = b->u + lane * b->du, fv = b->fv + lane * b->dv;
            LOCAL(vec) x = q * *(const LOCAL(vec) *)(value + i);
            LOCAL(ivec) keep = (LOCAL(ivec))(fv < 0);
            x = (LOCAL(vec))((LOCAL(ivec))x & (below ? keep : ~keep));
            fv += (REAL)below;
            for (int j = 0; j < b->rows; j++) {
                LOCAL(vec) *p = (LOCAL(vec) *)(here + (size_t)j * stride + i);
                LOCAL(vec) *n = (LOCAL(vec) *)(next + (size_t)j * stride + i);
                LOCAL(shares)(&u, j, b->rows, &w);
                LOCAL(vec) share = x * w, over = share * fv;
                *p += share - over;
                *n += over;
            }
        }
}

static void LOCAL(gather_split)(const struct LOCAL(block) * b, REAL q,
    REAL *value, const REAL *image, size_t stride)
{
    for (int below = 0; below < 2; below++, image--)
        for (int i = 0; i < LOCAL(BLOCK); i += LOCAL(STEP)) {
            LOCAL(vec) lane = *(const LOCAL(vec) *)(LOCAL(iota) + i), w;
            LOCAL(vec) u = b->u + lane * b->du, fv = b->fv + lane * b->dv;
            LOCAL(vec) sum = lane * 0;
            LOCAL(ivec) keep = (LOCAL(ivec))(fv < 0);
            fv += (REAL)below;
            for (int j = 0; j < b->rows; j++) {
                const REAL *at = image + (size_t)j * stride + i;
                LOCAL(vec) p = *(const LOCAL(vec) *)at;
                LOCAL(vec) n = *(const LOCAL(vec) *)(at + 1);
                LOCAL(shares)(&u, j, b->rows, &w);
                sum += w * (p + fv * (n - p));
            }
            sum = (LOCAL(vec))((LOCAL(ivec))sum & (below ? keep : ~keep));
            *(LOCAL(vec) *)(value + i) += q * sum;
        }
}

/* Displacements of the sub-samples in the frame. */
static int LOCAL(subsamples)(
    const struct ae_tomo_shape *s, double R[3][3], double du[8], double dv[8])
{
    if (s->subsample == 1) {
        du[0] = dv[0] = 0;
        return 1;
    }
    for (int i = 0; i < s->subsample; i++) {
        double a = i & 1 ? 0.25 : -0.25, e = i & 2 ? 0.25 : -0.25;
        double b = s->subsample == 8 ? (i & 4 ? 0.25 : -0.25) : 0;
        du[i] = R[0][0] * a + R[0][1] * b + R[0][2] * e;
        dv[i] = R[1][0] * a + R[1][1] * b + R[1][2] * e;
    }
    return s->subsample;
}

/* Where lane 0 of the voxel column (x, z) lands. */
static void LOCAL(start)(const struct ae_tomo_shape *s, double R[3][3],
    size_t x, size_t z, double *u, double *v)
{
    double a = (double)x - (double)(s->nx / 2);
    double b = -(double)(s->ny / 2);
    double e = (double)z - (double)(s->nz / 2);
    *u = R[0][0] * a + R[0][1] * b + R[0][2] * e + (double)(s->nu / 2);
    *v = R[1][0] * a + R[1][1] * b + R[1][2] * e + (double)(s->nv / 2);
}

/* ---- any orientation: the four sub-samples of a voxel at once ------------- */

/* With f_s the place of sub-sample s above a row that lies below all four, the
 * ramps r_m = sum_s max(0, m - f_s) have the tents as second differences,
 *   sum_s tent(f_s - j) = r_(j+1) - 2 r_j + r_(j-1),
 * and r_m = n m - sum f_s from the last row on, so that three rows want one sum
 * of four terms only. The share of lane v + 1 is sum_s tent (fv + dv_s); its
 * part with dv_s has ramps of its own, weighted by dv_s. */
struct LOCAL(four) {
    REAL du[4], dv[4], moment; /* sum du_s dv_s; sum du_s = sum dv_s = 0 */
    double reach, reach_v;     /* largest |du_s|, |dv_s| */
    double turn, slope;        /* R12, R22 - 1 */
    int is_usable;
};

static struct LOCAL(four) LOCAL(make_four)(
    double R[3][3], int n, const double du[8], const double dv[8])
{
    struct LOCAL(four) t = {.turn = R[0][1], .slope = R[1][1] - 1};
    for (int s = 0; s < 4 && n == 4; s++) {
        t.du[s] = (REAL)du[s];
        t.dv[s] = (REAL)dv[s];
        t.moment += (REAL)(du[s] * dv[s]);
        t.reach = fmax(t.reach, fabs(du[s]));
        t.reach_v = fmax(t.reach_v, fabs(dv[s]));
    }
    /* five rows must do for the lanes of a register */
    t.is_usable =
        n == 4 && 2 * t.reach + (LOCAL(STEP) - 1) * fabs(t.turn) < 2.99;
    return t;
}

/* Does the column whose lane 0 is at u keep away from the edges along u? -1
 * when it misses the frame. */
static int LOCAL(is_between)(
    const struct ae_tomo_shape *s, const struct LOCAL(four) * t, double u)
{
    double end = u + (double)(s->lanes_y - 1) * t->turn;
    double low = fmin(u, end), high = fmax(u, end);
    if (high < -1.5 || low > (double)s->nu + 0.5)
        return -1;
    return t->is_usable && low > -0.5 && high < (double)s->nu - 1.5;
}

/* Do all lanes of the block at v, and all sub-samples, keep to one cell that
 * the image has? */
static inline __attribute__((always_inline)) int LOCAL(is_one_cell)(
    const struct LOCAL(four) * t, double v, double most)
{
    double margin_v = v + 1, f = margin_v - (int)margin_v;
    return v >= -1 && v < most && f + t->reach_v < 1 &&
           f + (LOCAL(BLOCK) - 1) * t->slope - t->reach_v >= 0;
}

/* Row below all sub-samples of a register whose lane 0 is at u, margin
 * included; the rows they touch. */
static inline __attribute__((always_inline)) int LOCAL(rows_of)(
    const struct LOCAL(four) * t, double u, REAL *f, int *rows)
{
    double end = u + (LOCAL(STEP) - 1) * t->turn;
    double low = (u < end ? u : end) + (1 - t->reach);
    double high = (u < end ? end : u) + (1 + t->reach);
    int base = (int)low;
    *f = (REAL)(u + 1 - base);
    *rows = (int)(high - base) + 2;
    return base;
}

static inline __attribute__((always_inline)) void LOCAL(ramps)(
    const struct LOCAL(four) * t, const LOCAL(vec) * f, int rows,
    LOCAL(vec) * T, LOCAL(vec) * S)
{
    LOCAL(vec) r[7], d[7];
    r[0] = d[0] = *f * 0;
    for (int m = 1; m <= rows; m++) {
        r[m] = 4 * ((REAL)m - *f);
        d[m] = r[0] - t->moment;
        if (m + 1 >= rows)
            continue;
        for (int s = 0; s < 4; s++) { /* max(0, x) = (x + |x|) / 2 */
            LOCAL(vec) x = ((REAL)m - t->du[s]) - *f;
            x = (LOCAL(vec))((LOCAL(ivec))x & ~SIGN_BIT);
            r[m] += x;
            d[m] += t->dv[s] * x;
        }
        r[m] *= (REAL)0.5;
        d[m] *= (REAL)0.5;
    }
    for (int j = 0; j < rows; j++) {
        T[j] = r[j + 1] - 2 * r[j] + r[j ? j - 1 : 0];
        S[j] = d[j + 1] - 2 * d[j] + d[j ? j - 1 : 0];
    }
}

static inline __attribute__((always_inline)) void LOCAL(spread_four)(
    const struct LOCAL(four) * t, REAL f0, REAL fv0, int rows,
    const LOCAL(vec) * x, REAL *here, REAL *next, size_t stride)
{
    LOCAL(vec) lane = *(const LOCAL(vec) *)LOCAL(iota), T[5], S[5];
    LOCAL(vec) f = f0 + lane * (REAL)t->turn, fv = fv0 + lane * (REAL)t->slope;
    LOCAL(ramps)(t, &f, rows, T, S);
    for (int j = 0; j < rows; j++) {
        LOCAL(vec) *p = (LOCAL(vec) *)(here + (size_t)j * stride);
        LOCAL(vec) *n = (LOCAL(vec) *)(next + (size_t)j * stride);
        LOCAL(vec) over = T[j] * fv + S[j];
        *p += *x * (T[j] - over);
        *n += *x * over;
    }
}

static inline __attribute__((always_inline)) void LOCAL(gather_four)(
    const struct LOCAL(four) * t, REAL f0, REAL fv0, int rows, LOCAL(vec) * sum,
    const REAL *image, size_t stride)
{
    LOCAL(vec) lane = *(const LOCAL(vec) *)LOCAL(iota), T[5], S[5];
    LOCAL(vec) f = f0 + lane * (REAL)t->turn, fv = fv0 + lane * (REAL)t->slope;
    LOCAL(ramps)(t, &f, rows, T, S);
    for (int j = 0; j < rows; j++) {
        const REAL *at = image + (size_t)j * stride;
        LOCAL(vec) p = *(const LOCAL(vec) *)at;
        LOCAL(vec) n = *(const LOCAL(vec) *)(at + 1);
        LOCAL(vec) over = T[j] * fv + S[j];
        *sum += T[j] * p + over * (n - p);
    }
}

/* A block of lanes whose lane 0 is at (u, v). */
static inline __attribute__((always_inline)) void LOCAL(forward_four)(
    const struct LOCAL(four) * t, double u, double v, const REAL *value,
    REAL *image, REAL *next, size_t stride)
{
    int lane = (int)(v + 1), rows;
    REAL f, fv = (REAL)(v + 1 - lane);
    for (int i = 0; i < LOCAL(BLOCK); i += LOCAL(STEP)) {
        int base = LOCAL(rows_of)(t, u + i * t->turn, &f, &rows);
        size_t at = (size_t)base * stride + (size_t)(lane + i);
        LOCAL(vec) x = *(const LOCAL(vec) *)(value + i) * (REAL)0.25;
        REAL here = fv + (REAL)i * (REAL)t->slope;
        if (rows <= 3)
            LOCAL(spread_four)
        (t, f, here, 3, &x, image + at, next + at, stride);
        else if (rows == 4) LOCAL(spread_four)(
            t, f, here, 4, &x, image + at, next + at, stride);
        else LOCAL(spread_four)(
            t, f, here, 5, &x, image + at, next + at, stride);
    }
}

static inline __attribute__((always_inline)) void LOCAL(back_four)(
    const struct LOCAL(four) * t, double u, double v, REAL *value,
    const REAL *image, size_t stride)
{
    int lane = (int)(v + 1), rows;
    REAL f, fv = (REAL)(v + 1 - lane);
    for (int i = 0; i < LOCAL(BLOCK); i += LOCAL(STEP)) {
        int base = LOCAL(rows_of)(t, u + i * t->turn, &f, &rows);
        const REAL *at = image + (size_t)base * stride + (size_t)(lane + i);
        LOCAL(vec) sum = *(const LOCAL(vec) *)LOCAL(iota) * 0;
        REAL here = fv + (REAL)i * (REAL)t->slope;
        if (rows <= 3)
            LOCAL(gather_four)(t, f, here, 3, &sum, at, stride);
        else if (rows == 4)
            LOCAL(gather_four)(t, f, here, 4, &sum, at, stride);
        else
            LOCAL(gather_four)(t, f, here, 5, &sum, at, stride);
        *(LOCAL(vec) *)(value + i) += sum * (REAL)0.25;
    }
}

static void LOCAL(general_forward)(const struct ae_tomo_shape *s,
    double R[3][3], const struct ae_tile *tile, const REAL *volume, REAL *image,
    REAL *next)
{
    double du[8], dv[8], u0, v0, R12 = R[0][1], R22 = R[1][1];
    double slope = R22 - 1;
    int n = LOCAL(subsamples)(s, R, du, dv);
    REAL q = (REAL)(1.0 / n);
    struct LOCAL(four) four = LOCAL(make_four)(R, n, du, dv);
    double most = (double)s->lanes_v - LANES_SPARE;
    for (size_t z = tile->z0; z < tile->z1; z++)
        for (size_t x = tile->x0; x < tile->x1; x++) {
            const REAL *column = volume + (x + s->nx * z) * s->lanes_y;
            LOCAL(start)(s, R, x, z, &u0, &v0);
            int between = LOCAL(is_between)(s, &four, u0);
            if (between < 0)
                continue;
            int inside = LOCAL(is_inside)(s, u0, v0, R12, R22);
            for (size_t y = 0; y < s->ny; y += LOCAL(BLOCK)) {
                double at_u = u0 + R12 * (double)(int)y;
                double at_v = v0 + R22 * (double)(int)y;
                if (between && LOCAL(is_one_cell)(&four, at_v, most)) {
                    LOCAL(forward_four)
                    (&four, at_u, at_v, column + y, image, next, s->lanes_v);
                    continue;
                }
                for (int k = 0; k < n; k++) {
                    double u = at_u + du[k];
                    double v = at_v + dv[k];
                    struct LOCAL(block) b =
                        inside ? LOCAL(place_inside)(u, v, R12, slope)
                               : LOCAL(place)(s, u, v, R12, R22);
                    size_t at = (size_t)(b.row * (long)s->lanes_v + b.lane);
                    if (!b.rows)
                        continue;
                    if (!b.is_plain && b.is_split)
                        LOCAL(spread_split)
                    (&b, q, column + y, image + at, next + at, s->lanes_v);
                    else if (!b.is_plain) LOCAL(lane_by_lane)(
                        s, u, v, R12, R22, q, (REAL *)column + y, image, 0);
                    else if (b.rows == 2) LOCAL(spread_block)(&b, 2, q,
                        column + y, image + at, next + at, s->lanes_v);
                    else if (b.rows == 3) LOCAL(spread_block)(&b, 3, q,
                        column + y, image + at, next + at, s->lanes_v);
                    else LOCAL(spread_block)(&b, b.rows, q, column + y,
                        image + at, next + at, s->lanes_v);
                }
            }
        }
}

static void LOCAL(general_back)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *image, REAL *volume)
{
    double du[8], dv[8], u0, v0, R12 = R[0][1], R22 = R[1][1];
    double slope = R22 - 1;
    int n = LOCAL(subsamples)(s, R, du, dv);
    REAL q = (REAL)(1.0 / n);
    struct LOCAL(four) four = LOCAL(make_four)(R, n, du, dv);
    double most = (double)s->lanes_v - LANES_SPARE;
    for (size_t z = tile->z0; z < tile->z1; z++)
        for (size_t x = tile->x0; x < tile->x1; x++) {
            REAL *column = volume + (x + s->nx * z) * s->lanes_y;
            LOCAL(start)(s, R, x, z, &u0, &v0);
            int between = LOCAL(is_between)(s, &four, u0);
            if (between < 0)
                continue;
            int inside = LOCAL(is_inside)(s, u0, v0, R12, R22);
            for (size_t y = 0; y < s->ny; y += LOCAL(BLOCK)) {
                double at_u = u0 + R12 * (double)(int)y;
                double at_v = v0 + R22 * (double)(int)y;
                if (between && LOCAL(is_one_cell)(&four, at_v, most)) {
                    LOCAL(back_four)
                    (&four, at_u, at_v, column + y, image, s->lanes_v);
                    continue;
                }
                for (int k = 0; k < n; k++) {
                    double u = at_u + du[k];
                    double v = at_v + dv[k];
                    struct LOCAL(block) b =
                        inside ? LOCAL(place_inside)(u, v, R12, slope)
                               : LOCAL(place)(s, u, v, R12, R22);
                    size_t at = (size_t)(b.row * (long)s->lanes_v + b.lane);
                    if (!b.rows)
                        continue;
                    if (!b.is_plain && b.is_split)
                        LOCAL(gather_split)
                    (&b, q, column + y, image + at, s->lanes_v);
                    else if (!b.is_plain) LOCAL(lane_by_lane)(
                        s, u, v, R12, R22, q, column + y, (REAL *)image, 1);
                    else if (b.rows == 2) LOCAL(gather_block)(
                        &b, 2, q, column + y, image + at, s->lanes_v);
                    else if (b.rows == 3) LOCAL(gather_block)(
                        &b, 3, q, column + y, image + at, s->lanes_v);
                    else LOCAL(gather_block)(
                        &b, b.rows, q, column + y, image + at, s->lanes_v);
                }
            }
        }
}
