// What a day of one's own in a programme was about: the themes and exercises of the plan that the person's course follows.
import type { CarePlan } from '@medplum/fhirtypes';
import type { Catalogue } from '../content/catalogue.ts';
import { groupPlanOf } from '../pathways/group-plan-of.ts';
import type { ElementChoice } from './element-choice.ts';

/** Undefined for a course that is no programme's, and for what is no part of it. */
export function programmeElement(
  catalogue: Catalogue,
  { instantiatesCanonical }: CarePlan,
  chosen: string,
): ElementChoice | undefined {
  const plan = catalogue.definition(instantiatesCanonical?.[0] ?? '');
  const programme = plan?.resourceType === 'PlanDefinition' ? groupPlanOf(plan) : undefined;
  const found = programme?.elements.find(
    ({ coding, activity }) =>
      coding.code === chosen || activity === chosen || activity?.split('|')[0] === chosen,
  );
  const code = found?.coding.code;
  return found && code !== undefined
    ? { element: { ...found.coding, code }, ...(found.activity && { activity: found.activity }) }
    : undefined;
}
