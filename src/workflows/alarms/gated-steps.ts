// Asks of each element that is planned or was done whether something waits: planned steps are refused or warned about, what was done is never refused.
import type { Coding, Task } from '@medplum/fhirtypes';
import { calledInTask } from '../../continuity/alarm-resources.ts';
import { type Hindrance, hindrancesOf, type OpenGates } from '../../course/gates.ts';
import { canonicalOf } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { elementWaitsFor, whileOpen } from './read-gates.ts';
import { whoTakesItOn } from './who-is-called-in.ts';

/** An element of the therapy, with an activity of the library where one was named. */
export interface ChosenStep {
  readonly element: Coding;
  /** Canonical. */
  readonly activity?: string;
  /** Where in the request it stood. */
  readonly expression: string;
}

/** A word for each step that may go on only with care. Refused (422): a step for which somebody looks, or has to ask, first. */
export function checkPlannedSteps(
  { catalogue }: WorkflowContext,
  gates: OpenGates,
  steps: readonly ChosenStep[],
): readonly string[] {
  return steps.flatMap((step) =>
    hindrances(catalogue, gates, step).map((hindrance) => {
      const name = nameOf(step);
      if (hindrance.kind === 'flag') {
        throw businessRule(`${name} is not planned ${whileOpen([hindrance.flag])}`, step.expression);
      }
      if (hindrance.state === 'present') {
        throw businessRule(
          hindrance.isSure
            ? `${name} is not planned: ${hindrance.code} is present. Choose with the person what fits, such as pacing; the other parts of the course go on`
            : `${name} is not planned without saying which activity: ${hindrance.code} is present. Name one of the library that fits, such as pacing`,
          step.expression,
        );
      }
      if (hindrance.isSure) {
        throw businessRule(
          `${name} is not planned before ${hindrance.code} was asked about: fill in Questionnaire/${hindrance.code}-gate with the person first`,
          step.expression,
        );
      }
      return `${name} was chosen and ${hindrance.code} was not asked about: ask before anything that builds up activity (Questionnaire/${hindrance.code}-gate).`;
    }),
  );
}

export interface GatedDelivery {
  readonly warnings: readonly string[];
  /** Some element was done although a safety check says that it was to wait. */
  readonly isToLookAt: boolean;
}

/** What was done is true, whatever was open: it is told, and somebody asks how the days after were. */
export function gatedDelivery(
  { catalogue }: WorkflowContext,
  gates: OpenGates,
  steps: readonly ChosenStep[],
): GatedDelivery {
  const found = steps.flatMap((step) =>
    hindrances(catalogue, gates, step).map((hindrance) => ({ hindrance, name: nameOf(step) })),
  );
  return {
    warnings: found.map(({ hindrance, name }) =>
      hindrance.kind === 'flag'
        ? `${name} is recorded. Flag/${hindrance.flag.id} is active: no further activating step until somebody has looked; support goes on.`
        : hindrance.state === 'present'
          ? `${name} is recorded. ${hindrance.code} is present: ask how the days after were, and agree what fits.`
          : `${name} is recorded. ${hindrance.code} was not asked about yet: ask before the next step (Questionnaire/${hindrance.code}-gate).`,
    ),
    isToLookAt: found.some(({ hindrance }) => hindrance.kind === 'check' && hindrance.state === 'present'),
  };
}

function hindrances(
  catalogue: WorkflowContext['catalogue'],
  gates: OpenGates,
  { element, activity: canonical }: ChosenStep,
): readonly Hindrance[] {
  const activity = canonical === undefined ? undefined : catalogue.definition(canonical);
  return hindrancesOf(
    {
      element,
      elementWaitsFor: elementWaitsFor(catalogue, element.code),
      ...(activity?.resourceType === 'ActivityDefinition' && { activity }),
    },
    gates,
  );
}

const nameOf = ({ element, activity }: ChosenStep) => `"${activity ?? element.code ?? ''}"`;

/** What asks the therapist to look together with the person. */
const reviewOfExertion = 'https://w3id.org/alongside/fhir/ActivityDefinition/review-of-exertion';

interface Delivery {
  readonly patient: string;
  /** "Encounter/x" */
  readonly encounter: string;
  readonly carePlan: string;
  /** Who led the session. */
  readonly performer: string;
}

/** A Task for whoever led the session, else whoever takes it on. Throws an Error (a fault of our content) when the activity is not published. */
export async function reviewTaskFor(context: WorkflowContext, delivery: Delivery): Promise<Task> {
  const action = context.catalogue.definition(reviewOfExertion);
  if (action?.resourceType !== 'ActivityDefinition') throw new Error(`${reviewOfExertion} is not published`);
  const raisedAt = context.clock.now().toISOString();
  const calledIn = await whoTakesItOn(context, delivery.patient, delivery.performer);
  return {
    ...calledInTask(context.newId(), { action, raisedAt }, calledIn),
    instantiatesCanonical: canonicalOf(action) ?? reviewOfExertion,
    basedOn: [{ reference: delivery.carePlan }],
    focus: { reference: delivery.encounter },
    for: { reference: delivery.patient },
    encounter: { reference: delivery.encounter },
    authoredOn: raisedAt,
  };
}
