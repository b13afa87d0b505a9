// A running course as some other system might have stored it: a copy of a whole one under ids of its own, damaged in places that numbers choose.
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes';
import fc from 'fast-check';

export interface Damage {
  /** Which resource, and which place in it. */
  readonly resource: number;
  readonly place: number;
  readonly kind: 'remove' | 'replace' | 'double';
  readonly value: number;
}

/** One to three damages to the first so many resources. */
export const damages = (resources: number): fc.Arbitrary<Damage[]> =>
  fc.array(
    fc.record<Damage>({
      resource: fc.nat(resources - 1),
      place: fc.nat(3000),
      kind: fc.constantFrom('replace', 'replace', 'remove', 'double'),
      value: fc.nat(1000),
    }),
    { minLength: 1, maxLength: 3 },
  );

type Holder = Record<string, unknown>;

const references = [
  'Patient/nobody',
  'Practitioner/nobody',
  'RequestGroup/nobody',
  'ServiceRequest/nobody',
  'CarePlan/nobody',
  'Task/nobody',
  'https://elsewhere.example/fhir/RequestGroup/1',
  'urn:uuid:0f9a3a4e-8c4f-4c5e-9d0c-0b5a5f3d0001',
  '#inside',
  'RequestGroup/a/_history/1',
  'x',
];
const dates = [
  '2027',
  '2027-03',
  '2027-03-01T10:00:00Z',
  '0001-01-01',
  '9999-12-31',
  '2020-02-29',
  '2019-W1',
];
const texts = [
  'x',
  'on-hold',
  'draft',
  'completed',
  'active',
  'entered-in-error',
  'revoked',
  'unknown',
  '1',
  '__proto__',
];
const numbers = [0, 1, -1, 2, 53, 1e9, 0.5];

const nth = <T>(all: readonly T[], index: number): T | undefined => all[index % all.length];

/** Every member below a value, with what holds it. */
function placesIn(
  value: unknown,
  found: (readonly [Holder, string])[] = [],
): readonly (readonly [Holder, string])[] {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Holder;
  for (const key of Object.keys(holder)) {
    if (key === 'resourceType' || key === 'id' || key === 'meta') continue;
    found.push([holder, key]);
    placesIn(holder[key], found);
  }
  return found;
}

/** Another value of the same kind, so that what comes of it is mostly valid FHIR. */
function otherThan(value: unknown, key: string, all: readonly Resource[], index: number): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return nth(numbers, index);
  if (typeof value !== 'string') return value;
  if (key === 'reference') {
    return nth([...references, ...all.map(({ resourceType, id }) => `${resourceType}/${id}`)], index);
  }
  return /^\d{4}-/.test(value) ? nth(dates, index) : nth(texts, index);
}

export function damaged(resources: readonly Resource[], harm: readonly Damage[]): readonly Resource[] {
  const copies = structuredClone(resources) as Resource[];
  for (const { resource, place, kind, value } of harm) {
    const [holder, key] = nth(placesIn(nth(copies, resource)), place) ?? [];
    if (!holder || key === undefined) continue;
    if (kind === 'remove') {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    } else if (kind === 'double') {
      const inside = holder[key];
      if (Array.isArray(inside)) inside.push(structuredClone(inside[0]));
    } else holder[key] = otherThan(holder[key], key, copies, value);
  }
  return copies.map((copy) => withoutEmpty(copy) as Resource);
}

/** FHIR has no empty lists and no empty objects. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.map(withoutEmpty).filter((each) => each !== undefined);
    return kept.length > 0 ? kept : undefined;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, each]) => {
    const inside = withoutEmpty(each);
    return inside === undefined ? [] : [[key, inside] as const];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** The same resources under other ids, everywhere. */
export function renamed(
  resources: readonly Resource[],
  ids: readonly string[],
  mark: string,
): readonly Resource[] {
  let text = JSON.stringify(resources);
  for (const id of ids) text = text.replaceAll(id, `${mark}-${id.slice(-6)}`);
  return JSON.parse(text) as Resource[];
}

/** Each by itself, so that one that is refused does not keep the others out. */
export const asBatch = (resources: readonly Resource[]): Bundle => ({
  resourceType: 'Bundle',
  type: 'batch',
  entry: resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  })),
});

/** What a refusal of a wrong course or plan says, whole. */
export const refusal = (diagnostics: string, expression: string): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'business-rule', diagnostics, expression: [expression] }],
});
