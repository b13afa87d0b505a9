// Random changes of a course's plan, and what happens to the course between them, as fast-check makes them and makes them smaller.
import fc from 'fast-check';

/** Numbers choose among the sessions that are there, whatever they are by then. */
export interface Edit {
  readonly kind: string;
  readonly session: number | undefined;
  readonly days: number;
  readonly minutes: number;
  readonly element: string;
  readonly other: string;
  readonly shift: boolean | undefined;
}
export type Move =
  | { readonly kind: 'tailor'; readonly edits: readonly Edit[]; readonly hasReason: boolean }
  | { readonly kind: 'complete'; readonly element: string; readonly minutes: number }
  | { readonly kind: 'correct'; readonly session: number; readonly neverHeld: boolean }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'wait'; readonly days: number };

const element = fc.constantFrom('education', 'body-oriented', 'cbt', 'activation');
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(
    'drop',
    'add',
    'move',
    'repeat',
    'split',
    'change-dose',
    'change-interval',
    'swap-element',
    'note',
  ),
  session: fc.option(fc.nat(14), { nil: undefined, freq: 6 }),
  days: fc.integer({ min: -20, max: 90 }),
  minutes: fc.constantFrom(20, 30, 45, 60, 90),
  element,
  other: element,
  shift: fc.option(fc.boolean(), { nil: undefined }),
});
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('tailor' as const),
      edits: fc.array(edit, { minLength: 1, maxLength: 2 }),
      hasReason: fc.nat(9).map((one) => one > 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('complete' as const),
      element,
      minutes: fc.constantFrom(20, 30, 45),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('correct' as const),
      session: fc.nat(14),
      neverHeld: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 21 }) }),
  },
);

export const changes = (count: number): fc.Arbitrary<readonly Move[]> =>
  fc.array(move, { minLength: count, maxLength: count, size: 'max' });
