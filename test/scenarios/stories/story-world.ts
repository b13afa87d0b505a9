// The whole service over HTTP for a story of months: invented people with tokens of their own, a clock that the story sets, jobs run on
// a day, and each step kept with what people can see then, to be held against a golden file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { OperationOutcome, ParametersParameter, Resource } from '@medplum/fhirtypes';
import type { Role } from '../../../src/auth/actor.ts';
import { schedule } from '../../../src/jobs/schedule.ts';
import { type HttpCall, httpClient, overHttp, type SendHttp } from '../../support/over-http.ts';
import { jobsOf } from '../../support/running-jobs.ts';
import { startTestService } from '../../support/test-system.ts';
import { withNames } from './stable-names.ts';
import { all, changedSince, type View, viewOf } from './story-view.ts';

export interface Person {
  readonly role: Role;
  /** Stored under its id before the story begins. */
  readonly resource: Resource & { readonly id: string };
}

/** The usual three. A story may bring more, or others under these names. */
const usualPeople = {
  gp: { role: 'gp', resource: { resourceType: 'Practitioner', id: 'gp', name: [{ text: 'Invented GP' }] } },
  therapist: {
    role: 'therapist',
    resource: { resourceType: 'Practitioner', id: 'therapist', name: [{ text: 'Invented therapist' }] },
  },
  patient: {
    role: 'patient',
    resource: {
      resourceType: 'Patient',
      id: 'anna',
      name: [{ text: 'Invented Anna' }],
      generalPractitioner: [{ reference: 'Practitioner/gp' }],
    },
  },
} as const satisfies Record<string, Person>;

interface StoryOptions {
  /** YYYY-MM-DD; 2026-11-20 when absent. */
  readonly start?: string;
  readonly people?: Readonly<Record<string, Person>>;
  /** Whose eyes each step is kept through, by name in the golden file: the person named `as`, looking at "Patient/x". */
  readonly viewers?: Readonly<Record<string, { readonly as: string; readonly about: string }>>;
}

export interface StoryAnswer {
  readonly status: number;
  /** An OperationOutcome when it was refused. */
  readonly resource: Resource;
  /** As If-Match wants it. */
  readonly etag: string | undefined;
}

type Seen = Partial<View> | string;

interface StoryStep {
  readonly date: string;
  readonly who: string;
  readonly what: string;
  readonly status: number | string;
  /** By viewer: what is other than at the step before. */
  readonly seen: Readonly<Record<string, Seen>>;
}

export interface StoryWorld {
  readonly steps: readonly StoryStep[];
  /** YYYY-MM-DD by the story's clock. */
  today(): string;
  /** Never backwards. At 09:00 UTC unless said otherwise. */
  goTo(day: string, time?: string): void;
  passDays(days: number): void;
  /** A call that is part of the story: kept as a step. Throws unless it answers with `expected` (any 2xx when not said). */
  act(who: string, what: string, call: HttpCall, expected?: number): Promise<StoryAnswer>;
  /** POSTs Parameters as a step. With `etag` as the version that was seen. */
  operate(
    who: string,
    what: string,
    path: string,
    parameter: readonly ParametersParameter[],
    more?: { readonly etag?: string | undefined; readonly expected?: number },
  ): Promise<StoryAnswer>;
  /** A call that is not a step. "system" sees everything. */
  ask(who: string, call: HttpCall): Promise<StoryAnswer>;
  /** Every match of a search such as "/Task?patient=Patient/anna", as "system" sees it unless another is named. */
  find<T extends Resource>(path: string, who?: string): Promise<readonly T[]>;
  see(viewer: string): Promise<View>;
  /** Runs a scheduled job as at this moment; kept as a step. Answers with its counts. */
  runJob(name: string): Promise<Readonly<Record<string, number>>>;
  /** Goes on to a day in strides, and runs every daily job at each; those that set or take back something are kept as steps. */
  liveUntil(day: string, strideDays?: number): Promise<void>;
  /** What a story ends with: each plan's $course and $deviations as this person sees them, and what is stored about the patient. */
  ending(who: string, carePlanIds: readonly string[], patient?: string): Promise<unknown>;
  stop(): Promise<void>;
}

const dayMs = 86_400_000;

