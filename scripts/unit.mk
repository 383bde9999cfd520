# Builds the unit tests of the C core: build/unit/<name>_test from each test/unit/<name>_test.c, linked with all of
# src/wire and src/core and with the helpers beside it (test/unit/*.c without _test), under the sanitizers.
# `make -f scripts/unit.mk -j2` from the project's folder; `make -s … list` names the programs.
# SPDX-License-Identifier: Apache-2.0

out := build/unit
deps := $(shell scripts/deps --path)
tests := $(patsubst test/unit/%.c,$(out)/%,$(wildcard test/unit/*_test.c))
sources := $(wildcard src/wire/*.c src/core/*.c src/core/http/*.c) \
    $(filter-out %_test.c,$(wildcard test/unit/*.c))
objects := $(patsubst %.c,$(out)/%.o,$(sources))
werror := $(if $(filter 1,$(SBX_WERROR)),-Werror)

# src/napi is not here: the core has never heard of Node.
CFLAGS := -std=c17 -D_GNU_SOURCE -DCURL_STATICLIB -Isrc -Itest/unit -isystem $(deps)/include \
    -Wall -Wextra -Wconversion $(werror) -g -O1 -fno-omit-frame-pointer \
    -fsanitize=address,undefined -fno-sanitize-recover=undefined
LIBS := $(addprefix $(deps)/lib/,libcurl.a libssl.a libcrypto.a libjansson.a) -lcmocka -lpthread

all: $(tests)
list:
	@echo $(tests)

$(tests): $(out)/%: $(out)/test/unit/%.o $(objects) scripts/unit.mk
	$(CC) $(CFLAGS) -o $@ $(filter %.o,$^) $(LIBS)

$(out)/%.o: %.c scripts/unit.mk $(deps)/versions
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(objects:.o=.d) $(patsubst test/unit/%.c,$(out)/test/unit/%.d,$(wildcard test/unit/*_test.c))
.PHONY: all list
.SECONDARY:
