# What generated programs link besides the libraries of their target, as parts of the
# compiler's command line. Programs run on machines without Debian's libraries: all but
# those of the system, of CUDA and of oneDNN are linked statically. `-l:NAME` takes that
# file and no other. To be included after io/, which knows what the data store needs.

list(TRANSFORM FANFOLD_IO_LIBRARIES REPLACE "(.+)" "-l:lib\\1.a" OUTPUT_VARIABLE store_libs)
list(JOIN store_libs " " store_libs)

# Every program, after the libraries of its target.
set(FANFOLD_COMMON_LIBS "-lfanfold_io -lfanfold_comm -lfanfold_runtime -lfanfold_fmt ${store_libs}")

# The end of the line. oneDNN is a shared library in Debian, and brings those of C++ and
# OpenMP with it: a second, static copy of either would have a state of its own. cuDNN
# may bring a libstdc++ as well, but shares nothing of it with a program; the program's
# stays private.
set(FANFOLD_SHARED_SYSTEM_LIBS "-fopenmp -lpthread -ldl")
set(FANFOLD_STATIC_SYSTEM_LIBS
    "-l:libgomp.a -static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL -lpthread -ldl -lrt")
