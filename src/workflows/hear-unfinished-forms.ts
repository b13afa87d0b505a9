// The job that looks for forms which were left while an answer in them calls somebody in. Nobody said that they were stopped: they have
// only lain still for a while.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { unfinishedFormOf } from '../course/unfinished-form.ts';
import { watchPlanUrl } from '../course/watch-rules.ts';
import type { WorkflowContext } from './context.ts';
import { byReference, byToken, findResources } from './find-resources.ts';
import { peopleWith } from './people-with.ts';
import { raiseUnfinishedAlarms, unfinishedAlarms } from './raise-unfinished-alarms.ts';
import type { JobWork } from './watch-round.ts';

const inProgress = byToken('status', { code: 'in-progress' });

export const hearUnfinishedForms: JobWork = {
  effect: 'hear-unfinished-forms',
  searches: ['QuestionnaireResponse'],

  people: (round) => peopleWith(round, 'QuestionnaireResponse', [inProgress], callsAndWasLeft(round.context)),

  async forPerson({ context, patient, reference, wrote }) {
    const filters = [byReference('subject', reference), inProgress];
    const forms = await findResources(context.store, 'QuestionnaireResponse', filters);
    for (const form of forms.filter(callsAndWasLeft(context))) {
      wrote('set', await raiseUnfinishedAlarms(context, patient.id ?? '', form.id ?? '', form));
    }
  },
};

function callsAndWasLeft(context: WorkflowContext): (form: QuestionnaireResponse) => boolean {
  const plan = context.catalogue.definition(watchPlanUrl);
  if (plan?.resourceType !== 'PlanDefinition') throw new Error(`${watchPlanUrl} is not published`);
  const leftBefore = context.clock.now().getTime() - unfinishedFormOf(plan).leftAfterMs;
  return (form) =>
    Date.parse(form.meta?.lastUpdated ?? '') <= leftBefore &&
    unfinishedAlarms(context, form, form.id ?? '').length > 0;
}
