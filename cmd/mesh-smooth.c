/* SPDX-License-Identifier: BSD-2-Clause
 * mesh-smooth - a smoother surface, and how much its volume changes.
 *
 *   v <- v + lambda (mean of the vertices joined to v - v)     n times; with
 *   --method taubin each followed by the same with mu < -lambda, which blows
 *   up what the first has shrunk: waves longer than the pass band stay
 *
 * Vertices at the rim of an open surface stay.
 *
 * Source: Laplacian smoothing as in any text; Taubin, Proc. SIGGRAPH 1995,
 * 10.1145/218380.218473.   Cost: O(n N) for N vertices.
 * reads: PLY (triangles)     writes: PLY; --report: TSV before and after
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "geom/smooth.h"
#include "geom/surface.h"
#include "io/ply.h"
#include "io/tsv.h"

static long iterations;
static double lambda, mu;
static int method;
static const char *report;
enum { LAPLACIAN, TAUBIN };
static const struct ae_opt opts[] = {
    AE_INT('n', "iterations", &iterations, "N", "10", 0, 1e6, "times"),
    AE_CHOICE('m', "method", &method, "laplacian|taubin", "laplacian",
        "smooth, or smooth and keep the volume"),
    AE_REAL('l', "lambda", &lambda, "share", "0.5", 0, 1,
        "of the way to the mean of the neighbours"),
    AE_REAL(0, "mu", &mu, "share", "-0.53", -2, 0,
        "of the way back, --method taubin"),
    AE_STR('r', "report", &report, "FILE", "",
        "volume, area and counts before and after"),
    AE_END_OPTS,
};
static const struct ae_about about = {"mesh-smooth",
    "smooth a surface, Laplacian or Taubin", "[FILE]", opts, .streams = 0};

struct state {
    double volume, area;
    size_t pieces;
    struct ae_smooth_counts counts;
};

static struct state measure(const struct ae_mesh *mesh)
{
    struct state s = {
        ae_surface_volume(mesh), ae_surface_area(mesh), 0, {0, 0, 0, 0}};
    uint32_t *part = ae_alloc(mesh->nface, sizeof *part);
    if (!part)
        ae_die("out of memory for the mesh");
    ae_must(ae_surface_parts(mesh, part, &s.pieces, ae_err()));
    ae_must(ae_smooth_count(mesh, &s.counts, ae_err()));
    free(part);
    return s;
}

static void put(FILE *out, const char *name, const struct ae_mesh *mesh,
    const struct state *s, const struct state *first)
{
    ae_tsv_put(out, "srrrddddddd", name, s->volume, s->area,
        s->volume / first->volume - 1, (long)mesh->nvertex,
        (long)s->counts.edges, (long)mesh->nface, (long)s->counts.open,
        (long)s->counts.shared, s->counts.euler, (long)s->pieces);
}

int main(int argc, char **argv)
{
    struct ae_mesh mesh = {0};
    ae_begin(&about, argc, argv);
    if (method == TAUBIN && !(mu < -lambda))
        ae_usage("--mu %g: want it below -lambda, %g", mu, -lambda);
    struct ae_source *in = ae_in();
    ae_must(ae_ply_read(in, &mesh, ae_err()));
    if (!mesh.nface)
        ae_die("%s: no faces", in->name);
    struct state before = measure(&mesh);
    ae_must(ae_smooth(
        &mesh, iterations, lambda, method == TAUBIN ? mu : 0, ae_err()));
    struct state after = measure(&mesh);
    if (*report) {
        FILE *out = ae_create(report);
        ae_tsv_head(out, "state\tvolume (A3)\tarea (A2)\tchange\tvertices\t"
                         "edges\tfaces\topen_edges\tshared_edges\teuler\t"
                         "pieces");
        put(out, "before", &mesh, &before, &before);
        put(out, "after", &mesh, &after, &before);
    }
    ae_say("volume %.6g, was %.6g angstrom^3 (%+.3f %%)", after.volume,
        before.volume, 100 * (after.volume / before.volume - 1));
    ae_must(ae_ply_write(ae_out(), &mesh, ae_err()));
    ae_mesh_clear(&mesh);
    return ae_end();
}
