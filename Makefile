# nngen: see README.md. `make help` lists the targets.
CC = gcc
CXX = g++
CLANG = clang
OPT = -O2
B = build/default
PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib
JOBS := $(shell nproc 2>/dev/null || echo 2)
Q = $(if $(V),,@)
say = $(if $(V),,@echo '  $(1) $(2)')

# Debian packages: to build, and to test. The tests also use the Python packages pinned in tests/requirements.txt.
BUILD_PACKAGES = gcc g++ make pkg-config libc6-dev protobuf-c-compiler libprotobuf-c-dev libyaml-dev libpcg-cpp-dev libjansson-dev libssl-dev zlib1g-dev
TEST_PACKAGES = $(BUILD_PACKAGES) libcmocka-dev python3 python3-venv git locales clang libclang-rt-14-dev valgrind \
    help2man lowdown shellcheck parallel bash-completion fish zsh afl++

WARN = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
# A shared library leaves the sanitizers to the program.
WHOLE = $(if $(findstring -fsanitize,$(EXTRA)),,-Wl,--no-undefined)
# No fused multiply-add: interval bounds have the same bits everywhere.
SAME_BITS = -ffp-contract=off
CPPFLAGS += -Iinclude -Isolver -Igen -I$(B)
CFLAGS += -std=gnu11 $(OPT) -g $(WARN) $(SAME_BITS) -fvisibility=hidden -fPIC -pthread $(EXTRA)
CXXFLAGS += -std=c++14 $(OPT) -g $(SAME_BITS) -fno-exceptions -fno-rtti -fvisibility=hidden -fPIC $(EXTRA)
LDLIBS += -lprotobuf-c -lyaml -ljansson -lcrypto -lz -pthread

LIB_C := $(filter-out gen/cli/main.c gen/embed/main.c gen/fuzz/%,$(wildcard gen/*/*.c)) $(wildcard solver/*.c)
LIB_O := $(LIB_C:%.c=$(B)/%.o) $(B)/gen/draw/pcg.o $(B)/onnx.pb-c.o $(B)/embedded.o
SPECS := $(sort $(wildcard specs/*.yaml) $(wildcard specs/profiles/*.yaml) $(wildcard specs/manners/*.yaml) $(wildcard specs/motifs/*.yaml) $(wildcard specs/compute/*.yaml) $(wildcard specs/forms/*.yaml) $(wildcard specs/programs/*.yaml))
UNIT := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/*/test_*.c)))

# ---- the program and the library ----
all: $(B)/nngen $(B)/libnngen.a $(B)/libnngen.so $(B)/libnngen_fuzz.a $(B)/nngen_afl.so

# Loops over the contents of tensors, which vector instructions make faster.
$(B)/gen/draw/bulk.o $(B)/gen/write/contents.o $(B)/gen/reference/ref_value.o $(B)/gen/reference/ref_reduce.o $(B)/gen/reference/ref_element.o $(B)/gen/reference/ref_form.o: OPT := $(OPT:-O2=-O3)
$(B)/%.o: %.c $(B)/onnx.pb-c.h
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(B)/gen/draw/pcg.o: gen/draw/pcg.cc
	@mkdir -p $(@D)
	$(call say,c++,$<)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c $< -o $@
$(B)/onnx.pb-c.h: proto/onnx.proto
	@mkdir -p $(B)
	protoc-c --proto_path=proto --c_out=$(B) onnx.proto
