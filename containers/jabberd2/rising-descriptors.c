/*
 * Gives each connection a descriptor that was not in use a moment ago. jabberd2 calls a session by its descriptor:
 * what its session manager says last of a session that is over ends the connection that has got the descriptor since,
 * mostly in the middle of its login, with internal-server-error. Clients that come and go as fast as those of a test
 * would meet that everywhere, and see nothing else.
 */
int accept4(int socket, void *address, unsigned *length, int flags);
int fcntl(int descriptor, int command, ...);
int close(int descriptor);

enum { lowest = 64, beyond = 4000, duplicate_from = 0 /* F_DUPFD */ };

int accept(int socket, void *address, unsigned *length) {
  static int next = lowest;
  int given = accept4(socket, address, length, 0);
  if (given < 0) return given;
  int risen = fcntl(given, duplicate_from, next);
  next = risen < 0 || risen + 1 >= beyond ? lowest : risen + 1;
  if (risen < 0) return given;
  close(given);
  return risen;
}
