/* SPDX-License-Identifier: BSD-2-Clause
 * hdf5 - datasets of HDF5: MATLAB 7.3, EMD of NCEM (Berkeley), and others.
 *
 * The last index of the dataset is the fastest axis; MATLAB's first dimension
 * is stored there. Beside an EMD dataset dim1 ... dimN name the axes and give
 * their coordinates and units: x, y, z by name, the tilt axis where the unit
 * is an angle; lengths are the step, angles the tilt angles.
 * Source: support.hdfgroup.org/documentation; emdatasets.com/format
 */
#ifndef AE_IO_HDF5_H
#define AE_IO_HDF5_H

#include "io/array.h"

/* var: path of the dataset, or "" for the only numeric one of rank axes (3
 * means 3 or 4, or failing that 2); else an error lists the datasets. */
int ae_hdf5_open(
    struct ae_array *array, const char *var, int rank, struct ae_error *err);

#endif
