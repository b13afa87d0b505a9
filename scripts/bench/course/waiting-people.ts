// People who have no course yet, for the row that enrols them: each can be enrolled once.
import type { BenchDatabase } from '../databases.ts';
import { send } from '../send.ts';
import type { ServiceProcess } from '../service-process.ts';
import { makeTokens } from '../tokens.ts';
import { benchPatient, transactionOf } from '../workload.ts';

export interface Waiting {
  /** "Patient/x", each once. */
  readonly references: readonly string[];
  /** Of the therapist whom all of them come to. */
  readonly token: string;
}

const therapist = 'Practitioner/bench-therapist';
/** More than can be enrolled in the time of a row. */
const count = 6_000;
const atOnce = 100;

export async function waitingPeople(
  database: BenchDatabase,
  service: ServiceProcess,
  systemToken: string,
): Promise<Waiting> {
  const [, id = ''] = therapist.split('/');
  await send(service, systemToken, '/fhir', transactionOf([{ resourceType: 'Practitioner', id }]));
  const references: string[] = [];
  for (let first = 1; first <= count; first += atOnce) {
    const people = Array.from({ length: atOnce }, (_, offset) => ({
      ...benchPatient(first + offset),
      generalPractitioner: [{ reference: therapist }],
    }));
    await send(service, systemToken, '/fhir', transactionOf(people));
    references.push(...people.map((person) => `Patient/${person.id}`));
  }
  const [token = ''] = await makeTokens(database, 'therapist', [therapist]);
  return { references, token };
}
