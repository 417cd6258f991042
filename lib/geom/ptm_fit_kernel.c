/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm_fit_kernel.h"
#include "math/rotation.h"

#include <math.h>
#include <string.h>

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

enum { ROUNDS = 4, KEPT = 32 };

/* A frame made of two jittered neighbours is off the best one by about their
 * jitter, which at most doubles the distances: 4 in squares. */
#define FAR 4

/* ---- superposition ------------------------------------------------------- */

/* Horn's matrix for Q w ~ v. */
static inline void horn(double M[3][3], double K[4][4])
{
    K[0][0] = M[0][0] + M[1][1] + M[2][2];
    K[1][1] = M[0][0] - M[1][1] - M[2][2];
    K[2][2] = M[1][1] - M[0][0] - M[2][2];
    K[3][3] = M[2][2] - M[0][0] - M[1][1];
    K[0][1] = K[1][0] = M[2][1] - M[1][2];
    K[0][2] = K[2][0] = M[0][2] - M[2][0];
    K[0][3] = K[3][0] = M[1][0] - M[0][1];
    K[1][2] = K[2][1] = M[0][1] + M[1][0];
    K[1][3] = K[3][1] = M[0][2] + M[2][0];
    K[2][3] = K[3][2] = M[1][2] + M[2][1];
}

