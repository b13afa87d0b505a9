// The sockets of all connections of a store, so that closing it ends: a database that hangs says no goodbye.
import { Socket } from 'node:net';

export interface Sockets {
  /** For a new connection. */
  open(): Socket;
  /** Resolves when all are closed; cuts those that are not after so long. */
  end(afterMs: number): Promise<void>;
}

export function createSockets(): Sockets {
  const open = new Set<Socket>();
  return {
    open() {
      const socket = new Socket();
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      return socket;
    },
    async end(afterMs) {
      const closed = Promise.all(
        [...open].map((socket) => new Promise((done) => socket.once('close', done))),
      );
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, afterMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
