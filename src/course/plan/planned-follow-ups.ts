// When a protocol asks how it is after the course: the contacts of its follow-up part, each so long after the last session. Pure.
import type { Duration, PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import { stepSystem } from '../../fhir/own-names.ts';
import { addDuration, type CalendarDate, laterBy } from '../calendar.ts';

export interface PlannedFollowUp {
  /** The action's id in the plan. */
  readonly actionId: string;
  readonly after: Duration;
}

/**
 * Those that are dated from the end of the sessions; what goes with one of them is not another contact. A follow-up part without
 * actions is the contact itself.
 */
export function plannedFollowUps(plan: PlanDefinition): readonly PlannedFollowUp[] {
  return followUpParts(plan.action).flatMap((part) =>
    (part.action ?? [part]).flatMap(({ id, relatedAction }) => {
      const after = relatedAction?.find(
        ({ relationship, offsetDuration }) => relationship === 'after-end' && offsetDuration,
      )?.offsetDuration;
      return id !== undefined && after !== undefined ? [{ actionId: id, after }] : [];
    }),
  );
}

function followUpParts(actions: readonly PlanDefinitionAction[] = []): readonly PlanDefinitionAction[] {
  return actions.flatMap((action) => {
    const isFollowUp = action.code?.some(({ coding }) =>
      coding?.some(({ system, code }) => system === stepSystem && code === 'follow-up'),
    );
    return isFollowUp ? [action] : followUpParts(action.action);
  });
}

/** The newest whose day has come: one that was missed is overtaken by the next. None whose day lies further back than `looksBack`. */
export function followUpDue(
  followUps: readonly PlannedFollowUp[],
  end: CalendarDate,
  today: CalendarDate,
  looksBack?: Duration,
): PlannedFollowUp | undefined {
  return followUps
    .flatMap((followUp) => {
      const day = laterBy(end, followUp.after);
      return day === undefined ? [] : [{ followUp, day }];
    })
    .filter(({ day }) => day <= today && (!looksBack || today <= addDuration(day, looksBack)))
    .toSorted((left, right) => left.day.localeCompare(right.day))
    .at(-1)?.followUp;
}
