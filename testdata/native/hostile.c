/* A native program that means harm: what it does with a text that begins with `/` is said by its parameter `way`, and what it
 * does in the place of a greeting by BEFORE. Its packets carry nothing but texts.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
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

static void flood(uint8_t kind, const void *payload, uint32_t length) {
    for (int count = 0; count < 20000; count++) say(kind, payload, length);
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
    if (is("flood of logs")) flood(LOG, LINE, strlen(LINE));
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
