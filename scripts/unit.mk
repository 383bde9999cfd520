# Builds the unit tests of the C core: build/unit/<name>_test from each test/unit/<name>_test.c, linked with all of
# src/wire and src/core and with the helpers beside it (test/unit/*.c without _test), under the sanitizers.
# `make -f scripts/unit.mk -j2` from the project's folder; `make -s … list` names the programs.
# SPDX-License-Identifier: Apache-2.0

comma := ,
out := build/unit
deps := $(shell scripts/deps --path)
tests := $(patsubst test/unit/%.c,$(out)/%,$(wildcard test/unit/*_test.c))
sources := $(wildcard src/wire/*.c src/core/*.c src/core/http/*.c src/core/companion/*.c) \
    build/companion/programs.c \
    $(filter-out %_test.c,$(wildcard test/unit/*.c))
objects := $(patsubst %.c,$(out)/%.o,$(sources))
werror := $(if $(filter 1,$(SBX_WERROR)),-Werror)

# src/napi is not here: the core has never heard of Node.
CFLAGS := -std=c17 -D_GNU_SOURCE -DCURL_STATICLIB -Isrc -Itest/unit -isystem $(deps)/include \
    -Wall -Wextra -Wconversion $(werror) -g -O1 -fno-omit-frame-pointer \
    -fsanitize=address,undefined -fno-sanitize-recover=undefined
# What a test may take over: each __wrap_<name> of the helpers stands between the code and <name>.
wraps := $(addprefix -Wl$(comma)--wrap=,$(shell grep -oh '__wrap_[a-z0-9_]*' test/unit/*.c | sed 's/__wrap_//' | sort -u))
LIBS := $(addprefix $(deps)/lib/,libcurl.a libssl.a libcrypto.a libjansson.a) -lcmocka -lpthread

all: $(tests)
list:
	@echo $(tests)

$(tests): $(out)/%: $(out)/test/unit/%.o $(objects) scripts/unit.mk
	$(CC) $(CFLAGS) $(wraps) -o $@ $(filter %.o,$^) $(LIBS)

$(out)/%.o: %.c scripts/unit.mk $(deps)/versions
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(objects:.o=.d) $(patsubst test/unit/%.c,$(out)/test/unit/%.d,$(wildcard test/unit/*_test.c))
.PHONY: all list
.SECONDARY:
