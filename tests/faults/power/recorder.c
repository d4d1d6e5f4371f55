/* Records what a process writes below one folder, in the order in which it does, so that a power cut can be played
 * at any moment of it (record.py reads it).
 *
 * Loaded with LD_PRELOAD. RECORDER_FOLDER names the folder, RECORDER_LOG the file of the record. One lock is held over
 * each call and its line of the record. Where a call is one that the record could not tell, the process is aborted: a
 * power cut played from half a record would prove nothing.
 *
 * A record is: kind, pid (4 bytes), file (8), place (8), length (8), bytes. `file` is the inode, `place` the offset or
 * size, `bytes` the data, or one path, or two with a zero byte between.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char ours[MOST_FILES]; /* descriptors of files and folders below the folder */
static char folder[4096];
static int record = -1;

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("RECORDER_FOLDER"), *log = getenv("RECORDER_LOG");
    if (!where || !log || !realpath(where, folder)) return;
    record = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    record = fcntl(record, F_DUPFD_CLOEXEC, 1000);
}

static void note(char kind, uint64_t file, uint64_t place, const void *bytes, size_t length) {
    char head[29];
    uint32_t pid = getpid();
    uint64_t size = length;
    head[0] = kind;
    memcpy(head + 1, &pid, 4);
    memcpy(head + 5, &file, 8);
    memcpy(head + 13, &place, 8);
    memcpy(head + 21, &size, 8);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, length}};
    if (REAL(writev)(record, parts, 2) != (ssize_t)(sizeof head + length)) abort();
}

/* The path of a name, absolute and free of links but for its last part; whether it is below the folder. */
static int below(int at, const char *path, char *full) {
    char parent[4096], real[4096], base[4096];
    if (record < 0 || !path) return 0;
    if (path[0] == '/')
        snprintf(base, sizeof base, "%s", path);
    else if (at == AT_FDCWD) {
        if (!getcwd(real, sizeof real)) return 0;
        if (snprintf(base, sizeof base, "%s/%s", real, path) >= (int)sizeof base) return 0;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t length = readlink(link, real, sizeof real - 1);
        if (length < 0) return 0;
        real[length] = 0;
        if (snprintf(base, sizeof base, "%s/%s", real, path) >= (int)sizeof base) return 0;
    }
    size_t end = strlen(base);
    while (end > 1 && base[end - 1] == '/') base[--end] = 0;
    snprintf(parent, sizeof parent, "%s", base);
    char *last = strrchr(parent, '/');
    if (!last) return 0;
    *last = 0;
    if (!realpath(*parent ? parent : "/", real)) return 0;
    if (snprintf(full, 4096, "%s/%s", real, last + 1) >= 4096) return 0;
    size_t length = strlen(folder);
    return !strcmp(full, folder) || (!strncmp(full, folder, length) && full[length] == '/');
}

static uint64_t inode(int handle) {
    struct stat found;
    return fstat(handle, &found) ? 0 : found.st_ino;
}

static uint64_t inode_of(const char *path) {
    struct stat found;
    return lstat(path, &found) ? 0 : found.st_ino;
}

static int is_ours(int handle) { return handle >= 0 && handle < MOST_FILES && ours[handle]; }

static void opened(int handle, const char *full, int flags, int existed) {
    if (handle < 0) return;
    if (handle >= MOST_FILES) abort();
    ours[handle] = 1;
    struct stat found;
    if (fstat(handle, &found) || (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))) {
        ours[handle] = 0;
        return;
    }
    if (!existed) note('c', found.st_ino, 0, full, strlen(full));
    else if ((flags & O_TRUNC) && (flags & O_ACCMODE) != O_RDONLY) note('t', found.st_ino, 0, "", 0);
}

#define OPEN(name, first, at, path)                                                   \
    {                                                                                 \
        mode_t mode = 0;                                                              \
        if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {                         \
            va_list rest;                                                             \
            va_start(rest, flags);                                                    \
            mode = va_arg(rest, mode_t);                                              \
            va_end(rest);                                                             \
        }                                                                             \
        char full[4096];                                                              \
        pthread_mutex_lock(&lock);                                                    \
        int mine = below(at, path, full), existed = mine && inode_of(full);           \
        int handle = REAL(name) first;                                                \
        int kept = errno;                                                             \
        if (mine) opened(handle, full, flags, existed);                               \
        else if (handle >= 0 && handle < MOST_FILES) ours[handle] = 0;                \
        pthread_mutex_unlock(&lock);                                                  \
        errno = kept;                                                                 \
        return handle;                                                                \
    }

int open(const char *path, int flags, ...) OPEN(open, (path, flags, mode), AT_FDCWD, path)
int open64(const char *path, int flags, ...) OPEN(open64, (path, flags, mode), AT_FDCWD, path)
int openat(int at, const char *path, int flags, ...) OPEN(openat, (at, path, flags, mode), at, path)
int openat64(int at, const char *path, int flags, ...) OPEN(openat64, (at, path, flags, mode), at, path)

int close(int handle) {
    if (is_ours(handle)) ours[handle] = 0;
    return REAL(close)(handle);
}

#define LOCKED(type, call, done)       \
    pthread_mutex_lock(&lock);         \
    type result = call;                \
    int kept = errno;                  \
    done;                              \
    pthread_mutex_unlock(&lock);       \
    errno = kept;                      \
    return result;

