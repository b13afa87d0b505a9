// A node as it runs: the real clock, time-ordered ids, a listening socket. Several may share one PostgreSQL database.
import { createApp } from '../../src/app.ts';
import type { Role } from '../../src/auth/actor.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { timeOrderedIds } from '../../src/runtime/ids.ts';
import { listen } from '../../src/runtime/listen.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { randomSecrets } from '../../src/runtime/secrets.ts';
import { createSystem, type System } from '../../src/system.ts';
import { createToken } from '../../src/workflows/manage-tokens.ts';

export interface RealNode {
  readonly system: System;
  /** Without "/fhir". */
  readonly url: string;
  /** The FHIR base. */
  readonly base: string;
  makeToken(role: Role, subject?: string): Promise<{ readonly id: string; readonly bearer: string }>;
  stop(): Promise<void>;
}

export async function startNode(databaseUrl: string, clock: Clock = systemClock): Promise<RealNode> {
  const newId = timeOrderedIds(clock);
  const system = await createSystem({
    dataDir: ':memory:',
    databaseUrl,
    createOnUpdate: true,
    requireIfMatch: false,
    version: 'test',
    clock,
    timeZone: 'Europe/Amsterdam',
    newId,
    log: silentLog,
  });
  const listening = await listen(createApp(system), 0, '127.0.0.1');
  return {
    system,
    url: listening.url,
    base: `${listening.url}/fhir`,
    async makeToken(role, subject) {
      const tools = { tokens: system.tokens, clock, newId, newSecret: randomSecrets };
      const made = await createToken(tools, { role, scopes: [], ...(subject !== undefined && { subject }) });
      if (made.kind === 'refused') throw new Error(made.faults.join(' '));
      return { id: made.record.id, bearer: `Bearer ${made.token}` };
    },
    async stop() {
      await listening.stop(1_000);
      await system.close();
    },
  };
}
