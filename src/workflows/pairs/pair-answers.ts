// Answers to the form of something that a pair was asked to do, such as its agreement: they close the Task of whoever gave them.
import type { QuestionnaireResponse, Task } from '@medplum/fhirtypes';
import { courseConcept, hasCourseCode } from '../../course/course-codes.ts';
import { allowedHomeworkMoves } from '../../course/course-moves.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import { isForThePersonAlone } from '../../fhir/for-the-person-alone.ts';
import { forEffect, forPractitioner, type WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';

/**
 * Whatever was answered: a no is an answer too. Of answers that are marked as for the writer alone no Task tells, of either of a pair: whoever
 * wrote them closes it.
 */
export async function closePairTask(
  context: WorkflowContext,
  responseId: string,
  response: QuestionnaireResponse,
): Promise<void> {
  const who = response.subject?.reference ?? '';
  const [type, id] = who.split('/');
  const isComplete = response.status === 'completed' || response.status === 'amended';
  if (!isComplete || !id || (type !== 'Patient' && type !== 'Practitioner')) return;
  if (isForTheWriterAlone(context, type, response)) return;
  const own =
    type === 'Patient'
      ? await forEffect(context, 'score-questionnaire', id)
      : await forPractitioner(context, id);
  const tasks = await findResources(own.store, 'Task', [byReference('subject', who)]);
  for (const task of tasks.filter((each) => isAskedBy(each, response))) {
    const closed: Task = {
      ...task,
      status: 'completed',
      lastModified: context.clock.now().toISOString(),
      output: [
        ...(task.output ?? []),
        {
          type: courseConcept('response'),
          valueReference: { reference: `QuestionnaireResponse/${responseId}` },
        },
      ],
    };
    await updateChecked(own, closed, task.meta?.versionId ?? '');
  }
}

/** By its form, or by the mark that a patient gave it. A therapist's Task is as much their own as what they answer. */
function isForTheWriterAlone(
  { catalogue }: WorkflowContext,
  type: 'Patient' | 'Practitioner',
  response: QuestionnaireResponse,
): boolean {
  if (type === 'Patient' && isForThePersonAlone(response)) return true;
  const { url } = parseCanonical(response.questionnaire ?? '');
  return catalogue
    .published()
    .some((form) => form.resourceType === 'Questionnaire' && form.url === url && isForThePersonAlone(form));
}

function isAskedBy({ code, status, input }: Task, { questionnaire = '' }: QuestionnaireResponse): boolean {
  const { url } = parseCanonical(questionnaire);
  return (
    hasCourseCode(code, 'homework') &&
    allowedHomeworkMoves(status).includes('completed') &&
    input?.some(({ valueCanonical }) => valueCanonical && parseCanonical(valueCanonical).url === url) === true
  );
}
