# What a packager changes: version, places, compilers, flags. Nothing else is set elsewhere.
VERSION    = 0.1.0

PREFIX     = /usr/local
# A prefix for the names of the programs (pdf, strain and crystal are common words): make install PROGPREFIX=ae-
PROGPREFIX =
BUILD      = build

CC         = cc
AR         = ar
OMP        = -fopenmp
SAN        =
WARN       = -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
CFLAGS     = -O2 -g
LDFLAGS    =

# Modules whose inner loops are compiled with -O3 and contraction; they carry target_clones (see style, Flags).
HOT        = $(wildcard lib/*/*_kernel.c)
HOTFLAGS   = -O3 -ffp-contract=fast

PKGS       = fftw3f fftw3 gsl libtiff-4 qhull_r matio hdf5 libpng zlib
