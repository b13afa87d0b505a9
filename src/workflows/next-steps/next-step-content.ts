// What the content says about next steps: the rules, and the library that they choose from.
import type { ActivityDefinition } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { elementSystem } from '../../course/course-codes.ts';
import {
  type NextStepRules,
  nextStepRules,
  nextStepsPlanUrl,
} from '../../course/next-step/next-step-rules.ts';
import type { LibraryActivity } from '../../course/next-step/rank-next-steps.ts';
import { asItIs } from '../../course/said.ts';
import { canonicalOf } from '../../fhir/canonical.ts';
import { elementWaitsFor } from '../alarms/read-gates.ts';
import { elementOfActivity } from '../courses/element-choice.ts';
import { namedConcepts } from '../courses/names-of-codes.ts';

/** Throws an Error (a fault of our content) when they are not published. */
export function rulesOf(catalogue: Catalogue): NextStepRules {
  const plan = catalogue.definition(nextStepsPlanUrl);
  if (plan?.resourceType !== 'PlanDefinition') throw new Error(`${nextStepsPlanUrl} is not published`);
  return nextStepRules(
    plan,
    (system, code) =>
      namedConcepts(catalogue, system).find((each) => each.code === code)?.title ?? asItIs(code),
  );
}

/** Every published activity that belongs to an element of the therapy. */
export function libraryOf(catalogue: Catalogue): readonly LibraryActivity[] {
  const elementOf = elementOfActivity(catalogue);
  const elements = namedConcepts(catalogue, elementSystem);
  return catalogue
    .published()
    .filter((resource): resource is ActivityDefinition => resource.resourceType === 'ActivityDefinition')
    .flatMap((activity): LibraryActivity[] => {
      const canonical = canonicalOf(activity);
      const code = canonical && elementOf(canonical);
      const element = elements.find((each) => each.code === code);
      return canonical && element && activity.status === 'active'
        ? [
            {
              canonical,
              activity,
              element: { system: elementSystem, code: element.code, display: element.title.text },
              elementWaitsFor: elementWaitsFor(catalogue, element.code),
            },
          ]
        : [];
    });
}
