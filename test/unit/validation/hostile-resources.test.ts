// Whatever a client sends, validation answers with issues: it never throws, and it takes no time out of proportion.
import fc from 'fast-check';
import { processorMs } from '../../support/processor-time.ts';
import { asSent, validatorOnBase } from './validator-on-base.ts';

const validator = validatorOnBase();

const patient = {
  resourceType: 'Patient',
  id: 'example',
  meta: { profile: ['https://example.org/p'] },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Invented</div>' },
  contained: [{ resourceType: 'Organization', id: 'o', name: 'Invented' }],
  extension: [{ url: 'https://example.org/e', valueQuantity: { value: 1 } }],
  name: [{ family: 'Invented', given: ['A', null], _given: [null, { id: 'a' }], period: { start: '2020' } }],
  telecom: [{ system: 'phone', value: '0' }],
  birthDate: '1980-01-01',
  _birthDate: { extension: [{ url: 'https://example.org/e', valueString: 'x' }] },
  managingOrganization: { reference: '#o' },
};

const strange = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    '',
    0,
    -1.5,
    true,
    'x',
    '#',
    [null],
    [[]],
    [{}],
    { constructor: 1 },
    { reference: 5 },
    { reference: '#' },
    { resourceType: 'Nope' },
    { resourceType: 'constructor' },
    [{ resourceType: 'Patient', contained: [] }],
    { coding: [{ code: 'x' }] },
    { extension: [{ url: 'x' }] },
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const key = fc.constantFrom(
  'constructor',
  'toString',
  'resourceType',
  'id',
  '_id',
  'contained',
  'extension',
  '_name',
  'valueX',
  'length',
  '_text',
);

type Spot = { readonly holder: Record<string, unknown>; readonly key: string };

function spotsOf(value: unknown): Spot[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [{ holder, key: name }, ...spotsOf(holder[name])]);
}

describe('a resource with anything anywhere', () => {
  it('gets issues that name a place, and never an exception', () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(key), strange, (place, newKey, value) => {
        const resource = structuredClone(patient);
        const spots = spotsOf(resource);
        const spot = spots[place % spots.length];
        if (!spot) throw new Error('a patient has members');
        const target = Array.isArray(spot.holder) || newKey === null ? spot.key : newKey;
        Object.defineProperty(spot.holder, target, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
        for (const issue of validator.validate(asSent(resource))) {
          expect(issue.diagnostics).toEqual(expect.any(String));
          expect(issue.expression).toEqual([expect.any(String)]);
        }
      }),
      { numRuns: 3000, seed: 20 },
    );
  });
});

describe('a resource of a megabyte', () => {
  const list = <T>(length: number, make: (place: number) => T): T[] =>
    Array.from({ length }, (_, place) => make(place));

  it.each([
    [
      'components with the codes of the value (obs-7)',
      {
        resourceType: 'Observation',
        status: 'final',
        code: { coding: list(6000, (place) => ({ system: 'urn:a', code: `c${place}` })) },
        component: list(6000, (place) => ({
          code: { coding: [{ system: 'urn:a', code: `d${place}` }] },
          valueInteger: 1,
        })),
        valueInteger: 3,
      },
    ],
    ['a name of a million letters', { resourceType: 'Patient', name: [{ given: ['x'.repeat(1_000_000)] }] }],
    [
      'a hundred thousand codes',
      {
        resourceType: 'CodeSystem',
        status: 'draft',
        content: 'complete',
        concept: list(50_000, (place) => ({ code: `c${place}` })),
      },
    ],
    [
      'elements that never end',
      {
        resourceType: 'Patient',
        text: {
          status: 'generated',
          div: `<div xmlns="http://www.w3.org/1999/xhtml">${'<b '.repeat(300_000)}`,
        },
      },
    ],
    ['spaces in a code', { resourceType: 'Patient', language: 'a '.repeat(500_000) }],
  ])('is judged in seconds, not minutes: %s', (_, resource) => {
    const startedMs = processorMs();
    expect(Array.isArray(validator.validate(asSent(resource)))).toBe(true);
    expect(processorMs() - startedMs).toBeLessThan(8000);
  });
});
