// The invariants of R4 are checked wherever they apply: on resources, parts, data types, single elements, and in contained resources.
import { asSent, error, validatorOnBase } from './validator-on-base.ts';

const validator = validatorOnBase();
const issuesOf = (value: unknown) => validator.validate(asSent(value));
const broken = (place: string, what: string) => error('invariant', place, what);

const task = { resourceType: 'Task', status: 'draft', intent: 'order' };
const observation = { resourceType: 'Observation', status: 'final', code: { text: 'a' } };

describe('an invariant', () => {
  it('of a resource is checked, in an entry as well', () => {
    const faulty = { ...observation, valueInteger: 1, dataAbsentReason: { text: 'asked, but declined' } };
    const what = 'obs-6: dataAbsentReason SHALL only be present if Observation.value[x] is not present';
    expect(issuesOf(faulty)).toEqual([broken('Observation', what)]);
    expect(issuesOf({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: faulty }] })).toEqual([
      broken('Bundle.entry[0].resource', what),
    ]);
  });

  it('of a part is checked, also where the part is defined elsewhere', () => {
    const inner = { linkId: 'b', item: [{ linkId: 'c' }], answer: [{ valueString: 'x' }] };
    const item = [{ linkId: 'a', answer: [{ valueString: 'x', item: [inner] }] }];
    expect(issuesOf({ resourceType: 'QuestionnaireResponse', status: 'completed', item })).toEqual([
      broken(
        'QuestionnaireResponse.item[0].answer[0].item[0]',
        "qrs-1: Nested item can't be beneath both item and answer",
      ),
    ]);
  });

  it('of one element is checked beside those of its type', () => {
    const telecom = [
      { system: 'phone', value: '1', use: 'work' },
      { system: 'phone', value: '2', use: 'home' },
    ];
    expect(issuesOf({ resourceType: 'Organization', name: 'Invented', telecom })).toEqual([
      broken('Organization.telecom[1]', "org-3: The telecom of an organization can never be of use 'home'"),
    ]);
  });

  it('of a primitive element is checked', () => {
    const element = [
      {
        id: 'Patient',
        path: 'Patient',
        min: 0,
        max: 'many',
        definition: 'a',
        base: { path: 'Patient', min: 0, max: '*' },
      },
    ];
    const definition = {
      resourceType: 'StructureDefinition',
      url: 'https://example.org/a',
      name: 'A',
      status: 'draft',
      kind: 'resource',
      abstract: false,
      type: 'Patient',
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
      derivation: 'constraint',
      snapshot: { element },
    };
    expect(issuesOf(definition)).toEqual([
      broken('StructureDefinition.snapshot.element[0].max', 'eld-3: Max SHALL be a number or "*"'),
    ]);
  });

  it('that is not written out is evaluated as FHIRPath', () => {
    const codeFilter = [{ path: 'code', searchParam: 'code' }];
    const library = {
      resourceType: 'Library',
      status: 'draft',
      type: { text: 'a' },
      dataRequirement: [{ type: 'Patient', codeFilter }],
    };
    expect(issuesOf(library)).toEqual([
      broken(
        'Library.dataRequirement[0].codeFilter[0]',
        'drq-1: Either a path or a searchParam must be provided, but not both',
      ),
    ]);
  });

  it('of what a resource contains is checked', () => {
    const contained = [
      {
        ...task,
        id: 'a',
        contained: [{ ...task, id: 'b' }],
        meta: { versionId: '1', security: [{ code: 'R' }] },
      },
    ];
    const found = issuesOf({
      ...task,
      contained,
      partOf: [{ reference: '#a' }],
      basedOn: [{ reference: '#b' }],
    });
    expect(found.map(({ diagnostics }) => diagnostics?.slice(0, 5))).toEqual(
      expect.arrayContaining(['dom-2', 'dom-4', 'dom-5']),
    );
  });
});

describe('a Task that was modified before it was authored (inv-1)', () => {
  it.each([
    ['2026-01-02', '2026-01-01'],
    ['2026-01-01T10:00:00Z', '2026-01-01T10:30:00+01:00'],
    ['2026', '2025-12-31'],
  ])('is refused: authored %s, modified %s', (authoredOn, lastModified) => {
    expect(issuesOf({ ...task, authoredOn, lastModified })).toEqual([
      broken('Task', 'inv-1: Last modified date must be greater than or equal to authored-on date.'),
    ]);
  });

  it.each([
    ['2026-01-01', '2026-01-01'],
    ['2026-01-01T10:00:00+02:00', '2026-01-01T09:00:00Z'],
    ['2026-01-01T10:00:00Z', '2026-01-01'],
    ['2026-05', '2026'],
  ])('is not what these say: authored %s, modified %s', (authoredOn, lastModified) => {
    expect(issuesOf({ ...task, authoredOn, lastModified })).toEqual([]);
  });
});

describe('a Range (rng-2)', () => {
  const range = (low: object, high: object) => issuesOf({ ...observation, valueRange: { low, high } });

  it('may not begin above its end', () => {
    expect(range({ value: 10, unit: 'kg' }, { value: 9, unit: 'kg' })).toEqual([
      broken('Observation.value', 'rng-2: If present, low SHALL have a lower value than high'),
    ]);
  });

  it('is not compared over different units', () => {
    expect(range({ value: 10, unit: 'kg' }, { value: 9, unit: 't' })).toEqual([]);
    expect(range({ value: 9, unit: 'kg' }, { value: 10, unit: 'kg' })).toEqual([]);
  });
});

describe('the fullUrl of an entry (bdl-8)', () => {
  const bundle = (entry: object) => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: [{ resource: observation, ...entry }],
  });

  it('may not name a version, and may have an id', () => {
    const fullUrl = 'https://example.org/Observation/a';
    expect(issuesOf(bundle({ fullUrl, _fullUrl: { id: 'a' } }))).toEqual([]);
    expect(issuesOf(bundle({ fullUrl: `${fullUrl}/_history/1`, _fullUrl: { id: 'a' } }))).toEqual([
      broken('Bundle.entry[0]', 'bdl-8: fullUrl cannot be a version specific reference'),
    ]);
  });
});
