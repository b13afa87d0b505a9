// The numbers of names and targets that an operation asked for while they were not known.

/** Only looked for, or given when there is none. */
export type How = 'find' | 'give';

export interface TargetKey {
  readonly typeId: number;
  readonly id: string;
}

export interface Missing {
  readonly terms: Map<string, How>;
  readonly targets: Map<string, TargetKey & { readonly how: How }>;
  /** Keys of what was looked for in this operation and is not there. */
  readonly absent: Set<string>;
  /**
   * 'give' in a transaction that writes, for what is only looked for too. What has no number is not searched for, and what was not
   * searched for stands in nobody's way: two transactions could each find nothing, and each write what there may be once.
   */
  readonly atLeast: How;
}

export const nothingMissing = (atLeast: How): Missing => ({
  terms: new Map(),
  targets: new Map(),
  absent: new Set(),
  atLeast,
});

export const isAnyMissing = ({ terms, targets }: Missing): boolean => terms.size + targets.size > 0;
