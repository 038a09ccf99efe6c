# onetrip: a contrib-style extension in C++, built by PGXS.
#
#   make                       against the pg_config in PATH, or PG_CONFIG=/path/to/pg_config
#   make WERROR=1              the same, with warnings as errors: for developers, see CONTRIBUTING.md
#   make PCH=1                 the same, with precompiled headers: sooner, but an #include that lacks is not noticed
#   make UNITY=1               the same, a folder at a time: sooner for all of them, later for one file
#   make ALLOW_NEWER_SERVER=1  against a server that is newer than those that the sources know
#   make install installcheck  as for any contrib module
#   make unit                  the unit tests of the folders that know nothing of PostgreSQL
#   make dist                  onetrip-VERSION.zip of what is committed, for PGXN
#   make fuzz                  the fuzz targets of the same folders, into build/fuzz; by clang
#
# No bitcode is made, as with with_llvm=no: see below. No clang is needed.

EXTENSION = onetrip
MODULE_big = onetrip
DATA = onetrip--0.2.0.sql onetrip--0.1.0--0.2.0.sql

# The pure folders include nothing of PostgreSQL, so that the unit tests link them as they are.
PURE_FOLDERS = base jsonb transport section section/language section/library section/tables section/types \
	section/types/text submission submission/dialects roundtrip
PURE_SOURCES = $(call sources_of,$(PURE_FOLDERS))
SERVER_FOLDERS = $(patsubst src/%/,%,$(wildcard src/postgres/*/))
SERVER_SOURCES = $(call sources_of,$(SERVER_FOLDERS))
sources_of = $(sort $(wildcard $(patsubst %,src/%/*.cpp,$(1))))

# With UNITY=1 a folder is compiled as one file, which includes those of the folder: headers are read once, and templates
# are made once. So no two files of a folder may have a name of their own in common.
units_of = $(if $(UNITY),$(patsubst %,build/unity/%.cpp,$(1)),$(call sources_of,$(1)))
PURE_UNITS = $(call units_of,$(PURE_FOLDERS))
SERVER_UNITS = $(call units_of,$(SERVER_FOLDERS))

# Not VERSION, which PGXS sets to the server's.
ONETRIP_VERSION := $(shell sed -nE "s/^default_version *= *'(.*)'/\1/p" onetrip.control)

# The layouts of the standards, as arrays of texts that library.cpp includes.
LIBRARY_TEXTS = src/section/library/texts.inc
LIBRARY_LAYOUTS = $(sort $(wildcard src/section/library/*.layout))

OBJS = $(PURE_UNITS:.cpp=.o) $(SERVER_UNITS:.cpp=.o) src/postgres/module.o

REGRESS = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
# The tests' database is the same on any cluster.
TEST_DATABASE = --encoding=UTF8 --no-locale
REGRESS_OPTS = --inputdir=. $(TEST_DATABASE)

ISOLATION := $(sort $(patsubst tests/isolation/specs/%.spec,%,$(wildcard tests/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=tests/isolation $(TEST_DATABASE)

# A user's compiler may know warnings that ours does not: they are errors for developers alone.
WARNINGS = -Wall -Wextra -Wpedantic $(if $(WERROR),-Werror)
STANDARD = -std=c++20

PG_CONFIG ?= pg_config
SERVER_VERSION := $(shell $(PG_CONFIG) --version 2>/dev/null)
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

# These goals need no server. Any other goal stops here unless there are the files to build against.
GOALS_WITHOUT_SERVER = clean distclean dist library
GOALS_WITH_SERVER := $(filter-out $(GOALS_WITHOUT_SERVER),$(or $(MAKECMDGOALS),all))
ifneq ($(GOALS_WITH_SERVER),)
# The version that the message names: what pg_config says, or else Debian's path to it.
SERVER_MAJOR = $(shell echo '$(SERVER_VERSION) $(PG_CONFIG)' | \
	sed -nE 's/^PostgreSQL ([0-9]+).*/\1/p; s|^ */usr/lib/postgresql/([0-9]+)/.*|\1|p')
DEVELOPMENT_FILES = install the development files of the PostgreSQL server (Debian: \
	postgresql-server-dev-$(or $(SERVER_MAJOR),NN, where NN is its version)), or name the pg_config of another \
	server: make PG_CONFIG=/path/to/pg_config
ifeq ($(SERVER_VERSION),)
$(error "$(PG_CONFIG)" does not run: $(DEVELOPMENT_FILES))
endif
ifeq ($(wildcard $(PGXS)),)
$(error There is no "$(PGXS)", which "$(PG_CONFIG)" names: $(DEVELOPMENT_FILES))
endif
endif

# -isystem keeps the server's headers out of our warnings; -I of the same folder is then ignored.
PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server) -Isrc \
	$(if $(ALLOW_NEWER_SERVER),-DONETRIP_ALLOW_NEWER_SERVER)
# PGXS hands on the flags of the server's own compiler. Where that was GCC, clang does not know all.
TOLERANCE = $(if $(findstring clang,$(shell $(1) --version)),-Wno-unknown-warning-option \
	-Wno-ignored-optimization-argument)
# PGXS knows no dependencies between sources and headers; the compiler tells them.
PG_CFLAGS = $(call TOLERANCE,$(CC)) -MMD -MP -DONETRIP_VERSION='"$(ONETRIP_VERSION)"'
# The server is called without a stub in between: its functions are found when the library is loaded anyhow (-z now).
PG_CXXFLAGS = $(call TOLERANCE,$(CXX)) $(STANDARD) $(WARNINGS) -fvisibility=hidden \
	-fvisibility-inlines-hidden -fno-plt -MMD -MP
# A type of a file's own in a class of its header is well where the file is compiled by itself. And what is built a folder
# at a time is tried and thrown away: what a debugger wants to know takes a quarter of the compiler's time. Who gives flags
# says by them what is wanted: reports of the sanitizers name lines.
PG_CXXFLAGS += $(if $(UNITY),-Wno-subobject-linkage $(if $(findstring command,$(origin CXXFLAGS)),,-g0))
# PGXS links with the C driver.
SHLIB_LINK = -lstdc++

# Most tests are over at once, so that optimising them takes longer than it saves. These have very many random cases: they
# are optimised whatever UNIT_FLAGS say, and so cannot take a header that was compiled with those.
UNIT_LONG_TESTS = section/property section/decoder_property section/comes_back \
	transport/multiplexer transport/transport_packets
UNIT_LONG_SOURCES = $(UNIT_LONG_TESTS:%=tests/%_test.cpp)
# The folders of the other tests: what takes longest is begun first, so that it is not alone in the end.
UNIT_FOLDERS = section roundtrip submission jsonb base submission/dialects transport
tests_of = $(filter-out $(UNIT_LONG_SOURCES),$(sort $(wildcard $(patsubst %,tests/%/*.cpp,$(1)))))
# With UNITY=1 the tests of a folder are one file as well. Each build has such files of its own, since builds by several
# compilers go on side by side.
UNIT_UNITS = $(if $(UNITY),$(UNIT_FOLDERS:%=$(UNIT_BUILD)/unity/%.cpp))
# They are one file too, which reads the headers that it cannot take as they were compiled but once.
UNIT_LONG_UNITS = $(if $(UNITY),$(UNIT_BUILD)/unity/long.cpp,$(UNIT_LONG_SOURCES))
UNIT_SOURCES = $(UNIT_LONG_UNITS) $(or $(UNIT_UNITS),$(call tests_of,$(UNIT_FOLDERS)))
UNIT_FLAGS ?= -O0
UNIT_BUILD ?= build/unit
UNIT_CXX ?= $(CXX)
UNIT_OBJECTS = $(patsubst %.cpp,$(UNIT_BUILD)/%.o,$(UNIT_SOURCES))
# The objects of the extension itself, unless they are asked for with other flags.
UNIT_PURE_OBJECTS ?= $(PURE_UNITS:.cpp=.o)
# The main function of Catch2: Debian's library has it for this processor alone, see scripts/test-processors.
UNIT_MAIN ?= -lCatch2WithMain
# Catch2's header is long. A compiled header is taken only where it comes before everything else,
# so that it is included by the command line.
UNIT_HEADER = $(UNIT_BUILD)/all.hpp
UNIT_PCH = $(UNIT_HEADER).gch
UNIT_BUILT_WITH = $(UNIT_BUILD)/built-with
UNIT_LONG_OBJECTS = $(patsubst %.cpp,$(UNIT_BUILD)/%.o,$(UNIT_LONG_UNITS))

EXTRA_CLEAN = build results regression.diffs regression.out output_iso tmp_check
EXTRA_CLEAN += $(OBJS:.o=.d) $(LIBRARY_TEXTS)

# The server's JIT compiler inlines functions whose bitcode it finds, and C++ does not survive that:
# with jit_inline_above_cost = 0 the backend aborts at the first call.
override with_llvm := no

# pg_regress, then pg_isolation_regress: PGXS's own target runs the second only if the first has passed.
NO_INSTALLCHECK = 1

ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
else
.PHONY: clean distclean
clean distclean:
	rm -rf $(MODULE_big).so $(OBJS) $(EXTRA_CLEAN)
endif

.PHONY: installcheck
installcheck:
	@status=0; \
	$(if $(REGRESS),($(pg_regress_installcheck) $(REGRESS_OPTS) $(REGRESS)) || status=1;) \
	$(if $(ISOLATION),($(pg_isolation_regress_installcheck) $(ISOLATION_OPTS) $(ISOLATION)) || status=1;) \
	exit $$status

-include $(OBJS:.o=.d)

# built_with FILE, TEXT: the file holds what objects were built with: the server, the compiler, its flags. It is written
# only if the text is another, so that the objects that depend on it are built again then, and only then; "make -n" and
# "make -q" write nothing, and take it for out of date. -Werror makes no other object.
define built_with
$(1)_TEXT := $$(filter-out -Werror,$(2))
$(1)_WRITE = mkdir -p $$(dir $(1)) && printf '%s\n' '$$(subst ','\'',$$($(1)_TEXT))' >$(1)
ifneq ($$(GOALS_WITH_SERVER),)
ifneq ($$(shell cat $(1) 2>/dev/null),$$($(1)_TEXT))
$$(if $$(WRITES_NOTHING),$$(eval .PHONY: $(1)),$$(shell $$($(1)_WRITE)))
endif
endif
$(1):
	@$$($(1)_WRITE)
endef

WRITES_NOTHING = $(strip $(foreach flag,n q,$(findstring $(flag),$(firstword -$(MAKEFLAGS)))))
SERVER_IS = $(shell $(PG_CONFIG) --version --includedir-server --pkglibdir --configure 2>/dev/null)
version_of = $(1) $(shell $(1) --version 2>/dev/null | sed q)
$(eval $(call built_with,build/built-with,$$(SERVER_IS) $$(call version_of,$$(CXX)) $$(CXXFLAGS) \
	$$(call version_of,$$(CC)) $$(CFLAGS) $$(CPPFLAGS) $(if $(PCH),PCH)))
$(OBJS): build/built-with

# ---- The library of the standards ----

.PHONY: library
library: $(LIBRARY_TEXTS)

$(LIBRARY_TEXTS): scripts/lib/library.awk $(LIBRARY_LAYOUTS)
	awk -f $< $(LIBRARY_LAYOUTS) >$@.$$$$ && mv $@.$$$$ $@

LIBRARY_OBJECTS = src/section/library/library.o build/unity/section/library.o
# The texts make their folder newer, so that they come before what is made of the folder.
build/unity/section/library.cpp: $(LIBRARY_TEXTS)
$(LIBRARY_OBJECTS) $(foreach build,build/fuzz $(UNIT_BUILD),$(LIBRARY_OBJECTS:%=$(build)/%)): $(LIBRARY_TEXTS)

# ---- A folder at a time, with UNITY=1 ----

# include_all FILES: the target includes them, and nothing else.
define include_all
@mkdir -p $(@D)
printf '#include "%s"\n' $(1) >$@
endef

# The folder is newer than the file if one of its files has come or gone.
$(filter build/unity/%,$(PURE_UNITS) $(SERVER_UNITS)): build/unity/%.cpp: src/%
	$(call include_all,$(patsubst src/%,%,$(call sources_of,$*)))

# The makefile says which tests are compiled alone: none may be in no unit, or in two.
$(UNIT_UNITS): $(UNIT_BUILD)/unity/%.cpp: tests/% Makefile
	$(call include_all,$(patsubst tests/%,%,$(call tests_of,$*)))

$(UNIT_BUILD)/unity/long.cpp: Makefile
	$(call include_all,$(UNIT_LONG_SOURCES:tests/%=%))

# ---- Precompiled headers, with PCH=1 ----

# What most files of the pure folders include takes a third of their time, and what those of src/postgres/ do most of it.
# No file may need this: other builds and clang-tidy do without. What a compiled header was made of is not among the
# dependencies that the compiler tells of an object.
LIBRARY_HEADERS = algorithm array bit charconv chrono climits cstddef cstdint cstdio cstdlib cstring exception functional \
	iterator limits list memory new optional span stdexcept string string_view type_traits unordered_map utility vector

# precompiled NAME, COMPILER WITH FLAGS, HEADERS IN QUOTES: rules that make build/pch/NAME.hpp.gch.
define precompiled
build/pch/$(1).hpp: Makefile
	@mkdir -p $$(@D)
	printf '#include <%s>\n' $$(LIBRARY_HEADERS) >$$@
	$(if $(3),printf '#include "%s"\n' $(3) >>$$@)

build/pch/$(1).hpp.gch: build/pch/$(1).hpp
	$(2) -MMD -MP -x c++-header $$< -o $$@

-include build/pch/$(1).hpp.d
endef

ifdef PCH
$(eval $(call precompiled,pure,$$(COMPILE.cc:-c=),))
$(eval $(call precompiled,server,$$(COMPILE.cc:-c=),postgres/server/server.hpp))
build/pch/pure.hpp.gch build/pch/server.hpp.gch: build/built-with
$(PURE_UNITS:.cpp=.o): private override CXXFLAGS += -include build/pch/pure.hpp
$(PURE_UNITS:.cpp=.o): build/pch/pure.hpp.gch
$(SERVER_UNITS:.cpp=.o): private override CXXFLAGS += -include build/pch/server.hpp
$(SERVER_UNITS:.cpp=.o): build/pch/server.hpp.gch
endif

.PHONY: unit
unit: $(UNIT_BUILD)/unit
	$(UNIT_BUILD)/unit

# Of an inline function the linker takes what comes first: that is the extension's own, and not what is made for a test,
# which is slower; then that of the tests that are optimised. Of an archive it would take nothing yet, if not told to take all.
$(UNIT_BUILD)/unit: $(UNIT_PURE_OBJECTS) $(UNIT_LONG_OBJECTS) $(UNIT_OBJECTS)
	$(UNIT_CXX) $(UNIT_FLAGS) -o $@ -Wl,--whole-archive $^ -Wl,--no-whole-archive $(UNIT_MAIN)

$(eval $(call built_with,$$(UNIT_BUILT_WITH),$$(call version_of,$$(UNIT_CXX)) $$(STANDARD) $$(WARNINGS) $$(UNIT_FLAGS)))

$(UNIT_PCH): $(UNIT_BUILT_WITH)
	@mkdir -p $(@D)
	printf '#include <%s>\n' algorithm catch2/catch.hpp optional random span string vector | \
		tee $(UNIT_HEADER) >$(UNIT_BUILD)/uncompiled.hpp
	$(UNIT_CXX) $(STANDARD) $(WARNINGS) $(UNIT_FLAGS) -x c++-header $(UNIT_HEADER) -o $@

$(UNIT_LONG_OBJECTS): private override UNIT_FLAGS += -O1
$(UNIT_LONG_OBJECTS): private UNIT_HEADER = $(UNIT_BUILD)/uncompiled.hpp

$(UNIT_BUILD)/%.o: %.cpp $(UNIT_BUILT_WITH) | $(UNIT_PCH)
	@mkdir -p $(@D)
	$(UNIT_CXX) $(STANDARD) $(WARNINGS) $(UNIT_FLAGS) -include $(UNIT_HEADER) -Isrc -Itests \
		-MMD -MP -c $< -o $@

-include $(patsubst %.o,%.d,$(filter %.o,$(UNIT_OBJECTS) $(UNIT_PURE_OBJECTS)))

DISTRIBUTION = onetrip-$(ONETRIP_VERSION)

.PHONY: dist
dist:
	git archive --format=zip --prefix=$(DISTRIBUTION)/ --output=$(DISTRIBUTION).zip HEAD

# The fuzz targets, each a program of libFuzzer. The objects of the pure folders are those of the sanitized unit tests
# and of the extension in the sanitized server as well, see scripts/lib/suites.sh and sanitized_server.sh.
FUZZ_CXX ?= clang++-14
FUZZ_SANITIZERS = address,undefined
# With -O0 they are built in two thirds of the time, and what runs then takes longer by more than that.
FUZZ_FLAGS = -O1 -g1 -fPIC -D_GLIBCXX_ASSERTIONS -fno-sanitize-recover=all \
	-fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS)
FUZZ_COMPILE = $(FUZZ_CXX) $(STANDARD) $(WARNINGS) $(FUZZ_FLAGS) -Isrc -Itests
FUZZ_SOURCES = $(sort $(wildcard tests/fuzz/*.cpp))
FUZZ_TARGETS = $(patsubst tests/fuzz/%.cpp,build/fuzz/%,$(FUZZ_SOURCES))
FUZZ_PURE_OBJECTS = $(patsubst %.cpp,build/fuzz/%.o,$(PURE_UNITS))
FUZZ_OBJECTS = $(patsubst %.cpp,build/fuzz/%.o,$(FUZZ_SOURCES))

.PHONY: fuzz
fuzz: $(FUZZ_TARGETS)

# Of an archive a target takes what it uses.
build/fuzz/pure.a: $(FUZZ_PURE_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

$(FUZZ_TARGETS): build/fuzz/%: build/fuzz/tests/fuzz/%.o build/fuzz/pure.a
	$(FUZZ_CXX) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) -o $@ $^

$(eval $(call built_with,build/fuzz/built-with,$$(call version_of,$$(FUZZ_CXX)) $$(STANDARD) $$(WARNINGS) $$(FUZZ_FLAGS) \
	$(if $(PCH),PCH)))

ifdef PCH
$(eval $(call precompiled,fuzz,$$(FUZZ_COMPILE),))
build/pch/fuzz.hpp.gch: build/fuzz/built-with
$(FUZZ_OBJECTS) $(FUZZ_PURE_OBJECTS): private override FUZZ_FLAGS += -include build/pch/fuzz.hpp
$(FUZZ_OBJECTS) $(FUZZ_PURE_OBJECTS): build/pch/fuzz.hpp.gch
endif

$(FUZZ_OBJECTS) $(FUZZ_PURE_OBJECTS): build/fuzz/%.o: %.cpp build/fuzz/built-with
	@mkdir -p $(@D)
	$(FUZZ_COMPILE) -MMD -MP -c $< -o $@

-include $(FUZZ_OBJECTS:.o=.d) $(FUZZ_PURE_OBJECTS:.o=.d)
