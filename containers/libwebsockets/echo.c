/* Echo by libwebsockets, with its own defaults but for HTTP/2, which is left out, and for the check of UTF-8, which is
 * switched on as in its own echo example: whole messages are kept and sent back, one after another. The TLS listener
 * appears when a certificate was put into /etc/touchstone. */
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Larger messages are refused: libwebsockets itself hands on whatever comes. */
static const size_t most_octets = 64 * 1024 * 1024;

struct message {
  struct message *next;
  size_t length;
  int binary;
  /* LWS_PRE octets that libwebsockets writes the head of the frame into, then the payload. */
  unsigned char *octets;
};

struct session {
  struct message *first, *last;
  /* The message that is being received. */
  unsigned char *octets;
  size_t length;
};

static void forget(struct session *session) {
  while (session->first) {
    struct message *next = session->first->next;
    free(session->first->octets);
    free(session->first);
    session->first = next;
  }
  session->last = NULL;
  free(session->octets);
  session->octets = NULL;
  session->length = 0;
}

static int receive(struct lws *wsi, struct session *session, void *in, size_t length) {
  if (session->length + length > most_octets) {
    lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
    return -1;
  }
  session->octets = realloc(session->octets, LWS_PRE + session->length + length + 1);
  if (!session->octets) return -1;
  memcpy(session->octets + LWS_PRE + session->length, in, length);
  session->length += length;
  if (!lws_is_final_fragment(wsi)) return 0;
  struct message *message = calloc(1, sizeof *message);
  if (!message) return -1;
  message->octets = session->octets;
  message->length = session->length;
  message->binary = lws_frame_is_binary(wsi);
  session->octets = NULL;
  session->length = 0;
  if (session->last) session->last->next = message;
  else session->first = message;
  session->last = message;
  lws_callback_on_writable(wsi);
  return 0;
}

static int send_first(struct lws *wsi, struct session *session) {
  struct message *message = session->first;
  if (!message) return 0;
  enum lws_write_protocol kind = message->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
  int written = lws_write(wsi, message->octets + LWS_PRE, message->length, kind);
  session->first = message->next;
  if (!session->first) session->last = NULL;
  free(message->octets);
  free(message);
  if (written < 0) return -1;
  if (session->first) lws_callback_on_writable(wsi);
  return 0;
}

static int echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  struct session *session = user;
  if (reason == LWS_CALLBACK_RECEIVE) return receive(wsi, session, in, length);
  if (reason == LWS_CALLBACK_SERVER_WRITEABLE) return send_first(wsi, session);
  if (reason == LWS_CALLBACK_CLOSED) forget(session);
  // Requests that open no WebSocket are the application's to answer, which the library's own callback does with 404.
  return lws_callback_http_dummy(wsi, reason, user, in, length);
}

static const struct lws_protocols protocols[] = {
  { "echo", echo, sizeof(struct session), 0, 0, NULL, 0 },
  LWS_PROTOCOL_LIST_TERM
};

static volatile sig_atomic_t stopped;

static void stop(int number) {
  (void)number;
  stopped = 1;
}

int main(void) {
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.options =
    LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_VALIDATE_UTF8;
  lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return 1;
  info.protocols = protocols;
  info.port = 9001;
  info.vhost_name = "plain";
  info.options = 0;
  if (!lws_create_vhost(context, &info)) return 1;
  if (access("/etc/touchstone/server.crt", R_OK) == 0) {
    info.port = 9002;
    info.vhost_name = "secured";
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.ssl_cert_filepath = "/etc/touchstone/server.crt";
    info.ssl_private_key_filepath = "/etc/touchstone/server.key";
    // Over HTTP/2 the library leaves flow control to the application, and this one is too small for that.
    info.alpn = "http/1.1";
    if (!lws_create_vhost(context, &info)) return 1;
  }
  signal(SIGTERM, stop);
  puts("listening");
  fflush(stdout);
  while (!stopped && lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  return 0;
}
