// Where the index keeps the values of a parameter. Many R4 parameters are the sum of others (combo-code is code and component-code)
// or a narrower view of another (patient is subject, if that is a Patient): to store those again would double the index.
import type { Branch } from './expression.ts';
import type { IndexKind } from './index-value.ts';

/** What is known of a parameter when it is decided where its values are kept. */
export interface Candidate {
  readonly code: string;
  readonly kind: IndexKind;
  readonly isCaseIgnored: boolean;
  readonly branches: readonly Branch[];
}

export interface Storage {
  /** The parameters under which the values stand: its own code, or those whose sum it is. */
  readonly storedAs: readonly string[];
  /** Of the references that stand there, only those to this type count. */
  readonly onlyTarget?: string;
}

/** Decides for all parameters of one type. The result does not depend on the order in which they are given. */
export function storageOf(parameters: readonly Candidate[]): ReadonlyMap<string, Storage> {
  // A parameter is looked at after all that it could be made of.
  const ordered = [...parameters].sort(
    (a, b) => a.branches.length - b.branches.length || (a.code < b.code ? -1 : 1),
  );
  const plain = ordered.filter(({ branches }) => !branches.some(({ narrowed }) => narrowed));
  const own: Candidate[] = [];
  const storage = new Map<string, Storage>();
  for (const parameter of plain) {
    const parts = partsOf(parameter, own);
    storage.set(parameter.code, { storedAs: parts ?? [parameter.code] });
    if (parts === undefined) own.push(parameter);
  }
  for (const parameter of ordered) {
    if (!storage.has(parameter.code)) storage.set(parameter.code, narrowedFrom(parameter, own));
  }
  return storage;
}

/** The parameters whose sum this one is; undefined when there are none. */
function partsOf(parameter: Candidate, own: readonly Candidate[]): readonly string[] | undefined {
  const wanted = textsOf(parameter);
  const parts = own.filter(
    (other) =>
      other.kind === parameter.kind &&
      other.isCaseIgnored === parameter.isCaseIgnored &&
      other.branches.every(({ text }) => wanted.has(text)),
  );
  const covered = new Set(parts.flatMap((part) => [...textsOf(part)]));
  return covered.size === wanted.size ? parts.map(({ code }) => code) : undefined;
}

function narrowedFrom(parameter: Candidate, own: readonly Candidate[]): Storage {
  const [branch, ...more] = parameter.branches;
  const { narrowed } = branch ?? {};
  const whole =
    narrowed && more.length === 0 && parameter.kind === 'reference'
      ? own.find(
          ({ kind, branches }) =>
            kind === 'reference' && branches.length === 1 && branches[0]?.text === narrowed.text,
        )
      : undefined;
  return whole && narrowed
    ? { storedAs: [whole.code], onlyTarget: narrowed.target }
    : { storedAs: [parameter.code] };
}

const textsOf = ({ branches }: Candidate): ReadonlySet<string> => new Set(branches.map(({ text }) => text));
