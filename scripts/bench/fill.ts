// Loads the patients and Observations of the main table over HTTP, by transactions.

import { progress } from './progress.ts';
import { send } from './send.ts';
import type { ServiceProcess } from './service-process.ts';
import {
  benchObservation,
  benchPatient,
  generalPractitioner,
  observationsPerPatient,
  patientCount,
  transactionOf,
} from './workload.ts';

/** A transaction must not take longer than the store lets one, on a slow machine either. */
const patientsAtOnce = 2;

interface Filled {
  /** Of the Observations. */
  readonly ids: readonly string[];
  readonly seconds: number;
}

export async function fill(service: ServiceProcess, token: string): Promise<Filled> {
  const started = performance.now();
  const bar = progress('loading', patientCount * observationsPerPatient);
  const practitioner = { resourceType: 'Practitioner' as const, id: generalPractitioner.split('/')[1] };
  await send(service, token, '/fhir', transactionOf([practitioner]));
  const ids: string[] = [];
  for (let first = 1; first <= patientCount; first += patientsAtOnce) {
    const numbers = Array.from({ length: patientsAtOnce }, (_, offset) => first + offset);
    const observations = numbers.flatMap((patient) =>
      Array.from({ length: observationsPerPatient }, (_, serial) => benchObservation(patient, serial)),
    );
    await send(service, token, '/fhir', transactionOf(numbers.map(benchPatient)));
    const answer = (await send(service, token, '/fhir', transactionOf(observations))) as {
      entry: { response: { location: string } }[];
    };
    for (const { response } of answer.entry) {
      const id = /Observation\/([^/]+)/.exec(response.location)?.[1];
      if (id !== undefined) ids.push(id);
    }
    bar.show(ids.length);
  }
  bar.end();
  return { ids, seconds: (performance.now() - started) / 1000 };
}