$(B)/onnx.pb-c.c: $(B)/onnx.pb-c.h ;
$(B)/onnx.pb-c.o: $(B)/onnx.pb-c.c Makefile
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -DNDEBUG -w -c $(B)/onnx.pb-c.c -o $@
# The program that writes the default table as C: what reads a table, alone.
EMBED_O := $(patsubst %.c,$(B)/%.o,gen/embed/main.c $(wildcard gen/base/*.c) $(wildcard gen/table/*.c))
$(B)/embed: $(EMBED_O)
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lyaml -lcrypto
$(B)/embedded.c: $(B)/embed $(SPECS)
	$(call say,embed,specs)
	$(Q)$(B)/embed $(SPECS) > $@.tmp
	$(Q)mv $@.tmp $@
$(B)/embedded.o: $(B)/embedded.c gen/table/spec_table.h
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/libnngen.a: $(LIB_O)
	@rm -f $@
	$(call say,ar,$@)
	$(Q)ar rcsD $@ $^
$(B)/libnngen.so: $(LIB_O)
	$(call say,link,$@)
	$(Q)$(CC) -shared -Wl,-soname,libnngen.so.0 $(WHOLE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/nngen: $(B)/gen/cli/main.o $(B)/libnngen.a
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# For fuzzers. The hooks of libFuzzer are in one object with the function that every target calls, since a linker takes no object of
# a library for the sake of weak references alone.
$(B)/gen/fuzz/hooks.o: $(B)/gen/fuzz/libfuzzer.o $(B)/gen/fuzz/fuzz_model.o
	$(Q)$(CC) -r -nostdlib -o $@ $^
$(B)/libnngen_fuzz.a: $(B)/gen/fuzz/hooks.o $(B)/gen/fuzz/afl.o $(B)/gen/fuzz/carried.o
	@rm -f $@
	$(call say,ar,$@)
	$(Q)ar rcsD $@ $^
$(B)/nngen_afl.so: $(B)/gen/fuzz/afl.o $(B)/gen/fuzz/carried.o $(B)/gen/fuzz/fuzz_model.o $(B)/libnngen.a
	$(call say,link,$@)
	$(Q)$(CC) -shared $(WHOLE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/tests/unit/%: tests/unit/%.c $(B)/libnngen.a
	@mkdir -p $(@D)
	$(call say,test,$@)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(B)/libnngen.a -lcmocka -lm $(LDLIBS)
unit-programs: $(UNIT:%=$(B)/tests/unit/%) $(B)/tests/bench/triples $(B)/tests/reference/driver $(B)/tests/tape/locality
$(B)/tests/bench/triples $(B)/tests/reference/driver $(B)/tests/tape/locality: $(B)/%: %.c $(B)/libnngen.a
	@mkdir -p $(@D)
	$(call say,test,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libnngen.a -lm $(LDLIBS)

# ---- what README.md starts with ----
corpus: deps
	$(MAKE) -j$(JOBS) all
	$(B)/nngen --nodes 40 --count 100 --seed 1 --out out/corpus --force --jobs $(JOBS)
check: test-deps
	$(MAKE) -j$(JOBS) all unit-programs python-package
	sh tests/run.sh
# The unit tests and those of SMOKE, in about a minute: for a look in the middle of work.
SMOKE = tests/api/test_api.py tests/cli/test_cli.py tests/cli/test_usage.py tests/project/test_rules.py
smoke: test-deps
	$(MAKE) -j$(JOBS) all unit-programs
	SMOKE="$(SMOKE)" sh tests/run.sh smoke

deps:
	@sh tests/deps.sh $(BUILD_PACKAGES)
test-deps:
	@sh tests/deps.sh $(TEST_PACKAGES)
	@sh tests/venv.sh

# ---- more ----
unit: unit-programs
	@set -e; for t in $(UNIT); do echo "== $$t"; $(B)/tests/unit/$$t; done
bench: deps
	$(MAKE) all
	sh tests/bench/run.sh
# Peers to be timed by `make bench`: large packages, so that they are installed on request only.
peers:
	python3 -m venv build/peers
	build/peers/bin/pip install -q -r tests/bench/requirements.txt
# Other generators beside nngen under one harness (tests/peers/PEERS.md): MINUTES of processor time each, COMPARE: further options of `python -m peers`.
MINUTES = 5
COMPARE =
compare: deps peers
	$(MAKE) -j$(JOBS) all
	TORCH=no sh gen/python/nngen/study/setup.sh
	PYTHONPATH=tests:gen/python build/study/venv/bin/python -m peers --nngen $(B)/nngen --minutes $(MINUTES) --jobs $(JOBS) --out out/peers $(COMPARE)
# Also with clang: make asan CC=clang CXX=clang++
ASAN = build/asan$(if $(findstring clang,$(CC)),-clang)
asan: test-deps
	$(MAKE) B=$(ASAN) OPT="-O1 -fno-omit-frame-pointer" EXTRA="-DNN_CHECK -fsanitize=address,undefined -fno-sanitize-recover=all" all unit-programs
	B=$(ASAN) sh tests/run.sh sanitize
stress: test-deps
	$(MAKE) B=build/stress OPT=-O1 EXTRA="-DNN_STRESS -fsanitize=address,undefined -fno-sanitize-recover=all" all unit-programs
	B=build/stress sh tests/run.sh stress
FUZZ_SECONDS = 600
fuzz: test-deps
	$(MAKE) all
	$(MAKE) B=build/fuzz CC=$(CLANG) CXX=$(CLANG)++ OPT=-O1 WARN=-w EXTRA="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" \
	    build/fuzz/libnngen.a build/fuzz/gen/fuzz/afl.o build/fuzz/gen/fuzz/carried.o build/fuzz/gen/fuzz/fuzz_model.o
	sh tests/fuzz/run.sh $(FUZZ_SECONDS)
campaign: test-deps
	$(MAKE) all
	sh tests/campaign.sh
# The differential study on a small corpus; STUDY=full is the study's own size.
STUDY = small
study: deps
	$(MAKE) -j$(JOBS) all $(B)/tests/reference/driver
	sh gen/python/nngen/study/setup.sh
	sh tests/study/study.sh $(STUDY)
# TensorFlow's and tf2onnx's part of it, in an environment of 2.3 GB.
study-tf: deps
	$(MAKE) -j$(JOBS) all
	TORCH=$${TORCH:-no} sh gen/python/nngen/study/setup.sh
	gen/python/nngen-study setup --target tensorflow
	sh tests/study/study.sh $(STUDY) tensorflow
# Measures the runtimes of gen/python/nngen/profile/requirements.txt anew: proposals and reports in build/profiles.
PROFILES = openvino tract
profiles: deps
	$(MAKE) -j$(JOBS) all
	test -x build/profiles/venv/bin/python || python3 -m venv build/profiles/venv
	build/profiles/venv/bin/pip install --quiet --disable-pip-version-check -r gen/python/nngen/profile/requirements.txt
	for p in $(PROFILES); do gen/python/nngen-profile propose --runtime $$p --nngen $(B)/nngen --work build/profiles/$$p || exit; done
# What models make consumers do: the families of tests/reach/families.json, COUNT models each; REACH: further options of `python -m reach`.
COUNT = 200
REACH =
reach: deps
	$(MAKE) -j$(JOBS) all
	test -x build/reach/venv/bin/python || python3 -m venv build/reach/venv
	build/reach/venv/bin/pip install --quiet --disable-pip-version-check -r tests/reach/requirements.txt
	PYTHONPATH=tests:gen/python build/reach/venv/bin/python -m reach --families all --nngen $(B)/nngen --count $(COUNT) --jobs $(JOBS) --out out/reach $(REACH)
# The census of real architectures: exports them all by PyTorch and tf2onnx (45 minutes), then counts. The result is data of the project.
census: deps
	REAL=yes sh gen/python/nngen/study/setup.sh
	gen/python/nngen-study setup --target tensorflow
	gen/python/nngen-study real --out out/census
	PYTHONPATH=tests build/study/venv/bin/python -m census.count out/census tests/census/real.json
format:
	clang-format -i gen/*/*.c gen/*/*.h solver/*.c solver/*.h include/*.h $(wildcard tests/*/*.c tests/*/*.h tests/unit/*/*.c tests/unit/*/*.h)
lint: test-deps
	@sh tests/deps.sh clang-format clang-tidy cppcheck
	sh tests/lint.sh

# ---- packaging ----
VERSION := $(shell sed -n 's/^\#define NNGEN_VERSION "\(.*\)"/\1/p' include/nngen.h)
DATADIR = $(PREFIX)/share
$(B)/man/nngen.1: $(B)/nngen gen/dist/man.sh gen/dist/nngen.h2m specs/README.md
	$(call say,man,$(B)/man)
	$(Q)sh gen/dist/man.sh $(B)/nngen $(B)/man
man: $(B)/man/nngen.1
# Without help2man and lowdown the man pages are left out, and it says so.
install: all
	@$(MAKE) --no-print-directory man || echo "no man pages installed" >&2
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include
	install -m 755 $(B)/nngen $(DESTDIR)$(PREFIX)/bin/nngen
	install -m 644 $(B)/libnngen.a $(DESTDIR)$(LIBDIR)/libnngen.a
	install -m 644 $(B)/libnngen.so $(DESTDIR)$(LIBDIR)/libnngen.so.0
	ln -sf libnngen.so.0 $(DESTDIR)$(LIBDIR)/libnngen.so
	install -m 644 include/nngen.h include/nngen_fuzz.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(B)/libnngen_fuzz.a $(DESTDIR)$(LIBDIR)/libnngen_fuzz.a
	install -d $(DESTDIR)$(LIBDIR)/nngen
	install -m 755 $(B)/nngen_afl.so $(DESTDIR)$(LIBDIR)/nngen/nngen_afl.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' gen/dist/nngen.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/nngen.pc
	install -D -m 644 gen/dist/nngen.bash $(DESTDIR)$(DATADIR)/bash-completion/completions/nngen
	install -D -m 644 gen/dist/_nngen $(DESTDIR)$(DATADIR)/zsh/vendor-completions/_nngen
	install -D -m 644 gen/dist/nngen.fish $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/nngen.fish
	install -d $(DESTDIR)$(DATADIR)/nngen/specs/profiles $(DESTDIR)$(DATADIR)/nngen/specs/motifs $(DESTDIR)$(DATADIR)/nngen/specs/manners $(DESTDIR)$(DATADIR)/nngen/specs/compute $(DESTDIR)$(DATADIR)/nngen/specs/forms $(DESTDIR)$(DATADIR)/nngen/specs/programs
	install -m 644 specs/*.yaml $(DESTDIR)$(DATADIR)/nngen/specs
	install -m 644 specs/profiles/*.yaml $(DESTDIR)$(DATADIR)/nngen/specs/profiles
	install -m 644 specs/motifs/*.yaml $(DESTDIR)$(DATADIR)/nngen/specs/motifs
	install -m 644 specs/compute/*.yaml $(DESTDIR)$(DATADIR)/nngen/specs/compute
	install -m 644 specs/forms/*.yaml $(DESTDIR)$(DATADIR)/nngen/specs/forms
	install -m 644 specs/programs/*.yaml $(DESTDIR)$(DATADIR)/nngen/specs/programs
	install -m 644 specs/manners/*.yaml $(DESTDIR)$(DATADIR)/nngen/specs/manners
	install -d $(DESTDIR)$(DATADIR)/doc/nngen/recipes
	install -m 644 README.md $(DESTDIR)$(DATADIR)/doc/nngen/README.md
	install -m 644 gen/fuzz/README.md $(DESTDIR)$(DATADIR)/doc/nngen/README.fuzzing
	install -m 644 gen/dist/recipes/* $(DESTDIR)$(DATADIR)/doc/nngen/recipes
	if [ -f $(B)/man/nngen-specs.5 ]; then \
	    install -D -m 644 $(B)/man/nngen.1 $(DESTDIR)$(DATADIR)/man/man1/nngen.1; \
	    install -D -m 644 $(B)/man/nngen-specs.5 $(DESTDIR)$(DATADIR)/man/man5/nngen-specs.5; fi
	@[ -n "$(DESTDIR)" ] || sh gen/dist/loader.sh $(LIBDIR)
# The Python package for the tests, in $(B)/python; its users take `pip install ./gen/python`.
$(B)/python/.made: $(B)/libnngen.so $(B)/nngen $(SPECS) $(wildcard gen/python/*.py gen/python/*.toml gen/python/*.md gen/python/nngen/*.* gen/python/nngen/*/*.*)
	$(call say,pip,$(@D))
	$(Q)rm -rf $(@D)
	$(Q)NNGEN_BUILD=$(abspath $(B)) build/venv/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
	    --no-index --no-deps --no-build-isolation --target $(@D) ./gen/python
	$(Q)touch $@
python-package: $(B)/python/.made
# A wheel with the libraries that it needs, and a source distribution, from which the wheel is built.
wheel: deps
	@sh tests/deps.sh python3-venv
	test -x build/wheel/venv/bin/python || python3 -m venv build/wheel/venv
	build/wheel/venv/bin/pip install --quiet --disable-pip-version-check -r gen/python/requirements.txt
	rm -rf build/wheel/plain build/wheel/*.whl build/wheel/*.tar.gz
	NNGEN_NOTICES=/ build/wheel/venv/bin/python -m build --no-isolation --outdir build/wheel/plain gen/python > build/wheel/log 2>&1 || { tail -n 30 build/wheel/log; exit 1; }
	PATH=$(CURDIR)/build/wheel/venv/bin:$$PATH auditwheel repair --wheel-dir build/wheel build/wheel/plain/*.whl
	mv build/wheel/plain/*.tar.gz build/wheel
	@ls -l build/wheel/*.whl build/wheel/*.tar.gz
wheel-aarch64: wheel
	sh gen/python/cross.sh
DEB = build/deb/nngen-$(VERSION)
deb:
	@sh tests/deps.sh $(BUILD_PACKAGES) help2man lowdown debhelper dpkg-dev lintian
	rm -rf build/deb
	mkdir -p $(DEB)
	cp -r Makefile README.md LICENSE gen solver include proto specs $(DEB)
	cp -r gen/dist/debian $(DEB)/debian
	cd $(DEB) && dpkg-buildpackage --no-sign --build=binary -j$(JOBS) > ../build.log 2>&1 || { tail -n 30 ../build.log; exit 1; }
	cd build/deb && lintian --fail-on error nngen_$(VERSION)_*.changes
	@ls build/deb/*.deb
clean:
	rm -rf build
help:
	@echo "make            build nngen, libnngen.a and libnngen.so in $(B)"
	@echo "make corpus     install what the build needs, build, write 100 models of 40 nodes to out/corpus"
	@echo "make check      install what the tests need, build, run every test"
	@echo "make smoke      the unit tests and some of the others, in about a minute"
	@echo "make unit       the C unit tests alone"
	@echo "make bench      measure the time of a model by phase, and compare the whole program with cp -r"
	@echo "make peers      install NNSmith (about 2 GB); make bench then measures it too"
	@echo "make compare    nngen, NNSmith and onnx's node tests under one harness, in out/peers"
	@echo "make asan       run the unit and command-line tests under AddressSanitizer and UBSan; also with CC=clang CXX=clang++"
	@echo "make stress     run the unit tests while each allocation fails in turn"
	@echo "make fuzz       run the fuzz targets for FUZZ_SECONDS=600"
	@echo "make campaign   check every operator at every opset, and 104,000 mixed models; see tests/README.md"
	@echo "make census     export architectures of transformers, timm, torchvision and Keras, and count what they are made of"
	@echo "make study      run models through runtimes, converters and simplifiers, and write a report; STUDY=full: 18 families"
	@echo "make study-tf   TensorFlow and its exporter tf2onnx, which study leaves out unless they are installed and STUDY=full"
	@echo "make profiles   measure again which operators OpenVINO and tract run; results in build/profiles"
	@echo "make reach      count the passes of consumers that models fire, and the operator sequences of real models; COUNT=200 models a family"
	@echo "make install    install; PREFIX=/usr/local DESTDIR= LIBDIR=PREFIX/lib"
	@echo "make wheel      a Python wheel and a source distribution in build/wheel; see gen/python/README.md; also wheel-aarch64"
	@echo "make man, make deb   man pages in $(B)/man; Debian packages in build/deb"
	@echo "make format, make lint, make clean"

-include $(wildcard $(B)/gen/*/*.d $(B)/solver/*.d $(B)/tests/unit/*/*.d)
.PHONY: all corpus check smoke study study-tf census profiles reach deps test-deps unit unit-programs bench peers compare asan stress fuzz campaign format lint man install python-package wheel wheel-aarch64 deb clean help
.DELETE_ON_ERROR:
