# shellcheck shell=bash
# The extension with tests/faults/fault_injector.cpp, which makes its own code fail.

# Whose calls go to the injector.
WRAPPED_FUNCTIONS=(_Znwm _ZnwmRKSt9nothrow_t _ZdlPv _ZdlPvm __cxa_begin_catch palloc palloc0 repalloc repalloc_huge
    MemoryContextAlloc MemoryContextAllocZero MemoryContextAllocExtended AllocSetContextCreateInternal)

# build_with_faults FOLDER: in FOLDER/stage, built in a copy of the tree. The templates of the C++ library are
# made here (_GLIBCXX_EXTERN_TEMPLATE) and used (-Bsymbolic), so that what they allocate is counted. Of a function whose
# own code cannot throw, g++ tells its callers so, and they clean up nothing (-fnon-call-exceptions: it does not).
build_with_faults() {
    local flags='-O0 -g1 -fnon-call-exceptions -DONETRIP_FAULTS -D_GLIBCXX_EXTERN_TEMPLATE=0 -finstrument-functions'
    flags+=' -finstrument-functions-exclude-file-list=src/postgres,/usr/'
    mkdir -p "$1/source"
    cp -R Makefile src sql scripts onetrip* "$1/source"
    find "$1/source" -name '*.o' -delete
    cp tests/faults/fault_injector.cpp "$1/source/src/postgres/server/"
    run_logged build-faults.log make_onetrip -C "$1/source" install DESTDIR="$1/stage" PCH=1 \
        CXXFLAGS="$flags -fPIC" SHLIB_LINK="-lstdc++ -Wl,-Bsymbolic $(printf -- '-Wl,--wrap=%s ' "${WRAPPED_FUNCTIONS[@]}")"
}
