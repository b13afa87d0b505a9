// Turns a goal of a plan into a proposed Goal of a person. https://hl7.org/fhir/R4/goal.html
import type {
  Goal,
  GoalTarget,
  Group,
  Patient,
  PlanDefinitionGoal,
  PlanDefinitionGoalTarget,
  Reference,
} from '@medplum/fhirtypes';
import { dueDate } from './due-date.ts';

/** `today` is a calendar date; a target's due date is counted from it. */
export function proposedGoal(
  goal: PlanDefinitionGoal,
  id: string,
  subject: Reference<Patient | Group>,
  today: string,
): Goal {
  const targets = (goal.target ?? []).flatMap((target) => targetOf(target, today));
  return {
    resourceType: 'Goal',
    id,
    lifecycleStatus: 'proposed',
    ...(goal.category && { category: [goal.category] }),
    ...(goal.priority && { priority: goal.priority }),
    description: goal.description,
    subject,
    ...(goal.start ? { startCodeableConcept: goal.start } : { startDate: today }),
    ...(targets.length > 0 && { target: targets }),
    ...(goal.addresses && {
      note: goal.addresses.map((concept) => ({
        text: `Addresses: ${concept.text ?? concept.coding?.[0]?.display ?? concept.coding?.[0]?.code ?? 'a coded problem'}`,
      })),
    }),
  };
}

/** A detail without a measure is left out, as invariant gol-1 asks. */
function targetOf(target: PlanDefinitionGoalTarget, today: string): GoalTarget[] {
  const { measure, detailQuantity, detailRange, detailCodeableConcept, due } = target;
  const date = due && dueDate(today, due);
  const made: GoalTarget = {
    ...(measure && { measure }),
    ...(measure && detailQuantity && { detailQuantity }),
    ...(measure && detailRange && { detailRange }),
    ...(measure && detailCodeableConcept && { detailCodeableConcept }),
    ...(date ? { dueDate: date } : due && { dueDuration: due }),
  };
  return Object.keys(made).length > 0 ? [made] : [];
}
