// "migrate": brings the database to the schema of this program, for operators who want it done before the new version starts.
import type { DatabaseAddress } from '../store/database-address.ts';
import type { Migrated } from '../store/migration.ts';
import { failureOf } from './database-failure.ts';

const migrateUsage = `Usage:
  migrate            the schema
  migrate --index    the schema, then the search index of everything that is stored

Brings the database of DATA_DIR or DATABASE_URL to the schema of this program and says what it did. The service does the same
when it starts; this is for doing it before. A database that does not exist yet is made in DATA_DIR, not on a PostgreSQL server.
Make a backup first: there is no way back to an older schema.

After BASE_URL was set or changed, --index makes absolute references to the service's own address found again; give the new
BASE_URL, with the service stopped. It can be broken off and given again.
`;

export interface MigrateEnvironment {
  readonly database: DatabaseAddress;
  readonly migrate: () => Promise<Migrated>;
  /** Indexes everything anew, one type after another. */
  readonly indexAnew: (onReindexed: (type: string, resources: number) => void) => Promise<void>;
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
  { database, migrate, indexAnew, say }: MigrateEnvironment,
): Promise<0 | 1 | 2> {
  if (words.includes('--help') || words.includes('-h')) {
    say(migrateUsage);
    return 0;
  }
  const indexes = words.length === 1 && words[0] === '--index';
  const fault =
    words.length > 0 && !indexes
      ? 'migrate takes nothing but --index.'
      : database.kind === 'sqlite' && database.path === ':memory:'
        ? 'DATA_DIR is ":memory:": nothing would be kept.'
        : undefined;
  if (fault !== undefined) {
    say(`${fault}\n\n${migrateUsage}`);
    return 2;
  }
  try {
    say(summaryOf(database.name, await migrate()));
    if (indexes) {
      let all = 0;
      await indexAnew((type, resources) => {
        all += resources;
        say(`${type}: ${resources} indexed anew\n`);
      });
      say(`Resources indexed anew in all: ${all}.\n`);
    }
    return 0;
  } catch (error) {
    const failure = failureOf(database.name, error);
    if (failure === undefined) throw error;
    say(`${failure}\n`);
    return 1;
  }
}
