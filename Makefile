# aetools: one Makefile for everything. A new filter is cmd/NAME.c, man/NAME.1, tests/NAME.bats and no line here.
# make help lists the targets.
include config.mk

# make deps GOALS: the packages first, then the goals in a make of their own,
# which finds the libraries that were not there when this one began.
ifneq (,$(and $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS))))
deps:
	@tests/deps
$(filter-out deps,$(MAKECMDGOALS)): deps
	@$(MAKE) $@
.PHONY: $(MAKECMDGOALS)
.NOTPARALLEL:
else

TOOLS  := $(patsubst cmd/%.c,%,$(sort $(wildcard cmd/*.c)))
LIBSRC := $(sort $(wildcard lib/*/*.c))
LIBOBJ := $(LIBSRC:%.c=$(BUILD)/%.o)
UNITS  := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/*.c)))
BENCH  := $(patsubst tests/bench/%.c,%,$(sort $(wildcard tests/bench/*.c)))
PKGCF  := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

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


units: $(UNITS:%=$(BUILD)/unit/%)
benches: $(BENCH:%=$(BUILD)/bench/%)

# ---- tests ------------------------------------------------------------------

# as many tests at once as there are cores, where GNU Parallel is
BATS = bats $(shell parallel --version 2>&1 | grep -q GNU && echo --jobs $$(nproc))
check: all units
	BUILD=$(BUILD) $(BATS) tests/*.bats

# address, undefined behaviour and leaks, over the same tests
check-asan: export ASAN_OPTIONS = detect_leaks=1:allocator_may_return_null=1:max_allocation_size_mb=8000
check-asan:
	$(MAKE) BUILD=$(BUILD)-asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
		CFLAGS="-O1 -g" all units
	BUILD=$(BUILD)-asan SANITIZED=1 $(BATS) tests/*.bats

# memory that runs out, reads and writes that fail, at every place in turn
check-faults: all $(BUILD)/fault.so
	BUILD=$(BUILD) bats tests/faults/faults.bats
$(BUILD)/fault.so: tests/faults/fault.c
	@mkdir -p $(@D)
	$(CC) -O1 -shared -fPIC -o $@ $< -ldl

# published data: make check-data DATA=folder [LONG=1]
DATA =
LONG =
check-data: all benches
	BUILD=$(BUILD) DATA=$(abspath $(DATA)) LONG=$(LONG) bats tests/check-data/*.bats

strict:
	$(MAKE) BUILD=$(BUILD)-strict CFLAGS="-O2 -g -Werror" all units benches

coverage:
	$(MAKE) BUILD=$(BUILD)-coverage SAN=--coverage CFLAGS="-O1 -g" all units
	BUILD=$(BUILD)-coverage $(BATS) tests/*.bats
	tests/coverage $(BUILD)-coverage

FUZZ   := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
FUZZSECONDS = 60
fuzz: $(FUZZ:%=$(BUILD)-fuzz/%)
	@for f in $(FUZZ); do mkdir -p $(BUILD)-fuzz/corpus/$$f; \
		$(BUILD)-fuzz/$$f -max_total_time=$(FUZZSECONDS) -timeout=10 -rss_limit_mb=4096 \
		-artifact_prefix=$(BUILD)-fuzz/ $(BUILD)-fuzz/corpus/$$f tests/data tests/data/import || exit 1; done
FUZZCF = clang -std=c11 -D_GNU_SOURCE -DAE_VERSION='"$(VERSION)"' -D'target_clones(...)=' -O1 -g -w \
	-fsanitize=address,undefined -Ilib $(PKGCF)
$(BUILD)-fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZCF) -fsanitize=fuzzer-no-link -c -o $@ $<
$(FUZZ:%=$(BUILD)-fuzz/%): $(BUILD)-fuzz/%: tests/fuzz/%.c $(LIBSRC:%.c=$(BUILD)-fuzz/%.o)
	$(FUZZCF) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# planted one-line faults, each to be caught by the test that names it
mutants:
	tests/mutants/run

bench: all benches
	@for b in tests/bench/*.sh; do BUILD=$(BUILD) $$b || exit 1; done

# ---- style ------------------------------------------------------------------

lint:
	tests/lint

format:
	clang-format -i cmd/*.c lib/*/*.[ch] tests/*/*.[ch]

completions: all
	completions/generate $(BUILD)/bin completions
	completions/readme $(BUILD)/bin README.md > README.md.new && mv README.md.new README.md

# ---- use --------------------------------------------------------------------

# Debian packages of packages.txt that are missing
deps:
	@tests/deps

demo: all
	PATH=$(abspath $(BUILD))/bin:$$PATH examples/demo.sh demo

example: all
	@for e in examples/*.sh examples/*/run.sh; do [ "$$e" = examples/demo.sh ] || PATH=$(abspath $(BUILD))/bin:$$PATH $$e || exit 1; done

gallery: all
	PATH=$(abspath $(BUILD))/bin:$$PATH examples/gallery/make.sh

MANS := $(wildcard man/*.1 man/*.5 man/*.7)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/aetools \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man7 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	for t in $(TOOLS); do \
		install -m 755 $(BUILD)/bin/$$t $(DESTDIR)$(PREFIX)/bin/$(PROGPREFIX)$$t; \
		install -m 644 man/$$t.1 $(DESTDIR)$(PREFIX)/share/man/man1/$(PROGPREFIX)$$t.1; \
		[ -n "$(PROGPREFIX)" ] || install -m 644 completions/bash/$$t $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t; \
		[ -n "$(PROGPREFIX)" ] || install -m 644 completions/zsh/_$$t $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$t; \
		[ -n "$(PROGPREFIX)" ] || install -m 644 completions/fish/$$t.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/; \
	done
	install -m 644 man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 man/*.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 $(BUILD)/libae.a $(DESTDIR)$(PREFIX)/lib
	for d in base io math image tomo geom atoms sim; do \
		for h in lib/$$d/*.h; do [ -e "$$h" ] || continue; \
			install -D -m 644 $$h $(DESTDIR)$(PREFIX)/include/aetools/$$d/$$(basename $$h); done; done
	printf 'prefix=%s\nName: aetools\nDescription: atomic electron tomography\nVersion: %s\nCflags: -I$${prefix}/include/aetools\nLibs: -L$${prefix}/lib -lae\nRequires.private: %s\nLibs.private: -fopenmp -lm\n' \
		'$(PREFIX)' '$(VERSION)' '$(PKGS)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/aetools.pc

uninstall:
	for t in $(TOOLS); do rm -f $(DESTDIR)$(PREFIX)/bin/$(PROGPREFIX)$$t \
		$(DESTDIR)$(PREFIX)/share/man/man1/$(PROGPREFIX)$$t.1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$t \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$t.fish; done
	for m in $(notdir $(filter %.5,$(MANS))); do rm -f $(DESTDIR)$(PREFIX)/share/man/man5/$$m; done
	for m in $(notdir $(filter %.7,$(MANS))); do rm -f $(DESTDIR)$(PREFIX)/share/man/man7/$$m; done
	rm -f $(DESTDIR)$(PREFIX)/lib/libae.a $(DESTDIR)$(PREFIX)/lib/pkgconfig/aetools.pc
	rm -rf $(DESTDIR)$(PREFIX)/include/aetools

dist:
	git archive --prefix=aetools-$(VERSION)/ -o aetools-$(VERSION).tar.gz HEAD

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-strict $(BUILD)-coverage $(BUILD)-fuzz demo

help:
	@echo "deps         install the missing Debian packages of packages.txt"
	@echo "all          build every filter under $(BUILD)/bin"
	@echo "demo         a phantom from tilt series to atoms, with pictures, in demo/"
	@echo "example      the other pipelines of examples/"
	@echo "check        all tests;  check-asan: with sanitizers;  check-faults: failing memory and files"
	@echo "check-data   comparisons with published data: DATA=folder [LONG=1]"
	@echo "strict       build with -Werror;  lint: layers, manuals, shell;  format: clang-format"
	@echo "coverage     lines of lib that the tests run;  fuzz: the parsers;  mutants: planted faults"
	@echo "bench        throughput, as a ratio to the machine's limits"
	@echo "completions  for bash, zsh, fish, and the README's table;  gallery: the README's pictures"
	@echo "install      DESTDIR, PREFIX, PROGPREFIX;  uninstall, dist, clean"

-include $(LIBOBJ:.o=.d) $(TOOLS:%=$(BUILD)/cmd/%.d) $(UNITS:%=$(BUILD)/tests/unit/%.d) $(BENCH:%=$(BUILD)/tests/bench/%.d)

.PHONY: all units benches check check-asan check-faults check-data strict coverage fuzz mutants bench lint format \
	completions deps demo example gallery install uninstall dist clean help
.SECONDARY:

endif
