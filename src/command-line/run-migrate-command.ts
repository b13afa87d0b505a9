// "migrate": brings the database to the schema of this program, for operators who want it done before the new version starts.
import type { DatabaseAddress } from '../store/database-address.ts';
import type { Migrated } from '../store/migration.ts';
import { failureOf } from './database-failure.ts';

const migrateUsage = `Usage:
  migrate

Brings the database of DATA_DIR or DATABASE_URL to the schema of this program and says what it did. The service does the same
when it starts; this is for doing it before. A database that does not exist yet is made in DATA_DIR, not on a PostgreSQL server.
Make a backup first: there is no way back to an older schema.
`;

export interface MigrateEnvironment {
  readonly database: DatabaseAddress;
  readonly migrate: () => Promise<Migrated>;
  readonly say: (text: string) => void;
}

function summaryOf(name: string, { schema, ran }: Migrated): string {
  return ran.length === 0
    ? `${name} is up to date: schema ${schema}.\n`
    : `${name}: ${ran.length} ${ran.length === 1 ? 'migration' : 'migrations'} run (${ran.join(', ')}); it has schema ${schema} now.\n`;
}

/** The exit code: 0 up to date, 1 not done, 2 not understood. */
export async function runMigrateCommand(
  words: readonly string[],
  { database, migrate, say }: MigrateEnvironment,
): Promise<0 | 1 | 2> {
  if (words.includes('--help') || words.includes('-h')) {
    say(migrateUsage);
    return 0;
  }
  const fault =
    words.length > 0
      ? 'migrate takes no arguments.'
      : database.kind === 'sqlite' && database.path === ':memory:'
        ? 'DATA_DIR is ":memory:": nothing would be kept.'
        : undefined;
  if (fault !== undefined) {
    say(`${fault}\n\n${migrateUsage}`);
    return 2;
  }
  try {
    say(summaryOf(database.name, await migrate()));
    return 0;
  } catch (error) {
    const failure = failureOf(database.name, error);
    if (failure === undefined) throw error;
    say(`${failure}\n`);
    return 1;
  }
}
