// Small changes to a valid resource, most of which make it invalid in one way.
import fc from 'fast-check';

type Holder = Record<string, unknown>;
interface Spot {
  readonly holder: Holder;
  readonly key: string;
  /** The keys from the resource type down, without places: `Observation.component.code`. */
  readonly path: string;
}

export type Mutate = (resource: unknown) => void;

const strange: readonly unknown[] = [
  '',
  ' ',
  ' a',
  'a  b',
  'a b',
  'x'.repeat(65),
  'a\u0001b',
  '#',
  '2026-02-30',
  '2026-13',
  '2026-1-1',
  '2026-01-01T10:00:00',
  '2026-01-01T10:00:00.1234567890Z',
  '2026-01-01T25:00:00Z',
  '10:60:00',
  'urn:oid:9.1',
  'urn:uuid:0000',
  'data:;base64,',
  'QQ=',
  0,
  -1,
  1.5,
  2_147_483_648,
  -2_147_483_649,
  true,
  null,
  {},
  [],
  [null],
  [{}],
  [[]],
  { id: 'a' },
  { extension: [] },
  { extension: [{ url: 'https://example.org/e', valueString: 'x' }] },
  { extension: [{ url: 'https://example.org/e' }] },
  { extension: [{ valueString: 'x' }] },
  [null, { id: 'a' }],
  { reference: 'Patient/1' },
  { coding: [{ code: 'x' }] },
  { value: 1, comparator: '<' },
];

/** What stands where in all resources, so that a change can put a plausible element where it is not wanted. */
export function mutationsOf(resources: readonly unknown[]): fc.Arbitrary<Mutate> {
  const seen = new Map<string, Map<string, unknown[]>>();
  for (const resource of resources) {
    for (const { holder, key, path } of spotsOf(resource)) {
      const keys = seen.get(path) ?? new Map<string, unknown[]>();
      const values = keys.get(key) ?? [];
      if (values.length < 20) values.push(holder[key]);
      seen.set(path, keys.set(key, values));
    }
  }
  const seenAt = (path: string, pick: number): [string, unknown] | undefined => {
    const all = [...(seen.get(path) ?? [])].flatMap(([key, values]) =>
      values.map((value): [string, unknown] => [key, value]),
    );
    return all[pick % Math.max(all.length, 1)];
  };

  const kinds: readonly ((spot: Spot, pick: number) => void)[] = [
    ({ holder, key }) => remove(holder, key),
    ({ holder, key }) => set(holder, key, Array.isArray(holder[key]) ? holder[key][0] : [holder[key]]),
    ({ holder, key }, pick) => set(holder, key, oneStrange(pick)),
    ({ holder, key }, pick) => set(holder, `_${key}`, oneStrange(pick)),
    ({ holder, key }, pick) => {
      remove(holder, key);
      set(holder, `_${key}`, oneStrange(pick));
    },
    ({ holder }, pick) => set(holder, ['colour', 'valueX', '_text', 'contained', 'use'][pick % 5] ?? '', 'x'),
    ({ holder, path }, pick) => {
      const [key, value] = seenAt(path, pick) ?? [];
      if (key !== undefined && !Array.isArray(holder)) set(holder, key, structuredClone(value));
    },
    ({ holder, key, path }, pick) => {
      const other = seen.get(path)?.get(key) ?? [];
      if (other.length > 0) set(holder, key, structuredClone(other[pick % other.length]));
    },
    ({ holder, key }) => {
      const value = holder[key];
      if (Array.isArray(value)) value.push(structuredClone(value[0]));
    },
  ];
  return fc
    .array(fc.tuple(fc.nat(), fc.nat({ max: kinds.length - 1 }), fc.nat()), { minLength: 1, maxLength: 3 })
    .map((steps) => (resource) => {
      for (const [place, kind, pick] of steps) {
        const spots = spotsOf(resource);
        const spot = spots[place % Math.max(spots.length, 1)];
        if (spot) kinds[kind]?.(spot, pick);
      }
    });
}

/** All members but resourceType, which would make it another resource. */
function spotsOf(value: unknown, path = ''): readonly Spot[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  if (Array.isArray(value)) {
    return Object.keys(holder).flatMap((key) => [
      { holder, key, path: `${path}[]` },
      ...spotsOf(holder[key], path),
    ]);
  }
  const name = typeof holder['resourceType'] === 'string' ? holder['resourceType'] : path;
  return Object.keys(holder)
    .filter((key) => key !== 'resourceType')
    .flatMap((key) => [{ holder, key, path: name }, ...spotsOf(holder[key], `${name}.${key}`)]);
}

function set(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function remove(holder: Holder, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

function oneStrange(pick: number): unknown {
  return structuredClone(strange[pick % strange.length]);
}
