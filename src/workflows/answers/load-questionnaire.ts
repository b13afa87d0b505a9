// Finds the Questionnaire that an operation is about, and says whether its expressions may be run.
import type { Questionnaire } from '@medplum/fhirtypes';
import { businessRule, notFound } from '../../fhir/error.ts';
import type { Trust } from '../../sdc/look-ups.ts';
import type { WorkflowContext } from '../context.ts';
import { findByCanonical } from '../resources/find-by-canonical.ts';
import { byToken, findResources } from '../resources/find-resources.ts';
import { publishedAs } from '../resources/published-as.ts';
import { readKnown } from '../resources/read-known.ts';

/** How a request names a Questionnaire. `expression` is the place in the request. */
export type QuestionnaireName =
  | { readonly kind: 'id'; readonly id: string; readonly expression?: string }
  | { readonly kind: 'canonical'; readonly canonical: string; readonly expression?: string }
  | {
      readonly kind: 'identifier';
      readonly system?: string;
      readonly value: string;
      readonly expression?: string;
    };

export interface LoadedQuestionnaire {
  readonly questionnaire: Questionnaire;
  readonly trust: Trust;
}

/** Refused: 404 for none, 422 for an identifier that several carry. */
export async function loadQuestionnaire(
  context: WorkflowContext,
  name: QuestionnaireName,
): Promise<LoadedQuestionnaire> {
  if (name.kind === 'canonical') {
    const found = await questionnaireByCanonical(context, name.canonical);
    if (!found) throw notFound(`Questionnaire ${name.canonical} is not known`, name.expression);
    return found;
  }
  const id = name.kind === 'id' ? name.id : await idWithIdentifier(context, name);
  const stored = await readKnown(context.store, 'Questionnaire', id, name.expression);
  const published = publishedAs(context.catalogue, stored);
  return published
    ? { questionnaire: published, trust: 'published' }
    : { questionnaire: stored.resource(), trust: 'foreign' };
}

/** Undefined when neither the service nor its store has it. */
export async function questionnaireByCanonical(
  context: WorkflowContext,
  canonical: string,
): Promise<LoadedQuestionnaire | undefined> {
  const published = context.catalogue.questionnaire(canonical);
  if (published) return { questionnaire: published, trust: 'published' };
  const stored = await findByCanonical(context, 'Questionnaire', canonical);
  return stored && { questionnaire: stored, trust: 'foreign' };
}

async function idWithIdentifier(
  { store }: WorkflowContext,
  { system, value, expression }: Extract<QuestionnaireName, { kind: 'identifier' }>,
): Promise<string> {
  const token = { code: value, ...(system !== undefined && { system }) };
  const [found, second] = await findResources(store, 'Questionnaire', [byToken('identifier', token)]);
  if (second) {
    throw businessRule('several Questionnaires carry this identifier: name one by its canonical', expression);
  }
  if (!found?.id) throw notFound('no Questionnaire carries this identifier', expression);
  return found.id;
}
