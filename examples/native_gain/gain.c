/* A node as a native program, in C and with the C library alone: multiplies the samples of sound by a factor.
 *
 * It speaks `schemas/child.md` over stdin and stdout. A packet is a message of `schemas/packet.proto`; since nothing of it but
 * the samples changes, it is changed in place and handed back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INIT = 0x01, PROCESS, PULL, FLUSH, SNAPSHOT, RESTORE, SET_PARAM, CLOSE };
enum { HELLO = 0x80, READY, EMITTED, STATE, FAILED, DONE = 0x88 };

static float factor = 1.0f;

/* Numbers of the protocol are little-endian, as is every processor that this is built for. */
static uint32_t u32(const uint8_t *at) {
    uint32_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

static void say(uint8_t kind, const void *head, uint32_t head_length, const void *rest, uint32_t rest_length) {
    uint32_t length = head_length + rest_length;
    fwrite(&length, sizeof length, 1, stdout);
    fputc(kind, stdout);
    fwrite(head, 1, head_length, stdout);
    fwrite(rest, 1, rest_length, stdout);
    fflush(stdout);
}

static void say_text(uint8_t kind, const char *json) { say(kind, json, strlen(json), "", 0); }

/* The number behind `"factor":`, wherever it stands in a JSON text; a JSON library would be larger than the node. */
static int read_number(const char *text, const char *key) {
    const char *found = strstr(text, key);
    if (found != NULL) factor = strtof(found + strlen(key), NULL);
    return found != NULL;
}

/* A number of a message: seven bits a byte, the lowest first. */
static uint64_t varint(uint8_t **at, const uint8_t *end) {
    uint64_t number = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) break;
    }
    return number;
}

/* The field of that number: what it holds, for numbers in `value`, for all else from `*at` on; NULL where there is none. */
static uint8_t *field(uint8_t *at, const uint8_t *end, uint32_t wanted, uint64_t *value) {
    while (at < end) {
        uint64_t key = varint(&at, end);
        uint64_t content = varint(&at, end); /* a number, or a length: a packet has no other kinds of field */
        if (key >> 3 == wanted) {
            *value = content;
            return (key & 7) == 2 && content > (uint64_t)(end - at) ? NULL : at;
        }
        if ((key & 7) == 2) at += content < (uint64_t)(end - at) ? content : (uint64_t)(end - at);
    }
    return NULL;
}

enum { AUDIO = 16, FORMAT = 1, F32 = 1, DATA = 5 };

static int amplify(uint8_t *packet, uint32_t length) {
    uint64_t size, format = 0, bytes;
    uint8_t *audio = field(packet, packet + length, AUDIO, &size);
    if (audio == NULL || field(audio, audio + size, FORMAT, &format) == NULL || format != F32) return 0;
    uint8_t *data = field(audio, audio + size, DATA, &bytes);
    if (data == NULL) return 1;
    for (uint64_t at = 0; at + sizeof(float) <= bytes; at += sizeof(float)) {
        float sample;
        memcpy(&sample, data + at, sizeof sample);
        sample *= factor;
        memcpy(data + at, &sample, sizeof sample);
    }
    return 1;
}

/* One answer for each packet, in their order. */
static void process(uint8_t *at, uint8_t *end) {
    while (end - at >= 4 && u32(at) <= (uint32_t)(end - at - 4)) {
        uint32_t length = u32(at);
        if (amplify(at + 4, length))
            say(EMITTED, "\1", 1, at, 4 + length);
        else
            say_text(FAILED, "{\"code\": \"RM606\", \"message\": \"expected sound of float samples\"}");
        at += 4 + length;
    }
}

static int answer(uint8_t kind, uint8_t *payload, uint32_t length) {
    switch (kind) {
    case INIT:
        if (!read_number((char *)payload, "\"factor\":")) {
            say_text(FAILED, "{\"code\": \"RM211\", \"message\": \"expected a number as `factor`, got none\"}");
            return 0;
        }
        say_text(READY, "{\"is_source\": false}");
        return 1;
    case PROCESS:
        process(payload, payload + length);
        return 1;
    case PULL:
    case FLUSH:
        say(EMITTED, "\1", 1, "", 0);
        return 1;
    case SNAPSHOT:
        say(STATE, "\1", 1, &factor, sizeof factor);
        return 1;
    case RESTORE:
        if (length == sizeof factor) memcpy(&factor, payload, sizeof factor);
        say(DONE, "", 0, "", 0);
        return 1;
    case SET_PARAM:
        if (strstr((char *)payload, "\"name\":\"factor\"") != NULL && read_number((char *)payload, "\"value\":"))
            say(DONE, "", 0, "", 0);
        else
            say_text(FAILED, "{\"code\": \"RM619\", \"message\": \"expected `factor`: nothing else can change while the node runs\"}");
        return 1;
    default:
        say(DONE, "", 0, "", 0);
        return 0;
    }
}

int main(void) {
    uint8_t head[5], *payload;
    int goes_on = 1;
    say_text(HELLO, "{\"protocol\": 1}");
    while (goes_on && fread(head, sizeof head, 1, stdin) == 1) {
        uint32_t length = u32(head);
        /* One byte more, so that texts have an end. */
        payload = calloc((size_t)length + 1, 1);
        if (payload == NULL) {
            fputs("out of memory\n", stderr);
            return 1;
        }
        if (fread(payload, 1, length, stdin) != length) return 1;
        goes_on = answer(head[4], payload, length);
        free(payload);
    }
    return 0;
}
