/* SPDX-License-Identifier: BSD-2-Clause */
#include "math/rotation.h"

#include <math.h>

/* cos and sin of the multiples of 30 degrees up to 90, exact where they can
 * be: the table makes theta = 60 give 1/2 and not 0.5000000000000001. */
static void first_quadrant(double angle, double *sine, double *cosine)
{
    const double rad = 0.017453292519943295769; /* pi / 180 */
    if (angle == 0) {
        *sine = 0;
        *cosine = 1;
        return;
    }
    *sine = angle == 30 ? 0.5 : sin(angle * rad);
    *cosine = angle == 60 ? 0.5 : cos(angle * rad);
}

void ae_sincos_deg(double angle, double *sine, double *cosine)
{
    double a = fmod(fabs(angle), 360);
    int quadrant = (int)(a / 90);
    double s, c;
    first_quadrant(a - 90 * quadrant, &s, &c);
    switch (quadrant) {
    case 0:
        *sine = s;
        *cosine = c;
        break;
    case 1:
        *sine = c;
        *cosine = s == 0 ? 0 : -s;
        break;
    case 2:
        *sine = s == 0 ? 0 : -s;
        *cosine = -c;
        break;
    default:
        *sine = -c;
        *cosine = s;
    }
    if (angle < 0 && *sine != 0)
        *sine = -*sine;
}

void ae_rotation(const double euler[3], double R[3][3])
{
    double s1, c1, s2, c2, s3, c3;
    ae_sincos_deg(euler[0], &s1, &c1);
    ae_sincos_deg(euler[1], &s2, &c2);
    ae_sincos_deg(euler[2], &s3, &c3);
    /* M = Rz(phi) Ry(theta) Rx(psi), written out; R is its transpose. */
    const double M[3][3] = {
        {c1 * c2, c1 * s2 * s3 - s1 * c3, c1 * s2 * c3 + s1 * s3},
        {s1 * c2, s1 * s2 * s3 + c1 * c3, s1 * s2 * c3 - c1 * s3},
        {-s2, c2 * s3, c2 * c3},
    };
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            R[i][j] = M[j][i] == 0 ? 0 : M[j][i]; /* no negative zero */
}

void ae_rotate(double r[3], double R[3][3], const double p[3])
{
    const double x = p[0], y = p[1], z = p[2];
    for (int i = 0; i < 3; i++)
        r[i] = R[i][0] * x + R[i][1] * y + R[i][2] * z;
}

void ae_rotate_back(double r[3], double R[3][3], const double p[3])
{
    const double u = p[0], v = p[1], w = p[2];
    for (int i = 0; i < 3; i++)
        r[i] = R[0][i] * u + R[1][i] * v + R[2][i] * w;
}

void ae_quaternion_matrix(const double q[4], double R[3][3])
{
    double w = q[0], x = q[1], y = q[2], z = q[3];

    R[0][0] = w * w + x * x - y * y - z * z;
    R[0][1] = 2 * (x * y - w * z);
    R[0][2] = 2 * (x * z + w * y);
    R[1][0] = 2 * (y * x + w * z);
    R[1][1] = w * w - x * x + y * y - z * z;
    R[1][2] = 2 * (y * z - w * x);
    R[2][0] = 2 * (z * x - w * y);
    R[2][1] = 2 * (z * y + w * x);
    R[2][2] = w * w - x * x - y * y + z * z;
}
