// What the index keeps of a resource, whose record it belongs to, and whom it ties to a patient.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation, Patient, Resource, Task } from '@medplum/fhirtypes';
import { careTiesOf } from '../../../src/fhir/care-ties.ts';
import type { SearchParameterDefinition } from '../../../src/fhir/search/search-parameter.ts';
import { readSearchParameters } from '../../../src/store/read-search-parameters.ts';

const { registry, compartment } = readSearchParameters('fhir-profiles/base', {
  baseUrl: 'https://here.example/fhir',
});
const entriesOf = (resource: Resource) =>
  Object.fromEntries(
    registry.indexEntries(resource).map(({ parameter, values }) => [parameter.code, values]),
  );

describe('the search registry', () => {
  it('can compile every R4 search parameter of every type', () => {
    const counts = registry.types().map((type) => registry.parameters(type).length);
    expect(counts.length).toBeGreaterThan(130);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
  });

  it('compiles every R4 composite of every type', () => {
    const definitions = JSON.parse(
      readFileSync('fhir-profiles/base/search-parameters.json', 'utf8'),
    ) as SearchParameterDefinition[];
    const composites = definitions.filter(({ type }) => type === 'composite');
    const asked = composites.flatMap(({ base, code }) => base.map((type) => [type, code] as const));
    expect(asked.length).toBeGreaterThan(55);
    expect(asked.filter(([type, code]) => registry.composite(type, code) === undefined)).toEqual([]);
  });

  it('keeps the values of components by element, and nothing of a resource without', () => {
    const component = (code: string, value: number) => ({
      code: { coding: [{ system: 'http://loinc.org', code }] },
      valueQuantity: { value, code: 'mm[Hg]' },
    });
    const observation: Observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } };
    expect(registry.elementEntries(observation)).toEqual([]);
    const entries = registry.elementEntries({
      ...observation,
      component: [component('8480-6', 120), component('8462-4', 80)],
    });
    expect(entries.map(({ element, key, values }) => [element, key, values.length])).toEqual([
      [1, 'Observation.component:code', 1],
      [1, 'Observation.component:value.ofType(Quantity)', 1],
      [2, 'Observation.component:code', 1],
      [2, 'Observation.component:value.ofType(Quantity)', 1],
    ]);
  });

  it('does not take the parameters of RequestGroup for those of Group', () => {
    expect(
      registry
        .parameters('Group')
        .map(({ code }) => code)
        .sort(),
    ).toEqual(
      '_profile _security _source _tag actual characteristic code exclude identifier managing-entity member type value'.split(
        ' ',
      ),
    );
  });

  it('knows a composite by its components, and no parameters for columns that are not indexed', () => {
    expect(registry.parameter('Observation', 'code-value-quantity')).toBeUndefined();
    expect(registry.composite('Observation', 'combo-code-value-quantity')?.places).toEqual([
      { kind: 'resource', parameters: ['code', 'value-quantity'] },
      {
        kind: 'element',
        keys: ['Observation.component:code', 'Observation.component:value.ofType(Quantity)'],
      },
    ]);
    expect(registry.parameter('Observation', '_id')).toBeUndefined();
  });

  it('finds the values of an Observation', () => {
    const observation: Observation = {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '70273-8', display: 'PHQ-15' }], text: 'PHQ-15' },
      subject: { reference: 'https://here.example/fhir/Patient/a' },
      performer: [
        { reference: 'Practitioner/p/_history/3' },
        { reference: '#contained' },
        { display: 'somebody' },
      ],
      effectivePeriod: { start: '2026-01-01' },
      valueQuantity: { value: 12, unit: 'points', system: 'http://unitsofmeasure.org', code: '{score}' },
      derivedFrom: [{ reference: 'QuestionnaireResponse/r' }],
    };
    const code = [
      { kind: 'token', system: 'http://loinc.org', code: '70273-8', isSystemImplied: false },
      { kind: 'text', folded: 'phq-15' },
    ];
    const quantity = [
      { kind: 'quantity', low: 12, high: 12, system: 'http://unitsofmeasure.org', code: '{score}' },
      { kind: 'quantity', low: 12, high: 12, code: 'points' },
    ];
    const subject = [{ kind: 'reference', target: { kind: 'local', type: 'Patient', id: 'a' } }];
    expect(entriesOf(observation)).toEqual({
      code,
      date: [{ kind: 'date', fromMs: Date.UTC(2026, 0), untilMs: 8.64e15 }],
      'derived-from': [
        { kind: 'reference', target: { kind: 'local', type: 'QuestionnaireResponse', id: 'r' } },
      ],
      performer: [{ kind: 'reference', target: { kind: 'local', type: 'Practitioner', id: 'p' } }],
      status: [{ kind: 'token', code: 'final', isSystemImplied: true }],
      subject,
      'value-quantity': quantity,
    });
  });

  it('keeps the sum of other parameters, and a narrower view of another, only there', () => {
    const facts = (type: string, code: string) => {
      const { storedAs, onlyTarget } = registry.parameter(type, code) ?? {};
      return { storedAs, onlyTarget };
    };
    expect(facts('Observation', 'combo-code')).toEqual({ storedAs: ['code', 'component-code'] });
    expect(facts('Observation', 'combo-value-quantity').storedAs?.toSorted()).toEqual([
      'component-value-quantity',
      'value-quantity',
    ]);
    expect(facts('Observation', 'patient')).toEqual({ storedAs: ['subject'], onlyTarget: 'Patient' });
    expect(facts('Observation', 'code')).toEqual({ storedAs: ['code'] });
    expect(facts('Patient', 'telecom')).toEqual({ storedAs: ['telecom'] });
  });

  it('stores every parameter somewhere: under itself or under ones that are stored under themselves', () => {
    for (const type of registry.types()) {
      for (const { code, kind, storedAs } of registry.parameters(type)) {
        expect(storedAs.length).toBeGreaterThan(0);
        for (const other of storedAs) {
          const stored = registry.parameter(type, other);
          expect([type, code, stored?.storedAs, stored?.kind]).toEqual([type, code, [other], kind]);
        }
      }
    }
  });

  it('keeps the identifier of a reference that is seen more narrowly', () => {
    const observation: Observation = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { type: 'Patient', identifier: { system: 'urn:bsn', value: '1' } },
    };
    const identifier = [{ kind: 'token', system: 'urn:bsn', code: '1', isSystemImplied: false }];
    expect(entriesOf(observation)).toMatchObject({ subject: identifier, patient: identifier });
  });

  it('indexes every R4 example without a fault', () => {
    const folder = '../shared/data/r4-examples';
    let files: string[] = [];
    try {
      files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    } catch {
      process.stdout.write('The R4 examples are not here: this test looked at none.\n');
    }
    for (const name of files) {
      const resource = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Resource;
      expect(() => [
        registry.indexEntries(resource),
        compartment.patientsOf(resource),
        careTiesOf(resource),
      ]).not.toThrow();
    }
  });
});

