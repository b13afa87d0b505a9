// The main job from screening to the course view, as calls over plain FHIR REST. The demo prints it; a scenario test holds it to its results.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Bundle,
  CarePlan,
  GuidanceResponse,
  Observation,
  OperationOutcome,
  Parameters,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { courseLines } from './course-lines.ts';
import {
  acceptance,
  applicationTo,
  enrolment,
  firstSession,
  referral,
  secondSession,
} from './story-bodies.ts';
import type { StoryClient } from './story-client.ts';

const folder = join('fhir-profiles', 'demo');
const root = join(import.meta.dirname, '..', '..');
const patient = 'Patient/demo-anna';
const phq15Total = 'http://loinc.org|70273-8';
const scoreSystem = 'https://w3id.org/alongside/fhir/CodeSystem/score';

/** What the story leaves behind, for tests and for whoever goes on from it. */
export interface StoryEnd {
  readonly phq15: Observation;
  readonly fsq: Observation;
  readonly guidance: GuidanceResponse;
  readonly proposal: CarePlan;
  readonly refused: OperationOutcome;
  readonly task: Task;
  readonly carePlan: CarePlan;
  readonly sessions: readonly ServiceRequest[];
  readonly course: Parameters;
}

/** Plays every step in order; throws when a step answers other than it should. */
export async function playStory(client: StoryClient): Promise<StoryEnd> {
  await sendRecord(client);
  const screening = await screen(client);
  const proposal = await propose(client);
  const referral = await refer(client);
  const course = await enroll(client, referral.task);
  await meet(client, course.carePlan);
  return { ...screening, proposal, ...referral, ...course, course: await follow(client, course.carePlan) };
}

async function sendRecord(client: StoryClient): Promise<void> {
  client.heading("1. The GP's system sends the patient and her record (a transaction: all or nothing)");
  const bundle = fromFile('Bundle-demo-record.json');
  await client.send({
    as: 'gpSystem',
    method: 'POST',
    path: '/fhir',
    ...bundle,
    expect: 200,
  });
}

async function screen(client: StoryClient) {
  client.heading('2. The patient answers the PHQ-15 and the FSQ; the service computes the scores itself');
  for (const file of ['QuestionnaireResponse-demo-phq-15.json', 'QuestionnaireResponse-demo-fsq.json']) {
    await client.send({
      as: 'patient',
      method: 'POST',
      path: '/fhir/QuestionnaireResponse',
      ...fromFile(file),
      expect: 201,
    });
  }
  const phq15 = await newest(client, phq15Total);
  client.say(
    `PHQ-15: ${told(phq15)}; the CORPUS inclusion bar (5 or more) is a fact of its own: ${barOf(phq15)}`,
  );
  const fsq = await newest(client, `${scoreSystem}|fsq-total`);
  client.say(`FSQ: ${told(fsq)}`);
  const guidance = await client.send({
    as: 'gp',
    method: 'GET',
    path: `/fhir/GuidanceResponse?subject=${patient}&_sort=-_lastUpdated&_count=1`,
    expect: 200,
  });
  const [first] = matches<GuidanceResponse>(guidance.resource);
  if (!first) throw new Error('the answers led to no guidance');
  client.say('What follows, by the published pathway:');
  for (const { text } of first.note ?? []) client.say(`  - ${text}`);
  return { phq15, fsq, guidance: first };
}

async function propose(client: StoryClient): Promise<CarePlan> {
  client.heading(
    '3. What would the pathway be for her? $apply proposes and stores nothing; $explain says why',
  );
  const subject = `subject=${patient}`;
  await client.send({
    as: 'gp',
    method: 'GET',
    path: `/fhir/PlanDefinition/pss-pathway/$apply?${subject}`,
    expect: 200,
  });
  const applied = await client.send({
    as: 'gp',
    method: 'POST',
    path: '/fhir/PlanDefinition/psychosomatic-therapy/$apply',
    body: applicationTo(patient),
    expect: 200,
  });
  const proposal = applied.resource as CarePlan;
  client.say(
    `a ${proposal.status} CarePlan, intent ${proposal.intent}, with ${proposal.contained?.length ?? 0} parts`,
  );
  await client.send({
    as: 'gp',
    method: 'GET',
    path: `/fhir/PlanDefinition/pss-pathway/$explain?${subject}`,
    expect: 200,
  });
  return proposal;
}

