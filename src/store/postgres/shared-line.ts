// A connection that all requests share for short statements, each committed by itself: sent at once, answered in order. It is opened
// again when it is lost.
import pg from 'pg';
import type { Command, Rows } from './command.ts';
import { type ConnectionOptions, clientConfig } from './connection.ts';
import { isConnectionLost, isTimeout } from './failures.ts';
import type { Ask } from './prepared-texts.ts';

export interface SharedLine {
  /** Only for what may be done twice: a command that was cut off with its connection is sent once more. */
  ask(command: Command): Promise<Rows>;
  close(): Promise<void>;
}

export function sharedLine(options: ConnectionOptions, ask: Ask): SharedLine {
  let current: Promise<pg.Client> | undefined;
  let isClosed = false;

  async function open(): Promise<pg.Client> {
    const client = new pg.Client(clientConfig(options));
    const drop = () => {
      if (current === mine) current = undefined;
    };
    // Without a listener a lost connection would end the process.
    client.on('error', drop);
    client.on('end', drop);
    const mine = client.connect().then(() => client);
    current = mine;
    try {
      return await mine;
    } catch (error) {
      drop();
      throw error;
    }
  }

  const send = async (command: Command): Promise<Rows> => {
    if (isClosed) throw new Error('The store is closed.');
    return ask(await (current ?? open()), command);
  };

  return {
    async ask(command) {
      try {
        return await send(command);
      } catch (error) {
        if (!isConnectionLost(error) || isTimeout(error)) throw error;
        current = undefined;
        return send(command);
      }
    },
    async close() {
      isClosed = true;
      const client = await current?.catch(() => undefined);
      await client?.end();
    },
  };
}