static inline double det3(double a, double b, double c, double d, double e,
    double f, double g, double h, double i)
{
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/* Determinant by the products of the 2 x 2 minors of two rows each. */
static inline double det4(double K[4][4])
{
    double *a = K[0], *b = K[1], *c = K[2], *d = K[3];
    double s0 = a[0] * b[1] - b[0] * a[1], c5 = c[2] * d[3] - d[2] * c[3];
    double s1 = a[0] * b[2] - b[0] * a[2], c4 = c[1] * d[3] - d[1] * c[3];
    double s2 = a[0] * b[3] - b[0] * a[3], c3 = c[1] * d[2] - d[1] * c[2];
    double s3 = a[1] * b[2] - b[1] * a[2], c2 = c[0] * d[3] - d[0] * c[3];
    double s4 = a[1] * b[3] - b[1] * a[3], c1 = c[0] * d[2] - d[0] * c[2];
    double s5 = a[2] * b[3] - b[2] * a[3], c0 = c[0] * d[1] - d[0] * c[1];
    return s0 * c5 - s1 * c4 + s2 * c3 + s3 * c2 - s4 * c1 + s5 * c0;
}

double ae_ptm_overlap(double M[3][3], double bound, double least)
{
    double K[4][4], squares = 0, x = bound;
    horn(M, K);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            squares += M[a][b] * M[a][b];
    /* x^4 + c2 x^2 + c1 x + c0, without cubic term: the trace is 0 */
    double c2 = -2 * squares;
    double c1 = -8 * det3(M[0][0], M[0][1], M[0][2], M[1][0], M[1][1], M[1][2],
                         M[2][0], M[2][1], M[2][2]);
    double c0 = det4(K);
    for (int round = 0; round < 60; round++) {
        double b = (x * x + c2) * x, f = (b + c1) * x + c0;
        double slope = 4 * x * x * x + 2 * c2 * x + c1;
        if (!(slope > 0))
            break;
        double step = f / slope;
        x -= step;
        if (fabs(step) <= 1e-15 * fabs(x) || x < least)
            break;
    }
    return x;
}

/* Cofactor of K[row][col]. */
static inline double cofactor(double K[4][4], int row, int col)
{
    int r[3], c[3];
    for (int a = 0; a < 3; a++) {
        r[a] = a < row ? a : a + 1;
        c[a] = a < col ? a : a + 1;
    }
    double det = det3(K[r[0]][c[0]], K[r[0]][c[1]], K[r[0]][c[2]],
        K[r[1]][c[0]], K[r[1]][c[1]], K[r[1]][c[2]], K[r[2]][c[0]],
        K[r[2]][c[1]], K[r[2]][c[2]]);
    return (row + col) & 1 ? -det : det;
}

void ae_ptm_quaternion(double M[3][3], double T, double q[4])
{
    double K[4][4], p[4], length = 0, most = -1;
    int row = 0;
    horn(M, K);
    for (int a = 0; a < 4; a++)
        K[a][a] -= T;
    /* the adjugate is q q^T times a number: the row of the largest q */
    for (int a = 0; a < 4; a++) {
        double square = fabs(cofactor(K, a, a));
        if (square > most) {
            most = square;
            row = a;
        }
    }
    for (int a = 0; a < 4; a++) {
        p[a] = cofactor(K, row, a);
        length += p[a] * p[a];
    }
    double scale = (p[0] < 0 ? -1 : 1) / sqrt(length);
    for (int a = 0; a < 4; a++)
        q[a] = length > 0 ? p[a] * scale : a == 0;
}

/* ---- the shell ------------------------------------------------------------ */

void ae_ptm_shell_set(struct ae_ptm_shell *s, const double (*d)[3], int n)
{
    double sum[3] = {0}, square = 0;
    s->n = n;
    for (int i = 0; i < n; i++)
        for (int a = 0; a < 3; a++) {
            s->v[i][a] = d[i][a];
            sum[a] += d[i][a];
            square += d[i][a] * d[i][a];
        }
    s->square = square;
    for (int a = 0; a < 3; a++) {
        s->centre[a] = sum[a] / (n + 1);
        s->square -= sum[a] * s->centre[a];
    }
}

void ae_ptm_shell_radii(struct ae_ptm_shell *s)
{
    const double *c = s->centre;
    s->radius[0] = sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
    for (int i = 0; i < s->n; i++) {
        double x = s->v[i][0] - c[0], y = s->v[i][1] - c[1];
        double z = s->v[i][2] - c[2], r = sqrt(x * x + y * y + z * z);
        int k = i + 1;
        for (; k && s->radius[k - 1] > r; k--)
            s->radius[k] = s->radius[k - 1];
        s->radius[k] = r;
    }
}

double ae_ptm_bound(
    const struct ae_ptm_shell *s, const struct ae_ptm_template *t)
{
    double overlap = 0;
    for (int i = 0; i <= s->n; i++)
        overlap += s->radius[i] * t->radius[i];
    return fmax(0, (t->square - overlap * overlap / s->square) / (s->n + 1));
}

double ae_ptm_rmsd2(const struct ae_ptm_shell *s,
    const struct ae_ptm_template *t, const uint8_t *match, double limit,
    double M[3][3], double *T)
{
    /* the barycentre need not be taken off v: that of w is at the origin */
    double m[9] = {0};
    for (int i = 0; i < s->n; i++) {
        const double *v = s->v[i], *w = t->w[match[i]];
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                m[3 * a + b] += v[a] * w[b];
    }
    memcpy(M, m, sizeof m);
    double least = (t->square - limit * (s->n + 1)) * s->square;
    *T = ae_ptm_overlap(M, sqrt(s->square * t->square),
        least > 0 ? sqrt(least) * (1 - 1e-9) : 0);
    return fmax(0, (t->square - *T * *T / s->square) / (s->n + 1));
}

/* ---- the search ---------------------------------------------------------- */

/* Points turned into a frame: x along p, z along p x q. */
static int frame(const double p[3], const double q[3], double R[3][3])
{
    double z[3] = {p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2],
        p[0] * q[1] - p[1] * q[0]};
    double length = sqrt(z[0] * z[0] + z[1] * z[1] + z[2] * z[2]);
    double r = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    if (!(length > 1e-6 * r * r))
        return -1;
    for (int a = 0; a < 3; a++) {
        R[0][a] = p[a] / r;
        R[2][a] = z[a] / length;
    }
    for (int a = 0; a < 3; a++) {
        int b = (a + 1) % 3, c = (a + 2) % 3;
        R[1][a] = R[2][b] * R[0][c] - R[2][c] * R[0][b];
    }
    return 0;
}

