import type { Socket } from 'node:net';

/**
 * Ends a TCP connection with RST at once, and frees the socket; what was still to be written is lost. A socket
 * that is still connecting is reset as soon as it is connected, and keeps no process alive until then.
 *
 * `resetAndDestroy` alone writes everything first and sends a FIN before the RST, so that the peer sees an
 * orderly end; and it waits for ever for a peer that does not read.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.connecting) {
    socket.unref();
    socket.once('connect', () => reset(socket));
    return;
  }
  // While a FIN waits behind what is still to be written, libuv refuses to reset: the handle would stay open for ever.
  const closing = socket.writableEnded && !socket.writableFinished;
  if (!closing) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
