// What a pair's consents had opened closes when it stops with the course: to the therapist of the pair, and to those who lead the course.
// Whoever treats the person by another way goes on to see what they saw.
import type { Task } from '@medplum/fhirtypes';
import { isOpenSession } from '../../course/course-moves.ts';
import type { WorkflowContext } from '../context.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import type { MemberOfRun } from '../groups/group-run-of.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readReferenced } from '../resources/read-known.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { closeTasksOfPair } from './close-tasks-of-pair.ts';

/** After the teams have ended. `except` is a Consent that the caller itself ends. Answers with the Tasks that were taken back. */
export async function closeWhatWasOpened(
  { ofPerson, ofConsents }: { readonly ofPerson: WorkflowContext; readonly ofConsents: WorkflowContext },
  member: MemberOfRun & Required<Pick<MemberOfRun, 'pair'>>,
  except?: string,
): Promise<readonly Task[]> {
  await endConsents(ofConsents, member, except);
  const { episode, carePlan } = member;
  if (episode) {
    const stored = (await readReferenced(ofPerson.store, episode, ['EpisodeOfCare'])).resource();
    const { careManager: _none, ...rest } = stored;
    await updateChecked(ofPerson, rest, stored.meta?.versionId ?? '');
  }
  // Who led a day that was held stands in its Encounter. Who was asked to lead it is not to see the person by that any more.
  for (const day of await sessionsOf(ofPerson, carePlan)) {
    if (isOpenSession(day.status) || !day.performer || day.status === 'revoked') continue;
    const next = { ...day, performer: [{ display: 'Whoever led the day: see its Encounter' }] };
    await updateChecked(ofPerson, next, day.meta?.versionId ?? '');
  }
  return closeTasksOfPair(ofPerson, carePlan);
}

/** Both: the two are a pair by both, and nothing says whose choice it was. */
async function endConsents(
  own: WorkflowContext,
  { pair }: MemberOfRun & Required<Pick<MemberOfRun, 'pair'>>,
  except: string | undefined,
): Promise<void> {
  const consents = await findResources(own.store, 'Consent', [
    byReference('data', `CareTeam/${pair.team.id}`),
    byToken('status', { code: 'active' }),
  ]);
  for (const consent of consents.filter(({ id }) => `Consent/${id}` !== except)) {
    await updateChecked(own, { ...consent, status: 'inactive' }, consent.meta?.versionId ?? '');
  }
}
