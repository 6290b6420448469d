/*
 * Two defects of jabberd2 2.7 would hide all else from a test. This library, which its parts are started with, keeps
 * them from being met; it changes nothing of what they say. So what is tested is not what Debian ships: there, sessions
 * end that nothing is wrong with, and tags that come in small pieces (rfc6120/xml/header-in-single-octets) wait for more.
 * The title of the target says so wherever verdicts are shown.
 *
 * A session is called by its descriptor: what the session manager says last of one that is over ends the connection
 * that has got the descriptor since, mostly in the middle of its login, with internal-server-error. Here each connection
 * gets a descriptor that was not in use a moment ago.
 *
 * Since version 2.6 libexpat puts off the reading of a tag that came in pieces until it has grown to twice what was
 * there before, unless it is told not to. jabberd2, which is older, does not tell it, so that stanzas get stuck on their
 * way between its parts, and whatever is behind them. Here libexpat is told.
 */
int accept4(int socket, void *address, unsigned *length, int flags);
int fcntl(int descriptor, int command, ...);
int close(int descriptor);
void *dlsym(void *where, const char *name);

enum { lowest = 64, beyond = 4000, duplicate_from = 0 /* F_DUPFD */ };

int accept(int socket, void *address, unsigned *length) {
  static int next = lowest;
  int given = accept4(socket, address, length, 0);
  if (given < 0) return given;
  int risen = fcntl(given, duplicate_from, next);
  // None is free from there on, or fewer are allowed than were thought.
  if (risen < 0 && next != lowest) risen = fcntl(given, duplicate_from, lowest);
  next = risen < 0 || risen + 1 >= beyond ? lowest : risen + 1;
  if (risen < 0) return given;
  close(given);
  return risen;
}

static void *behind_us(const char *name) { return dlsym((void *)-1 /* RTLD_NEXT */, name); }

void *XML_ParserCreateNS(const char *encoding, char separator) {
  void *(*create)(const char *, char) = behind_us("XML_ParserCreateNS");
  char (*defer)(void *, char) = behind_us("XML_SetReparseDeferralEnabled");
  void *parser = create(encoding, separator);
  if (parser && defer) defer(parser, 0);
  return parser;
}
