// Fills a Questionnaire beforehand from what is known of the person: https://hl7.org/fhir/uv/sdc/populate.html
// An answer that is not certain to be meant stays open, with an issue that says why.
import type {
  OperationOutcomeIssue,
  Patient,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Resource,
} from '@medplum/fhirtypes';
import { canonicalOf } from '../fhir/canonical.ts';
import { fhirPathTime } from '../fhir/fhirpath.ts';
import type { Present } from '../fhir/present.ts';
import { findAnswers } from './find-answers.ts';
import { issueList } from './issue-list.ts';
import { leaveDisabledOpen } from './leave-disabled-open.ts';
import type { PopulationLookUps, Trust } from './look-ups.ts';
import type { Population } from './population.ts';
import { asVariable, runExpression, type Variables } from './run-expression.ts';
import { expressionsOf, sdcExtension } from './sdc-extensions.ts';

export interface PopulateInput extends Present {
  readonly questionnaire: Questionnaire;
  readonly trust: Trust;
  readonly subject: Patient;
  /** By name, as the launch context declares them. */
  readonly contexts: Readonly<Record<string, readonly Resource[]>>;
  readonly lookUps: PopulationLookUps;
}

export interface Populated {
  /** In progress: a person looks at it before it counts. */
  readonly response: QuestionnaireResponse;
  readonly issues: readonly OperationOutcomeIssue[];
}

export async function populate(input: PopulateInput): Promise<Populated> {
  const { questionnaire, trust, lookUps, now } = input;
  const issues = issueList();
  const frame: QuestionnaireResponse = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: canonicalOf(questionnaire) ?? `Questionnaire/${questionnaire.id}`,
    status: 'in-progress',
    subject: { reference: `Patient/${input.subject.id}` },
    authored: now.toISOString(),
  };
  const population: Population = { questionnaire, trust, lookUps, issues, now, focus: frame };
  const given = launchVariables(input);
  const variables = await withOwnVariables(population, questionnaire, given, 'Questionnaire');
  const [start = variables] = await repetitionsOf(population, questionnaire, variables, 'Questionnaire');
  const items = await populateItems(population, questionnaire.item ?? [], start, 'Questionnaire');
  const item = leaveDisabledOpen(questionnaire, items, issues);
  return { response: { ...frame, ...(item.length > 0 && { item }) }, issues: issues.all() };
}

/** `%patient` and `%subject` are the person; the instant of the call stands in for clocks that could not be repeated. */
function launchVariables({ questionnaire, subject, contexts, localNow, today }: PopulateInput): Variables {
  return {
    ...contexts,
    patient: subject,
    subject,
    questionnaire,
    now: fhirPathTime(localNow),
    today: fhirPathTime(today),
  };
}

/** Adds the variables that an element declares, each of which may read those before it. */
async function withOwnVariables(
  population: Population,
  element: Questionnaire | QuestionnaireItem,
  variables: Variables,
  place: string,
): Promise<Variables> {
  let known = variables;
  for (const expression of expressionsOf(element, sdcExtension.variable)) {
    const name = expression.name;
    if (!name) continue;
    const value = await runExpression(population, expression, known, `variable %${name}`, place);
    known = { ...known, [name]: asVariable(value) };
  }
  return known;
}

async function populateItems(
  population: Population,
  items: readonly QuestionnaireItem[],
  variables: Variables,
  place: string,
): Promise<QuestionnaireResponseItem[]> {
  const filled: QuestionnaireResponseItem[] = [];
  for (const [index, item] of items.entries()) {
    filled.push(...(await populateItem(population, item, variables, `${place}.item[${index}]`)));
  }
  return filled;
}

async function populateItem(
  population: Population,
  item: QuestionnaireItem,
  variables: Variables,
  place: string,
): Promise<QuestionnaireResponseItem[]> {
  const own = await withOwnVariables(population, item, { ...variables, qitem: item }, place);
  const start = { linkId: item.linkId, ...(item.text && { text: item.text }) };
  const below = (known: Variables) => populateItems(population, item.item ?? [], known, place);
  if (item.type === 'display') return [start];
  if (item.type === 'group') {
    const groups: QuestionnaireResponseItem[] = [];
    for (const known of await repetitionsOf(population, item, own, place)) {
      const children = await below(known);
      groups.push({ ...start, ...(children.length > 0 && { item: children }) });
    }
    return groups;
  }
  const answers = await findAnswers(population, item, own, place);
  if (answers.length === 0) return [start];
  const answer = [];
  for (const each of answers) {
    const children = await below(own);
    answer.push({ ...each, ...(children.length > 0 && { item: children }) });
  }
  return [{ ...start, answer }];
}

/** The variables of each repetition that itemPopulationContext asks for; one repetition without it, or when nothing was found. */
async function repetitionsOf(
  population: Population,
  element: Questionnaire | QuestionnaireItem,
  variables: Variables,
  place: string,
): Promise<readonly Variables[]> {
  const [context] = expressionsOf(element, sdcExtension.itemPopulationContext);
  if (!context) return [variables];
  const what = 'linkId' in element ? `group "${element.linkId}"` : 'the population context';
  const value = await runExpression(population, context, variables, what, place);
  if (value.kind === 'not-run') return [variables];
  const found = value.kind === 'values' ? value.values : value.resources;
  const mayRepeat = 'linkId' in element && element.repeats === true;
  if (found.length > 1 && !mayRepeat) {
    population.issues.warn(
      'multiple-matches',
      `${what}: ${found.length} were found and the group does not repeat, so none was chosen`,
      place,
    );
  }
  const used = found.length === 0 || (found.length > 1 && !mayRepeat) ? [[]] : found;
  return used.map((each) => (context.name ? { ...variables, [context.name]: each } : variables));
}
