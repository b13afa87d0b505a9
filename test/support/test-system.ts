// The whole service in this process, behind a server on a free port, on a database of its own, with a clock that stands still until it is told and ids that count.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { createApp } from '../../src/app.ts';
import type { Role } from '../../src/auth/actor.ts';
import { hashOfToken, makeToken } from '../../src/auth/token.ts';
import { listen } from '../../src/runtime/listen.ts';
import { type Log, silentLog } from '../../src/runtime/log.ts';
import { randomSecrets } from '../../src/runtime/secrets.ts';
import { createSystem, type System } from '../../src/system.ts';
import { databaseFor, dropDatabase } from './test-database.ts';

interface TestClock {
  now(): Date;
  /** Sets the clock to an instant. */
  set(instant: string): void;
  /** Moves it on. */
  advance(milliseconds: number): void;
}

export interface TestService {
  /** Where it listens, such as "http://127.0.0.1:40123". */
  readonly url: string;
  readonly system: System;
  readonly clock: TestClock;
  /** The Authorization header of a token of this role, made beforehand or by `makeBearer`. */
  bearer(role: Role, subject?: string): string;
  /** Makes a token for `bearer`. */
  makeBearer(role: Role, subject?: string, scopes?: readonly string[]): Promise<string>;
  /** What the validator finds wrong with an answer. */
  problemsOf(resource: Resource): readonly OperationOutcomeIssue[];
  stop(): Promise<void>;
}

export interface TestOptions {
  readonly log?: Log;
  readonly createOnUpdate?: boolean;
  readonly requireIfMatch?: boolean;
  /** The folder of the database; one of its own that goes with the service when absent. */
  readonly dataDir?: string;
  /** Other content than the service's own. */
  readonly contentFolder?: string;
  /** Take the service's address from each request. */
  readonly isAddressFromHost?: boolean;
  /** A PostgreSQL database instead. */
  readonly databaseUrl?: string;
  /** Where the organisation is; Europe/Amsterdam when absent. */
  readonly timeZone?: string;
  /** Where ids begin to count, for a second service on what a first one has stored; 1 when absent. */
  readonly firstId?: number;
}

function testClock(): TestClock {
  let nowMs = Date.parse('2026-11-20T09:00:00.000Z');
  return {
    now: () => new Date(nowMs),
    set: (instant) => {
      nowMs = Date.parse(instant);
    },
    advance: (milliseconds) => {
      nowMs += milliseconds;
    },
  };
}

/** Counts from 1: "00000000-0000-4000-8000-000000000001" and so on. */
function countingIds(first: number): () => string {
  let count = first - 1;
  return () => {
    count += 1;
    return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
  };
}

/** Comes with a system token. Stop it after the tests. */
export async function startTestService(options: TestOptions = {}): Promise<TestService> {
  const clock = testClock();
  const newId = countingIds(options.firstId ?? 1);
  const own = await databaseFor(options.dataDir ?? ':memory:', options.databaseUrl);
  const system = await createSystem({
    ...own,
    ...(options.isAddressFromHost !== true && { baseUrl: 'http://alongside.example' }),
    createOnUpdate: options.createOnUpdate ?? true,
    requireIfMatch: options.requireIfMatch ?? false,
    version: '0.0.0-test',
    clock,
    timeZone: options.timeZone ?? 'Europe/Amsterdam',
    newId,
    log: options.log ?? silentLog,
    // There is no other node; the usual wait has tests of its own (exports-on-two-nodes.test.ts).
    exportSettleMs: 100,
    ...(options.contentFolder !== undefined && { contentFolder: options.contentFolder }),
  });
  const bearers = new Map<string, string>();

  async function makeBearer(role: Role, subject?: string, scopes: readonly string[] = []): Promise<string> {
    const token = makeToken(randomSecrets);
    const record = { id: newId(), role, scopes, createdAt: clock.now().toISOString() };
    await system.tokens.add(subject === undefined ? record : { ...record, subject }, hashOfToken(token));
    bearers.set(`${role} ${subject ?? ''}`, `Bearer ${token}`);
    return `Bearer ${token}`;
  }
  await makeBearer('system');
  const listening = await listen(createApp(system), 0, '127.0.0.1');

  return {
    url: listening.url,
    system,
    clock,
    makeBearer,
    bearer(role, subject) {
      const header = bearers.get(`${role} ${subject ?? ''}`);
      if (header === undefined) {
        throw new Error(`no token was made for ${role} ${subject ?? ''}`);
      }
      return header;
    },
    problemsOf: (resource) => system.validator.validate(resource),
    async stop() {
      await listening.stop(1000);
      await system.close();
      if (options.databaseUrl === undefined) await dropDatabase(own.databaseUrl);
    },
  };
}
