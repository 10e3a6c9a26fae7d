# tflbench: `make help` lists the targets.
#
# Variants, each with a build folder of its own:
#   make SAN=address|undefined|thread|address,undefined    sanitizers
#   make CC=clang                                          the other compiler
#   make CROSS=aarch64-linux-gnu-                          cross build
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/bash

ifeq ($(origin CC),default)
CC :=
endif
CC := $(CROSS)$(or $(CC),gcc)
AR := $(CROSS)ar
SAN ?=
OPT ?= $(if $(SAN),-O1,-O2)

comma := ,
variant := $(if $(CROSS),-$(patsubst %-,%,$(CROSS)))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(findstring clang,$(CC)),-clang)
BUILD ?= build$(variant)
ARCH := $(firstword $(subst -, ,$(or $(CROSS),$(shell uname -m))))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wcast-qual -Wpointer-arith -Wundef -Wvla -Werror
# SELECT is a folder with the rows and types that a runtime for certain models keeps (make runtime).
SELECT ?=
CPPFLAGS := $(if $(SELECT),-I$(SELECT) -DTB_SELECTED_TYPES) -I. -I$(BUILD)/gen -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
# An instrumented shift hides from gcc what it knows of the result's sign in a plain build.
san_warn := -Wno-sign-conversion
# clang takes NULL + 0 for an overflow, which C2y defines (N3322): where an empty tensor's memory is.
san_defined := $(if $(findstring clang,$(CC)),-fno-sanitize=pointer-overflow)
# SMALL is what `make runtime` builds with: what nobody calls is left out when linking.
SMALL ?=
small_cflags := -Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
                $(if $(SELECT),-Wno-unused-function -Wno-unused-const-variable)
small_ldflags := -Wl,--gc-sections $(if $(filter x86_64,$(ARCH)),-Wl$(comma)-z$(comma)pack-relative-relocs)
CFLAGS := -std=c11 $(if $(SMALL),$(small_cflags),$(OPT)) -g $(WARN) -fno-math-errno -ffp-contract=off -fvisibility=hidden -fPIC \
          $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all $(san_defined) $(san_warn))
LDFLAGS := $(if $(SAN),-fsanitize=$(SAN)) -pthread -rdynamic $(if $(SMALL),$(small_ldflags))
LDLIBS := -lm -ldl
# Pictures and sounds of labelled data (bench/media.h).
media_libs := -lturbojpeg -lpng -lstb -lsndfile

