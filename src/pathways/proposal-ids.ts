// The ids of everything that one application of a plan makes: they follow from the plan, the person and the place in the plan.
import { type HashedName, idOfPart, idsWithin, namesWithin } from '../fhir/deterministic-id.ts';

/** RFC 9562: the namespace of names that are URLs. This service's own namespace is named by its canonical base. */
const urlIds = idsWithin('6ba7b811-9dad-11d1-80b4-00c04fd430c8');
const ownIds = idsWithin(urlIds('https://w3id.org/alongside/fhir'));
const applicationNames = namesWithin(ownIds('application of a plan'));
const partNames = namesWithin(ownIds('part of an application'));

/** What an application makes besides what its actions, goals and roles make. */
export const proposalPart = {
  carePlan: partNames('care-plan'),
  requestGroup: partNames('request-group'),
  messages: partNames('messages'),
  bundle: partNames('bundle'),
} as const satisfies Record<string, HashedName>;

/** Hashed when the plan is compiled. Names of different kinds never meet: an action may be called "care-plan". */
export const partName = (kind: 'action' | 'goal' | 'role', name: string): HashedName =>
  partNames(`${kind} ${name}`);

/** Gives the ids of one application: of a plan, by its canonical, to the person with this id. */
export function proposalIds(canonical: string, subjectId: string): (part: HashedName) => string {
  const application = applicationNames(`${canonical} ${subjectId}`);
  return (part) => idOfPart(application, part);
}
