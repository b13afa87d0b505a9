// Token modifiers that name many codes at once: a value set (:in, :not-in) or a branch of a hierarchy (:above, :below).
// https://hl7.org/fhir/R4/search.html#token
import { invalid } from '../error.ts';
import type { ValueTest } from '../search-query.ts';
import type { SearchTerminology } from './search-terminology.ts';

type Group = (ValueTest & { kind: 'codes' })['groups'][number];

function valueSetGroups(
  name: string,
  canonical: string,
  terminology: SearchTerminology | undefined,
): Group[] {
  const codes = terminology?.codesOf(canonical);
  if (codes === undefined) {
    throw invalid(
      `${name}: the value set "${canonical}" is not known here or its codes cannot be listed. Name the codes themselves, joined by commas.`,
    );
  }
  return Object.entries(codes).map(([system, list]) => ({ system, codes: list }));
}

function branchGroup(
  name: string,
  direction: 'above' | 'below',
  value: string,
  terminology: SearchTerminology | undefined,
): Group {
  const bar = value.lastIndexOf('|');
  const [system, code] = [value.slice(0, Math.max(bar, 0)), value.slice(bar + 1)];
  if (system === '' || code === '') {
    throw invalid(`${name}: "${value}" names no code of a system; write system|code.`);
  }
  const codes = terminology?.related(direction, system, code);
  if (codes === undefined) {
    throw invalid(
      `${name}: no hierarchy with the code "${code}" of "${system}" is known here. Name the codes themselves, joined by commas.`,
    );
  }
  return { system, codes };
}

export function codesTest(
  name: string,
  modifier: 'in' | 'not-in' | 'above' | 'below',
  values: readonly string[],
  terminology: SearchTerminology | undefined,
): ValueTest {
  const groups = values.flatMap((value) =>
    modifier === 'above' || modifier === 'below'
      ? [branchGroup(name, modifier, value, terminology)]
      : valueSetGroups(name, value, terminology),
  );
  return { kind: 'codes', isNegated: modifier === 'not-in', groups };
}
