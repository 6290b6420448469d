import { describe, expect, it } from 'vitest';
import { play, scriptedServer } from './test-support.ts';

async function refusedWith(answer: string, how: 'stays' | 'ends' = 'stays') {
  const port = await scriptedServer({
    answer: (_request, socket) => {
      socket.write(answer);
      if (how === 'ends') socket.end();
    },
  });
  return play(port, 'connected', ['client requests', 'client is refused in good order'], 1_000);
}

describe('is refused in good order', () => {
  it.each([
    ['by Content-Length', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nwrong', 'stays'],
    ['without a body', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'stays'],
    [
      'by chunks',
      'HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nwro\r\n2\r\nng\r\n0\r\nA: b\r\n\r\n',
      'stays',
    ],
    ['by the end of the connection', 'HTTP/1.1 400 Bad Request\r\n\r\nwrong', 'ends'],
    [
      'after an interim answer',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\n\r\nx',
      'stays',
    ],
  ] as const)('holds for a body that is framed %s', async (_how, answer, end) => {
    const { finding, tolerated } = await refusedWith(answer, end);
    expect([finding, tolerated]).toEqual([undefined, []]);
  });

  it.each([
    ['a body that is cut', 'HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nwrong', '4 octets of the body'],
    ['a length that is none', 'HTTP/1.1 400 Bad\r\nContent-Length: -1\r\n\r\n', 'Content-Length is "-1"'],
    [
      'two lengths',
      'HTTP/1.1 400 Bad\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      'several Content-Length',
    ],
    [
      'a length beside chunks',
      'HTTP/1.1 400 Bad\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'beside Transfer-Encoding',
    ],
    [
      'a chunk without a size',
      'HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\nwrong\r\n',
      'no size of a chunk',
    ],
    [
      'chunks that are cut',
      'HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwro\r\n',
      'before the last chunk',
    ],
    ['401 without a challenge', 'HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n', 'WWW-Authenticate'],
    ['405 without Allow', 'HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n', 'Allow'],
    ['426 without Upgrade', 'HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n', 'Upgrade'],
    ['success', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'status'],
  ])('fails for %s', async (_what, answer, text) => {
    const { finding } = await refusedWith(answer, 'ends');
    expect(finding).toMatchObject({ kind: 'mismatch', message: expect.stringContaining(text) });
  });

  it('tolerates the bare end of the connection', async () => {
    const { finding, tolerated } = await refusedWith('', 'ends');
    expect(finding).toBeUndefined();
    expect(tolerated).toEqual([expect.stringContaining('without a response')]);
  });

  it('tolerates an accept value', async () => {
    const { finding, tolerated } = await refusedWith(
      'HTTP/1.1 400 No\r\nSec-WebSocket-Accept: x\r\nContent-Length: 0\r\n\r\n',
    );
    expect(finding).toBeUndefined();
    expect(tolerated).toEqual([expect.stringContaining('Sec-WebSocket-Accept')]);
  });

  it('leaves a second answer on the same connection to the steps after it', async () => {
    const port = await scriptedServer({
      answer: (_request, socket) => {
        socket.write(
          'HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n',
        );
      },
    });
    const { finding } = await play(port, 'connected', [
      'client requests',
      { 'client is refused in good order': { status: 400 } },
      { 'client receives response': { status: 404 } },
    ]);
    expect(finding).toBeUndefined();
  });

  it('knows that the answer to HEAD has no body', async () => {
    const port = await scriptedServer({
      answer: (_request, socket) => {
        socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n');
      },
    });
    const steps = [{ 'client requests': { method: 'HEAD' } }, 'client is refused in good order'];
    const { finding, tolerated } = await play(port, 'connected', steps);
    expect([finding, tolerated]).toEqual([undefined, []]);
  });
});
