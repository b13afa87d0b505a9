// Finds the answers to one question: by its expression, by the newest Observation, or by its initial value, in this order.
// https://hl7.org/fhir/uv/sdc/populate.html
import type {
  Observation,
  QuestionnaireItem,
  QuestionnaireItemInitial,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { answerFault } from '../instruments/answer-fault.ts';
import { questionnaireForm } from '../instruments/questionnaire-form.ts';
import { extensionOf } from '../instruments/score-extensions.ts';
import { answerForValue, type Fitted } from './answer-for-value.ts';
import { startOfPeriod } from './link-period.ts';
import type { Population } from './population.ts';
import { runExpression, type Variables } from './run-expression.ts';
import { expressionsOf, sdcExtension } from './sdc-extensions.ts';

type Answer = QuestionnaireResponseItemAnswer;

/** "open" when something was found that may not be used: then nothing else may stand in its place either. */
type Found =
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'open' }
  | { readonly kind: 'nothing' };

export async function findAnswers(
  population: Population,
  item: QuestionnaireItem,
  variables: Variables,
  place: string,
): Promise<readonly Answer[]> {
  if (expressionsOf(item, sdcExtension.candidateExpression).length > 0) {
    population.issues.inform(
      'informational',
      `item "${item.linkId}": its candidates are for a person to choose from, so none is filled in`,
      place,
    );
  }
  for (const find of [byExpression, byObservation, byInitialValue]) {
    const found = await find(population, item, variables, place);
    if (found.kind === 'answers') return found.answers;
    if (found.kind === 'open') return [];
  }
  return [];
}

async function byExpression(
  population: Population,
  item: QuestionnaireItem,
  variables: Variables,
  place: string,
): Promise<Found> {
  const [expression] = expressionsOf(item, sdcExtension.initialExpression);
  if (!expression) return { kind: 'nothing' };
  const value = await runExpression(population, expression, variables, `item "${item.linkId}"`, place);
  if (value.kind === 'not-run') return { kind: 'nothing' };
  const values = value.kind === 'values' ? value.values : value.resources;
  return values.length === 0 ? { kind: 'nothing' } : fitted(population, item, values, place);
}

/** More names for one thing than any terminology has; a hostile form shall not make a search as large as itself. */
const mostCodes = 50;

async function byObservation(
  population: Population,
  item: QuestionnaireItem,
  _variables: Variables,
  place: string,
): Promise<Found> {
  const period = extensionOf(item, sdcExtension.observationLinkPeriod)?.valueDuration;
  if (!period) return { kind: 'nothing' };
  const { issues, lookUps, now } = population;
  const codes = (item.code ?? []).filter(({ code }) => code);
  const since = startOfPeriod(period, now);
  if (item.repeats || codes.length === 0 || codes.length > mostCodes || !since) {
    issues.warn(
      'not-supported',
      `item "${item.linkId}": filling from Observations needs a code (at most ${mostCodes}), a period in a unit of time, and one answer only`,
      place,
    );
    return { kind: 'nothing' };
  }
  const found = await lookUps.newestObservation(codes, since);
  if (found.kind === 'not-known') {
    issues.warn(found.code, `item "${item.linkId}": ${found.why}`, place);
    return { kind: 'open' };
  }
  if (!found.value) return { kind: 'nothing' };
  const value = observedValue(found.value);
  if (value === undefined) {
    issues.warn('value', `item "${item.linkId}": the newest Observation has no value`, place);
    return { kind: 'open' };
  }
  return fitted(population, item, [value], place);
}

/** The value[x], whatever its type. */
function observedValue(observation: Observation): unknown {
  const key = Object.keys(observation).find((name) => name.startsWith('value'));
  return key === undefined ? undefined : Reflect.get(observation, key);
}

async function byInitialValue(
  population: Population,
  item: QuestionnaireItem,
  _variables: Variables,
  place: string,
): Promise<Found> {
  const selected = (item.answerOption ?? []).filter(({ initialSelected }) => initialSelected);
  const answers = [...(item.initial ?? []), ...selected].map(withoutMarks);
  if (answers.length === 0) return { kind: 'nothing' };
  return kept(
    population,
    item,
    answers.map((answer) => ({ kind: 'answer', answer })),
    place,
  );
}

/** Only the value: an option's weight and wording stay with the option. */
function withoutMarks(initial: QuestionnaireItemInitial): Answer {
  return Object.fromEntries(Object.entries(initial).filter(([name]) => name.startsWith('value')));
}

function fitted(
  population: Population,
  item: QuestionnaireItem,
  values: readonly unknown[],
  place: string,
): Found {
  return kept(
    population,
    item,
    values.map((value) => answerForValue(value, item)),
    place,
  );
}

/** All of them or none: some of the answers of a person, without the others, would be another answer. */
function kept(
  population: Population,
  item: QuestionnaireItem,
  made: readonly Fitted[],
  place: string,
): Found {
  const leaveOpen = (why: string): Found => {
    population.issues.warn('value', `item "${item.linkId}" is left open: ${why}`, place);
    return { kind: 'open' };
  };
  if (made.length > 1 && !item.repeats) {
    return leaveOpen(`${made.length} values were found and it takes one`);
  }
  const answers: Answer[] = [];
  for (const each of made) {
    if (each.kind === 'unfit') return leaveOpen(each.why);
    const why = whyNotAnswer(population, item, each.answer);
    if (why) return leaveOpen(why);
    answers.push(each.answer);
  }
  return { kind: 'answers', answers };
}

function whyNotAnswer(
  { questionnaire, lookUps }: Population,
  item: QuestionnaireItem,
  answer: Answer,
): string | undefined {
  const question = questionnaireForm(questionnaire).byLinkId.get(item.linkId);
  const fault = question && answerFault(question, answer);
  if (fault)
    return fault.code === 'code-invalid' ? 'what was found is none of the options' : fault.diagnostics;
  if (item.answerValueSet && answer.valueCoding) {
    const isMember = lookUps.isMember(item.answerValueSet, answer.valueCoding);
    if (isMember === undefined) return 'the codes of its value set are not at hand';
    if (!isMember) return 'what was found is not in its value set';
  }
  return lookUps.isValidAnswer(answer) ? undefined : `what was found is no valid ${item.type}`;
}
