// The jobs that look for forms which were never finished while an answer in them calls somebody in: those left in progress, and those
// stopped at a time when nobody was called in by it.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { unfinishedFormOf } from '../../course/watch/unfinished-form.ts';
import { unfinishedAlarms } from '../alarms/form-alarms.ts';
import { raiseUnfinishedAlarms } from '../alarms/raise-unfinished-alarms.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { stoodSince } from '../resources/version-before.ts';
import { peopleWith } from './people-with.ts';
import { watchPlanOf } from './watch-plan-of.ts';
import type { JobWork } from './watch-round.ts';

/** Nobody said that they were stopped: the answer has only stood in them for a while. */
export const hearUnfinishedForms = hearing('in-progress', async (context, form) => {
  const leftBefore = context.clock.now().getTime() - unfinishedFormOf(watchPlanOf(context)).leftAfterMs;
  // Saving a form again and again puts nobody off.
  const since = await stoodSince(context, form, callsSomebodyIn(context), leftBefore);
  return since <= leftBefore;
});

/** What is stopped now calls at once; what was stopped before the service did so, or came in around it, is heard here. */
export const hearStoppedForms = hearing('stopped', async () => true);

function hearing(
  status: 'in-progress' | 'stopped',
  isDue: (context: WorkflowContext, form: QuestionnaireResponse) => Promise<boolean>,
): JobWork {
  const filters = [byToken('status', { code: status })];
  return {
    effect: 'hear-unfinished-forms',
    searches: ['QuestionnaireResponse'],

    people: (round) => peopleWith(round, 'QuestionnaireResponse', filters, callsSomebodyIn(round.context)),

    async forPerson({ context, patient, reference, wrote }) {
      const own = [byReference('subject', reference), ...filters];
      const forms = await findResources(context.store, 'QuestionnaireResponse', own);
      for (const form of forms.filter(callsSomebodyIn(context))) {
        if (!(await isDue(context, form))) continue;
        wrote('set', await raiseUnfinishedAlarms(context, patient.id ?? '', form.id ?? '', form));
      }
    },
  };
}

function callsSomebodyIn(context: WorkflowContext): (form: QuestionnaireResponse) => boolean {
  return (form) => unfinishedAlarms(context, form, form.id ?? '').length > 0;
}
