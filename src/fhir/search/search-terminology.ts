// What a search must know of codes: which a value set holds, and which stand above or below another.
import type { CodeList } from '../validation/expand-value-set.ts';

export interface SearchTerminology {
  /** By canonical, with or without a version; undefined for a value set that is not held or cannot be listed. */
  codesOf(valueSet: string): CodeList | undefined;
  /** The code and what stands above or below it; undefined when its system is not held here or orders no codes. */
  related(direction: 'above' | 'below', system: string, code: string): readonly string[] | undefined;
}
