// Makes bearer tokens in the database of a service.

import type { Role } from '../../src/auth/actor.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { timeOrderedIds } from '../../src/runtime/ids.ts';
import { randomSecrets } from '../../src/runtime/secrets.ts';
import { openTokens } from '../../src/system.ts';
import { createToken } from '../../src/workflows/manage-tokens.ts';
import type { BenchDatabase } from './databases.ts';

/** One for each subject, such as "Practitioner/x"; brings the schema up to date first. */
export async function makeTokens(
  { env }: BenchDatabase,
  role: Role,
  subjects: readonly (string | undefined)[],
): Promise<readonly string[]> {
  const { DATA_DIR = '', DATABASE_URL } = env;
  const tokens = await openTokens(
    { dataDir: DATA_DIR, ...(DATABASE_URL !== undefined && { databaseUrl: DATABASE_URL }) },
    systemClock,
  );
  const tools = { tokens, clock: systemClock, newId: timeOrderedIds(systemClock), newSecret: randomSecrets };
  try {
    const made: string[] = [];
    for (const subject of subjects) {
      const result = await createToken(tools, {
        role,
        scopes: [],
        ...(subject !== undefined && { subject }),
      });
      if (result.kind === 'refused') throw new Error(result.faults.join(' '));
      made.push(result.token);
    }
    return made;
  } finally {
    await tokens.close();
  }
}