# ---- sources, by layer -------------------------------------------------------------------------
base_src     := $(wildcard runtime/base/*.c)
runtime_src  := $(wildcard runtime/*.c runtime/ops/*.c)
profiler_src := $(wildcard profiler/*.c)
# The C API's functions that make delegates are the C library's alone.
delegate_c_api := $(wildcard delegates/c_api/*.c)
delegate_src := $(filter-out %/plugin.c $(delegate_c_api),$(wildcard delegates/*.c delegates/*/*.c))
models_src   := $(wildcard models/*.c models/zoo/*.c)
reports_src  := $(wildcard reports/*.c)
bench_src    := $(filter-out bench/main.c bench/worker_main.c,$(wildcard bench/*.c bench/roof/*.c))

# Files of another instruction set than this build's are left out; the others get its flags.
x86_only := %_sse41.c %_avx2.c %_avx512.c %_vnni.c %_vbmi.c %_avxvnni.c
arm_only := %_neon.c %_dotprod.c %_i8mm.c
other_isa := $(if $(filter x86_64,$(ARCH)),$(arm_only),$(x86_only))
delegate_src := $(filter-out $(other_isa),$(delegate_src))
bench_src := $(filter-out $(other_isa),$(bench_src))
isa_flags = $(if $(filter %_sse41.c,$1),-msse4.1) \
            $(if $(filter %_avx2.c,$1),-mavx2 -mfma -mf16c) \
            $(if $(filter %_avx512.c,$1),-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mf16c -mprefer-vector-width=512) \
            $(if $(filter %_vnni.c,$1),-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mavx2 -mfma -mf16c) \
            $(if $(filter %_vbmi.c,$1),-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi -mavx2 -mfma -mf16c) \
            $(if $(filter %_avxvnni.c,$1),-mavx2 -mfma -mavxvnni) \
            $(if $(filter %_dotprod.c,$1),-march=armv8.2-a+dotprod) \
            $(if $(filter %_i8mm.c,$1),-march=armv8.2-a+dotprod+i8mm)
# clang's undefined-behaviour checks make unrolled kernels take it the better part of an hour; gcc's do
# not, and check them.
# What a model's start takes is mostly packing: plain loops that -O3 makes vectors of.
kernel_flags = $(if $(SAN),,$(if $(filter %cpu/pack.c,$1),-O3)) $(if $(findstring clang,$(CC)),$(if $(findstring undefined,$(SAN)), \
                 $(if $(filter delegates/cpu/k_%,$1),-fno-sanitize=undefined)))

# Programs that count their own allocations (profiler/alloc_count.h).
counted := $(foreach f,malloc calloc realloc aligned_alloc posix_memalign,-Wl$(comma)--wrap=$f)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$1)
core_src := $(base_src) $(profiler_src) $(runtime_src) $(delegate_src)
all_src := $(core_src) $(models_src) $(reports_src) $(bench_src)

.PHONY: all
all: $(BUILD)/tflbench $(BUILD)/tflbench-worker $(BUILD)/libtensorflowlite_c.so \
     $(BUILD)/libtflbench_cpu_delegate.so $(BUILD)/libtflbench_gpu_delegate.so ## build the product

$(BUILD)/tflbench: $(call objects,bench/main.c $(all_src))
	$(CC) $(CFLAGS) $(LDFLAGS) $(counted) -o $@ $^ -lcjson -lsqlite3 -lzstd $(media_libs) $(LDLIBS)

# The worker alone. From the archive the linker takes what it needs, and would miss the store and
# SQLite if any of that needed them.
$(BUILD)/bench.a: $(call objects,$(bench_src))
	@rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/tflbench-worker: $(call objects,bench/worker_main.c $(core_src)) $(BUILD)/bench.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(counted) -o $@ $^ -lcjson $(LDLIBS)

# The runtime and the cpu delegate, in the place of the library of the same name. Only TfLite* is
# visible. The small one has no delegate.
c_library_src := $(base_src) $(runtime_src) \
                 $(if $(SMALL),,$(delegate_c_api) delegates/made.c delegates/external/load.c $(filter delegates/cpu/%,$(delegate_src)))
abi_map := runtime/tflite_abi/libtensorflowlite_c.map
$(BUILD)/libtensorflowlite_c.so: $(call objects,$(c_library_src)) $(abi_map)
	$(CC) $(CFLAGS) $(filter-out -rdynamic,$(LDFLAGS)) -shared -Wl,-soname,$(@F) \
	    -Wl,--version-script=$(abi_map) $(if $(SAN),,-Wl,-z,defs) -o $@ $(filter %.o,$^) $(LDLIBS)

# A runtime of the operators and data types that some models need (`tflbench ops` lists them), or of
# all; without delegates. In a folder of its own: $(BUILD)/runtime-<name of the list>.
OPS ?=
RUNTIME ?= $(BUILD)/runtime-$(if $(OPS),$(basename $(notdir $(OPS))),all)
.PHONY: runtime size
runtime: ## build a small libtensorflowlite_c.so of what OPS=FILE lists (tflbench ops), or of all
	@$(if $(OPS),scripts/select_ops.sh $(OPS) $(RUNTIME)/select)
	@$(MAKE) -s BUILD=$(RUNTIME) SMALL=1 SELECT=$(if $(OPS),$(RUNTIME)/select) \
	    $(RUNTIME)/libtensorflowlite_c.so
	@$(CROSS)size $(RUNTIME)/libtensorflowlite_c.so | \
	    awk 'NR == 2 { printf "%s: %d bytes of text, %d of data, %d together\n", $$6, $$1, $$2, $$1 + $$2 }'

kws_model = $(firstword $(wildcard ../shared/models/tiny/kws_dscnn_int8/model.tflite) \
                        $(BUILD)/zoo/ds_cnn_int8.tflite)
size: $(BUILD)/tflbench ## print the size of a runtime for keyword spotting alone, and of all of it
	@$(BUILD)/tflbench zoo ds_cnn -o $(BUILD)/zoo >/dev/null
	@$(BUILD)/tflbench ops $(kws_model) -o $(BUILD)/kws.txt
	@$(MAKE) -s runtime OPS=$(BUILD)/kws.txt
	@$(MAKE) -s runtime OPS=

.PHONY: arena-table
arena-table: $(BUILD)/tflbench ## write the table of docs/memory.md anew, from ../shared/models
	@sed '/^| model/,$$d' docs/memory.md > $(BUILD)/memory.md
	@scripts/arena_table.sh $(BUILD)/tflbench ../shared/models >> $(BUILD)/memory.md
	@mv $(BUILD)/memory.md docs/memory.md

# The delegates for other runtimes: everything they need goes through the ABI. The gpu's asks the cpu
# delegate's questions about nodes.
delegate_of_cpu := $(filter delegates/cpu/%,$(delegate_src))
delegate_of_gpu := $(delegate_of_cpu) $(filter delegates/gpu/%,$(delegate_src))
define link_delegate
	$(CC) $(CFLAGS) $(filter-out -rdynamic,$(LDFLAGS)) -shared -Wl,-soname,$(@F) \
	    -Wl,--version-script=$< $(if $(SAN),,-Wl,-z,defs) -o $@ $(filter %.o,$^) $(LDLIBS)
endef
delegate_base := $(base_src) runtime/abi_common.c runtime/math.c runtime/quant.c runtime/sparse.c \
                 runtime/ops/cast_direct.c runtime/ops/fft.c runtime/ops/lut.c runtime/ops/mirror.c
$(BUILD)/libtflbench_cpu_delegate.so: delegates/plugin.map \
    $(call objects,delegates/cpu/plugin.c $(delegate_of_cpu) $(delegate_base))
	$(link_delegate)
$(BUILD)/libtflbench_gpu_delegate.so: delegates/plugin.map \
    $(call objects,delegates/gpu/plugin.c $(delegate_of_gpu) $(delegate_base))
	$(link_delegate)

# OpenCL that fails when it is told to, in front of the real one.
$(BUILD)/libopencl_shim.so: $(call objects,tests/gpu/opencl_shim.c delegates/gpu/cl.c runtime/base/library.c runtime/base/status.c)
	$(CC) $(CFLAGS) $(filter-out -rdynamic,$(LDFLAGS)) -shared -o $@ $^ $(LDLIBS)

# Which build this is; rewritten only where that changed.
.PHONY: FORCE
FORCE:
$(BUILD)/gen/build_id.h: FORCE
	@scripts/build_id.sh $@ $(ARCH) '$(filter-out -W%,$(CFLAGS))'
$(BUILD)/obj/bench/build_info.o: $(BUILD)/gen/build_id.h

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(call isa_flags,$<) $(call kernel_flags,$<) -MMD -MP -c -o $@ $<

# Files that are part of the program: NAME.inc has their bytes for an #include in an initialiser.
embedded := $(wildcard reports/schema*.sql reports/viewer/*.css reports/viewer/*.html \
                       tests/unit/reports/*.sql) reports/viewer/page.js
define embed
	@mkdir -p $(@D)
	@od -An -v -tx1 $< | sed "s/ \(..\)/'\\\\x\1',/g; \$$s/,\$$//" > $@.tmp && mv $@.tmp $@
endef
$(BUILD)/gen/%.inc: %
	$(embed)
$(BUILD)/gen/%.inc: $(BUILD)/gen/%
	$(embed)

# The gpu delegate's OpenCL sources, each as {"name", bytes}.
$(BUILD)/gen/delegates/gpu/kernels.inc: $(wildcard delegates/gpu/kernels/*.cl)
	@mkdir -p $(@D)
	@for f in $^; do echo "{\"$$(basename $$f .cl)\", (const char[]){"; \
	    od -An -v -tx1 $$f | sed "s/ \(..\)/'\\\\x\1',/g"; echo "0}},"; done > $@.tmp && mv $@.tmp $@
$(call objects,delegates/gpu/sources.c): | $(BUILD)/gen/delegates/gpu/kernels.inc

# The page's modules, each after those that it imports, as one script.
viewer_js := $(patsubst %,reports/viewer/%.js, \
    units state dom colour static pack data stage layout grouping matching table panel memory overview \
    timeline graph treemap roofline diff numerics app)
$(BUILD)/gen/reports/viewer/page.js: reports/viewer/bundle.awk $(viewer_js)
	@mkdir -p $(@D)
	@awk -f $^ > $@.tmp && mv $@.tmp $@
$(call objects,$(reports_src) $(wildcard tests/unit/reports/*.c)): | $(patsubst %,$(BUILD)/gen/%.inc,$(embedded))

# ---- tests -------------------------------------------------------------------------------------
unit_src := $(wildcard tests/unit/*/*.c)

$(BUILD)/unit: $(call objects,$(unit_src) $(all_src)) | $(BUILD)/libtflbench_cpu_delegate.so $(BUILD)/libopencl_shim.so
	$(CC) $(CFLAGS) $(LDFLAGS) $(counted) -o $@ $^ -lcriterion -lcjson -lsqlite3 -lzstd $(media_libs) $(LDLIBS)

# Stress programs have a main of their own: Criterion aborts under the thread sanitizer.
stress_src := $(wildcard tests/stress/*.c)
stress_bin := $(patsubst %.c,$(BUILD)/%,$(stress_src))

$(stress_bin): $(BUILD)/%: $(BUILD)/obj/%.o $(call objects,$(core_src) $(models_src))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: unit-build stress-build unit stress cli
unit-build: $(BUILD)/unit
stress-build: $(stress_bin)

unit: $(BUILD)/unit ## build and run the unit tests
	$(BUILD)/unit --jobs 2

stress: $(stress_bin) ## run the thread stress programs (most telling with SAN=thread)
	@scripts/each.sh $(stress_bin)

cli: all $(BUILD)/libopencl_shim.so $(BUILD)/tests/abi/run_model $(BUILD)/tests/abi/make_model ## run the command-line tests on the real binary
	@TFLBENCH=$(BUILD)/tflbench scripts/each.sh $(wildcard tests/cli/test_*.sh)

# A client that knows the ABI alone, linked to the library; and the library's list of symbols.
$(BUILD)/tests/abi/client: $(BUILD)/obj/tests/abi/client.o $(BUILD)/libtensorflowlite_c.so
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -L$(BUILD) -ltensorflowlite_c -Wl,-rpath,'$$ORIGIN/../..' $(LDLIBS)

# Runs any model in whichever libtensorflowlite_c.so the loader finds.
$(BUILD)/tests/abi/run_model: $(BUILD)/obj/tests/abi/run_model.o $(BUILD)/libtensorflowlite_c.so
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -L$(BUILD) -ltensorflowlite_c -Wl,-rpath,'$$ORIGIN/../..' $(LDLIBS)

$(BUILD)/tests/abi/make_model: $(call objects,tests/abi/make_model.c $(core_src) $(models_src))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/abi/plugin: $(BUILD)/obj/tests/abi/plugin.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LDLIBS)

.PHONY: abi abi-build
abi-build: $(BUILD)/tests/abi/client $(BUILD)/tests/abi/make_model $(BUILD)/tests/abi/plugin
abi: abi-build ## what libtensorflowlite_c.so exports, and a client of it
	@BUILD=$(BUILD) scripts/each.sh tests/abi/run.sh

# Pages in a real browser; the screenshots lie in $(BUILD)/screenshots.
browser_tests := $(wildcard tests/browser/test_*.mjs)

.PHONY: browser bench-page
browser: all ## open the pages in Chromium, use every view, write screenshots
	@if [ -f tests/browser/node_modules/.package-lock.json ]; then \
	    BUILD=$(BUILD) scripts/each.sh $(browser_tests); \
	else \
	    BUILD=$(BUILD) scripts/each.sh tests/browser/test_units.mjs; \
	    echo "no playwright-core: $(words $(filter-out %/test_units.mjs,$(browser_tests))) programs are skipped"; \
	    echo "0 passed, 0 failed, $(words $(filter-out %/test_units.mjs,$(browser_tests))) skipped"; \
	fi

bench-page: all ## how a page of 20,000 nodes compares with one of 1,000
	@BUILD=$(BUILD) node tests/browser/bench_page.mjs

shared_models := $(wildcard ../shared/models/MANIFEST.json)
# ---- measurements of our own ---------------------------------------------------------------------
$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(call objects,$(all_src))
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcjson -lsqlite3 -lzstd $(media_libs) $(LDLIBS)

overhead_models = $(BUILD)/zoo/mobilenet_v1*.tflite \
                  $(wildcard ../shared/models/classification/mobilenet_v1*/model.tflite)

.PHONY: bench-overhead
bench-overhead: all $(BUILD)/tests/bench/overhead ## what per-op profiling costs, on MobileNet v1
	@$(BUILD)/tflbench zoo mobilenet_v1 -o $(BUILD)/zoo >/dev/null
	@$(BUILD)/tests/bench/overhead --delegate $(or $(DELEGATE),cpu) --threads $(or $(THREADS),1) \
	    $(overhead_models)

# ---- fuzzing -----------------------------------------------------------------------------------
# tests/fuzz/fuzz_NAME.c is a libFuzzer target; replay_NAME runs it on files, without libFuzzer.
fuzz_names := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_support := $(all_src) tests/unit/runtime/read_model.c tests/fuzz/exercise.c
fuzz_bin := $(patsubst %,$(BUILD)/fuzz/fuzz_%,$(fuzz_names))
replay_bin := $(patsubst %,$(BUILD)/fuzz/replay_%,$(fuzz_names))
FUZZ_SECONDS ?= 60

$(BUILD)/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(call objects,$(fuzz_support))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ -lcjson -lsqlite3 -lzstd $(media_libs) $(LDLIBS)

# Targets that take models change them in ways that know models.
$(BUILD)/fuzz/fuzz_model $(BUILD)/fuzz/fuzz_flatbuffer: \
    $(call objects,tests/fuzz/mutate_model.c tests/fuzz/mutator.c)

$(BUILD)/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o \
                        $(call objects,tests/fuzz/replay_main.c $(fuzz_support))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcjson -lsqlite3 -lzstd $(media_libs) $(LDLIBS)

$(BUILD)/fuzz/mutate: $(call objects,tests/fuzz/mutate.c tests/fuzz/mutator.c tests/fuzz/exercise.c \
                                     $(all_src))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcjson -lsqlite3 -lzstd $(media_libs) $(LDLIBS)

# Mutated models through load, allocate and invoke; MUTATE_COUNT=100000 is the acceptance run.
MUTATE_COUNT ?= 20000
.PHONY: mutate mutate-build
mutate-build: $(BUILD)/fuzz/mutate
mutate: ## run MUTATE_COUNT mutated models under the sanitizers
	@$(MAKE) -s SAN=address,undefined mutate-build
	@build-address-undefined/fuzz/mutate --count $(MUTATE_COUNT) \
	    $(if $(shared_models),$(dir $(shared_models)):1)

.PHONY: fuzz fuzz-build replay-build
fuzz: ## fuzz each target for FUZZ_SECONDS (default 60) with clang and the sanitizers
	@$(MAKE) -s CC=clang SAN=fuzzer-no-link,address,undefined fuzz-build
	@scripts/fuzz.sh $(FUZZ_SECONDS) \
	    $$($(MAKE) -s CC=clang SAN=fuzzer-no-link,address,undefined fuzz-list)
fuzz-build: $(fuzz_bin)
replay-build: $(replay_bin)

# What a fuzzer once found, and some of what it starts from: tests/fuzz/corpus/NAME for each target.
.PHONY: replay
replay: $(replay_bin) ## run each fuzz target on its regression corpus
	@for name in $(fuzz_names); do \
	    $(BUILD)/fuzz/replay_$$name tests/fuzz/corpus/$$name || exit 1; done
.PHONY: fuzz-list
fuzz-list:
	@echo $(fuzz_bin)

# What OpenCL drivers keep of programs, so that tests compile them once.
export POCL_CACHE_DIR ?= $(abspath $(BUILD))/driver-cache

# Cases with the real TFLite's outputs. DELEGATE, THREADS choose what runs them; under an emulator
# where this is a cross build. A case whose operator is not there is counted as skipped.
emulator := $(if $(CROSS),qemu-$(ARCH) -L /usr/$(patsubst %-,%,$(CROSS)))
verify = $(emulator) $(BUILD)/tflbench verify --delegate '$(or $(DELEGATE),reference)' \
         --threads $(or $(THREADS),1) --jobs $(or $(JOBS),$(shell nproc)) --plan-limit 5 --supported-only \
         --delegate-cache $(BUILD)/delegate-cache $(if $(SAN),--in-process)
suite := tests/conformance/open.tar.zst
shared_models := $(wildcard ../shared/models/MANIFEST.json)

.PHONY: conformance conformance-xnnpack models
conformance: $(BUILD)/tflbench ## compare every operator with the real TFLite's outputs
	@$(verify) $(suite)

# Every node that the gpu delegate can take, one of them alone too; floats as floats. Skipped, and
# counted, where there is no OpenCL device. One process at a time: PoCL 3.1 aborts on a program that
# another process is still writing into its cache.
gpu_delegate := 'gpu:min-partition=1;precision=fp32'
has_gpu = $(BUILD)/tflbench list delegates | grep -q '^gpu  *yes '
# Compiling is what takes the time where nothing is kept yet, so `check` runs a case of each family.
gpu_selection := CONV_2D/*i8pc* DEPTHWISE_CONV_2D/f32* ADD/* PRELU/* LOGISTIC/* TRANSPOSE/f32* PAD/f32* \
                 CONCATENATION/* RESIZE_BILINEAR/* MEAN/* SELECT_V2/f32* GATHER/f32* QUANTIZE/* \
                 BATCH_MATMUL/f32* TRANSPOSE_CONV/f32* LSTM/f32* SOFTMAX/*
.PHONY: conformance-gpu conformance-gpu-selection models-gpu
conformance-gpu-selection: $(BUILD)/tflbench
	@if $(has_gpu); then \
	    $(verify) $(suite) $(foreach case,$(gpu_selection),--filter '$(case)'); \
	else echo "no OpenCL device"; echo "verify: 0 passed, 0 failed, 1 skipped"; fi
conformance-gpu-selection: JOBS = 1
conformance-gpu-selection: DELEGATE = $(subst ',,$(gpu_delegate))
conformance-gpu: $(BUILD)/tflbench ## the same on an OpenCL device, where there is one
	@if $(has_gpu); then $(MAKE) -s conformance JOBS=1 DELEGATE=$(gpu_delegate); \
	else echo "no OpenCL device: the 2270 cases are skipped"; \
	     echo "verify: 0 passed, 0 failed, 2270 skipped"; fi
models-gpu: $(BUILD)/tflbench
	@if $(has_gpu); then $(MAKE) -s models JOBS=1 DELEGATE=$(gpu_delegate); \
	else echo "no OpenCL device: the 21 models are skipped"; \
	     echo "verify: 0 passed, 0 failed, 21 skipped"; fi

conformance-xnnpack: $(BUILD)/tflbench ## the delegate xnnpack by the rules for TFLite's variants, where it is there
	@if $(BUILD)/tflbench list delegates | grep -q '^xnnpack  *yes'; then \
	    $(verify) --lenient --delegate xnnpack $(suite); \
	else echo "no libXNNPACK.so.0 here"; echo "verify: 0 passed, 0 failed, 1 skipped"; fi

models: $(BUILD)/tflbench ## the same for real models, where ../shared/models is there
	@if [ -n "$(shared_models)" ]; then $(verify) --tier 1 $(dir $(shared_models)); \
	else echo "no ../shared/models: its 21 models of tier 1 are not verified"; \
	     echo "verify: 0 passed, 0 failed, 21 skipped"; fi

.PHONY: demo
demo: ## install what is needed, build, make models, measure, and write a report
	@scripts/setup.sh build
	@$(MAKE) -s -j$(shell nproc) all
	@scripts/demo.sh $(BUILD)/tflbench

# Every variant of every inner kernel against the scalar one; with --bench, against the machine's
# peaks.
opcheck_src := $(filter-out $(other_isa),$(wildcard tests/opcheck/*.c bench/roof/peak*.c))

$(BUILD)/opcheck: $(call objects,$(opcheck_src) $(core_src) $(models_src))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: opcheck
opcheck: $(BUILD)/opcheck ## check the cpu delegate's kernels, all variants
	$(emulator) $(BUILD)/opcheck $(if $(CROSS),--threads 1)

# Every runner, counted; `check` installs what is missing first and sums up at the end.
export TALLY ?= build/tally.tsv
tally := scripts/tally.sh

.PHONY: check check-runners check-sanitized check-threads check-emulated
check: ## install what is needed, build, and pass every test
	@scripts/setup.sh check
	@$(tally) reset
	@$(MAKE) -s -j$(shell nproc) all unit-build stress-build
	@$(MAKE) -s check-runners GPU_CASES=conformance-gpu-selection
	@$(tally) sum

check-runners: all unit-build stress-build
	@$(tally) run "unit" $(BUILD)/unit --jobs 2
	@$(tally) run "stress" $(MAKE) -s stress
	@$(tally) run "command line" $(MAKE) -s cli
	@$(tally) run "C library" $(MAKE) -s abi
	@$(tally) run "C library, conformance" $(BUILD)/tflbench verify --jobs $(shell nproc) \
	    --engine tflite:$(BUILD)/libtensorflowlite_c.so --delegate cpu $(suite)
	@$(tally) run "pages in a browser" $(MAKE) -s browser
	@$(tally) run "conformance, reference" $(MAKE) -s conformance
	@$(tally) run "conformance, cpu" $(MAKE) -s conformance DELEGATE=cpu
	@$(tally) run "conformance, cpu, 2 threads" $(MAKE) -s conformance DELEGATE=cpu THREADS=2
	@$(tally) run "conformance, xnnpack" $(MAKE) -s conformance-xnnpack
	@$(tally) run "conformance, gpu" $(MAKE) -s $(or $(GPU_CASES),conformance-gpu)
	@$(tally) run "models, reference" $(MAKE) -s models
	@$(tally) run "models, gpu" $(MAKE) -s models-gpu
	@$(tally) run "models, cpu" $(MAKE) -s models DELEGATE=cpu
	@$(tally) run "models, cpu, 2 threads" $(MAKE) -s models DELEGATE=cpu THREADS=2
	@$(tally) run "opcheck" $(MAKE) -s opcheck
	@$(tally) run "fuzz corpus" $(MAKE) -s replay

check-sanitized: all unit-build
	@$(tally) run "unit, $(SAN)" $(BUILD)/unit --jobs 2
	@$(tally) run "conformance, reference, $(SAN)" $(MAKE) -s conformance
	@$(tally) run "conformance, cpu, $(SAN)" $(MAKE) -s conformance DELEGATE=cpu THREADS=2
	@$(tally) run "opcheck, $(SAN)" $(MAKE) -s opcheck
	@$(tally) run "fuzz corpus, $(SAN)" $(MAKE) -s replay

check-threads: all stress-build
	@$(tally) run "stress, $(SAN)" $(MAKE) -s stress
	@$(tally) run "conformance, cpu, 8 threads, $(SAN)" $(MAKE) -s conformance DELEGATE=cpu THREADS=8
	@$(tally) run "models, cpu, 8 threads, $(SAN)" $(MAKE) -s models DELEGATE=cpu THREADS=8

check-emulated: all
	@$(tally) run "conformance, reference, $(ARCH)" $(MAKE) -s conformance
	@$(tally) run "conformance, cpu, $(ARCH)" $(MAKE) -s conformance DELEGATE=cpu
	@$(tally) run "models, reference, $(ARCH)" $(MAKE) -s models
	@$(tally) run "models, cpu, $(ARCH)" $(MAKE) -s models DELEGATE=cpu
	@$(tally) run "opcheck, $(ARCH)" $(MAKE) -s opcheck

# ---- benchmarks --------------------------------------------------------------------------------
# Programs that print timings and hold them to a limit; never part of `check`.
bench_bin := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

$(bench_bin): $(BUILD)/%: $(BUILD)/obj/%.o $(call objects,$(all_src))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcjson -lsqlite3 -lzstd $(media_libs) $(LDLIBS)

.PHONY: bench-start
bench-start: $(BUILD)/tests/bench/start $(BUILD)/tflbench ## time load + allocate beside a read of the file
	@scripts/bench_start.sh $(BUILD)

# AA, SLOW3, SLOW10: how many invocations of each; a call goes on where the last one stopped.
.PHONY: bench-gate
bench-gate: $(BUILD)/tflbench ## how often the gate is wrong here (resumable in BENCH_GATE_STATE; GATE_SECONDS ends it)
	@scripts/bench_gate.sh $(BUILD) $(or $(BENCH_GATE_STATE),$(BUILD)/bench-gate) $(or $(AA),200) $(or $(SLOW3),100) $(or $(SLOW10),20)

# TFLITE_LIB is a real libtensorflowlite_c.so; BENCH_SECONDS bounds the call, a later one adds to it.
.PHONY: bench-cpu
bench-cpu: $(BUILD)/tflbench ## every model beside TFLite (TFLITE_LIB) and XNNPACK; writes docs/benchmarks/cpu.md
	@scripts/bench_cpu.sh $(BUILD) $(BUILD)/bench-cpu docs/benchmarks/cpu.md

.PHONY: bench-gpu
bench-gpu: $(BUILD)/tflbench ## measure the gpu delegate on the OpenCL device at hand, into docs/benchmarks/gpu.md
	@mkdir -p docs/benchmarks
	@scripts/bench_gpu.sh $(BUILD) $(BUILD)/bench-gpu docs/benchmarks/gpu.md

.PHONY: bench-store
bench-store: $(BUILD)/tests/bench/store_speed ## how fast the store answers, and how large it is
	@$(BUILD)/tests/bench/store_speed $(BUILD)

.PHONY: bench-coverage
bench-coverage: $(BUILD)/tests/bench/coverage ## in how many simulated experiments the intervals hold the truth
	@$(BUILD)/tests/bench/coverage --experiments $(or $(EXPERIMENTS),1000)

.PHONY: bench-budget
bench-budget: $(BUILD)/tflbench ## hold what profiles leave unattributed against its limit, on real models
	@scripts/bench_budget.sh $(BUILD)

# ---- order -------------------------------------------------------------------------------------
.PHONY: lint format
lint: $(patsubst %,$(BUILD)/gen/%.inc,$(embedded)) $(BUILD)/gen/delegates/gpu/kernels.inc ## format, layers, static analysis, shell syntax
	@scripts/lint.sh

format: ## format the sources in place
	clang-format -i $(shell git ls-files '*.c' '*.h')

.PHONY: clean
clean: ## remove every build folder
	rm -rf build build-*

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s'|'

-include $(patsubst %.o,%.d,$(call objects,bench/main.c bench/worker_main.c $(all_src) $(unit_src) $(delegate_c_api) \
                                           $(stress_src) $(opcheck_src) $(wildcard tests/bench/*.c tests/fuzz/*.c tests/abi/*.c)))
