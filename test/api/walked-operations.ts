// One call that works for each operation and level that the CapabilityStatement leads to, and the definitions that say which levels there are.
import { readdirSync, readFileSync } from 'node:fs';
import type { OperationDefinition, QuestionnaireResponse } from '@medplum/fhirtypes';
import { tokensOfSpeakers } from '../../src/demo/prepare-demo.ts';
import { playStory } from '../../src/demo/story.ts';
import { storyClient } from '../../src/demo/story-client.ts';
import type { HttpCall } from '../support/over-http.ts';
import { playGroup } from './walked-groups.ts';
import { playPairs } from './walked-pairs.ts';
import type { WalkedService } from './walked-service.ts';

export type Level = 'system' | 'type' | 'instance';

const folder = 'fhir-profiles/capability';

/** By canonical. */
export const operationDefinitions: ReadonlyMap<string, OperationDefinition> = new Map(
  readdirSync(folder)
    .filter((name) => name.startsWith('OperationDefinition-'))
    .map((name) => {
      const definition = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as OperationDefinition;
      return [definition.url ?? name, definition];
    }),
);

const ours = 'https://w3id.org/alongside/fhir';
const genders = 'http://hl7.org/fhir/administrative-gender';
const person = 'Patient/demo-anna';
const colours = 'https://example.org/walk/colours';

/** A code system, a value set and a map, for the operations on terminology that is stored. */
const terminology = [
  {
    id: 'colours',
    resource: {
      resourceType: 'CodeSystem',
      url: colours,
      status: 'active',
      content: 'complete',
      concept: [{ code: 'warm', concept: [{ code: 'red', display: 'Red' }] }],
    },
  },
  {
    id: 'warm',
    resource: {
      resourceType: 'ValueSet',
      url: `${colours}/warm`,
      status: 'active',
      compose: { include: [{ system: colours }] },
    },
  },
  {
    id: 'moods',
    resource: {
      resourceType: 'ConceptMap',
      url: `${colours}/moods`,
      status: 'active',
      group: [
        {
          source: colours,
          target: `${colours}/mood`,
          element: [{ code: 'red', target: [{ code: 'lively', equivalence: 'relatedto' }] }],
        },
      ],
    },
  },
  {
    id: 'walked-group',
    resource: {
      resourceType: 'Group',
      type: 'person',
      actual: true,
      member: [{ entity: { reference: person } }],
    },
  },
];

interface OperationCall extends HttpCall {
  readonly status: number;
}

const got = (path: string): OperationCall => ({ method: 'GET', path, status: 200 });
const exported = (path: string): OperationCall => ({
  ...got(path),
  status: 202,
  headers: { Prefer: 'respond-async' },
});
/** A change of the plan, dated by the version that was seen. */
const changed = (path: string, version: string, parameter: readonly object[]): OperationCall => ({
  ...got(path),
  method: 'POST',
  headers: { 'If-Match': `W/"${version}"` },
  body: { resourceType: 'Parameters', parameter },
});
/** Each change makes one version; they are called in this order. */
const after = (version: string, changes: number): string => String(Number(version) + changes);
const agreedWhy = [
  { name: 'reason', valueCode: 'practical' },
  { name: 'agreed', valueBoolean: true },
];
const coded = `system=${colours}&code=red`;

