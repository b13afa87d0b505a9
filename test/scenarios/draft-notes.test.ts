// A session note that was begun survives: the end of the process in the middle of it, and a therapist who goes on at another node.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle, Parameters, QuestionnaireResponse, Resource } from '@medplum/fhirtypes';
import { startPostgres } from '../../scripts/postgres/local-server.ts';
import { startChild, systemBearer } from '../support/child-service.ts';
import { type RealNode, startNode } from '../support/real-node.ts';

type Asking = (method: string, path: string, body?: object, etag?: string) => Promise<Answered>;
interface Answered {
  readonly status: number;
  readonly etag: string;
  readonly body: Resource;
}

const asking =
  (base: string, bearer: string): Asking =>
  async (method, path, body, etag) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: {
        Authorization: bearer,
        'Content-Type': 'application/fhir+json',
        ...(etag !== undefined && { 'If-Match': etag }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      etag: answer.headers.get('etag') ?? '',
      body: (await answer.json()) as Resource,
    };
  };

const parameters = (...parameter: NonNullable<Parameters['parameter']>) => ({
  resourceType: 'Parameters',
  parameter,
});

/** A course of an invented person, and the id of its plan. */
async function beginCourse(ask: Asking): Promise<string> {
  await ask('PUT', '/Practitioner/therapist', { resourceType: 'Practitioner', id: 'therapist' });
  await ask('PUT', '/Patient/anna', { resourceType: 'Patient', id: 'anna' });
  const begun = await ask(
    'POST',
    '/PlanDefinition/psychosomatic-therapy/$enroll',
    parameters(
      { name: 'subject', valueReference: { reference: 'Patient/anna' } },
      { name: 'careManager', valueReference: { reference: 'Practitioner/therapist' } },
      { name: 'noReferralReason', valueString: 'Came without one' },
      { name: 'noBaselineReason', valueString: 'Answers them at the first session' },
      { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake and back' }] },
    ),
  );
  expect(begun.status).toBe(201);
  const plan = ((begun.body as Bundle).entry ?? []).find(
    ({ resource }) => resource?.resourceType === 'CarePlan',
  );
  return plan?.resource?.id ?? '';
}

const draft = (words: string, id?: string): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  ...(id !== undefined && { id }),
  status: 'in-progress',
  questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/session-note|1.0.0',
  subject: { reference: 'Patient/anna' },
  author: { reference: 'Practitioner/therapist' },
  authored: '2026-11-20T13:00:00Z',
  item: [{ linkId: 'discovered', answer: [{ valueString: words }] }],
});

const words = ({ body }: Answered) => (body as QuestionnaireResponse).item?.[0]?.answer?.[0]?.valueString;

const draftInBrief = async (ask: Asking, plan: string) => {
  const { body } = await ask('GET', `/CarePlan/${plan}/$session-brief`);
  return (body as Parameters).parameter?.find(({ name }) => name === 'draft')?.valueReference?.reference;
};

/** Begins the note in one place, goes on in another, and records the session with it in the first. */
async function writeAcross(
  first: () => Promise<Asking>,
  then: () => Promise<Asking>,
  last: () => Promise<Asking>,
): Promise<void> {
  const here = await first();
  const plan = await beginCourse(here);
  const begun = await here('POST', '/QuestionnaireResponse', draft('A pause'));
  expect(begun.status).toBe(201);
  const id = begun.body.id ?? '';
  const path = `/QuestionnaireResponse/${id}`;

  const there = await then();
  const read = await there('GET', path);
  expect([read.status, read.etag, words(read)]).toEqual([200, 'W/"1"', 'A pause']);
  expect(await draftInBrief(there, plan)).toBe(`QuestionnaireResponse/${id}`);
  const changed = await there('PUT', path, draft('A pause helps', id), read.etag);
  expect([changed.status, changed.etag]).toEqual([200, 'W/"2"']);

  const again = await last();
  const stale = await again('PUT', path, draft('Something older', id), read.etag);
  expect(stale.status).toBe(412);
  expect(words(await again('GET', path))).toBe('A pause helps');
  const { etag } = await again('GET', `/CarePlan/${plan}`);
  const recorded = await again(
    'POST',
    `/CarePlan/${plan}/$session-complete`,
    parameters(
      { name: 'minutes', valueInteger: 40 },
      { name: 'performer', valueReference: { reference: 'Practitioner/therapist' } },
      { name: 'discovered', valueString: 'A pause helps' },
      { name: 'draft', valueReference: { reference: `QuestionnaireResponse/${id}` } },
    ),
    etag,
  );
  expect(recorded.status).toBe(201);
  expect((await again('GET', path)).body).toMatchObject({ status: 'stopped' });
  expect(await draftInBrief(again, plan)).toBeUndefined();
}

it('a draft outlives the process that took it, which ends as by a power cut, and one that stops in order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-drafts-'));
  try {
    const bearer = await systemBearer(folder);
    let child = await startChild(folder);
    const restarted = (end: 'kill' | 'stop') => async () => {
      await child[end]();
      child = await startChild(folder);
      return asking(child.base, bearer);
    };
    await writeAcross(async () => asking(child.base, bearer), restarted('kill'), restarted('stop'));
    await child.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);

it('a draft that was begun at one node is gone on with at another, on one PostgreSQL', async () => {
  const server = await startPostgres(['fsync=off']);
  const nodes: RealNode[] = [];
  try {
    const databaseUrl = await server.createDatabase();
    const first = await startNode(databaseUrl);
    nodes.push(first);
    const second = await startNode(databaseUrl);
    nodes.push(second);
    const { bearer } = await first.makeToken('system');
    const at = (node: RealNode) => async () => asking(node.base, bearer);
    await writeAcross(at(first), at(second), at(first));
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await server.stop();
  }
}, 240_000);
