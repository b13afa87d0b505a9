// Profiles of ours apply where a resource claims them, extensions of ours wherever they are used.
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import { asSent, error, validatorOnBase } from './validator-on-base.ts';

const element = (
  path: string,
  type: string,
  min: number,
  max: string,
  more: Partial<ElementDefinition> = {},
): ElementDefinition => ({
  id: path,
  path,
  min,
  max,
  ...(type && { type: [{ code: type }] }),
  base: { path, min: 0, max: '*' },
  ...more,
});
const single = { min: 0, max: '1' };

const profile = (id: string, type: string, elements: ElementDefinition[]): StructureDefinition => ({
  resourceType: 'StructureDefinition',
  url: `https://example.org/StructureDefinition/${id}`,
  name: id,
  status: 'draft',
  kind: type === 'Extension' ? 'complex-type' : 'resource',
  abstract: false,
  type,
  baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
  derivation: 'constraint',
  snapshot: { element: elements },
});

const totalScore = profile('TotalScore', 'Observation', [
  element('Observation', '', 0, '*'),
  element('Observation.meta', 'Meta', 0, '1', { base: { path: 'Resource.meta', ...single } }),
  element('Observation.status', 'code', 1, '1', {
    base: { path: 'Observation.status', ...single },
    fixedCode: 'final',
  }),
  element('Observation.code', 'CodeableConcept', 1, '1', {
    base: { path: 'Observation.code', ...single },
    patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '70273-8' }] },
  }),
  element('Observation.subject', 'Reference', 1, '1', { base: { path: 'Observation.subject', ...single } }),
  element('Observation.value[x]', 'integer', 0, '1', { base: { path: 'Observation.value[x]', ...single } }),
  element('Observation.component', 'BackboneElement', 0, '*'),
  element('Observation.component.code', 'CodeableConcept', 1, '1', {
    base: { path: 'Observation.component.code', ...single },
  }),
  element('Observation.component.value[x]', 'integer', 1, '1', {
    base: { path: 'Observation.component.value[x]', ...single },
  }),
]);

const extensionNamed = (id: string): StructureDefinition =>
  profile(id, 'Extension', [
    element('Extension', '', 0, '*'),
    element('Extension.url', 'uri', 1, '1', {
      base: { path: 'Extension.url', ...single },
      fixedUri: `https://example.org/StructureDefinition/${id}`,
    }),
    element('Extension.value[x]', 'canonical', 1, '1', { base: { path: 'Extension.value[x]', ...single } }),
  ]);

const basis = extensionNamed('Basis');
const placed: StructureDefinition = {
  ...extensionNamed('Placed'),
  context: ['Observation.component', 'Observation.bodySite', 'Reference'].map((expression) => ({
    type: 'element',
    expression,
  })),
};

const validator = validatorOnBase([totalScore, basis, placed]);
const issuesOf = (value: unknown) => validator.validate(asSent(value));

const score = {
  resourceType: 'Observation',
  meta: { profile: [`${totalScore.url}|1.0.0`] },
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '70273-8', display: 'PHQ-15' }] },
  subject: { reference: 'Patient/example' },
  valueInteger: 12,
};

describe('a profile of ours', () => {
  it('has no issues with a resource that keeps to it', () => {
    expect(issuesOf(score)).toEqual([]);
  });

  it('applies what it requires, fixes and narrows', () => {
    const { subject: _, valueInteger: __, ...rest } = score;
    expect(issuesOf({ ...rest, status: 'amended', valueString: 'twelve' })).toEqual([
      error(
        'structure',
        'Observation.valueString',
        `Observation has no element "valueString" (profile ${totalScore.url})`,
      ),
      error(
        'structure',
        'Observation.status',
        `Value did not match expected pattern (profile ${totalScore.url})`,
      ),
      error('structure', 'Observation.subject', `Missing required property (profile ${totalScore.url})`),
    ]);
  });

  it('applies to nothing that does not claim it, also after it was used', () => {
    issuesOf(score);
    const { meta: _, ...unclaimed } = score;
    const component = [{ code: { text: 'part' }, valueString: 'text' }];
    expect(issuesOf({ ...unclaimed, status: 'amended', component })).toEqual([]);
  });

  it('is refused on a resource of another type', () => {
    expect(issuesOf({ resourceType: 'Patient', meta: score.meta, active: true })).toEqual([
      error('invalid', 'Patient.meta.profile', `The profile ${totalScore.url} is for Observation`),
    ]);
  });

  it('is not looked at while the resource is not even valid R4', () => {
    expect(issuesOf({ ...score, status: 5, code: { text: 'x' } })).toEqual([
      error('structure', 'Observation.status', 'A JSON string is expected for code, not a JSON number'),
    ]);
  });
});

describe('an extension of ours', () => {
  it('is taken when it is used as defined', () => {
    const extension = [{ url: basis.url, valueCanonical: 'https://example.org/x' }];
    expect(issuesOf({ resourceType: 'Patient', name: [{ family: 'Invented', extension }] })).toEqual([]);
  });

  it('is refused with another type of value, wherever it stands', () => {
    const extension = [{ url: basis.url, valueString: 'x' }];
    expect(issuesOf({ resourceType: 'Patient', name: [{ family: 'Invented', extension }] })).toEqual([
      error('structure', 'Patient.name[0].extension[0].value', 'Missing required property'),
      error(
        'structure',
        'Patient.name[0].extension[0].valueString',
        'Invalid additional property "valueString"',
      ),
    ]);
  });

  it('stands where its context says, by element or by type, contained or not, and nowhere else', () => {
    const extension = [{ url: placed.url, valueCanonical: 'https://example.org/x' }];
    const code = { text: 'Weight' };
    const observation = { resourceType: 'Observation', status: 'final', code } as const;
    const misplaced = (on: string, path: string) =>
      error(
        'extension',
        path,
        `The extension ${placed.url} stands on Observation.component, Observation.bodySite, Reference, and not on ${on}: leave it out`,
      );
    expect(
      issuesOf({
        ...observation,
        component: [{ code, extension }],
        bodySite: { text: 'Knee', extension },
        subject: { reference: 'Patient/x', extension },
      }),
    ).toEqual([]);
    const contained = [{ ...observation, id: 'inner', bodySite: { text: 'Knee', extension } }];
    const hasMember = [{ reference: '#inner' }];
    expect(issuesOf({ ...observation, contained, hasMember })).toEqual([]);
    expect(issuesOf({ ...observation, extension })).toEqual([
      misplaced('Observation', 'Observation.extension[0]'),
    ]);
    expect(issuesOf({ ...observation, method: { text: 'Scales', extension } })).toEqual([
      misplaced('Observation.method', 'Observation.method.extension[0]'),
    ]);
    const wrong = [{ ...observation, id: 'inner', extension }];
    expect(issuesOf({ ...observation, contained: wrong, hasMember })).toEqual([
      misplaced('Observation', 'Observation.contained[0].extension[0]'),
    ]);
  });
});