/* Q = A^T B: takes what B turns into its frame to that of A. */
static void frame_to_frame(double A[3][3], double B[3][3], double Q[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            Q[i][j] = A[0][i] * B[0][j] + A[1][i] * B[1][j] + A[2][i] * B[2][j];
}

/* The scaled points about their barycentre, by component, padded by copies of
 * a far point, so that loops have a fixed length. */
struct cloud {
    int n;
    double x[16], y[16], z[16];
    float fx[16], fy[16], fz[16]; /* the same, to choose frames by */
};

static void set_cloud(const struct ae_ptm_shell *s,
    const struct ae_ptm_template *t, struct cloud *c)
{
    double scale = sqrt(t->square / s->square);
    memset(c, 0, sizeof *c);
    c->n = s->n;
    for (int i = 0; i < s->n; i++) {
        c->x[i] = scale * (s->v[i][0] - s->centre[0]);
        c->y[i] = scale * (s->v[i][1] - s->centre[1]);
        c->z[i] = scale * (s->v[i][2] - s->centre[2]);
        c->fx[i] = (float)c->x[i];
        c->fy[i] = (float)c->y[i];
        c->fz[i] = (float)c->z[i];
    }
}

/* square[k][i]: squared distance of point i to the turned site k. */
static inline void distances(const struct cloud *c,
    const struct ae_ptm_template *t, double Q[3][3], double square[][16])
{
    for (int k = 0; k < t->n; k++) {
        const double *w = t->w[k];
        double x = Q[0][0] * w[0] + Q[0][1] * w[1] + Q[0][2] * w[2];
        double y = Q[1][0] * w[0] + Q[1][1] * w[1] + Q[1][2] * w[2];
        double z = Q[2][0] * w[0] + Q[2][1] * w[1] + Q[2][2] * w[2];
        for (int i = 0; i < 16; i++) {
            double dx = c->x[i] - x, dy = c->y[i] - y, dz = c->z[i] - z;
            square[k][i] = dx * dx + dy * dy + dz * dz;
        }
    }
}

/* Sum over the points of the squared distance to the nearest site. */
CLONES static double misfit(
    const struct cloud *c, const struct ae_ptm_template *t, double Q[3][3])
{
    float least[16], sum = 0;
    for (int i = 0; i < 16; i++)
        least[i] = INFINITY;
    for (int k = 0; k < t->n; k++) {
        const double *w = t->w[k];
        float x = (float)(Q[0][0] * w[0] + Q[0][1] * w[1] + Q[0][2] * w[2]);
        float y = (float)(Q[1][0] * w[0] + Q[1][1] * w[1] + Q[1][2] * w[2]);
        float z = (float)(Q[2][0] * w[0] + Q[2][1] * w[1] + Q[2][2] * w[2]);
        for (int i = 0; i < 16; i++) {
            float dx = c->fx[i] - x, dy = c->fy[i] - y, dz = c->fz[i] - z;
            float square = dx * dx + dy * dy + dz * dz;
            least[i] = square < least[i] ? square : least[i];
        }
    }
    for (int i = 0; i < c->n; i++)
        sum += least[i];
    return sum;
}

/* Greedy: the nearest pair first, each point and each site once. */
CLONES static void assign(const struct cloud *c,
    const struct ae_ptm_template *t, double Q[3][3], uint8_t *match)
{
    double square[AE_PTM_MOST][16];
    unsigned used = 0;
    int n = c->n, once = 1;
    distances(c, t, Q, square);
    /* when every point's nearest site is its own, that is the answer */
    for (int i = 0; i < n; i++) {
        int best = 0;
        for (int k = 1; k < n; k++)
            best = square[k][i] < square[best][i] ? k : best;
        match[i] = (uint8_t)best;
        once &= !(used >> best & 1);
        used |= 1u << best;
    }
    unsigned sites = 0, points = 0;
    for (int round = 0; round < n && !once; round++) {
        int bi = -1, bk = 0;
        for (int k = 0; k < n; k++)
            for (int i = 0; i < n; i++)
                if (!(sites >> k & 1) && !(points >> i & 1) &&
                    (bi < 0 || square[k][i] < square[bk][bi])) {
                    bi = i;
                    bk = k;
                }
        sites |= 1u << bk;
        points |= 1u << bi;
        match[bi] = (uint8_t)bk;
    }
}

/* Match and fit in turn from Q; the smallest rmsd^2 on the way. */
static double refine_frame(const struct ae_ptm_shell *s,
    const struct ae_ptm_template *t, const struct cloud *c, double Q[3][3],
    uint8_t best_match[AE_PTM_MOST])
{
    uint8_t match[AE_PTM_MOST] = {0}, old[AE_PTM_MOST];
    double best = INFINITY, M[3][3], T, q[4];
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(old, match, sizeof old);
        assign(c, t, Q, match);
        if (round && !memcmp(old, match, (size_t)s->n))
            break;
        double rmsd2 = ae_ptm_rmsd2(s, t, match, INFINITY, M, &T);
        if (rmsd2 < best) {
            best = rmsd2;
            memcpy(best_match, match, sizeof match);
        }
        ae_ptm_quaternion(M, T, q);
        ae_quaternion_matrix(q, Q);
    }
    return best;
}

