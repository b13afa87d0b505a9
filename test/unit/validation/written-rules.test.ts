// Each invariant that we wrote out says what its FHIRPath expression says, on every mixture of elements that its type can have.
import { fileURLToPath } from 'node:url';
import { evalFhirPathTyped, loadDataType } from '@medplum/core';
import fc from 'fast-check';
import { baseDefinitions } from '../../../src/content/base-definitions.ts';
import { type Field, type TypeTable, typeTables } from '../../../src/fhir/validation/type-table.ts';
import { writtenRules } from '../../../src/fhir/validation/written-rules.ts';

const base = baseDefinitions(fileURLToPath(new URL('../../../fhir-profiles/base/', import.meta.url)));
for (const name of base.names()) {
  const definition = base.definition(name);
  if (definition) loadDataType(definition);
}
const tables = typeTables({ definition: (name) => base.definition(name), valueSet: () => undefined });
const table = (name: string): TypeTable => {
  const found = tables(name);
  if (!found) throw new Error(`R4 has no type ${name}`);
  return found;
};

/** Where each written rule applies: the type of the values that it is about. */
const places = base.names().flatMap((name) =>
  (base.definition(name)?.snapshot?.element ?? []).flatMap((element) =>
    (element.constraint ?? [])
      .filter((constraint) => writtenRules.has(constraint.expression ?? ''))
      .map((constraint) => ({
        key: constraint.key,
        expression: constraint.expression ?? '',
        type: typeAt(name, element.path),
      })),
  ),
);

/** `Bundle.entry` in Bundle is of type BundleEntry. */
function typeAt(name: string, path: string): string {
  const steps = path.split('.').slice(1);
  return steps.reduce((type, step) => table(type).fields.get(step)?.type ?? type, name);
}

/** Written out because the engine is wrong about them; they have tests of their own in invariants.test.ts. */
const betterThanFhirPath: Readonly<Record<string, string>> = {
  'start.hasValue().not() or end.hasValue().not() or (start <= end)':
    'The engine compares the texts: 2012-05 is after 2012 for it, and 10:00+02:00 after 09:00Z.',
  'low.empty() or high.empty() or (low <= high)': 'The engine compares the objects, not what they measure.',
  'lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn':
    'The engine compares the texts, as for a Period.',
};

/** The engine does not know the string or boolean in a primitive that has an id or extensions beside it, so these are tested without. */
const wantsBarePrimitives = /contains\(|isDistinct\(|is Boolean/;

const codes = (expression: string): readonly string[] =>
  [...expression.matchAll(/'([^']+)'/g)].flatMap(([, code]) => code ?? []);

function oneFor(field: Field, expression: string, depth: number): fc.Arbitrary<unknown> {
  const words = codes(expression);
  switch (field.primitive?.jsType) {
    case 'boolean':
      return fc.boolean();
    case 'number':
      return fc.constantFrom(0, 1, 2, -1);
    case 'string':
      return fc.constantFrom(
        'other',
        'https://example.org/a/_history/1',
        'http://unitsofmeasure.org',
        ...words.filter((word) => word.startsWith('http') === (field.type === 'uri')),
      );
    default: {
      if (field.type === 'Resource') {
        return depth > 0 ? objectOf('Basic', expression, depth - 1) : fc.constant({ resourceType: 'Basic' });
      }
      return depth > 0 ? objectOf(field.type, expression, depth - 1) : fc.constant({ id: 'a' });
    }
  }
}

/** Only elements that the expression names, so that each mixture comes up; a choice has at most one key. */
function objectOf(type: string, expression: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const named = [...table(type).fields].filter(
    ([, field]) => !field.isBeside && new RegExp(`\\b${field.name}\\b`).test(expression),
  );
  const byName = Map.groupBy(named, ([, field]) => field.name);
  const members = [...byName.values()].map((keys) =>
    fc.constantFrom(...keys.slice(0, 40)).chain(([key, field]) => {
      const one = oneFor(field, expression, depth);
      const value = field.isArray ? fc.array(one, { minLength: 1, maxLength: 4 }) : one;
      const beside = field.isArray ? [{ id: 'a' }] : { id: 'a' };
      return fc.oneof(
        // A required element that is missing is refused before any invariant is looked at.
        ...(field.required === 0 ? [{ arbitrary: fc.constant({}), weight: 2 }] : []),
        { arbitrary: value.map((each) => ({ [key]: each })), weight: 3 },
        ...(field.primitive ? [fc.constant({ [`_${key}`]: beside })] : []),
        ...(field.primitive && !wantsBarePrimitives.test(expression)
          ? [value.map((each) => ({ [key]: each, [`_${key}`]: beside }))]
          : []),
      );
    }),
  );
  // No object may be empty.
  const head = table(type).isResource ? { resourceType: type } : { id: 'a' };
  return fc.tuple(...members).map((parts) => Object.assign({ ...head }, ...parts) as Record<string, unknown>);
}

function holds(expression: string, type: string, value: unknown): boolean {
  const typed = { type, value };
  try {
    const [result, ...more] = evalFhirPathTyped(expression, [typed], {
      '%context': typed,
      '%resource': typed,
      '%rootResource': typed,
      '%ucum': { type: 'string', value: 'http://unitsofmeasure.org' },
    });
    return more.length === 0 && result?.value === true;
  } catch {
    return false;
  }
}

describe('an invariant that is written out', () => {
  const rules = [...new Map(places.map((place) => [place.expression + place.type, place])).values()].filter(
    ({ key, type, expression }) =>
      betterThanFhirPath[expression] === undefined &&
      // Each DomainResource has these; three of them are enough.
      (!key?.startsWith('dom-') || ['Patient', 'Observation', 'Basic'].includes(type)),
  );

  it('is one that R4 has', () => {
    const used = new Set(places.map((place) => place.expression));
    expect([...writtenRules.keys()].filter((expression) => !used.has(expression))).toEqual([]);
  });

  it.each(rules.map((rule) => [`${rule.key} of ${rule.type}`, rule] as const))(
    '%s agrees with FHIRPath',
    (_, rule) => {
      const written = writtenRules.get(rule.expression);
      const counts = { holds: 0, broken: 0 };
      fc.assert(
        fc.property(objectOf(rule.type, rule.expression, 3), (value) => {
          const expected = holds(rule.expression, rule.type, value);
          counts[expected ? 'holds' : 'broken']++;
          expect([value, written?.(value)]).toEqual([value, expected]);
        }),
        { numRuns: 1000, seed: 5 },
      );
      expect(Math.min(counts.holds, counts.broken)).toBeGreaterThan(0);
    },
  );
});
