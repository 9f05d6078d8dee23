/* A file on its way in: what a request of grader/api_submit.c carries from its headers to COMMIT,
 * and what is found in its body. */
#ifndef GRADER_API_UPLOAD_H
#define GRADER_API_UPLOAD_H

#include "grader/api.h"

/* The request's state from admit to the answer; then follow_* takes its place. */
struct upload {
    struct http_request *request; /* NULL once the client is gone */
    struct grader *grader;
    const struct spec *spec;
    struct membership who;
    bool is_practice, is_accepting, is_hook;
    char commit[STORE_COMMIT_MAX]; /* "" unless pushed */
    int64_t wait_s;
    int64_t again_id;    /* the submission whose report is asked for with its bytes; 0: none */
    int64_t received_at; /* of the request, or of the push that it is part of */
    enum device device;
    char file_name[64];     /* "" if none was given */
    char expected_name[64]; /* "attention.c", to speak of it then */
    const char *source;
    size_t source_size;
};

/* The file in the body, raw or in a form; is it text within the limit; for which device. False: the
 * refusal was answered. */
bool upload_find_source(struct http_request *request, struct upload *upload);
bool upload_check_source(struct http_request *request, const struct upload *upload);
bool upload_find_device(struct http_request *request, struct upload *upload);

/* 413 with both sizes. */
void upload_refuse_size(struct http_request *request, const struct upload *upload, int64_t size);

/* A name is shown in reports and given to the compiler's messages: one line of harmless text. Of
 * one that is too long the end stays, which says what it is. */
void upload_name(const char *name, char *out, size_t size);
/* The file's name, or the one that it should have. */
const char *upload_shown(const struct upload *upload);

#endif
