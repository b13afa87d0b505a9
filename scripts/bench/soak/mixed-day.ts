// What a practice's day asks of the service, in fixed parts: mostly reads and searches, some new values and changed addresses, answered
// questionnaires, held sessions and looks at a course.
import type { Parameters, ParametersParameter, Patient } from '@medplum/fhirtypes';
import type { Send } from '../fire.ts';
import { seededRandom } from '../random.ts';
import type { Dataset } from '../scale/dataset.ts';
import {
  courseParts,
  patientReference,
  planVersion,
  recordId,
  sessionCount,
  visitMs,
} from '../scale/people.ts';
import { recordMaker } from '../scale/person-record.ts';
import { scaleRows } from '../scale/scale-rows.ts';

interface Part {
  readonly what: string;
  readonly percent: number;
  readonly next: () => Send;
}

export interface NamedSend extends Send {
  readonly what: string;
}

const textOf = (body: unknown) => JSON.stringify(body);

/** A session of the story: two elements, something agreed, something to try at home, how the goal stands. */
function heldSession(patient: number, number: number): Parameters {
  const element = (code: string, minutes: number): ParametersParameter => ({
    name: 'element',
    part: [
      { name: 'code', valueCode: code },
      { name: 'minutes', valueInteger: minutes },
    ],
  });
  const goal = `Goal/${recordId(patient, 'enrolment', courseParts.goal)}`;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'session', valueString: String(number) },
      {
        name: 'start',
        valueDateTime: new Date(visitMs(patient, 'enrolment') + number * 7 * 86_400_000).toISOString(),
      },
      { name: 'minutes', valueInteger: 45 },
      element('education', 25),
      element('body-oriented', 20),
      { name: 'discovered', valueString: 'Breathing out slowly makes the shoulders drop a little' },
      { name: 'agreements', valueString: 'Try the breathing exercise before getting up' },
      {
        name: 'homework',
        part: [{ name: 'description', valueString: 'Five slow breaths before getting up' }],
      },
      {
        name: 'goalProgress',
        part: [
          { name: 'goal', valueReference: { reference: goal } },
          { name: 'gas', valueInteger: (number % 3) - 1 },
        ],
      },
    ],
  };
}

export function mixedDay(data: Dataset): () => NamedSend {
  const { patients, gpTokenOf, therapistTokenOf } = data;
  const random = seededRandom();
  const recordOf = recordMaker('fhir-profiles');
  const rows = new Map(scaleRows(data).map(({ name, next }) => [name, next]));
  const some = () => 1 + random(patients);
  const rowNamed = (name: string) =>
    rows.get(name) ?? (() => ({ method: 'GET' as const, path: '/fhir/metadata' }));
  let sessions = 0;

  const changedAddress = (): Send => {
    const patient = some();
    const stored = recordOf(patient, 'registration').find(
      (one): one is Patient => one.resourceType === 'Patient',
    );
    const telecom = [{ system: 'phone' as const, value: `555-${random(10_000)}` }];
    return {
      method: 'PUT',
      path: `/fhir/${patientReference(patient)}`,
      body: textOf({ ...stored, telecom }),
      token: gpTokenOf(patient),
    };
  };
  const submitted = (): Send => {
    const patient = some();
    const { id: _id, ...response } = recordOf(patient, 'last')[0] ?? {
      resourceType: 'QuestionnaireResponse',
    };
    return {
      method: 'POST',
      path: '/fhir/QuestionnaireResponse',
      body: textOf(response),
      token: gpTokenOf(patient),
    };
  };
  const session = (): Send => {
    const patient = 1 + (sessions % patients);
    const number = 1 + (Math.floor(sessions / patients) % sessionCount);
    sessions += 1;
    return {
      method: 'POST',
      path: `/fhir/CarePlan/${recordId(patient, 'enrolment', courseParts.carePlan)}/$session-complete`,
      body: textOf(heldSession(patient, number)),
      token: therapistTokenOf(patient),
      ifMatch: planVersion,
    };
  };
  const course = (): Send => {
    const patient = some();
    return {
      method: 'GET',
      path: `/fhir/CarePlan/${recordId(patient, 'enrolment', courseParts.carePlan)}/$course`,
      token: therapistTokenOf(patient),
    };
  };

  const parts: readonly Part[] = [
    { what: 'read by id', percent: 50, next: rowNamed('read') },
    { what: 'search patient + code', percent: 15, next: rowNamed('search') },
    { what: 'search sessions', percent: 10, next: rowNamed('sessions') },
    { what: 'create', percent: 10, next: rowNamed('create') },
    { what: 'update of a Patient', percent: 5, next: changedAddress },
    { what: 'completed PHQ-15', percent: 5, next: submitted },
    { what: '$course', percent: 4, next: course },
    { what: '$session-complete', percent: 1, next: session },
  ];
  // One hundred places, in an order that is mixed once.
  const places = parts
    .flatMap((part) => Array.from({ length: part.percent }, () => ({ part, at: random(1_000_000) })))
    .sort((a, b) => a.at - b.at)
    .map(({ part }) => part);
  let turn = 0;
  return () => {
    const part = places[turn % places.length] ?? parts[0];
    turn += 1;
    if (part === undefined) throw new Error('the mix has no parts');
    return { ...part.next(), what: part.what };
  };
}