export async function storyWorld(options: StoryOptions = {}): Promise<StoryWorld> {
  const service = await startTestService();
  const { clock } = service;
  clock.set(`${options.start ?? '2026-11-20'}T09:00:00.000Z`);
  const served = overHttp(service);
  const people: Readonly<Record<string, Person>> = { ...usualPeople, ...options.people };
  const viewers = options.viewers ?? {
    person: { as: 'patient', about: 'Patient/anna' },
    gp: { as: 'gp', about: 'Patient/anna' },
  };
  const clients = new Map<string, { readonly send: SendHttp; close(): void }>();
  for (const { resource } of Object.values(people)) {
    const path = `/${resource.resourceType}/${resource.id}`;
    const stored = await served.send({ method: 'PUT', path, body: resource });
    if (stored.status !== 201) throw new Error(`${path} was not stored: ${JSON.stringify(stored.body)}`);
  }
  for (const [name, { role, resource }] of Object.entries(people)) {
    const bearer = await service.makeBearer(role, `${resource.resourceType}/${resource.id}`);
    clients.set(name, httpClient(`${served.url}/fhir`, bearer, 4));
  }
  const steps: StoryStep[] = [];
  const last = new Map<string, View>();
  const today = () => clock.now().toISOString().slice(0, 10);
  const carried = jobsOf(service);

  async function ask(who: string, call: HttpCall): Promise<StoryAnswer> {
    const send = who === 'system' ? served.send : clients.get(who)?.send;
    if (!send) throw new Error(`nobody is called ${who}`);
    const { status, body, headers } = await send(call);
    const etag = headers['etag'];
    return { status, resource: body as Resource, etag: typeof etag === 'string' ? etag : undefined };
  }

  const lookAs = (who: string) => async (path: string) => {
    const { status, resource } = await ask(who, { method: 'GET', path });
    if (status >= 500) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(resource)}`);
    return status === 200 ? resource : undefined;
  };

  async function see(viewer: string): Promise<View> {
    const how = viewers[viewer];
    if (!how) throw new Error(`no viewer ${viewer}`);
    return viewOf(lookAs(how.as), how.about);
  }

  /** Keeps a step; a minute passes with it. */
  async function keep(who: string, what: string, status: number | string): Promise<void> {
    const seen: Record<string, Seen> = {};
    for (const viewer of Object.keys(viewers)) {
      const view = await see(viewer);
      const changes = changedSince(last.get(viewer), view);
      const twin = Object.keys(seen).find((other) => isDeepStrictEqual(seen[other], changes));
      seen[viewer] = Object.keys(changes).length === 0 ? 'as before' : twin ? `as the ${twin}` : changes;
      last.set(viewer, view);
    }
    steps.push({ date: today(), who, what, status, seen });
    clock.advance(60_000);
  }

  async function act(who: string, what: string, call: HttpCall, expected?: number): Promise<StoryAnswer> {
    const answer = await ask(who, call);
    const isAsExpected =
      expected === undefined ? answer.status >= 200 && answer.status < 300 : answer.status === expected;
    if (!isAsExpected) {
      throw new Error(
        `${who}: ${call.method} ${call.path} answered ${answer.status}: ${JSON.stringify(answer.resource)}`,
      );
    }
    await keep(who, what, answer.status);
    return answer;
  }

  const countLine = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');

  function goTo(day: string, time = '09:00'): void {
    const instant = `${day}T${time}:00.000Z`;
    if (Date.parse(instant) < clock.now().getTime()) throw new Error(`${day} ${time} has passed`);
    clock.set(instant);
  }

  return {
    steps,
    today,
    goTo,
    passDays: (days) => clock.advance(days * dayMs),
    act,
    operate: (who, what, path, parameter, { etag, expected } = {}) =>
      act(
        who,
        what,
        {
          method: 'POST',
          path,
          body: { resourceType: 'Parameters', parameter },
          ...(etag !== undefined && { headers: { 'If-Match': etag } }),
        },
        expected,
      ),
    ask,
    find: (path, who = 'system') => all(lookAs(who), path),
    see,
    async runJob(name) {
      const counts = await carried(name);
      await keep('the service', `runs ${name}`, countLine(counts));
      return counts;
    },
    async liveUntil(day, strideDays = 7) {
      const daily = schedule.filter(({ times }) => times.length === 1);
      const lastMs = Date.parse(day);
      for (let nextMs = Date.parse(today()); nextMs < lastMs; ) {
        nextMs = Math.min(nextMs + strideDays * dayMs, lastMs);
        goTo(new Date(nextMs).toISOString().slice(0, 10), '05:00');
        for (const { name } of daily) {
          const counts = await carried(name);
          const isQuiet = (counts['set'] ?? 0) + (counts['takenBack'] ?? 0) === 0;
          if (!isQuiet) await keep('the service', `runs ${name}`, countLine(counts));
        }
      }
      goTo(day);
    },
    async ending(who, carePlanIds, patient = 'Patient/anna') {
      const look = lookAs(who);
      const plans = [];
      for (const id of carePlanIds) {
        plans.push({
          course: await look(`/CarePlan/${id}/$course`),
          deviations: await look(`/CarePlan/${id}/$deviations`),
        });
      }
      const everything = await lookAs('system')(`/${patient}/$everything`);
      const stored = everything?.resourceType === 'Bundle' ? (everything.entry ?? []) : [];
      const lines = stored.map(({ resource }) => typeAndStatus(resource));
      const counts: Record<string, number> = {};
      for (const line of lines.toSorted()) counts[line] = (counts[line] ?? 0) + 1;
      return { plans, stored: counts };
    },
    async stop() {
      for (const client of clients.values()) client.close();
      await served.stop();
    },
  };
}

function typeAndStatus(resource: Resource | undefined): string {
  const { status, lifecycleStatus } = (resource ?? {}) as { status?: string; lifecycleStatus?: string };
  return [resource?.resourceType, status ?? lifecycleStatus].filter((part) => part !== undefined).join(' ');
}

/** What a refusal says, for assertions. */
export const saidBy = ({ resource }: StoryAnswer): string =>
  ((resource as OperationOutcome).issue ?? []).map(({ diagnostics }) => diagnostics ?? '').join(' ');

/**
 * Holds `value` against test/scenarios/stories/<name>.golden.json, deeply. Ids that the service gave are first replaced by names in
 * their order of appearance (Task-1, Task-2, CarePlan-1); nothing else is touched, since clock and ids are the story's own.
 */
export function golden(name: string, value: unknown): void {
  const file = join(import.meta.dirname, `${name}.golden.json`);
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  const named = withNames(text);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(file, named);
    return;
  }
  if (!existsSync(file)) {
    throw new Error(`${name}.golden.json is missing: UPDATE_GOLDEN=1 writes it; read it before it is kept`);
  }
  expect(JSON.parse(named)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}
