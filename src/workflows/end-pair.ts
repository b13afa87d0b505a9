// One of a pair stops: the course ends for both, and nothing else between them does. What was planned for it is taken back.
import type { Task } from '@medplum/fhirtypes';
import { courseIdentifierSystem, hasCourseCode } from '../course/course-codes.ts';
import { cancelled, endedTeam } from '../course/group-change-resources.ts';
import { forPractitioner, type WorkflowContext } from './context.ts';
import { byToken, findResources } from './find-resources.ts';
import type { MemberOfRun, RunOfGroup } from './group-run-of.ts';
import { updateChecked } from './write-checked.ts';

/** Only the team that the two were on this course is ended, and only the Tasks of this course are taken back. */
export async function endPair(
  context: WorkflowContext,
  run: RunOfGroup,
  { patient, pair }: MemberOfRun,
  at: string,
): Promise<void> {
  if (!pair) return;
  const asTherapist = await forPractitioner(context, pair.therapist.slice('Practitioner/'.length));
  await takeBack(context, run, patient);
  await takeBack(asTherapist, run, pair.therapist);
  await updateChecked(context, endedTeam(pair.team, at.slice(0, 10)), pair.team.meta?.versionId ?? '');
}

async function takeBack(context: WorkflowContext, { carePlan }: RunOfGroup, who: string): Promise<void> {
  const runId = carePlan.identifier?.find(({ system }) => system === courseIdentifierSystem)?.value ?? '';
  const tasks = await findResources(context.store, 'Task', [
    byToken('group-identifier', { system: courseIdentifierSystem, code: runId }),
  ]);
  const own = tasks.filter(
    (task) => task.for?.reference === who && hasCourseCode(task.code, 'homework') && isOpen(task),
  );
  for (const task of own) await updateChecked(context, cancelled(task), task.meta?.versionId ?? '');
}

const isOpen = ({ status }: Task): boolean => status === 'requested' || status === 'in-progress';
