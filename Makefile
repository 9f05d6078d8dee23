# Everything goes under $(BUILD). `make help` lists the targets.
BUILD ?= build
CC = gcc
AR = ar

WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wold-style-definition -Wvla -Wwrite-strings -Wcast-qual -Wpointer-arith \
  -Wundef -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum -Wdouble-promotion \
  -Wlogical-op -Wduplicated-cond -Wjump-misses-init
WERROR = $(if $(CI),-Werror)
CFLAGS = -std=gnu11 -O2 -g $(WARNINGS) $(WERROR) -fno-common -fstack-protector-strong
CPPFLAGS = -D_GNU_SOURCE -I. -I$(BUILD) $(if $(SAN),,-D_FORTIFY_SOURCE=2)
LDFLAGS =
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANFLAGS = $(if $(SAN),$(SANITIZERS))
# Oracles run on every timed output: named instruction set, reassociation allowed, never finite-math.
ORACLE_CFLAGS = -O3 -march=x86-64-v3 -fassociative-math -fno-signed-zeros -fno-trapping-math -fno-math-errno

ASSIGNMENTS := $(sort $(patsubst assignments/%/assignment.json,%,$(wildcard assignments/*/assignment.json)))
MAINS := sandbox/main.c sandbox/policy_main.c worker/main.c worker/nvrtc_main.c grader/main.c assignments/adapter_main.c
sources = $(filter-out $(MAINS),$(wildcard $(1)))

base_c        := $(call sources,sandbox/base/*.c)
sandbox_c     := $(call sources,sandbox/*.c)
assignments_c := $(call sources,assignments/*.c)
inputs_c      := $(foreach a,$(ASSIGNMENTS),$(wildcard assignments/$(a)/inputs.c))
reference_c   := $(call sources,reference/*.c)
oracle_c      := $(foreach a,$(ASSIGNMENTS),$(wildcard reference/$(a)/oracle.c))
rows_c        := $(foreach a,$(ASSIGNMENTS),$(wildcard reference/$(a)/rows.c))
worker_c      := $(call sources,worker/*.c)
grader_c      := $(call sources,grader/*.c grader/web/*.c)
unit_c        := $(wildcard tests/unit/test_*.c)
fuzz_c        := $(wildcard tests/fuzz/fuzz_*.c)
program_c     := $(wildcard tests/programs/*.c)

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
lib = $(foreach l,$(1),$(BUILD)/lib$(l).a)

PROGRAMS := $(patsubst %/main.c,$(BUILD)/%,$(wildcard sandbox/main.c worker/main.c grader/main.c))

.PHONY: all
all: $(PROGRAMS) $(BUILD)/nvrtc $(BUILD)/launcher runtime prebuilt

# -- libraries -------------------------------------------------------------------------------------
$(BUILD)/libbase.a: $(call object,$(base_c))
$(BUILD)/libsandbox.a: $(call object,$(sandbox_c)) $(BUILD)/obj/registry/filters.o
$(BUILD)/libassignments.a: $(call object,$(assignments_c))
$(BUILD)/libinputs.a: $(call object,$(inputs_c)) $(BUILD)/obj/registry/inputs.o
$(BUILD)/libreference.a: $(call object,$(reference_c) $(oracle_c) $(rows_c)) $(BUILD)/obj/registry/oracles.o $(BUILD)/obj/registry/rows.o
$(BUILD)/libworker.a: $(call object,$(worker_c))
$(BUILD)/libwire.a: $(call object,$(wildcard worker/wire*.c))
$(BUILD)/libgrader.a: $(call object,$(grader_c))
$(BUILD)/libsupport.a: $(call object,$(wildcard tests/unit/support/*.c))

$(BUILD)/lib%.a:
	@rm -f $@
	$(AR) rcs $@ $^

# What the assembler takes in, gcc does not list.
$(BUILD)/obj/grader/web/assets.o: $(filter-out %.c %.h,$(wildcard grader/web/*))

$(BUILD)/obj/reference/%/oracle.o: CFLAGS += $(ORACLE_CFLAGS)
# Inputs are made for every timed call, twice. Loops in lanes; the bits stay: no -march, no fast-math.
$(BUILD)/obj/assignments/random.o $(call object,$(inputs_c)): CFLAGS += -O3

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SANFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/obj/registry/%.o: $(BUILD)/registry/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SANFLAGS) -MMD -MP -c $< -o $@

# The tables of generators and oracles, from the folders that are there.
$(BUILD)/registry/inputs.c: $(inputs_c:%/inputs.c=%/assignment.json)
	@mkdir -p $(@D)
	@{ echo '#include "assignments/inputs.h"'; \
	   for a in $(ASSIGNMENTS); do echo "struct err $${a}_inputs(struct call *call, struct random *random);"; done; \
	   echo 'const struct inputs_entry inputs_table[] = {'; \
	   for a in $(ASSIGNMENTS); do echo "    {\"$$a\", $${a}_inputs},"; done; echo '    {0},'; echo '};'; } > $@
$(BUILD)/registry/oracles.c: $(inputs_c:%/inputs.c=%/assignment.json)
	@mkdir -p $(@D)
	@{ echo '#include "reference/oracle.h"'; \
	   for a in $(ASSIGNMENTS); do echo "struct err $${a}_oracle(const struct call *given, const struct call *answer, struct compare *compare);"; done; \
	   echo 'const struct oracle_entry oracle_table[] = {'; \
	   for a in $(ASSIGNMENTS); do echo "    {\"$$a\", $${a}_oracle},"; done; echo '    {0},'; echo '};'; } > $@

$(BUILD)/registry/rows.c: $(rows_c) $(inputs_c:%/inputs.c=%/assignment.json)
	@mkdir -p $(@D)
	@{ echo '#include "reference/rows.h"'; \
	   for a in $(notdir $(patsubst %/rows.c,%,$(rows_c))); do echo "ROWS_DECLARE($$a);"; done; \
	   echo 'const struct rows_entry rows_table[] = {'; \
	   for a in $(notdir $(patsubst %/rows.c,%,$(rows_c))); do echo "    {\"$$a\", $${a}_rows, $${a}_row},"; done; echo '    {0},'; echo '};'; } > $@

# The syscall filters of the sandbox, compiled once and for all from the table of policy.c.
$(BUILD)/policy: $(call object,sandbox/policy_main.c sandbox/policy.c sandbox/policy_build.c) $(call lib,base)
	$(link) -lseccomp
$(BUILD)/registry/filters.c: $(BUILD)/policy
	@mkdir -p $(@D)
	@$(BUILD)/policy > $@.new && mv $@.new $@

# -- programs --------------------------------------------------------------------------------------
link = $(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group
# The slot: static, and with musl where that is installed, since the start of a static glibc asks the
# processor about its caches, which a virtual machine traps (0.5 ms of 2). `make MUSL=` does without.
MUSL ?= $(if $(SAN),,$(wildcard /usr/lib/x86_64-linux-musl/musl-gcc.specs))
slot_c := $(filter-out sandbox/policy_build.c,$(sandbox_c)) sandbox/main.c $(base_c)
ifneq ($(MUSL),)
slot_cc = $(CC) -specs=$(MUSL) -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu \
  -D_GNU_SOURCE -I. $(filter-out $(WARNINGS),$(CFLAGS)) -ffunction-sections -fdata-sections -MMD -MP # the other tree has the warnings
$(BUILD)/sandbox: $(patsubst %.c,$(BUILD)/obj/musl/%.o,$(slot_c)) $(BUILD)/obj/musl/filters.o
	$(CC) -specs=$(MUSL) -static -Wl,--gc-sections,-z,noseparate-code,-z,norelro -o $@ $^
$(BUILD)/obj/musl/filters.o: $(BUILD)/registry/filters.c
	@mkdir -p $(@D)
	$(slot_cc) -c $< -o $@
$(BUILD)/obj/musl/%.o: %.c
	@mkdir -p $(@D)
	$(slot_cc) -c $< -o $@
else
$(BUILD)/sandbox: $(call object,sandbox/main.c) $(call lib,sandbox base)
	$(link) $(if $(SAN),,-static)
endif
$(BUILD)/worker: $(call object,worker/main.c) $(call lib,worker reference inputs assignments sandbox base)
	$(link) -lcjson -lsodium -lm
# Loads the CUDA compiler at run time, in the jail; plain C library, never sanitized: it is not ours inside.
$(BUILD)/nvrtc: worker/nvrtc_main.c worker/nvrtc_input.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< -ldl
# The same for the CUDA driver, in the sandbox's profile gpu-launcher.
launcher_c := $(wildcard worker/launcher/*.c)
$(BUILD)/launcher: $(launcher_c) $(wildcard worker/launcher/*.h) assignments/launch.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $(launcher_c) -ldl
$(BUILD)/grader: $(call object,grader/main.c) $(call lib,grader wire assignments base)
	$(link) -luv -lmicrohttpd -lsqlite3 -lcjson -lsodium -lcmark-gfm-extensions -lcmark-gfm -lz -lm
$(BUILD)/adapter: $(call object,assignments/adapter_main.c) $(call lib,assignments base)
	$(link) -lcjson -lsodium -lm

# What a student's object is linked with: crt, runner, adapter and the parts of the libraries that
# names.txt lists, as one relocatable object per assignment, and one more for rare names. Only the
# names of the list can be seen in them (and in runtime.o those that extra.o needs). Without unwind
# tables and debug names the linker has a third less to read.
RUNTIME_CFLAGS = -std=gnu11 -O2 -fno-pie -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -I. $(WARNINGS) $(WERROR)
gcc_file = $(shell $(CC) -print-file-name=$(1))
RUNTIME := $(BUILD)/runtime
RUNTIME_MATH := $(foreach l,libm.a libgcc.a,$(call gcc_file,$(l)))
RUNTIME_LIBS := $(RUNTIME_MATH) $(foreach l,libc.a libgcc_eh.a,$(call gcc_file,$(l)))
RUNTIME_ARCHIVES := $(filter-out %/libm.a,$(RUNTIME_LIBS)) $(wildcard $(dir $(call gcc_file,libc.a))libm-*.a) $(call gcc_file,libmvec.a)
RUNTIMES := $(foreach a,$(ASSIGNMENTS),$(if $(wildcard assignments/$(a)/$(a).h),$(RUNTIME)/$(a)/runtime.o))
runtime_strip = objcopy --strip-debug --discard-all -R .eh_frame -R .comment
# $(1): an object whose names are to be kept, listed in $(1).keep. Within it they become own_NAME, and
# NAME is a second name for students: a memcpy of their own is then called by nobody but themselves,
# neither by libc before main nor by the runner after a call.
runtime_bind = @LC_ALL=C sort -u -o $(1).keep $(1).keep && sed 's/.*/& own_&/' $(1).keep > $(1).map && \
	  sed 's/.*/--defsym=&=own_&/' $(1).keep > $(1).aliases && objcopy --redefine-syms=$(1).map $(1)
runtime_link = $(LD) -r -o $@.new $^ @$(1).aliases

.PHONY: runtime
runtime: $(RUNTIMES) $(RUNTIMES:runtime.o=diagnosis.o) $(RUNTIME)/extra.o
$(RUNTIME)/known: $(RUNTIME_ARCHIVES)
	@mkdir -p $(@D)
	@nm --defined-only -g -P -A $^ 2>/dev/null | awk '{print $$2}' | LC_ALL=C sort -u > $@
$(RUNTIME)/names: worker/runtime/names.awk worker/runtime/names.txt $(RUNTIME)/known
	@awk -v known=$(RUNTIME)/known -v extra=$@.rare -f worker/runtime/names.awk worker/runtime/names.txt > $@.new
	@LC_ALL=C sort -u -o $@.extra $@.rare && LC_ALL=C sort -u -o $@ $@.new && rm $@.rare $@.new
$(RUNTIME)/extra.o: $(RUNTIME)/names
	@sed 's/^/-u /' $<.extra > $@.wanted
	$(LD) -r -o $@.new @$@.wanted --start-group $(RUNTIME_MATH) --end-group
	@! nm -u -P $@.new | cut -d' ' -f1 | LC_ALL=C sort | LC_ALL=C comm -12 - $<.extra | grep .
	@nm -u -P $@.new | awk '$$2 == "U" && $$1 != "_GLOBAL_OFFSET_TABLE_" {print $$1}' > $@.needs
	$(runtime_strip) --keep-global-symbols=$<.extra $@.new $@
	@rm $@.new $@.wanted
$(RUNTIME)/runner.o: worker/runtime/runner.c worker/runtime/control.h worker/runtime/found.h
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_CFLAGS) -c $< -o $@
$(RUNTIME)/common.o: $(RUNTIME)/runner.o $(RUNTIME)/names $(RUNTIME)/extra.o
	@cat $(RUNTIME)/names $(RUNTIME)/extra.o.needs > $@.keep && sed 's/^/-u /' $@.keep > $@.wanted
	$(LD) -r -o $@ @$@.wanted $(call gcc_file,crt1.o) $(call gcc_file,crti.o) $< \
	  --start-group $(RUNTIME_LIBS) --end-group $(call gcc_file,crtn.o)
	$(call runtime_bind,$@)
	@rm $@.wanted
$(RUNTIME)/%/adapter.c: assignments/%/assignment.json $(BUILD)/adapter
	@mkdir -p $(@D)
	$(BUILD)/adapter $< > $@.new && mv $@.new $@
$(RUNTIME)/%/adapter.o: $(RUNTIME)/%/adapter.c
	$(CC) $(RUNTIME_CFLAGS) -Iassignments/$* -c $< -o $@
$(RUNTIME)/%/runtime.o: $(RUNTIME)/common.o $(RUNTIME)/%/adapter.o
	$(call runtime_link,$<)
	$(runtime_strip) -G _start --keep-global-symbols=$(RUNTIME)/common.o.keep $@.new $@
	@rm $@.new

# The headers of intrinsics, parsed once (worker/prebuilt.h). Where this machine cannot isolate yet,
# the worker goes without: compiling is slower then, and that is all.
.PHONY: prebuilt
prebuilt: $(RUNTIME)/prebuilt
$(RUNTIME)/prebuilt: worker/compile_tools.c worker/prebuilt.c worker/toolchain.c | $(PROGRAMS) $(BUILD)/nvrtc $(BUILD)/launcher runtime
	@rm -f $(RUNTIME)/intrinsics-*.gch
	@$(BUILD)/worker --prebuild 2> $@.log || echo "no prebuilt headers: see $@.log"
	@touch $@

# The same for diagnosis builds (worker/runtime/diagnosis.h): another runner, and the names that
# sanitized code calls. It brings a malloc and a memcpy of its own, which come first and win.
DIAGNOSIS_O := $(patsubst worker/runtime/%.c,$(RUNTIME)/%.o,$(wildcard worker/runtime/diagnosis_*.c))
$(DIAGNOSIS_O): $(RUNTIME)/%.o: worker/runtime/%.c worker/runtime/diagnosis.h worker/runtime/control.h worker/runtime/found.h
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_CFLAGS) -fno-tree-loop-distribute-patterns -D_GNU_SOURCE -c $< -o $@
$(RUNTIME)/diagnosis_runner.o: worker/runtime/runner.c worker/runtime/diagnosis.h worker/runtime/control.h worker/runtime/found.h
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_CFLAGS) -DDIAGNOSIS -c $< -o $@
$(RUNTIME)/diagnosis_common.o: $(RUNTIME)/diagnosis_runner.o $(DIAGNOSIS_O) $(RUNTIME)/names $(RUNTIME)/extra.o
	@nm --defined-only -g -P $(DIAGNOSIS_O) | awk '$$1 ~ /^__(asan|ubsan)_/ {print $$1}' > $@.new
	@cat $(RUNTIME)/names $(RUNTIME)/extra.o.needs $@.new > $@.keep && sed 's/^/-u /' $@.keep > $@.wanted
	$(LD) -r -z muldefs -o $@ @$@.wanted $(call gcc_file,crt1.o) $(call gcc_file,crti.o) $(filter %.o,$(filter-out %/extra.o,$^)) \
	  --start-group $(RUNTIME_LIBS) --end-group $(call gcc_file,crtn.o)
	$(call runtime_bind,$@)
	@rm $@.wanted $@.new
