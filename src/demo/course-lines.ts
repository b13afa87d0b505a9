// The answer of CarePlan/$course in a few lines for a terminal.
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';

export function courseLines(course: Parameters): readonly string[] {
  const top = course.parameter ?? [];
  const all = (name: string) => top.filter((each) => each.name === name);
  const first = (name: string) => top.find((each) => each.name === name);
  return [
    `${first('sessionsDone')?.valueInteger} of ${first('sessionsPlanned')?.valueInteger} sessions held, ${first('minutesDone')?.valueInteger} minutes`,
    `by element: ${all('element').map(elementWords).join(', ')}`,
    ...all('score').map(scoreWords),
    ...all('goal').map(goalWords),
    ...all('homework').map((task) => `homework (${codeOf(task, 'status')}): ${textOf(task, 'description')}`),
    ...all('next').map(
      (step) => `next: ${textOf(step, 'text')} (${partOf(step, 'owner')?.valueReference?.reference})`,
    ),
  ];
}

function elementWords(element: ParametersParameter): string {
  return `${partOf(element, 'code')?.valueCoding?.display} ${partOf(element, 'minutes')?.valueInteger} min`;
}

/** Always against the person's own start. */
function scoreWords(score: ParametersParameter): string {
  const start = partOf(score, 'start');
  const later = partsOf(score, 'later').map((point) => {
    const minimum = partOf(point, 'minimumDifference')?.valueDecimal;
    const threshold = partOf(point, 'thresholdText')?.valueString ?? `published threshold ${minimum}`;
    const change = partOf(point, 'difference')?.valueDecimal;
    return `, then ${totalOf(point)} (difference ${change}; ${threshold})`;
  });
  return `${textOf(score, 'title')}: ${totalOf(start)} at the start${later.join('')}`;
}

function goalWords(goal: ParametersParameter): string {
  const steps = partsOf(goal, 'progress').map((point) => partOf(point, 'gas')?.valueInteger);
  const achievement = partOf(goal, 'achievement')?.valueCodeableConcept?.coding?.[0]?.display;
  return `goal "${textOf(goal, 'text')}": ${steps.join(', then ')} (${achievement})`;
}

function partsOf(parameter: ParametersParameter | undefined, name: string): readonly ParametersParameter[] {
  return (parameter?.part ?? []).filter((part) => part.name === name);
}

function partOf(parameter: ParametersParameter | undefined, name: string): ParametersParameter | undefined {
  return partsOf(parameter, name)[0];
}

function textOf(parameter: ParametersParameter, name: string): string {
  return partOf(parameter, name)?.valueString ?? '';
}

function codeOf(parameter: ParametersParameter, name: string): string {
  return partOf(parameter, name)?.valueCode ?? '';
}

function totalOf(point: ParametersParameter | undefined): string {
  return String(partOf(point, 'value')?.valueDecimal ?? 'no total');
}
