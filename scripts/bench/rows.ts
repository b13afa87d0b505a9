// The rows of the main table: what is asked of the service, and the goal of each database as a part of bare Express.
import type { Questionnaire } from '@medplum/fhirtypes';
import { answersTo } from './answers.ts';
import type { DatabaseKind } from './databases.ts';
import type { Send } from './fire.ts';
import { seededRandom } from './random.ts';
import { benchObservation, benchPhq15, patientCount, searchedCode, transactionOf } from './workload.ts';

export interface RowKind {
  /** By which the command line names it. */
  readonly name: string;
  readonly what: string;
  readonly goals: Readonly<Partial<Record<DatabaseKind, number>>>;
  readonly next: () => Send;
}

export interface RowFacts {
  /** Ids of the Observations that were loaded. */
  readonly ids: readonly string[];
  readonly phq15: Questionnaire;
}

const post = (path: string, body: unknown): Send => ({ method: 'POST', path, body: JSON.stringify(body) });

export function rowKinds({ ids, phq15 }: RowFacts): readonly RowKind[] {
  const random = seededRandom();
  const somePatient = () => 1 + random(patientCount);
  const someObservation = () => benchObservation(somePatient(), random(1_000));
  const answers = answersTo(phq15, (options) => (options.length > 3 ? options.length - 1 : 1));
  return [
    {
      name: 'read',
      what: 'read by id',
      goals: { sqlite: 0.45, postgres: 0.15 },
      next: () => ({ method: 'GET', path: `/fhir/Observation/${ids[random(ids.length)]}` }),
    },
    {
      name: 'search',
      what: 'search patient + code, newest 20',
      goals: { sqlite: 0.3 },
      next: () => ({
        method: 'GET',
        path: `/fhir/Observation?patient=bench-${somePatient()}&code=${encodeURIComponent(searchedCode)}&_sort=-date&_count=20`,
      }),
    },
    {
      name: 'create',
      what: 'durable create',
      goals: { sqlite: 0.14, postgres: 0.05 },
      next: () => post('/fhir/Observation', someObservation()),
    },
    {
      name: 'validate',
      what: '$validate',
      goals: { sqlite: 0.1 },
      next: () => post('/fhir/Observation/$validate', someObservation()),
    },
    {
      name: 'phq15',
      what: 'completed PHQ-15',
      goals: { sqlite: 0.05 },
      next: () => post('/fhir/QuestionnaireResponse', benchPhq15(answers, somePatient())),
    },
    {
      name: 'apply',
      what: '$apply psychosomatic-therapy',
      goals: { sqlite: 0.06 },
      next: () => ({
        method: 'GET',
        path: `/fhir/PlanDefinition/psychosomatic-therapy/$apply?subject=Patient/bench-${somePatient()}`,
      }),
    },
    {
      name: 'transaction',
      what: 'transaction of 20',
      goals: { sqlite: 0.011 },
      next: () => {
        const patient = somePatient();
        return post(
          '/fhir',
          transactionOf(Array.from({ length: 20 }, (_, n) => benchObservation(patient, n))),
        );
      },
    },
  ];
}

/** As on the command line; in the order of the table. */
export const rowNames = ['read', 'search', 'create', 'validate', 'phq15', 'apply', 'transaction'] as const;
