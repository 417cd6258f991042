# aetools: one Makefile for everything. A new filter is cmd/NAME.c, man/NAME.1, tests/NAME.bats and no line here.
# make help lists the targets.
include config.mk

TOOLS  := $(patsubst cmd/%.c,%,$(sort $(wildcard cmd/*.c)))
LIBSRC := $(sort $(wildcard lib/*/*.c))
LIBOBJ := $(LIBSRC:%.c=$(BUILD)/%.o)
UNITS  := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/*.c)))
BENCH  := $(patsubst tests/bench/%.c,%,$(sort $(wildcard tests/bench/*.c)))
PKGCF  := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lfftw3f_omp -lfftw3_omp -lm

AE_CFLAGS = -std=c11 -D_GNU_SOURCE -DAE_VERSION='"$(VERSION)"' -ffp-contract=off $(CFLAGS) $(WARN) $(OMP) $(SAN) \
	-Ilib $(PKGCF) -MMD -MP

all: $(TOOLS:%=$(BUILD)/bin/%)

$(BUILD)/bin/%: $(BUILD)/cmd/%.o $(BUILD)/libae.a
	@mkdir -p $(@D)
	$(CC) $(OMP) $(SAN) $(LDFLAGS) -Wl,--as-needed -o $@ $< $(BUILD)/libae.a $(LIBS)

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libae.a
	@mkdir -p $(@D)
	$(CC) $(OMP) $(SAN) $(LDFLAGS) -Wl,--as-needed -o $@ $< $(BUILD)/libae.a $(LIBS)

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libae.a
	@mkdir -p $(@D)
	$(CC) $(OMP) $(SAN) $(LDFLAGS) -Wl,--as-needed -o $@ $< $(BUILD)/libae.a $(LIBS)

$(BUILD)/libae.a: $(LIBOBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(HOT:%.c=$(BUILD)/%.o): AE_CFLAGS += $(HOTFLAGS)

$(BUILD)/%.o: %.c config.mk
	@mkdir -p $(@D)
	$(CC) $(AE_CFLAGS) -c -o $@ $<

-include $(LIBOBJ:.o=.d) $(TOOLS:%=$(BUILD)/cmd/%.d) $(UNITS:%=$(BUILD)/tests/unit/%.d) $(BENCH:%=$(BUILD)/tests/bench/%.d)

units: $(UNITS:%=$(BUILD)/unit/%)
benches: $(BENCH:%=$(BUILD)/bench/%)

.PHONY: all units benches
.SECONDARY:
