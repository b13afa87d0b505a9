// Stands between a service and PostgreSQL, and breaks what passes at a chosen byte.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  /** The database's address by way of this proxy. */
  readonly url: string;
  /**
   * From the next COMMIT of a connection over which the marker went since, that connection lets so many bytes pass, those of the
   * COMMIT and then those of the answer, and is then cut or silent. The bytes of one COMMIT are 12, those of its answer 18. What the
   * service commits for itself meanwhile is let through.
   */
  breakCommit(afterBytes: number, how: 'cut' | 'silent', marker: string): void;
  /** Replaces a text by another of the same length on its way to the database. */
  replace(text: string, by: string): void;
  stop(): Promise<void>;
}

const commit = Buffer.from('Q\0\0\0\u000bCOMMIT\0', 'latin1');

export async function startProxy(databaseUrl: string): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let planned:
    | { readonly afterBytes: number; readonly how: 'cut' | 'silent'; readonly marker: string }
    | undefined;
  let replaced: readonly [string, string] | undefined;

  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    const both = [client, database] as const;
    let left: number | undefined;
    /** The marker that went over this connection last. */
    let marked: string | undefined;
    let how: 'cut' | 'silent' = 'cut';
    const end = () => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    const pass = (bytes: Buffer, to: Socket) => {
      if (left === undefined) {
        to.write(bytes);
        return;
      }
      const allowed = bytes.subarray(0, left);
      left -= allowed.length;
      const isSpent = left === 0 && how === 'cut';
      // What was let through arrives before the connection ends.
      to.write(allowed, () => {
        if (isSpent) setTimeout(end, 20);
      });
    };
    client.on('data', (bytes: Buffer) => {
      const sent = replaced === undefined ? bytes : swapped(bytes, ...replaced);
      if (planned !== undefined && sent.includes(planned.marker)) marked = planned.marker;
      const isTheOne = planned !== undefined && marked === planned.marker;
      const at = isTheOne ? sent.indexOf(commit) : -1;
      if (planned === undefined || at < 0) {
        pass(sent, database);
        return;
      }
      if (at > 0) pass(sent.subarray(0, at), database);
      ({ afterBytes: left, how } = planned);
      planned = undefined;
      pass(sent.subarray(at), database);
    });
    database.on('data', (bytes: Buffer) => pass(bytes, client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    breakCommit(afterBytes, way, marker) {
      planned = { afterBytes, how: way, marker };
    },
    replace(text, by) {
      replaced = [text, by];
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function swapped(bytes: Buffer, text: string, by: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(text, by), 'latin1');
}
