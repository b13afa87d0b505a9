// Is there a closing letter of a course? A letter, a document, or what the referral's Task names as such.
import type { CarePlan } from '@medplum/fhirtypes';
import { isEarlier } from '../../course/calendar.ts';
import { courseSystem } from '../../course/course-codes.ts';
import { isCoordinationTask } from '../../course/referral/referral-resources.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import type { PersonAtHand } from '../watch/watch-round.ts';

/** LOINC "Summary of episode note". */
const letterType = { system: 'http://loinc.org', code: '34133-9' };

export async function hasClosingLetter(
  { context, reference, tasks }: PersonAtHand,
  carePlan: CarePlan,
  referral: string | undefined,
): Promise<boolean> {
  const isNamed = tasks.some(
    (task) =>
      isCoordinationTask(task) &&
      task.focus?.reference === referral &&
      task.output?.some(({ type }) =>
        type.coding?.some(({ system, code }) => system === courseSystem && code === 'closing-letter'),
      ),
  );
  if (isNamed) return true;
  const filters = [byReference('subject', reference), byToken('type', letterType)];
  const [days, start] = [daysOf(context), carePlan.period?.start ?? ''];
  const letters = await findResources(context.store, 'Composition', filters);
  if (
    letters.some(({ status, date }) => status !== 'entered-in-error' && !isEarlier(days, date ?? '', start))
  )
    return true;
  const documents = await findResources(context.store, 'DocumentReference', filters);
  return documents.some(({ status, date }) => status === 'current' && !isEarlier(days, date ?? start, start));
}
