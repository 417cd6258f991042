/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/hdf5.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/mem.h"
#include "io/listing.h"

enum { MOST_CACHE = 256 << 20 }; /* bytes of chunks kept, see open_set */

struct state {
    hid_t file, set;
};

static void hdf5_close(void *state)
{
    struct state *s = state;
    if (s && s->set > 0)
        H5Dclose(s->set);
    if (s && s->file > 0)
        H5Fclose(s->file);
    free(s);
}

/* The lowest message of HDF5's stack: what went wrong, not who called. */
static herr_t innermost(unsigned n, const H5E_error2_t *entry, void *text)
{
    if (n == 0 && entry->desc)
        snprintf(text, 120, "%s", entry->desc);
    return 0;
}

static int bad(struct ae_array *a, const char *what, struct ae_error *err)
{
    char text[120] = "", quoted[340];
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, text);
    return ae_fail(err, AE_EDATA, "%s%s: HDF5: %s%s%s", a->name, a->part, what,
        *text ? ": " : "", ae_quote(quoted, text));
}

/* A text attribute of fixed or variable length; "" when there is none. */
static void text_attribute(
    hid_t object, const char *name, char *out, size_t size)
{
    *out = 0;
    if (H5Aexists(object, name) <= 0)
        return;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (H5Tget_class(type) == H5T_STRING &&
        H5Sget_simple_extent_npoints(space) == 1) {
        hid_t memory = H5Tcopy(H5T_C_S1);
        H5Tset_cset(memory, H5Tget_cset(type));
        if (H5Tis_variable_str(type) > 0) {
            char *value = NULL;
            H5Tset_size(memory, H5T_VARIABLE);
            if (H5Aread(attribute, memory, &value) >= 0 && value)
                snprintf(out, size, "%s", value);
            H5free_memory(value);
        } else {
            H5Tset_size(memory, size);
            if (H5Aread(attribute, memory, out) < 0)
                *out = 0;
            out[size - 1] = 0;
        }
        H5Tclose(memory);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
}

static int is_numeric(hid_t set)
{
    char class[32];
    hid_t type = H5Dget_type(set);
    H5T_class_t kind = H5Tget_class(type);
    H5Tclose(type);
    text_attribute(set, "MATLAB_class", class, sizeof class);
    return (kind == H5T_INTEGER || kind == H5T_FLOAT) &&
           strcmp(class, "char") != 0 && strcmp(class, "cell") != 0 &&
           H5Aexists(set, "MATLAB_empty") <= 0;
}

/* Sizes fastest first; the number of axes, -1 when they cannot be had. */
static int sizes(hid_t set, size_t n[8], int most)
{
    hsize_t size[H5S_MAX_RANK];
    hid_t space = H5Dget_space(set);
    int dim = H5Sget_simple_extent_ndims(space);
    if (dim >= 0 && H5Sget_simple_extent_dims(space, size, NULL) < 0)
        dim = -1;
    H5Sclose(space);
    for (int i = 0; i < dim && i < most; i++)
        n[i] = (size_t)size[dim - 1 - i];
    return dim;
}

static const char *type_name(hid_t set)
{
    static const char *const name[3][4] = {
        {"uint8", "uint16", "uint32", "uint64"},
        {"int8", "int16", "int32", "int64"},
        {"float8", "float16", "float32", "float64"}};
    hid_t type = H5Dget_type(set);
    H5T_class_t kind = H5Tget_class(type);
    size_t bytes = H5Tget_size(type);
    int row = kind == H5T_FLOAT ? 2 : H5Tget_sign(type) == H5T_SGN_2;
    H5Tclose(type);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT)
        return "not numeric";
    int power = bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
    return name[row][power];
}

static herr_t visit(
    hid_t root, const char *path, const H5O_info_t *info, void *user)
{
    struct ae_listing *listing = user;
    size_t n[8] = {0};
    if (info->type != H5O_TYPE_DATASET || !strncmp(path, "#", 1))
        return 0;
    hid_t set = H5Dopen2(root, path, H5P_DEFAULT);
    if (set < 0)
        return 0;
    int dim = sizes(set, n, 8);
    if (dim >= 0)
        ae_listing_add(listing, path, dim < 8 ? dim : 8, n, type_name(set),
            dim > 0 && is_numeric(set));
    H5Dclose(set);
    return 0;
}

/* A chunk holds parts of many images: keep those of one image decoded, or
 * each would be unpacked once per image. */
