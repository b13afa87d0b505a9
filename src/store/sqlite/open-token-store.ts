// The bearer tokens of a database file on a connection of their own, for the command line.
import type { TokenStore } from '../../auth/token-store.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Statements } from '../sql/statements.ts';
import { tokenStoreOver } from '../sql/token-store.ts';
import { openDatabase } from './open-database.ts';
import { createStatements } from './statements.ts';

/** Before the first start or beside a running service: the file is made and brought up to date when needed. */
export function openTokenStore(path: string, clock: Clock): TokenStore {
  const statements = createStatements(openDatabase(path));
  const run = <T>(work: (own: Statements) => T): Promise<T> =>
    new Promise((resolve) => {
      resolve(work(statements));
    });
  return tokenStoreOver({ lookUp: run, read: run, write: run }, clock, () => {
    statements.database.close();
    return Promise.resolve();
  });
}
