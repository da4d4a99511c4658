/* A native program that means harm: what it does with a text that begins with `/` is said by its parameter `way`, and what it
 * does in the place of a greeting by BEFORE. Its packets carry nothing but texts.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INIT = 0x01, PROCESS, PULL, FLUSH, CLOSE = 0x08 };
enum { HELLO = 0x80, READY, EMITTED, STATE, FAILED, LOG, READ, DONE = 0x88 };

#define LINE "{\"level\": \"info\", \"message\": \"\\u001b[2Jagain\"}"

static char way[64];

static void say(uint8_t kind, const void *payload, uint32_t length) {
    fwrite(&length, sizeof length, 1, stdout);
    fputc(kind, stdout);
    fwrite(payload, 1, length, stdout);
    fflush(stdout);
}

static void say_text(uint8_t kind, const char *json) { say(kind, json, strlen(json)); }

/* What the system said to an attempt: RM602 with the name of the error, or, if it went well, a code that the tests do not expect. */
static void tell(int outcome) {
    char json[200];
    const char *code = outcome < 0 ? "RM602" : "RM606";
    snprintf(json, sizeof json, "{\"code\": \"%s\", \"message\": \"%s\"}", code, outcome < 0 ? strerror(errno) : "it went well");
    say_text(FAILED, json);
}

static int connects(int family, int type) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int end = socket(family, type, 0);
    return end < 0 ? end : connect(end, (struct sockaddr *)&address, sizeof address);
}

/* A descriptor beside the three that a program is given; none is EBADF. */
static int inherited(void) {
    for (int number = 3; number < 1024; number++)
        if (fcntl(number, F_GETFD) >= 0) return number;
    return -1;
}

static void fill_memory(void) {
    for (;;) {
        char *more = malloc(1 << 20);
        if (more == NULL) {
            fputs("out of memory\n", stderr);
            exit(1);
        }
        memset(more, 1, 1 << 20);
    }
}

/* Memory that grows as a stack does. */
static void fill_stack(size_t length) {
    char *base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED) memset(base, 1, length);
    tell(base == MAP_FAILED ? -1 : 0);
}

