// Keeps what two people answered to the possible next steps of a course: a step of the list, or staying the course, each with its reason.
import type { GuidanceResponse, Parameters, ParametersParameter, Provenance } from '@medplum/fhirtypes';
import { courseIdOf, tailoringReasonSystem } from '../../course/course-codes.ts';
import { type CourseStep, nextSession, sessionNumber } from '../../course/next-step/next-step.ts';
import {
  type AnswerCode,
  answerProvenance,
  type ChosenActivity,
  keptSuggestion,
} from '../../course/next-step/next-steps-answer.ts';
import { nextStepsParameters } from '../../course/next-step/next-steps-parameters.ts';
import type { NextSteps } from '../../course/next-step/rank-next-steps.ts';
import { withoutVersion } from '../../fhir/canonical.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import {
  type AgreedReason,
  agreedReason,
  authorOf,
  type GivenReason,
  type Reasoned,
} from '../course-changes/tailoring-reason.ts';
import { type CoursePlan, coursePlanToChange } from '../courses/course-plan.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import type { Given } from '../resources/read-known.ts';
import { createChecked } from '../resources/write-checked.ts';
import { nextStepsOf } from './next-steps-of.ts';

const stayReasonSystem = 'https://w3id.org/alongside/fhir/CodeSystem/stay-reason';

export interface NextStepsAnswerRequest extends GivenReason {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** 'stay-the-course', 'talk-it-over', or canonicals of activities on the list. */
  readonly choices: readonly Given[];
}

export interface NextStepsAnswerResult {
  /** The list as it stood. */
  readonly suggestion: GuidanceResponse;
  readonly provenance: Provenance;
  /** What would bring the chosen steps into the plan, ready for $tailor; absent when none was chosen. */
  readonly tailor?: Parameters;
  readonly next: CourseStep;
}

/** Refused: 400 no choice; 404; 412, 428 the version; 422 a course that is not running, a choice that is not on the list, no reason, no word on whether it was agreed. */
export function answerNextSteps(
  context: WorkflowContext,
  request: NextStepsAnswerRequest,
): Promise<NextStepsAnswerResult> {
  return inTransaction(context, async (inside) => {
    const plan = await coursePlanToChange(inside, request, 'active', 'an answer to possible next steps');
    const shown = await nextStepsOf(inside, plan);
    const { code, chosen } = chosenOf(request.choices, shown);
    const agreed = agreedReason(inside.catalogue, agreementOf(code, request), reasonedAs[code]);
    return keep(inside, plan, { shown, code, chosen, ...agreed });
  });
}

const together = 'this is decided with the person';

const reasonedAs: Readonly<Record<AnswerCode, Reasoned>> = {
  'stay-the-course': { system: stayReasonSystem, what: 'staying the course', together },
  'talk-it-over': { system: tailoringReasonSystem, what: 'talking it over', together },
  'step-chosen': { system: tailoringReasonSystem, what: 'choosing a step', together },
};

/** Nothing can be agreed yet about what is to be talked over. */
function agreementOf(code: AnswerCode, given: GivenReason): GivenReason {
  return code === 'talk-it-over' && given.agreed === undefined
    ? {
        ...given,
        agreed: false,
        notAgreedReason: given.notAgreedReason ?? 'It is talked over together first.',
      }
    : given;
}

interface Choice {
  readonly code: AnswerCode;
  readonly chosen: readonly ChosenActivity[];
}

function chosenOf(choices: readonly Given[], shown: NextSteps): Choice {
  const own = choices.find(({ value }) => value === 'stay-the-course' || value === 'talk-it-over');
  if (choices.length === 0) {
    throw invalid(
      'say what was chosen: a "choice" of stay-the-course, talk-it-over, or the canonical of a step on the list',
      'Parameters.parameter',
    );
  }
  if (own) {
    if (choices.length > 1) {
      throw businessRule(
        `"${own.value}" stands alone: leave it out, or leave the other choices out`,
        own.expression,
      );
    }
    return { code: own.value === 'stay-the-course' ? 'stay-the-course' : 'talk-it-over', chosen: [] };
  }
  const chosen = choices.map((choice) => onTheList(choice, shown));
  return { code: 'step-chosen', chosen: [...new Map(chosen.map((each) => [each.canonical, each])).values()] };
}

function onTheList({ value, expression }: Given, { steps, notOffered }: NextSteps): ChosenActivity {
  const isMeant = ({ answer }: { readonly answer: string }) =>
    answer === value || withoutVersion(answer) === value;
  const step = steps.find(isMeant);
  if (step) return { canonical: step.answer, title: step.title.text };
  const gated = notOffered.find(isMeant);
  if (gated) {
    const why = gated.because.map(({ told }) => told.text).join(' ');
    throw businessRule(`"${value}" is not on the list. ${why}`, expression);
  }
  const offered = steps.map(({ answer }) => answer).join(', ');
  throw businessRule(
    `"${value}" is not on the list now; on it: ${offered}. Anything else that you agree on goes into the plan by CarePlan/[id]/$tailor`,
    expression,
  );
}

interface Answer extends Choice, AgreedReason {
  readonly shown: NextSteps;
}

async function keep(
  context: WorkflowContext,
  plan: CoursePlan,
  { shown, code, chosen, reason, agreed }: Answer,
): Promise<NextStepsAnswerResult> {
  const { carePlan, patient } = plan;
  const at = context.clock.now().toISOString();
  const courseId = courseIdOf(carePlan) ?? '';
  const answered = {
    carePlanVersion: `CarePlan/${carePlan.id}/_history/${carePlan.meta?.versionId}`,
    courseId,
    patient,
  };
  const list = nextStepsParameters(`CarePlan/${carePlan.id}`, shown);
  const suggestion = await createChecked(
    context,
    keptSuggestion(context.newId(), answered, shown.plan, list, at),
  );
  const author = authorOf(context, carePlan.author?.reference);
  const provenance = await createChecked(
    context,
    answerProvenance(context.newId(), `GuidanceResponse/${suggestion.id}`, answered, {
      code,
      chosen,
      reason,
      agreed,
      author,
      at,
    }),
  );
  return {
    suggestion: suggestion.resource(),
    provenance: provenance.resource(),
    ...(chosen.length > 0 && { tailor: tailorCall(plan, chosen, { reason, agreed }) }),
    next: nextStepOf(context, carePlan, plan.sessions),
  };
}

/** Each step in the next session that is open; when none is left, in one more after the last. */
function tailorCall(
  { sessions }: CoursePlan,
  chosen: readonly ChosenActivity[],
  { reason, agreed }: AgreedReason,
): Parameters {
  const next = nextSession(sessions);
  const why: ParametersParameter[] = [
    { name: 'reason', valueCodeableConcept: reason },
    { name: 'agreed', valueBoolean: agreed === true },
    ...(agreed === true ? [] : [{ name: 'notAgreedReason', valueString: agreed }]),
  ];
  const edit = (...part: ParametersParameter[]) => ({ name: 'edit', part: [...part, ...why] });
  const numbers = sessions.filter(({ status }) => status !== 'revoked').map(sessionNumber);
  return {
    resourceType: 'Parameters',
    parameter: next
      ? chosen.map(({ canonical }) =>
          edit(
            { name: 'kind', valueCode: 'swap-element' },
            { name: 'session', valueInteger: sessionNumber(next) },
            { name: 'to', valueCanonical: canonical },
          ),
        )
      : [
          edit(
            { name: 'kind', valueCode: 'add' },
            { name: 'session', valueInteger: Math.max(0, ...numbers) },
            ...chosen.map(({ canonical }) => ({ name: 'element', valueCanonical: canonical })),
          ),
        ],
  };
}
