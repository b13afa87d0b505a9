// What comes before the course of one person: the referral, its acceptance, a first score, and what the course begins with.
import type { Bundle, ParametersParameter, Task } from '@medplum/fhirtypes';
import { change, dated, form, post, said, to } from './story-moves.ts';
import type { StoryWorld } from './story-world.ts';

const anna = 'Patient/anna';

/** Refers, is accepted, and answers the PHQ-15; "ServiceRequest/x". */
export async function refersAndAccepts(world: StoryWorld): Promise<string> {
  const sent = await world.operate('gp', 'refers', `/${anna}/$refer`, [
    to('owner', 'Practitioner/therapist'),
    { name: 'explanationGiven', valueBoolean: true },
  ]);
  const [request, task] = ((sent.resource as Bundle).entry ?? []).map(({ resource }) => resource);
  world.goTo('2026-12-01');
  await change<Task>(world, 'therapist', 'accepts, and promises when', `Task/${task?.id}`, {
    status: 'accepted',
    restriction: { period: { start: '2026-12-08', end: '2026-12-15' } },
  });
  await world.act(
    'patient',
    'answers the PHQ-15',
    post(form('phq-15-complete', anna, '2026-12-01T08:55:00Z')),
  );
  return `ServiceRequest/${request?.id}`;
}

export const enrolment = (referral: string): ParametersParameter[] => [
  to('subject', anna),
  to('referral', referral),
  dated('start', '2026-12-08'),
  { name: 'goal', part: [said('text', 'Walk to the lake and back')] },
];
