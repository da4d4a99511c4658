/* A node that does harm, in the way that its parameter `way` says; built as examples/wasm_gain/gain.c is. */
#include <stdlib.h>
#include <string.h>

#include "node.h"

static node_string_t config;

static bool says(const char *part) {
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= config.len; at++)
        if (memcmp(config.ptr + at, part, length) == 0) return true;
    return false;
}

static int nest(volatile int depth) {
    volatile char frame[4096];
    frame[depth % 4096] = (char)depth;
    return nest(depth + 1) + frame[0];
}

static void loop_for_ever(void) {
    for (volatile int one = 1; one;) {}
}

bool exports_remotemedia_node_processor_init(node_string_t *given, exports_remotemedia_node_processor_failure_t *failure) {
    (void)failure;
    config = *given;
    if (says("loop in init")) loop_for_ever();
    if (says("trap in init")) __builtin_trap();
    return true;
}

static bool give(exports_remotemedia_node_processor_packet_t packet, size_t times, exports_remotemedia_node_processor_emission_t *emission) {
    emission->f0.ptr = calloc(times, sizeof packet);
    emission->f0.len = times;
    for (size_t at = 0; at < times; at++) emission->f0.ptr[at] = packet;
    emission->f1 = says("more for ever");
    return true;
}

static node_string_t text(const char *content) {
    node_string_t made;
    node_string_dup(&made, content);
    return made;
}

bool exports_remotemedia_node_processor_process(
    exports_remotemedia_node_processor_packet_t *packet, exports_remotemedia_node_processor_emission_t *emission,
    exports_remotemedia_node_processor_failure_t *failure) {
    exports_remotemedia_node_processor_packet_t own = {0};
    own.f5 = 4;
    own.f6 = text("a text");
    if (says("loop")) loop_for_ever();
    if (says("trap")) __builtin_trap();
    if (says("nest")) own.f0 = (uint32_t)nest(0);
    if (says("memory")) for (static void *volatile more;;) {
        if ((more = malloc(1 << 20)) == NULL) __builtin_trap();
        memset(more, 1, 1 << 20);
    }
    if (says("flood")) for (int n = 0; n < 100000; n++) remotemedia_node_host_log(REMOTEMEDIA_NODE_HOST_LEVEL_INFO, &own.f6);
    if (says("too much random")) {
        node_list_u8_t bytes;
        remotemedia_node_host_random(1 << 30, &bytes);
    }
    if (says("huge")) own.f5 = 6, own.f6 = text(""), own.f9.ptr = malloc(100 << 20), own.f9.len = 100 << 20;
    if (says("beyond")) own.f9.ptr = (uint8_t *)16, own.f9.len = 0xf0000000;
    if (says("no utf-8")) own.f6 = text("\xff\xfe");
    if (says("no kind")) own.f5 = 99;
    if (says("no port")) own.f0 = 7;
    if (says("no json")) own.f5 = 5, own.f6 = text("{");
    if (says("no shape")) own.f5 = 3, own.f6 = text("{\"dtype\":\"f32\",\"shape\":[4294967296,4294967296]}");
    if (says("fails")) {
        memset(failure, 0, sizeof *failure);
        failure->kind = text("OSError"), failure->message = text("\x1b[31mred"), failure->code = text("RM501");
        return false;
    }
    (void)packet;
    return give(own, says("many") ? 100000 : 1, emission);
}

bool exports_remotemedia_node_processor_pull(
    uint32_t max, exports_remotemedia_node_processor_emission_t *emission, exports_remotemedia_node_processor_failure_t *failure) {
    (void)max, (void)failure;
    memset(emission, 0, sizeof *emission);
    return true;
}

bool exports_remotemedia_node_processor_flush(
    exports_remotemedia_node_processor_emission_t *emission, exports_remotemedia_node_processor_failure_t *failure) {
    return exports_remotemedia_node_processor_pull(0, emission, failure);
}

bool exports_remotemedia_node_processor_snapshot(node_list_u8_t *state, exports_remotemedia_node_processor_failure_t *failure) {
    (void)failure;
    memset(state, 0, sizeof *state);
    return true;
}

bool exports_remotemedia_node_processor_restore(node_list_u8_t *state, exports_remotemedia_node_processor_failure_t *failure) {
    (void)failure;
    node_list_u8_free(state);
    return true;
}

bool exports_remotemedia_node_processor_set_param(
    node_string_t *name, node_string_t *value, exports_remotemedia_node_processor_failure_t *failure) {
    (void)failure;
    node_string_free(name);
    node_string_free(value);
    return true;
}

void exports_remotemedia_node_processor_close(void) {
    if (says("hang at the end")) loop_for_ever();
}
