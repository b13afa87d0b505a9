// Keeps what the protocol would have given as it was: a baseline that could change would compare nothing.
import type { RequestGroup, Resource } from '@medplum/fhirtypes';
import { courseIdentifierSystem } from '../../course/course-codes.ts';
import { isBaseline } from '../../course/plan/baseline.ts';
import { businessRule } from '../../fhir/error.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import type { WriteRule } from '../resources/write-rules.ts';

const isOfCourse = (resource: Resource): resource is RequestGroup =>
  resource.resourceType === 'RequestGroup' && resource.groupIdentifier?.system === courseIdentifierSystem;

/** Refuses (422) any change of a baseline, and a plan's order that is cut off from it or changed past $tailor. */
export const requestGroupRule: WriteRule = {
  beforeUpdate(_context, current, next) {
    if (!isOfCourse(current) || next.resourceType !== 'RequestGroup') {
      return undefined;
    }
    refuseBaseline(current);
    for (const element of [
      'intent',
      'basedOn',
      'groupIdentifier',
      'instantiatesCanonical',
      'action',
    ] as const) {
      if (!isSameContent(current[element], next[element])) {
        throw businessRule(
          `${element} of a course's order follows from the plan: change the plan with POST CarePlan/[id]/$tailor`,
          `RequestGroup.${element}`,
        );
      }
    }
    return undefined;
  },
  beforeDelete(_context, current) {
    if (isOfCourse(current)) {
      refuseBaseline(current);
    }
  },
};

function refuseBaseline(current: RequestGroup): void {
  if (isBaseline(current)) {
    throw businessRule(
      'this is what the protocol would have given, and it is never changed: change the plan with POST CarePlan/[id]/$tailor',
      'RequestGroup.intent',
    );
  }
}