/* One of the best frames so far. */
struct kept {
    double misfit, Q[3][3];
};

static int keep(
    struct kept *list, int n, int room, double value, double Q[3][3])
{
    if (n == room && value >= list[n - 1].misfit)
        return n;
    int k = n < room ? n++ : n - 1;
    for (; k && list[k - 1].misfit > value; k--)
        list[k] = list[k - 1];
    list[k].misfit = value;
    memcpy(list[k].Q, Q, sizeof list[k].Q);
    return n;
}

double ae_ptm_search(const struct ae_ptm_shell *s,
    const struct ae_ptm_template *t, int refine, double limit,
    uint8_t match[AE_PTM_MOST])
{
    const double thirty = atan(1) * 2 / 3;
    struct cloud cloud;
    struct kept list[KEPT];
    double best = INFINITY, length[AE_PTM_MOST];
    uint8_t one[AE_PTM_MOST];
    int n = 0;
    set_cloud(s, t, &cloud);
    for (int i = 0; i < s->n; i++) {
        const double *v = s->v[i];
        length[i] = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    }
    for (int pair = 0; pair < 2; pair++) {
        const double *p = t->w[t->pair[pair][0]], *q = t->w[t->pair[pair][1]];
        double B[3][3], A[3][3], Q[3][3];
        frame(p, q, B);
        double angle = acos((p[0] * q[0] + p[1] * q[1] + p[2] * q[2]) /
                            sqrt((p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) *
                                 (q[0] * q[0] + q[1] * q[1] + q[2] * q[2])));
        double low = cos(fmin(angle + thirty, 4 * atan(1)));
        double high = cos(fmax(angle - thirty, 0));
        for (int i = 0; i < s->n; i++)
            for (int j = 0; j < s->n; j++) {
                const double *v = s->v[i], *u = s->v[j];
                double cosine = (v[0] * u[0] + v[1] * u[1] + v[2] * u[2]) /
                                (length[i] * length[j]);
                if (i == j || !(cosine > low && cosine < high) ||
                    frame(v, u, A))
                    continue;
                frame_to_frame(A, B, Q);
                if (refine) {
                    n = keep(list, n, refine < KEPT ? refine : KEPT,
                        misfit(&cloud, t, Q), Q);
                    continue;
                }
                double rmsd2 = refine_frame(s, t, &cloud, Q, one);
                if (rmsd2 < best) {
                    best = rmsd2;
                    memcpy(match, one, sizeof one);
                }
            }
    }
    for (int k = 0; k < n && list[k].misfit < FAR * (s->n + 1) * limit; k++) {
        double rmsd2 = refine_frame(s, t, &cloud, list[k].Q, one);
        if (rmsd2 < best) {
            best = rmsd2;
            memcpy(match, one, sizeof one);
        }
    }
    return best;
}
