// A course does not end in silence: its end needs a letter to the one who referred, and takes the scores at the end along.
import type { Task, TaskOutput } from '@medplum/fhirtypes';
import { courseConcept, courseSystem } from '../../course/course-codes.ts';
import { lettersOf, outputOf } from '../../course/referral/referral-resources.ts';
import { businessRule } from '../../fhir/error.ts';
import { latestScores } from '../answers/latest-scores.ts';
import type { WorkflowContext } from '../context.ts';
import { readOfPatient } from '../resources/read-known.ts';

const howToAttach = `store it as a DocumentReference of this patient (what the general practitioner may read), then add an output of type "closing-letter" (code system ${courseSystem}) with a valueReference to it; GET CarePlan/[id]/$closing-letter proposes one`;

/**
 * The Task with the newest scores as outputs. Refused: 422 without a letter or with one that was not written, 404 another
 * patient's.
 */
export async function withLetterAndScores(context: WorkflowContext, task: Task): Promise<Task> {
  const patient = task.for?.reference ?? '';
  const letters = lettersOf(task);
  if (letters.length === 0) {
    throw businessRule(
      `a course that ends, completed or early, needs a closing letter: ${howToAttach}`,
      'Task.output',
    );
  }
  for (const letter of letters) {
    const version = await readOfPatient(context.store, letter, ['DocumentReference'], patient, 'Task.output');
    const document = version.resource();
    if (document.status !== 'current') {
      throw businessRule(`${letter} is ${document.status}: the closing letter is current`, 'Task.output');
    }
  }
  if (outputOf(task, 'score-at-end') !== undefined) {
    return task;
  }
  const scores = (await latestScores(context, patient)).map(
    (reference): TaskOutput => ({ type: courseConcept('score-at-end'), valueReference: { reference } }),
  );
  return { ...task, output: [...(task.output ?? []), ...scores] };
}
