// Random moves, legal and illegal, as fast-check makes them and makes them smaller; and those that once went wrong.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc, { type RunDetails } from 'fast-check';
import type { AlarmKind } from './alarm-model.ts';
import type { Candidate, Move } from './course-model.ts';

const owner = fc.constantFrom<Candidate[]>('therapist', 'therapist', 'other-therapist');
/** True so many times out of ten. */
const mostly = (times: number) => fc.nat(9).map((one) => one < times);

const alarm = fc.constantFrom<AlarmKind[]>('self-harm', 'red-flag');

const taskStatus = fc.constantFrom(
  'received',
  'accepted',
  'accepted',
  'in-progress',
  'on-hold',
  'rejected',
  'cancelled',
  'completed',
  'failed',
  'entered-in-error',
  'ready',
  'requested',
  'draft',
);

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('refer' as const),
      owners: fc.uniqueArray(owner, { maxLength: 2 }),
      isExplained: mostly(9),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('task' as const),
      owner,
      to: taskStatus,
      isComplete: mostly(8),
      isStale: mostly(1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('enroll' as const),
      hasReferral: mostly(7),
      hasGoal: mostly(8),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('session' as const),
      number: fc.oneof(
        { weight: 3, arbitrary: fc.constant('next' as const) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) },
      ),
      minutes: fc.constantFrom(40, 40, 40, 30, 15),
      hasHomework: mostly(6),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('homework' as const),
      number: fc.integer({ min: 1, max: 4 }),
      to: fc.constantFrom('ready', 'in-progress', 'on-hold', 'completed', 'cancelled', 'failed', 'requested'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('answer' as const), alarm, isWorrying: mostly(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('look' as const),
      alarm,
      ends: fc.constantFrom('flag', 'flag', 'task'),
      hasWords: mostly(9),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('diary' as const), isOwn: mostly(8), isMarked: mostly(8) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('revoke' as const),
      number: fc.integer({ min: 1, max: 9 }),
      hasReason: mostly(8),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('plan' as const),
      to: fc.constantFrom('active', 'on-hold', 'completed', 'completed', 'revoked', 'entered-in-error'),
      hasReason: mostly(8),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'add' as const), hasReason: mostly(8) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resume' as const), hasReason: mostly(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('drop' as const),
      number: fc.integer({ min: 1, max: 9 }),
      hasReason: mostly(8),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('goal' as const),
      to: fc.constantFrom('active', 'on-hold', 'completed', 'cancelled', 'rejected'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 5 }) }),
  },
);

export const moves = (count: number): fc.Arbitrary<readonly Move[]> =>
  fc.array(move, { minLength: count, maxLength: count, size: 'max' });

interface Kept {
  /** What was wrong, as the run said it. */
  readonly found: string;
  readonly seed: number;
  readonly moves: readonly Move[];
}

export function keptMoves(folder: string): readonly (Kept & { readonly name: string })[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => ({ name, ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Kept) }));
}

/** The moves without those that need not be there for it to go wrong. `goesWrong` plays them for somebody new. */
async function fewest(
  all: readonly Move[],
  goesWrong: (some: readonly Move[]) => Promise<boolean>,
): Promise<readonly Move[]> {
  let few = all;
  for (let at = all.length - 1; at >= 0; at -= 1) {
    const fewer = few.toSpliced(at, 1);
    if (at < few.length && (await goesWrong(fewer))) few = fewer;
  }
  return few;
}

/** Writes the fewest moves that go wrong where later runs repeat them; throws what was wrong, with the seed. */
export async function keepFailing(
  folder: string,
  details: RunDetails<[readonly Move[]]>,
  play: (all: readonly Move[]) => Promise<void>,
): Promise<void> {
  if (!details.failed) return;
  const error: unknown = details.errorInstance;
  const found = error instanceof Error ? error.message : String(error);
  const few = await fewest(details.counterexample?.[0] ?? [], (some) =>
    play(some).then(
      () => false,
      () => true,
    ),
  );
  const file = join(folder, `seed-${details.seed}.json`);
  mkdirSync(folder, { recursive: true });
  const kept: Kept = { found: found.split('\n')[0] ?? '', seed: details.seed, moves: few };
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  const last = await play(few).then(
    () => 'no fault any more',
    (again: unknown) => String(again),
  );
  throw new Error(
    `MODEL_SEED=${details.seed}, kept in ${file}: ${last}\n${few.map((one) => JSON.stringify(one)).join('\n')}`,
  );
}