ssize_t write(int handle, const void *bytes, size_t length) {
    if (!is_ours(handle)) return REAL(write)(handle, bytes, length);
    LOCKED(ssize_t, REAL(write)(handle, bytes, length),
           if (result > 0) note('w', inode(handle), lseek(handle, 0, SEEK_CUR) - result, bytes, result))
}

ssize_t pwrite(int handle, const void *bytes, size_t length, off_t place) {
    if (!is_ours(handle)) return REAL(pwrite)(handle, bytes, length, place);
    LOCKED(ssize_t, REAL(pwrite)(handle, bytes, length, place),
           if (result > 0) note('w', inode(handle), place, bytes, result))
}

ssize_t pwrite64(int handle, const void *bytes, size_t length, off64_t place) {
    if (!is_ours(handle)) return REAL(pwrite64)(handle, bytes, length, place);
    LOCKED(ssize_t, REAL(pwrite64)(handle, bytes, length, place),
           if (result > 0) note('w', inode(handle), place, bytes, result))
}

int ftruncate(int handle, off_t size) {
    if (!is_ours(handle)) return REAL(ftruncate)(handle, size);
    LOCKED(int, REAL(ftruncate)(handle, size), if (!result) note('t', inode(handle), size, "", 0))
}

int ftruncate64(int handle, off64_t size) {
    if (!is_ours(handle)) return REAL(ftruncate64)(handle, size);
    LOCKED(int, REAL(ftruncate64)(handle, size), if (!result) note('t', inode(handle), size, "", 0))
}

int fsync(int handle) {
    if (!is_ours(handle)) return REAL(fsync)(handle);
    LOCKED(int, REAL(fsync)(handle), if (!result) note('s', inode(handle), 0, "", 0))
}

int fdatasync(int handle) {
    if (!is_ours(handle)) return REAL(fdatasync)(handle);
    LOCKED(int, REAL(fdatasync)(handle), if (!result) note('s', inode(handle), 0, "", 0))
}

static void note_pair(char kind, const char *from, const char *to, int mine) {
    char both[8192];
    if (mine != 3) abort(); /* into the folder or out of it */
    int length = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
    note(kind, inode_of(to), 0, both, length);
}

#define TWO(call, kind, one_at, one, two_at, two)                                           \
    char from[4096], to[4096];                                                              \
    pthread_mutex_lock(&lock);                                                              \
    int mine = below(one_at, one, from) | below(two_at, two, to) << 1;                      \
    int result = call, kept = errno;                                                        \
    if (mine && !result) note_pair(kind, from, to, mine);                                   \
    pthread_mutex_unlock(&lock);                                                            \
    errno = kept;                                                                           \
    return result;

int rename(const char *one, const char *two) { TWO(REAL(rename)(one, two), 'r', AT_FDCWD, one, AT_FDCWD, two) }
int renameat(int at, const char *one, int to_at, const char *two) {
    TWO(REAL(renameat)(at, one, to_at, two), 'r', at, one, to_at, two)
}
int link(const char *one, const char *two) { TWO(REAL(link)(one, two), 'l', AT_FDCWD, one, AT_FDCWD, two) }
int linkat(int at, const char *one, int to_at, const char *two, int flags) {
    TWO(REAL(linkat)(at, one, to_at, two, flags), 'l', at, one, to_at, two)
}

#define ONE(call, kind, at, path)                                                  \
    char full[4096];                                                               \
    pthread_mutex_lock(&lock);                                                     \
    int mine = below(at, path, full);                                              \
    int result = call, kept = errno;                                               \
    if (mine && !result) note(kind, inode_of(full), 0, full, strlen(full));        \
    pthread_mutex_unlock(&lock);                                                   \
    errno = kept;                                                                  \
    return result;

int unlink(const char *path) { ONE(REAL(unlink)(path), 'u', AT_FDCWD, path) }
int unlinkat(int at, const char *path, int flags) { ONE(REAL(unlinkat)(at, path, flags), 'u', at, path) }
int rmdir(const char *path) { ONE(REAL(rmdir)(path), 'u', AT_FDCWD, path) }
int mkdir(const char *path, mode_t mode) { ONE(REAL(mkdir)(path, mode), 'm', AT_FDCWD, path) }
int mkdirat(int at, const char *path, mode_t mode) { ONE(REAL(mkdirat)(at, path, mode), 'm', at, path) }

/* What the record could not tell. */
static void untold(int handle) {
    if (is_ours(handle)) abort();
}
ssize_t writev(int handle, const struct iovec *parts, int count) {
    untold(handle);
    return REAL(writev)(handle, parts, count);
}
ssize_t pwritev(int handle, const struct iovec *parts, int count, off_t place) {
    untold(handle);
    return REAL(pwritev)(handle, parts, count, place);
}
ssize_t copy_file_range(int in, off64_t *in_place, int out, off64_t *out_place, size_t length, unsigned flags) {
    untold(out);
    return REAL(copy_file_range)(in, in_place, out, out_place, length, flags);
}
ssize_t sendfile(int out, int in, off_t *place, size_t length) {
    untold(out);
    return ((ssize_t(*)(int, int, off_t *, size_t))dlsym(RTLD_NEXT, "sendfile"))(out, in, place, length);
}
