// Writes the possible next steps of a course as parts of Parameters: the same when they are shown and when they are kept beside an answer.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { saidParameter } from '../said.ts';
import type { Finding } from './next-step-findings.ts';
import { nextStepsSystem } from './next-step-rules.ts';
import type { NextSteps, RankedStep, StepNotOffered } from './rank-next-steps.ts';

export function nextStepsParameters(
  carePlan: string,
  { plan, steps, notOffered, notKnown }: NextSteps,
): ParametersParameter[] {
  return [
    { name: 'carePlan', valueReference: { reference: carePlan } },
    { name: 'rules', valueCanonical: plan },
    ...steps.map(stepParameter),
    ...notOffered.map(notOfferedParameter),
    ...notKnown.map((finding) => findingParameter('notKnown', finding)),
  ];
}

function stepParameter({ answer, title, rank, element, reasons, cautions }: RankedStep): ParametersParameter {
  return {
    name: 'step',
    part: [
      { name: 'rank', valueInteger: rank },
      answerParameter(answer),
      saidParameter('title', title),
      ...(element ? [{ name: 'element', valueCoding: element }] : []),
      ...reasons.map((finding) => findingParameter('reason', finding)),
      ...cautions.map(({ text, state }) => ({
        name: 'caution',
        part: [saidParameter('text', text), ...(state ? [{ name: 'state', valueCode: state }] : [])],
      })),
    ],
  };
}

function notOfferedParameter({ answer, title, element, because }: StepNotOffered): ParametersParameter {
  return {
    name: 'notOffered',
    part: [
      answerParameter(answer),
      saidParameter('title', title),
      { name: 'element', valueCoding: element },
      ...because.map((finding) => findingParameter('reason', finding)),
    ],
  };
}

/** An activity by its canonical, the two others by their code. */
const answerParameter = (answer: string): ParametersParameter =>
  answer.includes(':') ? { name: 'activity', valueCanonical: answer } : { name: 'answer', valueCode: answer };

function findingParameter(name: string, { rule, told, sources }: Finding): ParametersParameter {
  return {
    name,
    part: [
      { name: 'rule', valueCoding: { system: nextStepsSystem, code: rule } },
      saidParameter('text', told),
      ...sources.map((reference) => ({ name: 'source', valueReference: { reference } })),
    ],
  };
}
