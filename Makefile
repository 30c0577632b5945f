# nngen: see README.md. `make help` lists the targets.
CC ?= gcc
CXX ?= g++
OPT ?= -O2
B ?= build/default
PKGS := libprotobuf-c yaml-0.1 jansson libcrypto

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
CPPFLAGS += -Iinclude -Isolver -Igen -I$(B)
CFLAGS += -std=gnu11 $(OPT) -g $(WARN) -ffp-contract=off -fvisibility=hidden -fPIC -pthread $(EXTRA)
CXXFLAGS += -std=c++14 $(OPT) -g -fno-exceptions -fno-rtti -ffp-contract=off -fvisibility=hidden -fPIC $(EXTRA)
LDLIBS += -lprotobuf-c -lyaml -ljansson -lcrypto -pthread

LIB_C := $(filter-out gen/main.c,$(wildcard gen/*.c)) $(wildcard solver/*.c)
LIB_O := $(LIB_C:%.c=$(B)/%.o) $(B)/gen/pcg.o $(B)/onnx.pb-c.o $(B)/embedded.o
SPECS := $(wildcard specs/*.yaml) $(wildcard specs/profiles/*.yaml)
UNIT := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))

all: $(B)/nngen $(B)/libnngen.a $(B)/libnngen.so

$(B)/%.o: %.c | $(B)/onnx.pb-c.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(B)/gen/pcg.o: gen/pcg.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c $< -o $@
$(B)/onnx.pb-c.c $(B)/onnx.pb-c.h: proto/onnx.proto
	@mkdir -p $(B)
	protoc-c --proto_path=proto --c_out=$(B) onnx.proto
$(B)/onnx.pb-c.o: $(B)/onnx.pb-c.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -w -c $< -o $@
$(B)/embedded.c: gen/embed.sh $(SPECS)
	@mkdir -p $(B)
	sh gen/embed.sh $(SPECS) > $@.tmp && mv $@.tmp $@
$(B)/embedded.o: $(B)/embedded.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/libnngen.a: $(LIB_O)
	rm -f $@ && ar rcs $@ $^
$(B)/libnngen.so: $(LIB_O)
	$(CC) -shared -Wl,-soname,libnngen.so.0 $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/nngen: $(B)/gen/main.o $(B)/libnngen.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/tests/unit/%: tests/unit/%.c $(B)/libnngen.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(B)/libnngen.a -lcmocka $(LDLIBS)
unit: $(UNIT:%=$(B)/tests/unit/%)
	@set -e; for t in $^; do echo "== $$t"; $$t; done

clean:
	rm -rf build
-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all unit clean
.DELETE_ON_ERROR:
