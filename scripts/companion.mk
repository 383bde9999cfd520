# Builds the companion's tests: build/test-companion/<name>_test from each test/companion/<name>_test.c, linked with all
# of src/wire and src/companion but its main, and with the helpers beside it, under the sanitizers; and the same once
# more as <name>_test with no newer system call (old/). `make -f scripts/companion.mk -j2` from the project's folder.
# SPDX-License-Identifier: Apache-2.0

out := build/test-companion
tests := $(patsubst test/companion/%.c,%,$(wildcard test/companion/*_test.c))
sources := $(wildcard src/wire/*.c) $(filter-out %/main.c,$(wildcard src/companion/*.c)) test/unit/support.c \
    $(filter-out %_test.c,$(wildcard test/companion/*.c)) $(wildcard test/fuzz/*_fuzz.c)
patience := -DTARGET_PATIENCE_MS=2000 # of the program itself ten times that
werror := $(if $(filter 1,$(SBX_WERROR)),-Werror)

# What a fuzzer calls has the name of its file here, so that one program holds them all.
entry = $(if $(filter test/fuzz/%,$<),-DLLVMFuzzerTestOneInput=$(basename $(notdir $<)))

CFLAGS := -std=c17 -D_GNU_SOURCE -Isrc -Itest/unit -Itest/companion -Wall -Wextra -Wconversion $(werror) $(patience) \
    -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined

all: $(tests:%=$(out)/%) $(filter-out %/run_test,$(tests:%=$(out)/old/%)) $(out)/agentos-companion

$(tests:%=$(out)/%): $(out)/%: $(out)/test/companion/%.o $(sources:%.c=$(out)/%.o)
	$(CC) $(CFLAGS) -o $@ $^ -lcmocka
$(tests:%=$(out)/old/%): $(out)/old/%: $(out)/old/test/companion/%.o $(sources:%.c=$(out)/old/%.o)
	$(CC) $(CFLAGS) -o $@ $^ -lcmocka

# The program itself, under the sanitizers.
$(out)/agentos-companion: $(patsubst %.c,$(out)/%.o,$(wildcard src/wire/*.c src/companion/*.c))
	$(CC) $(CFLAGS) -o $@ $^

$(out)/old/%.o: %.c scripts/companion.mk
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(entry) -DCOMPANION_OLD_KERNEL -MMD -MP -c -o $@ $<
$(out)/%.o: %.c scripts/companion.mk
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(entry) -MMD -MP -c -o $@ $<

-include $(shell find $(out) -name '*.d' 2>/dev/null)
.PHONY: all
.SECONDARY:
