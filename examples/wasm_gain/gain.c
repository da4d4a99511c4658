/* A node in C: multiplies the samples of sound by a factor.
 *
 * `node.h` is written by `wit-bindgen c` from `schemas/node.wit`; see build.sh. What a function is given is its own, and what
 * it gives is freed after it was read, so a packet can be changed in place and handed on.
 */
#include <stdlib.h>
#include <string.h>

#include "node.h"

#define AUDIO 1

static float factor = 1.0f;

/* The number behind `"factor":`, wherever it stands in a JSON text; a JSON library would be larger than the node. */
static bool read_factor(const node_string_t *text) {
    char *copy = calloc(text->len + 1, 1);
    memcpy(copy, text->ptr, text->len);
    const char *found = strstr(copy, "\"factor\":");
    if (found != NULL) factor = strtof(found + strlen("\"factor\":"), NULL);
    free(copy);
    return found != NULL;
}

static bool fail(exports_remotemedia_node_processor_failure_t *failure, const char *kind, const char *code, const char *message) {
    memset(failure, 0, sizeof *failure);
    node_string_dup(&failure->kind, kind);
    node_string_dup(&failure->message, message);
    node_string_dup(&failure->code, code);
    return false;
}

static bool has(const node_string_t *text, const char *part) {
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= text->len; at++)
        if (memcmp(text->ptr + at, part, length) == 0) return true;
    return false;
}

bool exports_remotemedia_node_processor_init(node_string_t *config, exports_remotemedia_node_processor_failure_t *failure) {
    bool found = read_factor(config);
    node_string_free(config);
    return found || fail(failure, "MissingParameter", "RM211", "expected a number as `factor`, got none");
}

bool exports_remotemedia_node_processor_process(
    exports_remotemedia_node_processor_packet_t *packet, exports_remotemedia_node_processor_emission_t *emission,
    exports_remotemedia_node_processor_failure_t *failure) {
    if (packet->f5 != AUDIO || !has(&packet->f6, "\"format\":\"f32\"")) {
        exports_remotemedia_node_processor_packet_free(packet);
        return fail(failure, "TypeError", "RM606", "expected sound of float samples");
    }
    float *samples = (float *)packet->f9.ptr;
    for (size_t at = 0; at < packet->f9.len / sizeof *samples; at++) samples[at] *= factor;
    emission->f0.ptr = malloc(sizeof *packet);
    emission->f0.ptr[0] = *packet;
    emission->f0.len = 1;
    emission->f1 = false;
    return true;
}

static bool nothing(exports_remotemedia_node_processor_emission_t *emission) {
    memset(emission, 0, sizeof *emission);
    return true;
}

bool exports_remotemedia_node_processor_pull(
    uint32_t max, exports_remotemedia_node_processor_emission_t *emission, exports_remotemedia_node_processor_failure_t *failure) {
    (void)max, (void)failure;
    return nothing(emission);
}

bool exports_remotemedia_node_processor_flush(
    exports_remotemedia_node_processor_emission_t *emission, exports_remotemedia_node_processor_failure_t *failure) {
    (void)failure;
    return nothing(emission);
}

bool exports_remotemedia_node_processor_snapshot(node_list_u8_t *state, exports_remotemedia_node_processor_failure_t *failure) {
    (void)failure;
    state->ptr = malloc(sizeof factor);
    state->len = sizeof factor;
    memcpy(state->ptr, &factor, sizeof factor);
    return true;
}

bool exports_remotemedia_node_processor_restore(node_list_u8_t *state, exports_remotemedia_node_processor_failure_t *failure) {
    bool fits = state->len == sizeof factor;
    if (fits) memcpy(&factor, state->ptr, sizeof factor);
    node_list_u8_free(state);
    return fits || fail(failure, "ValueError", "", "expected a state of 4 bytes");
}

bool exports_remotemedia_node_processor_set_param(
    node_string_t *name, node_string_t *value, exports_remotemedia_node_processor_failure_t *failure) {
    bool known = name->len == strlen("factor") && has(name, "factor");
    if (known) {
        char *copy = calloc(value->len + 1, 1);
        memcpy(copy, value->ptr, value->len);
        factor = strtof(copy, NULL);
        free(copy);
    }
    node_string_free(name);
    node_string_free(value);
    return known || fail(failure, "KeyError", "RM619", "expected `factor`: nothing else can change while the node runs");
}

void exports_remotemedia_node_processor_close(void) {}
