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
}

export const nothingMissing = (): Missing => ({ terms: new Map(), targets: new Map(), absent: new Set() });

export const isAnyMissing = ({ terms, targets }: Missing): boolean => terms.size + targets.size > 0;
