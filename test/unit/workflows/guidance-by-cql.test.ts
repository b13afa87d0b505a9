// What follows from a new score, by a published plan whose condition is in CQL: the guidance is kept with its answer and its reason.
import { readFileSync } from 'node:fs';
import type { GuidanceResponse, Library, Observation, PlanDefinition } from '@medplum/fhirtypes';
import { catalogueOf } from '../../../src/content/load-catalogue.ts';
import { recordGuidance } from '../../../src/workflows/answers/record-guidance.ts';
import { findResources } from '../../../src/workflows/resources/find-resources.ts';
import { type CourseWorld, courseWorld, phq15 } from './course-world.ts';

const profiles = new URL('../../../fhir-profiles/', import.meta.url);
const example = <T>(name: string) =>
  JSON.parse(readFileSync(new URL(`examples/${name}.json`, profiles), 'utf8')) as T;
const library = example<Library>('Library-example-rising-score');
const plan = example<PlanDefinition>('PlanDefinition-example-cql');

/** The example, as if it were published and asked to be looked at after each total. */
function published(expression: string): PlanDefinition {
  const [action] = plan.action ?? [];
  const [input] = action?.input ?? [];
  if (!action || !input) throw new Error('the example has no input');
  const { id: _id, ...data } = input;
  const condition = { ...action.condition?.[0]?.expression, language: 'text/cql' as const, expression };
  return {
    ...plan,
    status: 'active',
    action: [
      {
        ...action,
        trigger: [{ type: 'data-added', data: [data] }],
        condition: [{ kind: 'applicability', expression: condition }],
      },
    ],
  };
}

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});

async function guidanceAfter(value: number, expression = 'Total Has Risen'): Promise<GuidanceResponse> {
  const score = phq15('anna', value, '2026-11-19T09:00:00Z') as Observation;
  await world.store.create(score, { id: 'phq15-now' });
  const context = {
    ...world.contextOf('system'),
    catalogue: catalogueOf([library, published(expression)], new URL('base', profiles).pathname),
  };
  await recordGuidance(context, 'anna', [{ ...score, id: 'phq15-now' }]);
  const [guidance] = await findResources(world.store, 'GuidanceResponse', []);
  if (!guidance) throw new Error('no guidance was kept');
  return guidance;
}

it.each([
  [
    15,
    'success',
    'Applies: Look together at what has changed since the time before. The last of two totals is higher than the one before (invented)',
  ],
  [
    13,
    'success',
    'Does not apply now: Look together at what has changed since the time before, because this does not hold: The last of two totals is higher than the one before (invented)',
  ],
])('a total of %i after one of 14', async (value, status, text) => {
  expect(await guidanceAfter(value)).toMatchObject({
    status,
    moduleCanonical: 'https://w3id.org/alongside/fhir/PlanDefinition/example-cql|1.0.0',
    reasonReference: [{ reference: 'Observation/phq15-now' }],
    note: [{ text }],
  });
});

it('is for a person to decide when the library does not define what the plan names', async () => {
  const guidance = await guidanceAfter(15, 'No Such');
  expect(guidance.status).toBe('data-requested');
  expect(guidance.note?.[0]?.text).toContain('For a person to decide: Look together');
});