$(RUNTIME)/%/diagnosis.o: $(RUNTIME)/diagnosis_common.o $(RUNTIME)/%/adapter.o
	$(call runtime_link,$<)
	$(runtime_strip) -G _start --keep-global-symbols=$(RUNTIME)/diagnosis_common.o.keep $@.new $@
	@rm $@.new

# -- tests -----------------------------------------------------------------------------------------
LIBS_ALL = -lcmocka -luv -lmicrohttpd -lsqlite3 -lseccomp -lcjson -lsodium -lcmark-gfm-extensions -lcmark-gfm -lz -lm -ldl
libs_test = $(BUILD)/libsupport.a $(call lib,grader worker reference inputs assignments sandbox base)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(unit_c))
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(fuzz_c))
PROGRAMS_TEST := $(patsubst %.c,$(BUILD)/%,$(program_c))
# CUDA sources as host code, for tests without a GPU (tests/cuda_host/cuda_host.h); none without g++.
# Never sanitized: their threads are fibers.
CUDA_CU := $(filter-out %/endless.cu,$(wildcard tests/cuda_host/*.cu reference/*/*.cu $(foreach d,. correct wrong hostile,tests/submissions/*/cuda/$(d)/*.cu)))
CUDA_SO := $(if $(shell command -v $(firstword $(CXX))),$(patsubst %.cu,$(BUILD)/tests/cuda/%.so,$(CUDA_CU:tests/submissions/%/cuda/./naive.cu=tests/submissions/%/cuda/naive.cu)))
CUDA_CXXFLAGS = -std=gnu++17 -O2 -march=x86-64-v3 -fPIC -fvisibility=hidden -fno-strict-aliasing -fno-math-errno \
  -fno-trapping-math -I. $(ASSIGNMENTS:%=-Iassignments/%) \
  -fsanitize=alignment -fsanitize-undefined-trap-on-error # a device faults where this processor does not
$(BUILD)/tests/cuda/runtime.o: tests/cuda_host/runtime.cpp tests/cuda_host/cuda_host.h tests/cuda_host/cuda_host_launch.h
	@mkdir -p $(@D)
	$(CXX) $(CUDA_CXXFLAGS) -Wall -Wextra -c $< -o $@
$(BUILD)/tests/cuda/%.so: %.cu $(BUILD)/tests/cuda/runtime.o tests/cuda_host/translate $(wildcard assignments/*/*.cuh)
	@mkdir -p $(@D)
	@tests/cuda_host/translate $< > $(@:so=cpp)
	$(CXX) $(CUDA_CXXFLAGS) -w -shared -o $@ $(@:so=cpp) $(BUILD)/tests/cuda/runtime.o
$(BUILD)/tests/test_%: $(BUILD)/obj/tests/unit/test_%.o $(libs_test)
	@mkdir -p $(@D)
	$(link) $(LIBS_ALL)
$(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(libs_test)
	@mkdir -p $(@D)
	$(link) $(LIBS_ALL)
$(BUILD)/tests/meta: $(call object,$(wildcard tests/meta*.c)) $(libs_test)
	@mkdir -p $(@D)
	$(link) $(LIBS_ALL) -rdynamic
$(BUILD)/tests/bench_%: $(BUILD)/obj/tests/bench/%.o $(call lib,worker reference inputs assignments sandbox base)
	@mkdir -p $(@D)
	$(link) -lseccomp -lcjson -lsodium -lm
# The oracles once more, without -O3 and reassociation: what the service's builds are held against.
STRICT := $(ASSIGNMENTS:%=$(BUILD)/obj/strict/%.o)
$(BUILD)/obj/strict/%.o: reference/%/oracle.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-psabi -ffp-contract=off $(SANFLAGS) -D$*_oracle=$*_oracle_strict -MMD -MP -c $< -o $@
$(BUILD)/registry/strict.c: $(BUILD)/registry/oracles.c
	@sed -E 's/([a-z_]+_oracle)\b/\1_strict/g; s/oracle_table/&_strict/' $< > $@
$(BUILD)/tests/test_oracle_builds: $(STRICT) $(BUILD)/obj/registry/strict.o
$(BUILD)/tests/bridge: $(BUILD)/obj/tests/bridge.o $(call lib,reference inputs assignments base)
	@mkdir -p $(@D)
	$(link) -lcjson -lsodium -lm
# Beside the sandbox that it starts.
$(BUILD)/bench_timing $(BUILD)/bench_nvrtc $(BUILD)/bench_sandbox: $(BUILD)/bench_%: $(BUILD)/obj/tests/bench/%.o $(call lib,worker reference inputs assignments sandbox base)
	@mkdir -p $(@D)
	$(link) -lseccomp -lcjson -lsodium -lm
$(BUILD)/tests/programs/%: tests/programs/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(STATIC) -O1 -w -o $@ $< -pthread
$(BUILD)/tests/programs/%: STATIC = -static
$(BUILD)/tests/programs/launcher: STATIC = -ldl
# A driver's library on host memory, and what it can be asked to get wrong (tests/driver/cuda.c).
DRIVERS := $(addprefix $(BUILD)/tests/driver/,libcuda.so.1 lacking.so old.so deviceless.so unready.so dead.so bare.so late.so slice.so)
driver_flags = $(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Wno-unused-function -fvisibility=hidden -fPIC -shared
$(BUILD)/tests/driver/lacking.so: DRIVER = -DFAKE_LACKS_LAUNCH
$(BUILD)/tests/driver/old.so: DRIVER = -DFAKE_VERSION=11080
$(BUILD)/tests/driver/deviceless.so: DRIVER = -DFAKE_NO_DEVICE
$(BUILD)/tests/driver/unready.so: DRIVER = -DFAKE_INIT=100
$(BUILD)/tests/driver/dead.so: DRIVER = -DFAKE_CONTEXT=46
$(BUILD)/tests/driver/bare.so: DRIVER = -DFAKE_LACKS_PERSISTING
$(BUILD)/tests/driver/late.so: DRIVER = -DFAKE_SLOW=700
$(BUILD)/tests/driver/slice.so: DRIVER = -DFAKE_NAME='"Stand-in MIG 1g.10gb"'
$(DRIVERS): tests/driver/cuda.c
	@mkdir -p $(@D)
	$(driver_flags) $(DRIVER) -o $@ $<
$(BUILD)/tests/driver/libnvidia-ml.so.1: tests/driver/nvml.c
	@mkdir -p $(@D)
	$(driver_flags) -fvisibility=default -o $@ $<
TWINS := $(patsubst tests/driver/twin_%.c,$(BUILD)/tests/driver/%.so,$(wildcard tests/driver/twin_*.c))
$(BUILD)/tests/driver/baseline.so: tests/driver/twin_attention.c
$(TWINS): $(BUILD)/tests/driver/%.so: tests/driver/twin_%.c
	@mkdir -p $(@D)
	$(driver_flags) -fvisibility=default -o $@ $< -lm
# The hostile corpus: its runner, and its programs. Of the family `compile` most files are food for
# the compiler in the jail; only takeover_*.c are programs.
HOSTILE_C := $(filter-out tests/hostile/compile/%,$(wildcard tests/hostile/*.c tests/hostile/*/*.c)) \
  $(wildcard tests/hostile/compile/takeover_*.c)
HOSTILE := $(patsubst tests/hostile/%.c,$(BUILD)/tests/hostile.d/%,$(HOSTILE_C))
$(BUILD)/tests/hostile: $(call object,$(wildcard tests/hostile*.c)) $(call lib,sandbox base)
	@mkdir -p $(@D)
	$(link) -lseccomp
$(BUILD)/tests/hostile.d/%: tests/hostile/%.c tests/hostile/hostile.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -I. -static -s -O1 -Wall -Wextra -o $@ $< -pthread

# All processors, unless the caller said how many.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
.PHONY: unit test test-vm one san fuzz meta crosscheck
unit: $(PROGRAMS) $(UNIT) $(FUZZ) $(PROGRAMS_TEST) $(CUDA_SO) $(DRIVERS) $(BUILD)/tests/driver/libnvidia-ml.so.1 $(TWINS) $(BUILD)/tests/hostile $(HOSTILE) $(if $(wildcard tests/meta.c),$(BUILD)/tests/meta)
test:
	@deploy/deps test
	@+$(MAKE) -s $(JOBS) all unit
	@BUILD=$(BUILD) tests/run
test-vm:
	@deploy/deps test
	@+$(MAKE) -s $(JOBS) all unit
	@BUILD=$(BUILD) deploy/vm/run
one: all unit
	@BUILD=$(BUILD) tests/run $(T)
san:
	@deploy/deps test
	@+$(MAKE) -s $(JOBS) BUILD=$(BUILD)/san SAN=1 all unit
	@BUILD=$(BUILD)/san SAN=1 tests/run
# Every variant and mutant in every build, over SEEDS seeds: make meta [T=pca] [SEEDS=40]
meta:
	@deploy/deps test
	@+$(MAKE) -s $(JOBS) $(BUILD)/tests/meta
	@BUILD=$(BUILD) tests/corpus $(T)
crosscheck:
	@deploy/deps crosscheck
	@+$(MAKE) -s $(BUILD)/tests/bridge
	@BUILD=$(BUILD) tests/crosscheck
# Ten minutes of one target with libFuzzer: make fuzz T=wire [SECONDS_EACH=600]
SECONDS_EACH ?= 60
fuzz:
	@tests/fuzz/run $(T) $(SECONDS_EACH)

# On a device; without one they say so. make test-gpu [T=attention], make bench-gpu [T=attention]
.PHONY: test-gpu bench-gpu
test-gpu bench-gpu: %-gpu: all
	@BUILD=$(BUILD) tests/gpu/$* $(T)

# -- running it ------------------------------------------------------------------------------------
.PHONY: deps run bench soak kills
deps:
	@deploy/deps build
run:
	@deploy/deps build
	@+$(MAKE) -s $(JOBS) all
	@$(BUILD)/grader serve --demo.path=$(BUILD)/demo --database.path=$(BUILD)/demo/grader.db --worker.cache=$(BUILD)/cache --worker.calibration= $(ARGS)
bench:
	@deploy/deps bench
	@+$(MAKE) -s $(JOBS) all unit $(BUILD)/tests/bench_compile $(BUILD)/bench_timing $(BUILD)/bench_nvrtc $(BUILD)/bench_sandbox
	@BUILD=$(BUILD) tests/bench/run $(T)
soak: all
	@BUILD=$(BUILD) tests/soak
kills: all
	@SUBMISSIONS=$${SUBMISSIONS:-300} ROUNDS=$${ROUNDS:-200} ONLY=service PATIENCE=$${PATIENCE:-1200} BUILD=$(BUILD) bash tests/e2e/crash.sh

# -- looking at it ---------------------------------------------------------------------------------
.PHONY: lint format shape clean help
lint:
	@deploy/deps lint
	@BUILD=$(BUILD) tests/lint
format:
	clang-format -i $$(git ls-files '*.c' '*.h')
shape:
	@BUILD=$(BUILD) tests/shape
clean:
	rm -rf $(BUILD)
help:
	@echo 'make          build everything under $(BUILD)/'
	@echo 'make deps     install what is missing from Debian'
	@echo 'make run      a demo course on http://127.0.0.1:8080   (ARGS=--http.port=8081)'
	@echo 'make test     every test; make one T=wire: those whose name holds "wire"'
	@echo 'make meta     right variants and wrong mutants in every build, over 40 seeds (T=pca SEEDS=3)'
	@echo 'make crosscheck  the oracles against NumPy'
	@echo 'make test-vm  the sandbox on cgroup v2, in an emulated machine of its own'
	@echo 'make san      every test with address and undefined sanitizers'
	@echo 'make fuzz     T=wire SECONDS_EACH=600: libFuzzer on one parser'
	@echo 'make bench    the performance promises, as ratios'
	@echo 'make test-gpu, make bench-gpu   what needs a GPU (T=attention)'
	@echo 'make soak     1,000 students, 3,000 files, kill -9 every 20 s; make kills: 200 kill -9 between accept and score'
	@echo 'make lint     gcc analyzer, cppcheck, clang-tidy; make format; make shape'
	@echo 'make clean    remove $(BUILD)/'

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
