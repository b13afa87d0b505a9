// What a pair had in common on a course ends with it: their team of two, and what each was to do. Nothing else between them does.
import type { Task } from '@medplum/fhirtypes';
import { courseIdentifierSystem, courseIdOf, hasCourseCode } from '../../course/course-codes.ts';
import { allowedHomeworkMoves } from '../../course/course-moves.ts';
import { forPractitioner, type WorkflowContext } from '../context.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import type { MemberOfRun, RunOfGroup } from '../groups/group-run-of.ts';
import { byToken, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';

/** Of both, whoever they are on the course for. Only the Tasks of this course are taken back. */
export async function takeBackHomework(
  context: WorkflowContext & { readonly asPerson?: WorkflowContext },
  run: Pick<RunOfGroup, 'carePlan'>,
  { patient, pair }: Pick<MemberOfRun, 'patient' | 'pair'>,
): Promise<void> {
  if (!pair) return;
  const asTherapist = await forPractitioner(context, pair.therapist.slice('Practitioner/'.length));
  await takeBack(context.asPerson ?? context, run, patient);
  await takeBack(asTherapist, run, pair.therapist);
}

async function takeBack(
  context: WorkflowContext,
  { carePlan }: Pick<RunOfGroup, 'carePlan'>,
  who: string,
): Promise<void> {
  const runId = courseIdOf(carePlan) ?? '';
  const tasks = await findResources(context.store, 'Task', [
    byToken('group-identifier', { system: courseIdentifierSystem, code: runId }),
  ]);
  const own = tasks.filter(
    (task) => task.for?.reference === who && hasCourseCode(task.code, 'homework') && isOpen(task),
  );
  for (const task of own) {
    const lastModified = context.clock.now().toISOString();
    const ended: Task = {
      ...task,
      status: 'cancelled',
      statusReason: reasonOf(context, 'whatever-helps'),
      lastModified,
    };
    await updateChecked(context, ended, task.meta?.versionId ?? '');
  }
}

const isOpen = ({ status }: Task): boolean => allowedHomeworkMoves(status).includes('cancelled');
