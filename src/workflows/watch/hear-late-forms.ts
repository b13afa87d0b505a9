// The job that hears answers whose form was stored, or changed, only after them: until then nobody could tell what was asked.
import type { Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import { oldestAnswerOf } from '../../course/watch/unfinished-form.ts';
import { patientIdOf } from '../../fhir/reference.ts';
import type { SearchFilter } from '../../fhir/search-query.ts';
import type { CallingAlarm } from '../../instruments/calling-alarms.ts';
import { callForForeign, isForeignForm } from '../alarms/hear-foreign-form.ts';
import { judgeForeignForm } from '../alarms/judge-foreign-form.ts';
import { unheardIn } from '../alarms/not-asked-yet.ts';
import type { WorkflowContext } from '../context.ts';
import {
  byCanonical,
  byInstant,
  byReference,
  byToken,
  findResources,
  pagesOf,
} from '../resources/find-resources.ts';
import { watchPlanOf } from './watch-plan-of.ts';
import type { JobWork } from './watch-round.ts';

/**
 * Looks at the answers to each form that was stored within the time for which an answer is heard at all: an older form was there before
 * any answer that still counts. Nobody is called a second time for the same answer.
 */
export const hearLateForms: JobWork = {
  effect: 'hear-answers',
  searches: ['Questionnaire', 'QuestionnaireResponse'],

  async people({ context }) {
    const people = new Set<string>();
    for (const form of await recentForms(context)) {
      for (const filters of answersTo(context, form)) {
        for await (const page of pagesOf(context.store, 'QuestionnaireResponse', filters)) {
          for (const response of page) {
            const id = patientIdOf(response);
            if (id === undefined || people.has(id)) continue;
            if ((await lateAlarms(context, response)).length > 0) people.add(id);
          }
        }
      }
    }
    return people;
  },

  async forPerson({ context, patient, reference, wrote }) {
    const own = [byReference('subject', reference)];
    for (const response of await findResources(context.store, 'QuestionnaireResponse', own)) {
      const { id = '' } = response;
      const alarms = await lateAlarms(context, response);
      const unheard = await unheardIn(context, reference, alarms, [`QuestionnaireResponse/${id}`]);
      wrote('set', await callForForeign(context, patient.id ?? '', id, response, unheard));
    }
  },
};

/** Two that are written at the same time do not see each other, and the clocks of two nodes differ. */
const sameTimeMs = 10 * 60_000;

/** What the answers call for by a form that was not there, or was another, when they came in. */
async function lateAlarms(
  context: WorkflowContext,
  response: QuestionnaireResponse,
): Promise<readonly CallingAlarm[]> {
  if (response.status === 'entered-in-error' || !isForeignForm(context, response)) return [];
  const { alarms, form, isOld } = await judgeForeignForm(context, response, response.id ?? '', true);
  if (isOld) return [];
  // One that came contained has no such date: it was there.
  const storedMs = Date.parse(form?.meta?.lastUpdated ?? '');
  return Date.parse(response.meta?.lastUpdated ?? '') <= storedMs + sameTimeMs ? alarms : [];
}

async function recentForms(context: WorkflowContext): Promise<readonly Questionnaire[]> {
  const stored = await findResources(context.store, 'Questionnaire', [since(context, '_lastUpdated')]);
  return stored.filter(({ url }) => isForeignForm(context, { questionnaire: url ?? '' }));
}

/**
 * By any version of its canonical, or by its address on any server, which is no canonical and is sent all the same; of a day that still
 * counts, or of none. Which of them are answers to it is judged as when they came in.
 */
function answersTo(context: WorkflowContext, { url, id = '' }: Questionnaire): readonly SearchFilter[][] {
  const named = [
    byToken('form-id', { code: id }),
    ...(url === undefined ? [] : [byCanonical('questionnaire', url)]),
  ];
  const undated: SearchFilter = { parameter: 'authored', test: { kind: 'missing', missing: true } };
  return named.flatMap((name) => [
    [name, since(context, 'authored')],
    [name, undated],
  ]);
}

function since(context: WorkflowContext, parameter: string): SearchFilter {
  const heardForMs = oldestAnswerOf(watchPlanOf(context)).heardForMs;
  return byInstant(parameter, 'ge', context.clock.now().getTime() - heardForMs);
}