static hid_t open_set(hid_t file, const char *path)
{
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    if (set < 0)
        return set;
    hid_t plan = H5Dget_create_plist(set), access = H5P_DEFAULT;
    hsize_t chunk[H5S_MAX_RANK];
    size_t n[8] = {1, 1};
    int dim = sizes(set, n, 8);
    if (dim >= 2 && H5Pget_layout(plan) == H5D_CHUNKED &&
        H5Pget_chunk(plan, dim, chunk) == dim) {
        hid_t type = H5Dget_type(set);
        double bytes = (double)H5Tget_size(type);
        for (int i = 0; i < dim; i++) {
            double c = (double)chunk[i];
            bytes *= i >= dim - 2 ? (double)n[dim - 1 - i] + c : c;
        }
        H5Tclose(type);
        access = H5Pcreate(H5P_DATASET_ACCESS);
        H5Pset_chunk_cache(
            access, 10007, bytes < MOST_CACHE ? (size_t)bytes : MOST_CACHE, 1);
        H5Dclose(set);
        set = H5Dopen2(file, path, access);
        H5Pclose(access);
    }
    H5Pclose(plan);
    return set;
}

/* angstrom per unit ("[n_m]" is EMD's spelling of nm); -1 degrees, -2
 * radians; 0 unknown. */
static double unit_size(const char *text)
{
    static const struct {
        const char *name;
        double size;
    } known[] = {{"nm", 10}, {"pm", 0.01}, {"A", 1}, {"angstrom", 1},
        {"Angstrom", 1}, {"\303\205", 1}, {"um", 1e4}, {"\302\265m", 1e4},
        {"m", 1e10}, {"deg", -1}, {"degree", -1}, {"degrees", -1},
        {"\302\260", -1}, {"rad", -2}};
    char plain[64];
    size_t n = 0;
    for (; *text && n < sizeof plain - 1; text++)
        if (!strchr("[]_ ", *text))
            plain[n++] = *text;
    plain[n] = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(plain, known[i].name))
            return known[i].size;
    return 0;
}

/* The coordinates in an EMD vector dimK; NULL when there are none. */
static double *coordinates(hid_t vector, size_t want)
{
    size_t n[8];
    double *value = NULL;
    if (sizes(vector, n, 8) == 1 && n[0] == want && is_numeric(vector))
        value = malloc(want * sizeof *value);
    if (value && H5Dread(vector, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL,
                     H5P_DEFAULT, value) < 0) {
        free(value);
        value = NULL;
    }
    for (size_t i = 0; value && i < want; i++)
        if (!isfinite(value[i])) {
            free(value);
            value = NULL;
        }
    return value;
}

/* What one dimK says of axis (counted fastest first). */
static void read_axis(
    struct ae_array *a, hid_t vector, int axis, char letter[4])
{
    char name[32], units[32];
    size_t n = a->n[axis];
    text_attribute(vector, "name", name, sizeof name);
    text_attribute(vector, "units", units, sizeof units);
    double unit = unit_size(units);
    double *at = coordinates(vector, n);
    if (strlen(name) == 1 && strchr("xyz", *name))
        letter[axis] = *name;
    if (unit < 0)
        letter[axis] = 'k';
    if (at && unit < 0 && !a->angle) {
        for (size_t i = 0; i < n && unit < -1; i++)
            at[i] *= 180 / M_PI;
        a->angle = at;
        a->nangle = n;
        return;
    }
    if (at && unit > 0 && n > 1 && at[n - 1] > at[0]) {
        a->step[axis] = (at[n - 1] - at[0]) / (double)(n - 1) * unit;
        a->origin[axis] = at[0] * unit;
        a->has_origin |= at[0] < 0 || at[0] > 0;
    }
    free(at);
}

/* Axes from dim1 ... dimN (N = dim) beside the dataset: all letters or none. */
static void read_emd(struct ae_array *a, hid_t file, const char *path, int dim)
{
    char name[AE_LISTING_NAME + 8], letter[4] = {0};
    const char *slash = strrchr(path, '/');
    int parent = slash ? (int)(slash - path) + 1 : 0;
    int tilts = 0;
    for (int i = 0; i < a->dim; i++) {
        snprintf(name, sizeof name, "%.*sdim%d", parent, path, dim - i);
        if (H5Lexists(file, name, H5P_DEFAULT) <= 0)
            continue;
        hid_t vector = H5Dopen2(file, name, H5P_DEFAULT);
        if (vector < 0)
            continue;
        read_axis(a, vector, i, letter);
        H5Dclose(vector);
        tilts += letter[i] == 'k';
    }
    /* a tilt axis at a place of its own: the other two are x and y in order */
    const char *next = "xy";
    for (int i = 0; i < a->dim && tilts == 1 && a->dim == 3; i++)
        if (letter[i] != 'k' && !(letter[i] == 'x' || letter[i] == 'y'))
            letter[i] = *next++;
        else if (letter[i] == *next)
            next++;
    char seen[128] = {0};
    int good = 1;
    for (int i = 0; i < a->dim; i++) {
        good &= letter[i] && !seen[(int)letter[i]];
        seen[(int)letter[i]] = 1;
    }
    if (good && seen['x'] && seen['y'])
        memcpy(a->axes, letter, (size_t)a->dim);
}

