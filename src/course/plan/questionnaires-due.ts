// Says on which day each questionnaire of a plan is due in one person's course, from the relations in the plan and the days of the sessions.
import type {
  PlanDefinition,
  PlanDefinitionAction,
  PlanDefinitionActionRelatedAction,
} from '@medplum/fhirtypes';
import { beside } from '../../fhir/kept-translations.ts';
import { type CalendarDate, laterBy } from '../calendar.ts';

export interface DueQuestionnaire {
  /** The action's id in the plan; stable over versions. */
  readonly actionId: string;
  readonly title: string;
  readonly questionnaire: string;
  readonly due: CalendarDate;
  /** It belongs before the first session, so what was answered earlier stands for it. */
  readonly isBaseline: boolean;
}

/** The days of the sessions that are planned or held, by the id of their action in the plan. */
export type SessionDays = ReadonlyMap<string, CalendarDate>;

interface Placed {
  readonly action: PlanDefinitionAction;
  readonly parent?: Placed;
}

const isQuestionnaire = ({ definitionCanonical }: PlanDefinitionAction): boolean =>
  definitionCanonical?.includes('/Questionnaire/') ?? false;

/**
 * Those with a day of their own: what may come in every session (cardinality multiple) has none, and what belongs to a session
 * that the course does not have is left out. Nobody is asked the same twice on one day: the end stands for the session that is the
 * last. Where several relations hold, the latest day counts: each is an "at least".
 */
export function questionnairesDue(plan: PlanDefinition, days: SessionDays): readonly DueQuestionnaire[] {
  const placed = placedActions(plan.action ?? [], undefined);
  const byId = new Map(placed.map((each) => [each.action.id ?? '', each]));
  const due = placed
    .filter(({ action }) => isQuestionnaire(action))
    .flatMap((each): DueQuestionnaire[] => {
      const { id, title, definitionCanonical } = each.action;
      const due = isRepeated(each) ? undefined : dayOf(each, byId, days, new Set());
      return id && definitionCanonical && due
        ? [
            {
              actionId: id,
              title: title ?? id,
              ...beside(each.action, 'title'),
              questionnaire: definitionCanonical,
              due,
              isBaseline: relationsOf(each).some(({ relationship }) => relationship.startsWith('before')),
            },
          ]
        : [];
    });
  return due.filter((one, index) => !due.slice(index + 1).some((later) => isSameAsk(one, later)));
}

const isSameAsk = (left: DueQuestionnaire, right: DueQuestionnaire): boolean =>
  left.questionnaire === right.questionnaire && left.due === right.due;

function placedActions(
  actions: readonly PlanDefinitionAction[],
  parent: Placed | undefined,
): readonly Placed[] {
  return actions.flatMap((action) => {
    const placed = { action, ...(parent && { parent }) };
    return [placed, ...placedActions(action.action ?? [], placed)];
  });
}

const isRepeated = ({ action }: Placed): boolean => action.cardinalityBehavior === 'multiple';

/** Its own relations, else those of the nearest group that has some. */
function relationsOf(placed: Placed | undefined): readonly PlanDefinitionActionRelatedAction[] {
  if (!placed) return [];
  const own = placed.action.relatedAction ?? [];
  return own.length > 0 ? own : relationsOf(placed.parent);
}

function dayOf(
  placed: Placed,
  byId: ReadonlyMap<string, Placed>,
  days: SessionDays,
  seen: ReadonlySet<string>,
): CalendarDate | undefined {
  const id = placed.action.id ?? '';
  if (seen.has(id)) return undefined;
  const relations = relationsOf(placed);
  const found = relations.map((relation) => {
    const target = byId.get(relation.actionId);
    const base =
      days.get(relation.actionId) ??
      groupDay(target, relation.relationship, days) ??
      (target && !isSession(target) ? dayOf(target, byId, days, new Set([...seen, id])) : undefined);
    const offset = relation.offsetDuration;
    return base && offset ? laterBy(base, offset) : base;
  });
  const known = found.filter((day) => day !== undefined);
  return known.length < found.length ? undefined : known.toSorted().at(-1);
}

const isSession = ({ parent }: Placed): boolean =>
  parent?.action.code?.some(({ coding }) => coding?.some(({ code }) => code === 'sessions')) ?? false;

/** The first or the last day of the sessions, for a relation to all of them. */
function groupDay(
  target: Placed | undefined,
  relationship: string,
  days: SessionDays,
): CalendarDate | undefined {
  const isSessions = target?.action.code?.some(({ coding }) =>
    coding?.some(({ code }) => code === 'sessions'),
  );
  if (!isSessions) return undefined;
  const ordered = [...days.values()].toSorted();
  return relationship.endsWith('end') && !relationship.startsWith('before') ? ordered.at(-1) : ordered[0];
}

/**
 * Which of several days an answer belongs to: the nearest one. `undefined` when that is the beginning of the course, for which
 * nothing was asked any more.
 */
export function nearestDue<T extends { readonly due: CalendarDate }>(
  asked: readonly T[],
  beginning: CalendarDate,
  answeredOn: CalendarDate,
): T | undefined {
  const distance = (day: CalendarDate) => Math.abs(Date.parse(day) - Date.parse(answeredOn));
  const [nearest] = asked.toSorted((left, right) => distance(left.due) - distance(right.due));
  return nearest && distance(nearest.due) < distance(beginning) ? nearest : undefined;
}