describe('the patient compartment', () => {
  it('holds a patient in their own, and a resource in that of each patient who takes part', () => {
    const patient: Patient = {
      resourceType: 'Patient',
      id: 'a',
      link: [{ type: 'seealso', other: { reference: 'Patient/b' } }],
    };
    expect(compartment.patientsOf(patient)).toEqual(['a', 'b']);
    expect(
      compartment.patientsOf({
        resourceType: 'CareTeam',
        subject: { reference: 'Patient/a' },
        participant: [{ member: { reference: 'Patient/c' } }, { member: { reference: 'Practitioner/p' } }],
      }),
    ).toEqual(['a', 'c']);
  });

  it('is not entered through another server, a Group or a contained resource', () => {
    for (const reference of ['https://there.example/fhir/Patient/a', 'Group/a', '#a']) {
      const resource: Observation = {
        resourceType: 'Observation',
        status: 'final',
        code: {},
        subject: { reference },
      };
      expect(compartment.patientsOf(resource)).toEqual([]);
    }
    expect(compartment.holds('Organization')).toBe(false);
    expect(compartment.holds('Observation')).toBe(true);
  });
});

describe('care ties', () => {
  const task = (status: Task['status']): Task => ({
    resourceType: 'Task',
    status,
    intent: 'order',
    for: { reference: 'Patient/a' },
    owner: { reference: 'Practitioner/t/_history/1' },
    requester: { reference: 'Practitioner/g' },
  });

  it('come from teams, requests, tasks, episodes and the general practitioner', () => {
    const tie = (...references: string[]) => [{ of: { type: 'Patient', id: 'a' }, references }];
    const subject = { reference: 'Patient/a' };
    expect(careTiesOf(task('accepted'))).toEqual(tie('Practitioner/t', 'Practitioner/g'));
    expect(
      careTiesOf({
        resourceType: 'CareTeam',
        status: 'active',
        subject,
        participant: [{ member: { reference: 'Practitioner/m' } }, { member: subject }],
      }),
    ).toEqual(tie('Practitioner/m'));
    expect(
      careTiesOf({
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        subject,
        requester: { reference: 'Practitioner/g' },
        performer: [{ reference: 'Organization/o' }],
      }),
    ).toEqual(tie('Practitioner/g', 'Organization/o'));
    expect(
      careTiesOf({
        resourceType: 'EpisodeOfCare',
        status: 'active',
        patient: subject,
        careManager: { reference: 'Practitioner/c' },
      }),
    ).toEqual(tie('Practitioner/c'));
    expect(
      careTiesOf({
        resourceType: 'Patient',
        id: 'a',
        generalPractitioner: [{ reference: 'Practitioner/g' }],
      }),
    ).toEqual(tie('Practitioner/g'));
  });

  it.each(['rejected', 'cancelled', 'failed', 'entered-in-error', 'draft'] as const)(
    'end with a %s task',
    (status) => {
      expect(careTiesOf(task(status))).toEqual([]);
    },
  );

  it('do not come from other resources or without a patient', () => {
    expect(careTiesOf({ resourceType: 'Encounter', status: 'finished', class: { code: 'AMB' } })).toEqual([]);
    expect(careTiesOf({ ...task('accepted'), for: { reference: 'Group/g' } })).toEqual([]);
  });
});