async function refer(client: StoryClient) {
  client.heading('4. The GP refers; the therapist may not skip a step, and accepts');
  const sent = await client.send({
    as: 'gp',
    method: 'POST',
    path: `/fhir/${patient}/$refer`,
    body: referral('Practitioner/demo-therapist'),
    expect: 201,
  });
  const requested = entries(sent.resource).find(
    (resource): resource is Task => resource.resourceType === 'Task',
  );
  if (!requested?.id) throw new Error('the referral has no Task');
  const address = `/fhir/Task/${requested.id}`;
  const seen = await client.send({ as: 'therapist', method: 'GET', path: address, expect: 200 });
  const task = seen.resource as Task;
  const refused = await client.send({
    as: 'therapist',
    method: 'PUT',
    path: address,
    ...(seen.versionId && { ifMatch: seen.versionId }),
    body: { ...task, status: 'completed' },
    expect: 422,
  });
  client.say((refused.resource as OperationOutcome).issue?.[0]?.diagnostics ?? '');
  const accepted = await client.send({
    as: 'therapist',
    method: 'PUT',
    path: address,
    ...(seen.versionId && { ifMatch: seen.versionId }),
    body: acceptance(task),
    expect: 200,
  });
  return { refused: refused.resource as OperationOutcome, task: accepted.resource as Task };
}

async function enroll(client: StoryClient, task: Task) {
  client.heading(
    '5. The therapist enrols her: goals in her own words, eight dated sessions, in one transaction',
  );
  const answer = await client.send({
    as: 'therapist',
    method: 'POST',
    path: '/fhir/PlanDefinition/psychosomatic-therapy/$enroll',
    body: enrolment(patient, task.focus?.reference ?? ''),
    expect: 201,
  });
  const made = entries(answer.resource);
  const carePlan = made.find((resource): resource is CarePlan => resource.resourceType === 'CarePlan');
  if (!carePlan) throw new Error('the enrolment made no CarePlan');
  const sessions = made.filter(
    (resource): resource is ServiceRequest => resource.resourceType === 'ServiceRequest',
  );
  client.say(
    `${carePlan.title ?? 'course'}: ${made.length} resources, of which ${sessions.length} planned sessions`,
  );
  return { carePlan, sessions };
}

async function meet(client: StoryClient, carePlan: CarePlan): Promise<void> {
  client.heading('6. The first two sessions are recorded, each in one idempotent call');
  const goal = carePlan.goal?.[0]?.reference ?? '';
  const record = (body: Parameters, expect: number) =>
    client.send({
      as: 'therapist',
      method: 'POST',
      path: `/fhir/CarePlan/${carePlan.id}/$session-complete`,
      body,
      ...(carePlan.meta?.versionId && { ifMatch: carePlan.meta.versionId }),
      expect,
    });
  await record(firstSession(goal), 201);
  client.say('the same call again has no further effect:');
  await record(firstSession(goal), 200);
  await record(secondSession(goal), 201);
  await client.send({
    as: 'patient',
    method: 'POST',
    path: '/fhir/QuestionnaireResponse',
    ...fromFile('QuestionnaireResponse-demo-phq-15-later.json'),
    expect: 201,
  });
}

async function follow(client: StoryClient, carePlan: CarePlan): Promise<Parameters> {
  client.heading('7. What the therapist needs to see, in one call');
  const answer = await client.send({
    as: 'therapist',
    method: 'GET',
    path: `/fhir/CarePlan/${carePlan.id}/$course`,
    expect: 200,
  });
  const course = answer.resource as Parameters;
  for (const line of courseLines(course)) client.say(line);
  return course;
}

function fromFile(name: string): { readonly body: Resource; readonly file: string } {
  const body = JSON.parse(readFileSync(join(root, folder, name), 'utf8')) as Resource;
  return { body, file: join(folder, name) };
}

function entries(resource: Resource): readonly Resource[] {
  return ((resource as Bundle).entry ?? []).flatMap((entry) => entry.resource ?? []);
}

function matches<T extends Resource>(resource: Resource): readonly T[] {
  return ((resource as Bundle).entry ?? [])
    .filter((entry) => entry.search?.mode === 'match')
    .map((entry) => entry.resource as T);
}

async function newest(client: StoryClient, code: string): Promise<Observation> {
  const found = await client.send({
    as: 'gp',
    method: 'GET',
    path: `/fhir/Observation?patient=${patient}&code=${encodeURIComponent(code)}&_sort=-date&_count=1`,
    expect: 200,
  });
  const [observation] = matches<Observation>(found.resource);
  if (!observation) throw new Error(`no Observation of ${code}`);
  return observation;
}

function told(observation: Observation): string {
  const band = observation.interpretation?.[0]?.text ?? observation.interpretation?.[0]?.coding?.[0]?.display;
  return observation.valueQuantity
    ? `${observation.valueQuantity.value}, band "${band}"`
    : 'no total, because answers are missing';
}

function barOf(observation: Observation): string {
  const bar = observation.component?.find(({ valueBoolean }) => valueBoolean !== undefined);
  return bar?.valueBoolean ? 'reached' : 'not reached';
}
