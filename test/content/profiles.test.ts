// Each profile has an example that claims it and keeps to it, and each of its invariants refuses what it is there to refuse.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource, StructureDefinition } from '@medplum/fhirtypes';
import { baseDefinitions } from '../../src/content/base-definitions.ts';
import { contentCodes } from '../../src/content/content-codes.ts';
import { loadCatalogue } from '../../src/content/load-catalogue.ts';
import { createValidator } from '../../src/fhir/validation/create-validator.ts';

type Members = Record<string, unknown>;

const canonicalOf = (id: string) => `https://w3id.org/alongside/fhir/StructureDefinition/${id}`;
const published = loadCatalogue('fhir-profiles').published();
const profiles = published.filter(
  (each): each is StructureDefinition =>
    each.resourceType === 'StructureDefinition' && each.kind === 'resource',
);
const base = baseDefinitions('fhir-profiles/base');
const codes = contentCodes(published);
const validator = createValidator({
  definition: (name) => base.definition(name),
  valueSet: (url) => base.requiredCodes(url) ?? codes(url),
  profiles: published.filter(
    (each): each is StructureDefinition => each.resourceType === 'StructureDefinition',
  ),
});

const folder = join('fhir-profiles', 'examples');
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Resource & Members;
const examples = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map(read);

const errorsOf = (resource: Resource) =>
  validator
    .validate(resource)
    .filter(({ severity }) => severity === 'error')
    .map(({ diagnostics }) => diagnostics ?? '');

it.each(profiles.map(({ id }) => id ?? ''))('%s has an example that keeps to it', (id) => {
  const own = examples.filter(({ meta }) => meta?.profile?.includes(canonicalOf(id)));
  expect(own.length).toBeGreaterThan(0);
  expect(own.flatMap(errorsOf)).toEqual([]);
});

const reasonUrl = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';
const no = undefined;

