// The parameters that every search takes, as the CapabilityStatement names them: https://hl7.org/fhir/R4/search.html#all
import type { CapabilityStatementRestResourceSearchParam } from '@medplum/fhirtypes';
import { modifiers } from '../fhir/search/parse-test.ts';
import { searchLimits } from '../fhir/search/search-limits.ts';

const { count, usualCount, steps, includes, sortKeys } = searchLimits;

export const commonSearchParameters: readonly CapabilityStatementRestResourceSearchParam[] = [
  { name: '_list', type: 'string', documentation: 'The id of a List: finds what its entries refer to.' },
  {
    name: '_has',
    type: 'string',
    documentation: `_has:Type:reference:parameter. A chain has at most ${steps} steps, in either direction.`,
  },
  { name: '_sort', type: 'string', documentation: `At most ${sortKeys}, "-" before those that descend.` },
  {
    name: '_count',
    type: 'number',
    documentation: `${usualCount} when nothing is said, ${count} at most; a higher number is taken for that.`,
  },
  { name: '_total', type: 'string', documentation: 'none, accurate, or estimate, which is accurate too.' },
  {
    name: '_include',
    type: 'string',
    documentation: `Also with :iterate; at most ${includes} with _revinclude. References are followed, canonicals are not.`,
  },
  { name: '_revinclude', type: 'string', documentation: 'Also with :iterate.' },
  { name: '_summary', type: 'string', documentation: 'true, text, data, count or false.' },
  { name: '_elements', type: 'string', documentation: 'Names of elements at the top of the resource.' },
];

/** Says of each kind of parameter which modifiers it takes. */
export const modifiersText = `Modifiers: ${Object.entries(modifiers)
  .map(([kind, names]) => `${kind} ${names.map((name) => `:${name}`).join(' ')}`)
  .join('; ')}; token :of-type on identifiers; reference also the name of a resource type.`;
