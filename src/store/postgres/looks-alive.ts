// Asks a database on a connection of its own whether it answers.
import pg from 'pg';
import { type ConnectionOptions, clientConfig } from './connection.ts';

/** Rejects with the driver's error. */
export async function looksAlive(connection: ConnectionOptions): Promise<void> {
  const client = new pg.Client(clientConfig(connection));
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}
