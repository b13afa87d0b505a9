// A connection that all requests share for short statements, each committed by itself: sent at once, answered in order. It is opened
// again when it is lost.
import pg from 'pg';
import type { Command, Rows } from './command.ts';
import { type ConnectionOptions, clientConfig } from './connection.ts';
import type { Ask } from './prepared-texts.ts';
import type { Pulse } from './pulse.ts';

export interface SharedLine {
  /** What was cut off with its connection is not sent again here: it may hold numbers that are no longer right (numbers.ts). */
  ask(command: Command): Promise<Rows>;
  close(): Promise<void>;
}

interface SharedLineOptions extends ConnectionOptions {
  readonly ask: Ask;
  readonly pulse: Pulse;
  /** Called at once when the connection is lost, before whoever waited on it hears of it. */
  readonly onLoss: () => void;
}

export function sharedLine(options: SharedLineOptions): SharedLine {
  const { ask, pulse, onLoss } = options;
  let current: Promise<pg.Client> | undefined;
  let isClosed = false;

  /** Whoever needs the line while it is being opened waits for the same one. */
  function open(): Promise<pg.Client> {
    const client = new pg.Client(clientConfig(options));
    const drop = () => {
      if (current !== mine) return;
      current = undefined;
      onLoss();
    };
    // Without a listener a lost connection would end the process.
    client.on('error', drop);
    client.on('end', drop);
    const mine = client.connect().then(
      () => client,
      (error: unknown) => {
        drop();
        throw pulse.heard(error);
      },
    );
    current = mine;
    return mine;
  }

  return {
    async ask(command) {
      if (isClosed) throw new Error('The store is closed.');
      pulse.demand();
      return ask(await (current ?? open()), command);
    },
    async close() {
      isClosed = true;
      const client = await current?.catch(() => undefined);
      await client?.end();
    },
  };
}