/* Read a page of each 2 MiB: each needs a page of its table, and all are the one page of zeros. Half of the memory is other. */
static void fill_tables(size_t length) {
    volatile char sum = 0;
    memset(malloc(64 << 20), 1, 64 << 20);
    char *base = mmap(NULL, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return tell(-1);
    madvise(base, length, MADV_NOHUGEPAGE);
    for (size_t at = 0; at < length; at += 1 << 21) sum += base[at];
    sleep(1000);
}

static void flood(uint8_t kind, const void *payload, uint32_t length) {
    for (int count = 0; count < 20000; count++) say(kind, payload, length);
}

/* A block of the same frame, for ever: never a moment in which there is nothing to be read. */
static void pour(uint8_t kind, const void *payload, uint32_t length) {
    char block[4096];
    uint32_t unit = 5 + length, count = sizeof block / unit;
    for (uint32_t at = 0; at < count; at++) {
        memcpy(block + at * unit, &length, sizeof length);
        block[at * unit + 4] = kind;
        memcpy(block + at * unit + 5, payload, length);
    }
    for (;;) if (write(1, block, count * unit) < 0) exit(9);
}

static void *pour_logs(void *none) { return pour(LOG, LINE, strlen(LINE)), none; }

static void *pour_reads(void *none) { return pour(READ, "x", 1), none; }

static void *drain(void *none) {
    static char answers[1 << 20];
    while (read(0, answers, sizeof answers) > 0) {}
    return none;
}

static void *idle(void *none) { return sleep(1000), none; }

static void start(void *(*body)(void *), int count) {
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    while (count-- > 0 && pthread_create(&thread, &small, body, NULL) == 0) {}
}

/* One frame with as many packets as there is room for: texts of nothing. */
static void say_many(uint32_t most) {
    static const char text[] = "\x05\0\0\0\x40\0\x9a\x01";
    static char block[9 * 65536];
    uint32_t count = most / 9, length = 1 + 9 * count;
    for (int at = 0; at < 65536; at++) memcpy(block + 9 * at, text, 9);
    fwrite(&length, sizeof length, 1, stdout);
    fputc(EMITTED, stdout);
    fputc(1, stdout);
    for (; count > 65536; count -= 65536) fwrite(block, 9, 65536, stdout);
    fwrite(block, 9, count, stdout);
    fflush(stdout);
    sleep(1000);
}

static int is(const char *name) { return strcmp(way, name) == 0; }

static void misbehave(void) {
    const char *arguments[] = {"/bin/sh", NULL};
    uint32_t words[2] = {0x7fffffff, EMITTED};
    if (is("loop")) for (;;) {}
    if (is("sleep")) sleep(1000);
    if (is("memory")) fill_memory();
    if (is("four gigabytes")) tell(malloc(4UL << 30) == NULL ? -1 : 0);
    if (is("shared memory")) tell(mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    if (is("growing stack")) fill_stack(1UL << 30);
    if (is("64 TiB of addresses")) fill_tables(64UL << 40);
    if (is("page tables")) fill_tables(60UL << 30);
    if (is("descriptors")) tell(inherited());
    if (is("threads")) start(idle, 3000), sleep(1000);
    if (is("read")) tell(open("/etc/passwd", O_RDONLY));
    if (is("read environment")) tell(open("/proc/self/environ", O_RDONLY));
    if (is("write")) tell(open("/tmp/hostile", O_WRONLY | O_CREAT, 0600));
    if (is("connect")) tell(connects(AF_INET, SOCK_STREAM));
    if (is("datagram")) tell(connects(AF_INET, SOCK_DGRAM));
    if (is("local socket")) tell(connects(AF_UNIX, SOCK_STREAM));
    if (is("fork")) tell(fork());
    if (is("execute")) tell(execv(arguments[0], (char **)arguments));
    if (is("hidden file")) tell(memfd_create("hidden", 0));
    if (is("kill")) tell(kill(getppid(), SIGKILL));
    if (is("trace")) tell((int)ptrace(PTRACE_ATTACH, getppid(), 0, 0));
    if (is("crash")) abort();
    if (is("exit")) exit(0);
    if (is("close")) fclose(stdout), sleep(1000);
    if (is("garbage")) fputs("hello, is it me you are looking for?", stdout), fflush(stdout), sleep(1000);
    if (is("unknown kind")) say(0x42, "", 0);
    if (is("no packet")) say(EMITTED, "\1\4\0\0\0\xff\xff\xff\xff", 9);
    if (is("no port")) say(EMITTED, "\1\6\0\0\0\x40\x09\x9a\x01\x01x", 11); /* a text for port 9 */
    if (is("long frame")) fwrite(words, 5, 1, stdout), fflush(stdout), sleep(1000);
    if (is("unasked")) flood(STATE, "\0", 1);
    if (is("greet")) say_text(HELLO, "{\"protocol\": 1}");
    if (is("many packets")) say_many(256 << 20);
    if (is("flood of logs")) flood(LOG, LINE, strlen(LINE));
    if (is("logs for ever")) start(pour_logs, 3), pour_logs(NULL);
    if (is("reads for ever")) start(drain, 2), start(pour_reads, 3), pour_reads(NULL);
    if (is("flood of errors"))
        for (int count = 0; count < 20000; count++) fputs("again and again and again\n", stderr);
    if (is("another's code")) say_text(FAILED, "{\"code\": \"RM507\", \"message\": \"run it again with --allow host\"}");
    if (is("another's file")) say(READ, "../../etc/passwd", 16);
    if (is("no json")) say_text(FAILED, "{");
    say(EMITTED, "\1", 1);
}

/* The texts of packets: those that begin with `/` stand behind their length, a byte, at the end of the message. */
static void process(const uint8_t *at, const uint8_t *end) {
    while (end - at >= 4) {
        uint32_t length;
        memcpy(&length, at, sizeof length);
        at += 4;
        const uint8_t *slash = memchr(at, '/', length);
        if (slash != NULL)
            misbehave();
        else
            say(EMITTED, "\1", 1);
        at += length;
    }
}

static void learn(const char *init) {
    const char *key = "\"way\":\"", *found = strstr(init, key);
    if (found != NULL) sscanf(found + strlen(key), "%63[^\"]", way);
    if (is("loop in init")) for (;;) {}
    if (is("exit in init")) exit(3);
    say_text(READY, "{\"is_source\": false}");
}

static void before_hello(void) {
#ifdef BEFORE
    strcpy(way, BEFORE);
    if (is("silence")) sleep(1000);
    if (is("exit")) exit(0);
    if (is("garbage")) fputs("hello, is it me you are looking for?", stdout), fflush(stdout), sleep(1000);
    if (is("another protocol")) say_text(HELLO, "{\"protocol\": 7}"), sleep(1000);
#endif
    say_text(HELLO, "{\"protocol\": 1}");
}

int main(void) {
    uint8_t head[5], *payload;
    before_hello();
    while (fread(head, sizeof head, 1, stdin) == 1) {
        uint32_t length;
        memcpy(&length, head, sizeof length);
        payload = calloc((size_t)length + 1, 1);
        if (payload == NULL || fread(payload, 1, length, stdin) != length) return 1;
        if (head[4] == INIT) learn((char *)payload);
        else if (head[4] == PROCESS) process(payload, payload + length);
        else if (head[4] == PULL || head[4] == FLUSH) say(EMITTED, "\1", 1);
        else say(DONE, "", 0);
        free(payload);
        if (head[4] == CLOSE) return 0;
    }
    return 0;
}
