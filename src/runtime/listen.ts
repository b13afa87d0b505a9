// Listens and stops without dropping a request: readiness off, keep-alive off, wait for what is in flight, then close.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  /** Where it listens, such as "http://127.0.0.1:8080". */
  readonly url: string;
  /** Resolves when every request in flight has been answered, or when `timeoutMs` is over. */
  stop(timeoutMs: number): Promise<void>;
}

// Node's own limits would let a slow sender hold a connection for five minutes.
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
const connectionsCheckingIntervalMs = 1_000;
// Longer than what usually stands before a service keeps its own idle connections (a minute: nginx's keepalive_timeout of upstream),
// so that it is never the service that closes one just as a request is put on it. Node's own limit is five seconds.
const keepAliveTimeoutMs = 65_000;
/** How often a server that stops looks for connections whose last answer has been sent meanwhile. */
const idleLookMs = 50;

/** Rejects when the address cannot be had, with the reason of the operating system. */
export function listen(handler: RequestListener, port: number, host: string): Promise<Listening> {
  let stopping = false;
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: connectionsCheckingIntervalMs,
    },
    (request, response) => {
      if (stopping) response.setHeader('Connection', 'close');
      handler(request, response);
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve({
        url: urlOf(server.address() as AddressInfo),
        stop: (timeoutMs) => {
          stopping = true;
          return closed(server, timeoutMs);
        },
      });
    });
  });
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function closed(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), timeoutMs);
    // What was asked before the stop is answered without "Connection: close": its client keeps the connection.
    const look = setInterval(() => server.closeIdleConnections(), idleLookMs);
    server.close(() => {
      clearTimeout(force);
      clearInterval(look);
      resolve();
    });
    server.closeIdleConnections();
  });
}
