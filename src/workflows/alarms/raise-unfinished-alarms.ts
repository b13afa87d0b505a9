// Whoever left a form before its end is heard all the same: an answer in it that calls somebody in does so, once, and says that the
// form was not finished. When the form is finished later, what was asked because of it is not asked again.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { unfinishedFormOf } from '../../course/watch/unfinished-form.ts';
import type { WorkflowContext } from '../context.ts';
import { watchPlanOf } from '../watch/watch-plan-of.ts';
import { answeredAt, unfinishedAlarms } from './form-alarms.ts';
import { lastInstantBy } from './last-instant.ts';
import { notAskedYet } from './not-asked-yet.ts';
import { raiseAlarms } from './raise-alarms.ts';
import { writerOf } from './writer-of.ts';

/** How many Tasks were made. The context's store is a transaction's. */
export async function raiseUnfinishedAlarms(
  context: WorkflowContext,
  patientId: string,
  responseId: string,
  response: QuestionnaireResponse,
): Promise<number> {
  const alarms = unfinishedAlarms(context, response, responseId);
  const raised = await notAskedYet(context, `Patient/${patientId}`, response, alarms);
  if (raised.length === 0) return 0;
  return raiseAlarms(context, patientId, raised, {
    from: [`QuestionnaireResponse/${responseId}`],
    noticedBy: writerOf(response),
    place: 'QuestionnaireResponse.subject',
    saidMs: answeredAt(response, lastInstantBy(context)),
    note: unfinishedFormOf(watchPlanOf(context)).note,
  });
}