static int hdf5_next(struct ae_array *a, struct ae_error *err)
{
    struct state *s = a->state;
    hsize_t start[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK];
    hsize_t samples = a->n[0] * a->n[1];
    int code = ae_array_room(a, err);
    if (code)
        return code;
    hid_t space = H5Dget_space(s->set);
    int dim = H5Sget_simple_extent_ndims(space);
    for (int i = 0; i < dim; i++)
        count[i] = 1;
    count[dim - 1] = a->n[0];
    count[dim - 2] = a->n[1];
    if (a->dim > 2)
        start[dim - 3] = a->done % a->n[2];
    if (a->dim > 3)
        start[dim - 4] = a->done / a->n[2];
    hid_t memory = H5Screate_simple(1, &samples, NULL);
    herr_t read = -1;
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >=
        0)
        read = H5Dread(s->set, a->wide ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT,
            memory, space, H5P_DEFAULT,
            a->wide ? (void *)a->real : (void *)a->image);
    H5Sclose(memory);
    H5Sclose(space);
    return read < 0 ? bad(a, "samples cannot be read", err) : AE_OK;
}

static int open_chosen(
    struct ae_array *a, struct state *s, const char *path, struct ae_error *err)
{
    char quoted[340];
    size_t n[8] = {0};
    snprintf(a->part, sizeof a->part, ": %.300s", ae_quote(quoted, path));
    if (!strncmp(path, "Data/Image/", 11))
        return ae_fail(err, AE_EDATA,
            "%s%s: EMD of Velox is not read yet; export TIFF or MRC from "
            "Velox",
            a->name, a->part);
    s->set = open_set(s->file, path);
    if (s->set < 0)
        return bad(a, "dataset cannot be opened", err);
    int all = sizes(s->set, n, 8), dim = all;
    while (dim > 4 && dim <= 8 && n[dim - 1] == 1)
        dim--;
    if (dim < 2 || dim > 4)
        return ae_fail(
            err, AE_EDATA, "%s%s: %d axes; want 2 to 4", a->name, a->part, dim);
    a->dim = dim;
    for (int i = 0; i < dim; i++)
        a->n[i] = n[i];
    int code = ae_array_check(a, err);
    /* samples may be packed by deflate or others; a dataset without any
     * stored byte reads as fill values */
    double stored = (double)H5Dget_storage_size(s->set);
    double claim = (double)a->n[0] * (double)a->n[1] * (double)a->images;
    if (!code && claim > stored * 4096)
        code = ae_fail(err, AE_EDATA,
            "%s%s: %.0f samples, but only %.0f bytes are stored; the file is "
            "empty or damaged",
            a->name, a->part, claim, stored);
    if (!code)
        read_emd(a, s->file, path, all);
    return code;
}

/* A copy in memory has no path that HDF5 would take: it gets the bytes. */
static int open_memory(hid_t access, int fd, size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return -1;
    int bad = H5Pset_fapl_core(access, 1 << 20, 0) < 0 ||
              H5Pset_file_image(access, bytes, size) < 0;
    munmap(bytes, size);
    return bad ? -1 : 0;
}

static int open_file(struct ae_array *a, struct state *s, struct ae_error *err)
{
    char path[64];
    int fd;
    int code = ae_input_seekable(&a->in, &fd, err);
    if (code)
        return code;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(access, 0, 1); /* read-only media have no locks */
    int in_memory = a->in.memory >= 0;
    if (!in_memory || !open_memory(access, fd, (size_t)a->in.size))
        s->file = H5Fopen(in_memory ? "memory" : path, H5F_ACC_RDONLY, access);
    else
        s->file = -1;
    if (s->file < 0)
        code = bad(a, "cannot be read", err);
    H5Pclose(access);
    close(fd);
    return code;
}

static int from_file(struct ae_array *a, struct state *s, const char *var,
    int rank, struct ae_error *err)
{
    char name[AE_LISTING_NAME];
    int code = open_file(a, s, err);
    if (code)
        return code;
    struct ae_listing *listing = ae_alloc(1, sizeof *listing);
    if (!listing)
        return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    if (H5Ovisit2(s->file, H5_INDEX_NAME, H5_ITER_INC, visit, listing,
            H5O_INFO_BASIC) < 0)
        code = bad(a, "cannot be listed", err);
    else
        code = ae_listing_choose(listing, a->name, var, rank, name, err);
    free(listing);
    return code ? code : open_chosen(a, s, name, err);
}

int ae_hdf5_open(
    struct ae_array *a, const char *var, int rank, struct ae_error *err)
{
    a->format = "HDF5";
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    struct state *s = ae_alloc(1, sizeof *s);
    if (!s)
        return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    a->state = s;
    a->close = hdf5_close;
    a->next = hdf5_next;
    return from_file(a, s, var, rank, err);
}
