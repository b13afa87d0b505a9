// Small integers for names and reference targets, so that index rows stay narrow. A number is given once and never changed.
import type { ReferenceTarget } from '../../fhir/reference.ts';
import type { Statements } from './statements.ts';

export interface Dictionary {
  /** The number of a name, or undefined when nothing stored uses it. */
  findTerm(statements: Statements, text: string): number | undefined;
  /** The number of a name; it is given one when it has none. Only where the caller may write. */
  termId(statements: Statements, text: string): number;
  findTarget(statements: Statements, target: ReferenceTarget): number | undefined;
  targetId(statements: Statements, target: ReferenceTarget): number;
}

/** What stands in the column `id` of a target. */
export const idOfTarget = (target: ReferenceTarget): string =>
  target.kind === 'url' ? target.url : target.id;