/** By the name of the definition and the level. Those of the story are called by it, since each needs the one before. */
function callsOn(
  response: QuestionnaireResponse,
  carePlan: string,
  version: string,
): Readonly<Record<string, OperationCall>> {
  const plan = `url=${ours}/PlanDefinition/pss-pathway&subject=${person}`;
  const body = {
    resourceType: 'Parameters',
    parameter: [{ name: 'questionnaire-response', resource: response }],
  };
  return {
    'care-plan-course instance': got(`/CarePlan/${carePlan}/$course`),
    'care-plan-closing-letter instance': got(`/CarePlan/${carePlan}/$closing-letter`),
    'care-plan-session-brief instance': got(`/CarePlan/${carePlan}/$session-brief`),
    'care-plan-tailor instance': {
      ...changed(`/CarePlan/${carePlan}/$tailor`, version, [
        {
          name: 'edit',
          part: [{ name: 'kind', valueCode: 'note' }, { name: 'text', valueString: 'A word' }, ...agreedWhy],
        },
      ]),
    },
    'care-plan-next-steps instance': got(`/CarePlan/${carePlan}/$next-steps`),
    'care-plan-answer-next-steps instance': changed(`/CarePlan/${carePlan}/$answer-next-steps`, version, [
      { name: 'choice', valueCode: 'stay-the-course' },
      { name: 'reason', valueCode: 'needs-time' },
      { name: 'agreed', valueBoolean: true },
    ]),
    'care-plan-session-correct instance': changed(`/CarePlan/${carePlan}/$session-correct`, version, [
      { name: 'session', valueInteger: 1 },
      { name: 'recordVersion', valueString: '1' },
      { name: 'reason', valueString: 'Another word' },
      { name: 'discovered', valueString: 'Breathing out slowly helps' },
    ]),
    'care-plan-deviations instance': got(`/CarePlan/${carePlan}/$deviations`),
    'care-plan-formulate instance': {
      ...changed(`/CarePlan/${carePlan}/$formulate`, after(version, 3), [
        { name: 'state', valueCode: 'suggested' },
        { name: 'summary', valueString: 'An alarm that has become sensitive' },
      ]),
      status: 201,
    },
    'care-plan-pause instance': changed(`/CarePlan/${carePlan}/$pause`, after(version, 1), [
      { name: 'until', valueDate: '2099-01-01' },
      ...agreedWhy,
    ]),
    'care-plan-resume instance': changed(`/CarePlan/${carePlan}/$resume`, after(version, 2), agreedWhy),
    'plan-definition-impact instance': got('/PlanDefinition/psychosomatic-therapy/$impact'),
    // There is one version: asked to go on by its own, the course is there already.
    'care-plan-migrate instance': changed(`/CarePlan/${carePlan}/$migrate`, after(version, 4), [
      { name: 'to', valueCanonical: `${ours}/PlanDefinition/psychosomatic-therapy|1.0.0` },
      ...agreedWhy,
    ]),
    'plan-definition-apply type': got(`/PlanDefinition/$apply?${plan}`),
    'plan-definition-apply instance': got(`/PlanDefinition/pss-pathway/$apply?subject=${person}`),
    'activity-definition-apply type': got(
      `/ActivityDefinition/$apply?url=${ours}/ActivityDefinition/home-exercises&subject=${person}`,
    ),
    'activity-definition-apply instance': got(`/ActivityDefinition/home-exercises/$apply?subject=${person}`),
    'plan-definition-explain type': got(`/PlanDefinition/$explain?${plan}`),
    'plan-definition-explain instance': got(`/PlanDefinition/pss-pathway/$explain?subject=${person}`),
    'questionnaire-populate type': got(
      `/Questionnaire/$populate?questionnaire=${ours}/Questionnaire/phq-15&subject=${person}`,
    ),
    'questionnaire-populate instance': got(`/Questionnaire/phq-15/$populate?subject=${person}`),
    'questionnaire-response-extract type': {
      ...got('/QuestionnaireResponse/$extract'),
      method: 'POST',
      body,
    },
    'questionnaire-response-extract instance': {
      ...got(`/QuestionnaireResponse/${response.id}/$extract`),
      method: 'POST',
    },
    'value-set-expand type': got('/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender'),
    'value-set-expand instance': got('/ValueSet/warm/$expand'),
    'value-set-validate-code type': got(`/ValueSet/$validate-code?url=${colours}/warm&${coded}`),
    'value-set-validate-code instance': got(`/ValueSet/warm/$validate-code?${coded}`),
    'code-system-validate-code type': got(`/CodeSystem/$validate-code?url=${genders}&code=male`),
    'code-system-validate-code instance': got('/CodeSystem/colours/$validate-code?code=red'),
    'code-system-lookup type': got(`/CodeSystem/$lookup?${coded}`),
    'code-system-subsumes type': got(`/CodeSystem/$subsumes?system=${colours}&codeA=warm&codeB=red`),
    'code-system-subsumes instance': got('/CodeSystem/colours/$subsumes?codeA=warm&codeB=red'),
    'concept-map-translate type': got(`/ConceptMap/$translate?url=${colours}/moods&${coded}`),
    'concept-map-translate instance': got(`/ConceptMap/moods/$translate?${coded}`),
    'observation-lastn type': got(`/Observation/$lastn?patient=${person}&category=survey`),
    'patient-everything instance': got(`/${person}/$everything`),
    'export system': exported('/$export'),
    'patient-export type': exported('/Patient/$export'),
    'group-export instance': exported('/Group/walked-group/$export'),
  };
}

export interface WalkedOperations {
  /** By "<id of the definition> <level>". */
  readonly calls: Readonly<Record<string, OperationCall>>;
  /** What the story called, in the same form. */
  readonly told: ReadonlySet<string>;
}

/** Plays the story of the demo on the service, which refers, enrols and records sessions. */
export async function prepareOperations(walk: WalkedService): Promise<WalkedOperations> {
  const tokens = await tokensOfSpeakers(walk.service.system.tokens);
  const client = storyClient({ baseUrl: walk.url, tokens, print: () => undefined, keep: () => 'body.json' });
  const told = new Set<string>();
  const byStory: Readonly<Record<string, string>> = {
    $refer: 'patient-refer instance',
    $enroll: 'plan-definition-enroll instance',
    '$session-complete': 'care-plan-session-complete instance',
  };
  const end = await playStory({
    ...client,
    send: async (call) => {
      const answer = await client.send(call);
      told.add(byStory[call.path.split('/').at(-1) ?? ''] ?? '');
      return answer;
    },
  });
  await walk.store(terminology);
  for (const name of await playGroup(walk)) told.add(name);
  for (const name of await playPairs(walk)) told.add(name);
  const { body } = await walk.get(`/QuestionnaireResponse?subject=${person}&_count=1`);
  const response = (body as { readonly entry: readonly { readonly resource: QuestionnaireResponse }[] })
    .entry[0];
  if (response === undefined) throw new Error('the story stored no QuestionnaireResponse');
  return {
    told,
    calls: callsOn(response.resource, end.carePlan.id ?? '', end.carePlan.meta?.versionId ?? ''),
  };
}