/** Of an example: what is changed in it, and the invariant that then does not hold. */
const refused: readonly (readonly [file: string, key: string, change: Members])[] = [
  ['Observation-example-score-observation-total', 'als-score-1', { valueQuantity: no, interpretation: no }],
  [
    'Observation-example-score-observation-total',
    'als-score-2',
    { valueQuantity: no, dataAbsentReason: { text: 'x' } },
  ],
  ['Observation-example-score-change-observation', 'als-change-1', { valueQuantity: no }],
  ['Observation-example-goal-attainment', 'als-gas-1', { valueInteger: 3 }],
  ['Observation-example-safety-check-observation', 'als-safety-1', { dataAbsentReason: no }],
  ['Observation-example-shared-understanding-observation', 'als-understanding-1', { valueInteger: 11 }],
  ['Observation-example-alliance-observation', 'als-alliance-1', { valueInteger: -1 }],
  [
    'ServiceRequest-example-referral',
    'als-referral-1',
    { extension: [{ url: canonicalOf('explanation-given'), valueBoolean: false }] },
  ],
  ['ServiceRequest-example-referral', 'als-referral-2', { status: 'revoked' }],
  ['Task-example-referral-declined', 'als-task-1', { statusReason: no }],
  ['Task-example-referral-declined', 'als-task-2', { output: no }],
  ['Task-example-referral-accepted', 'als-task-3', { status: 'on-hold' }],
  ['Task-example-referral-accepted', 'als-task-requested', { status: 'requested' }],
  ['EpisodeOfCare-example-course', 'als-episode-1', { identifier: no }],
  ['EpisodeOfCare-example-course', 'als-episode-2', { status: 'finished' }],
  ['Goal-example-lake', 'als-goal-1', { extension: [{ url: canonicalOf('goal-weight'), valueDecimal: 0 }] }],
  ['CarePlan-example-course', 'als-plan-1', { instantiatesCanonical: [`${canonicalOf('x')}`] }],
  ['CarePlan-example-course', 'als-plan-2', { status: 'on-hold' }],
  ['RequestGroup-example-course', 'als-order-1', { instantiatesCanonical: ['http://example.org/x'] }],
  ['ServiceRequest-example-session-2', 'als-session-1', { status: 'revoked' }],
  ['ServiceRequest-example-session-2', 'als-session-2', { intent: 'proposal' }],
  ['Procedure-example-education', 'als-element-1', { extension: no }],
  ['Procedure-example-education', 'als-element-2', { status: 'not-done' }],
  [
    'Composition-example-session-1',
    'als-note-1',
    {
      section: [{ text: { status: 'additional', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' } }],
    },
  ],
  ['Task-example-homework', 'als-try-1', { owner: { reference: 'Patient/somebody-else' } }],
  ['CareTeam-example-course', 'als-team-1', { subject: { reference: 'Patient/somebody-else' } }],
  ['ClinicalImpression-example-formulation', 'als-formulation-1', { finding: no, summary: no }],
  ['Flag-example-alarm-sign-flag', 'als-flag-1', { period: { start: '2026-12-04' } }],
  [
    'Provenance-example-tailoring-provenance',
    'als-tailoring-1',
    { agent: [{ who: { reference: 'Practitioner/x' } }, { who: { reference: 'Practitioner/y' } }] },
  ],
  ['Communication-example-explanation-given-communication', 'als-explanation-1', { payload: no }],
  ['Communication-example-explanation-given-communication', 'als-explanation-2', { status: 'not-done' }],
  [
    'Communication-example-explanation-given-communication',
    'als-explanation-3',
    { recipient: [{ reference: 'Practitioner/x' }] },
  ],
  ['CareTeam-example-pair-care-team', 'als-pair-1', { subject: { reference: 'Patient/somebody-else' } }],
  [
    'Observation-example-score-change-observation',
    'als-change-2',
    { derivedFrom: [{ reference: 'Observation/x' }] },
  ],
  [
    'Task-example-referral-accepted',
    'als-task-4',
    {
      status: 'completed',
      businessStatus: {
        coding: [
          { system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code: 'ended-early' },
        ],
      },
    },
  ],
  [
    'Goal-example-lake',
    'als-goal-2',
    {
      target: [0, 0].map((level) => ({
        extension: [{ url: canonicalOf('gas-level'), valueInteger: level }],
        measure: { text: 'x' },
        detailString: 'x',
      })),
    },
  ],
  [
    'Goal-example-lake',
    'als-goal-3',
    {
      target: [
        {
          extension: [{ url: canonicalOf('gas-level'), valueInteger: 3 }],
          measure: { text: 'x' },
          detailString: 'x',
        },
      ],
    },
  ],
  [
    'ClinicalImpression-example-formulation',
    'als-formulation-2',
    { finding: [{ itemCodeableConcept: { text: 'x' } }] },
  ],
  [
    'CareTeam-example-pair-care-team',
    'als-pair-2',
    {
      participant: ['example-person', 'b'].map((id) => ({
        role: [{ text: 'x' }],
        member: { reference: `Patient/${id}` },
      })),
    },
  ],
  [
    'Composition-example-closing-letter',
    'als-letter-1',
    {
      section: ['sessions', 'evaluation', 'next-step'].map((code) => ({
        title: code,
        code: { coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/pathway-step', code }] },
        entry: [{ reference: 'Goal/x' }],
      })),
    },
  ],
  [
    'QuestionnaireResponse-example-diary-response',
    'als-diary-1',
    { author: { reference: 'Patient/somebody-else' } },
  ],
];

it.each(refused)('%s is refused by %s', (file, key, change) => {
  const changed = { ...read(`${file}.json`), ...change };
  expect(errorsOf(changed).filter((each) => each.includes(`Constraint ${key} not met`))).toHaveLength(1);
});

const statusReason = { url: reasonUrl, valueCodeableConcept: { text: 'a long holiday' } };

/** What the rules leave room for. */
const accepted: readonly (readonly [file: string, change: (of: Members) => Members])[] = [
  [
    'CarePlan-example-course',
    ({ extension }) => ({ status: 'on-hold', extension: [...(extension as unknown[]), statusReason] }),
  ],
  [
    'ServiceRequest-example-session-2',
    ({ extension }) => ({ status: 'revoked', extension: [...(extension as unknown[]), statusReason] }),
  ],
  [
    'Task-example-referral-declined',
    () => ({
      output: [
        {
          type: {
            coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'alternative' }],
          },
          valueReference: { reference: 'HealthcareService/x' },
        },
      ],
    }),
  ],
  ['Task-example-homework', () => ({ status: 'cancelled' })],
  [
    'Observation-example-score-observation-total',
    () => ({
      valueQuantity: no,
      interpretation: no,
      dataAbsentReason: { text: 'three questions were left open' },
    }),
  ],
];

it.each(accepted)('%s may also be so', (file, change) => {
  const example = read(`${file}.json`);
  expect(errorsOf({ ...example, ...change(example) })).toEqual([]);
});

/** Slices and cardinalities. */
const incomplete: readonly (readonly [file: string, told: RegExp, change: Members])[] = [
  [
    'CarePlan-example-course',
    /slice 'planFor'/,
    { extension: [{ url: canonicalOf('tailoring-reason'), valueString: 'x' }] },
  ],
  ['CarePlan-example-course', /slice 'assessPlan'/, { category: [{ text: 'x' }] }],
  ['CarePlan-example-course', /slice 'course'/, { identifier: [{ system: 'urn:x', value: 'y' }] }],
  ['CarePlan-example-course', /Missing required property/, { goal: no }],
  ['Task-example-next-step', /requester/, { requester: { reference: 'Practitioner/x' } }],
  ['Task-example-next-step', /Missing required property/, { owner: no }],
  [
    'Composition-example-closing-letter',
    /slice 'nextStep'/,
    {
      section: [1, 2, 3].map(() => ({
        title: 'x',
        code: { text: 'x' },
        text: { status: 'additional', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
      })),
    },
  ],
  [
    'Observation-example-stage-observation',
    /required value set/,
    { valueCodeableConcept: { coding: [{ system: 'urn:x', code: 'mild' }] } },
  ],
  ['Observation-example-alliance-observation', /interpretation/, { interpretation: [{ text: 'low' }] }],
  [
    'QuestionnaireResponse-example-diary-response',
    /slice 'restricted'/,
    { meta: { profile: [canonicalOf('diary-response')], security: [{ system: 'urn:x', code: 'R' }] } },
  ],
];

it.each(incomplete)('%s is refused: %s', (file, told, change) => {
  const errors = validator
    .validate({ ...read(`${file}.json`), ...change } as Resource)
    .map(({ diagnostics, expression }) => `${expression?.join(' ')} ${diagnostics}`);
  expect(errors.filter((each) => told.test(each)).length).toBeGreaterThan(0);
});
