// The bodies that the story sends: what the invented people said, agreed and did.
import type { Parameters, ParametersParameter, Task } from '@medplum/fhirtypes';
import { wallClock } from '../runtime/wall-clock.ts';

export function applicationTo(subject: string): Parameters {
  return parameters({ name: 'subject', valueString: subject });
}

export function referral(therapist: string): Parameters {
  return parameters(
    { name: 'owner', valueReference: { reference: therapist } },
    {
      name: 'reason',
      valueString: 'Pain and tiredness for two years that get in the way of work and family',
    },
    { name: 'explanationGiven', valueBoolean: true },
    { name: 'patientWords', valueString: 'I want to be able to plan a week again.' },
  );
}

const home = wallClock('Europe/Amsterdam');

/** The therapist takes her on, and promises a first date between two and four weeks from when she was asked. */
export function acceptance(task: Task): Task {
  const askedAt = Date.parse(task.authoredOn ?? '');
  const dayAfter = (days: number) => home.dateOf(askedAt + days * 86_400_000);
  return {
    ...task,
    status: 'accepted',
    restriction: { period: { start: dayAfter(14), end: dayAfter(28) } },
  };
}

export function enrolment(subject: string, acceptedReferral: string): Parameters {
  return parameters(
    { name: 'subject', valueReference: { reference: subject } },
    { name: 'referral', valueReference: { reference: acceptedReferral } },
    { name: 'start', valueDate: '2026-10-01' },
    { name: 'sessions', valueInteger: 8 },
    {
      name: 'goal',
      part: [
        {
          name: 'text',
          valueString: 'Walk to the river with my daughter twice a week without paying for it the next day',
        },
        {
          name: 'level',
          part: [
            { name: 'value', valueInteger: 0 },
            { name: 'text', valueString: 'twice a week' },
          ],
        },
        {
          name: 'level',
          part: [
            { name: 'value', valueInteger: -1 },
            { name: 'text', valueString: 'once a week' },
          ],
        },
      ],
    },
  );
}

function element(code: string, minutes: number): ParametersParameter {
  return {
    name: 'element',
    part: [
      { name: 'code', valueCode: code },
      { name: 'minutes', valueInteger: minutes },
    ],
  };
}

export function firstSession(goal: string): Parameters {
  return parameters(
    { name: 'session', valueString: '1' },
    { name: 'start', valueDateTime: '2026-10-01T10:00:00+02:00' },
    { name: 'minutes', valueInteger: 45 },
    element('education', 25),
    element('body-oriented', 20),
    { name: 'symptomsSince', valueString: 'Shoulders and hips every day, worse after busy days' },
    { name: 'discovered', valueString: 'Breathing out slowly makes the shoulders drop a little' },
    { name: 'agreements', valueString: 'Try the breathing exercise before getting up' },
    {
      name: 'homework',
      part: [
        { name: 'description', valueString: 'Five slow breaths before getting up; note what you discover' },
        { name: 'due', valueDate: '2026-10-08' },
      ],
    },
    progress(goal, -2, 'Not yet: once in the last month'),
  );
}

export function secondSession(goal: string): Parameters {
  return parameters(
    { name: 'session', valueString: '2' },
    { name: 'start', valueDateTime: '2026-10-08T10:00:00+02:00' },
    { name: 'minutes', valueInteger: 40 },
    element('body-oriented', 15),
    element('cbt', 15),
    element('activation', 10),
    { name: 'discovered', valueString: 'Stopping before I am empty leaves something for the evening' },
    progress(goal, -1, 'Once, a short walk, tired but glad'),
  );
}

function progress(goal: string, gas: number, note: string): ParametersParameter {
  return {
    name: 'goalProgress',
    part: [
      { name: 'goal', valueReference: { reference: goal } },
      { name: 'gas', valueInteger: gas },
      { name: 'note', valueString: note },
    ],
  };
}

function parameters(...parameter: ParametersParameter[]): Parameters {
  return { resourceType: 'Parameters', parameter };
}
