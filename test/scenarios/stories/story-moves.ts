// What people do in several stories: change what they have read, answer a questionnaire, end a Flag; and what is open of somebody.
import { readFileSync } from 'node:fs';
import type { Flag, ParametersParameter, QuestionnaireResponse, Resource, Task } from '@medplum/fhirtypes';
import type { StoryAnswer, StoryWorld } from './story-world.ts';

const fhir = 'https://w3id.org/alongside/fhir';
export const courseSystem = `${fhir}/CodeSystem/course`;

export const to = (name: string, reference: string): ParametersParameter => ({
  name,
  valueReference: { reference },
});
export const said = (name: string, valueString: string): ParametersParameter => ({ name, valueString });
export const dated = (name: string, valueDate: string): ParametersParameter => ({ name, valueDate });

/** The resource as it is now, with these changes, sent back under the version that was read: one step. */
export async function change<T extends Resource>(
  world: StoryWorld,
  who: string,
  what: string,
  reference: string,
  changes: Partial<T>,
  expected = 200,
): Promise<StoryAnswer> {
  const path = `/${reference}`;
  const { resource, etag = '' } = await world.ask(who, { method: 'GET', path });
  const body = { ...resource, ...changes };
  return world.act(who, what, { method: 'PUT', path, body, headers: { 'If-Match': etag } }, expected);
}

/** How a Flag is ended: in words. */
export const endedWith = (text: string): Partial<Flag> => ({
  status: 'inactive',
  extension: [{ url: `${fhir}/StructureDefinition/flag-outcome`, valueAnnotation: { text } }],
});

/** One of the invented forms of fhir-profiles/examples, as this patient's. */
export function form(
  name: string,
  patient: string,
  authored: string,
): Omit<QuestionnaireResponse, 'id' | 'meta' | 'author' | 'source'> {
  const file = new URL(`../../../fhir-profiles/examples/QuestionnaireResponse-${name}.json`, import.meta.url);
  const {
    id: _id,
    meta: _meta,
    author: _author,
    source: _source,
    ...content
  } = JSON.parse(readFileSync(file, 'utf8')) as QuestionnaireResponse;
  return { ...content, subject: { reference: patient }, authored };
}

const ended: readonly Task['status'][] = ['completed', 'cancelled', 'rejected', 'failed', 'entered-in-error'];

/** Open Tasks about somebody, as "<last code> <owner>", however they came about. */
export async function whoseTurn(world: StoryWorld, patient: string): Promise<readonly string[]> {
  const tasks = await world.find<Task>(`/Task?patient=${patient}`);
  return tasks
    .filter(({ status }) => !ended.includes(status))
    .map(({ code, owner }) => `${code?.coding?.at(-1)?.code} ${owner?.reference ?? 'nobody by name'}`)
    .toSorted();
}

/** The Flags of somebody as one line each, with the words that they ended with. */
export async function flagLines(
  world: StoryWorld,
  patient: string,
  who = 'system',
): Promise<readonly string[]> {
  const flags = await world.find<Flag>(`/Flag?patient=${patient}`, who);
  return flags.map(({ code, status, extension }) => {
    const outcome = extension?.find(({ url }) => url.endsWith('/flag-outcome'))?.valueAnnotation;
    const name = code.text ?? code.coding?.[0]?.display;
    return `${name}: ${status}${outcome ? ` (${outcome.authorReference?.reference}: ${outcome.text})` : ''}`;
  });
}

/** A call that stores this. */
export const post = <T extends { readonly resourceType: string }>(body: T) =>
  ({ method: 'POST', path: `/${body.resourceType}`, body }) as const;

/** A talk of forty minutes, as it is recorded. */
export const talk = (discovered: string): ParametersParameter[] => [
  { name: 'minutes', valueInteger: 40 },
  {
    name: 'element',
    part: [
      { name: 'code', valueCode: 'education' },
      { name: 'minutes', valueInteger: 20 },
    ],
  },
  said('discovered', discovered),
];

/** The letter that the service proposes, signed by whoever led the course: what the general practitioner reads. */
export async function sendLetter(world: StoryWorld, who: string, id: string, plan: string): Promise<void> {
  const proposed = await world.ask(who, { method: 'GET', path: `/${plan}/$closing-letter` });
  expect(proposed.resource.resourceType).toBe('Composition');
  await world.act(who, `writes to the general practitioner of ${id}`, {
    method: 'POST',
    path: '/DocumentReference',
    body: {
      resourceType: 'DocumentReference',
      status: 'current',
      type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }] },
      subject: { reference: `Patient/${id}` },
      date: `${world.today()}T09:00:00Z`,
      author: [{ reference: `Practitioner/${who}` }],
      content: [
        {
          attachment: {
            contentType: 'application/json',
            data: Buffer.from(JSON.stringify(proposed.resource)).toString('base64'),
          },
        },
      ],
    },
  });
}
