// Which alarms the answers to a form come to that this service does not publish: by the form that came with them, or that is stored here.
import type { Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import { alarmsOfStatements, type CallingAlarm } from '../../instruments/calling-alarms.ts';
import { asksAllOf, formStatements } from '../../instruments/form-statements.ts';
import type { WorkflowContext } from '../context.ts';
import { findByCanonical } from '../resources/find-by-canonical.ts';
import { callingAnswersOf, isOfBefore } from './calling-answers-of.ts';
import { answeredAt } from './form-alarms.ts';
import { lastInstantBy } from './last-instant.ts';

export interface Judged {
  readonly alarms: readonly CallingAlarm[];
  /** What was asked, where that is known. */
  readonly form?: Questionnaire;
  readonly isOld: boolean;
}

/** `isService`: through the service's own eyes, which need no permit to search for forms. */
export async function judgeForeignForm(
  context: WorkflowContext,
  response: QuestionnaireResponse,
  responseId: string,
  isService = false,
): Promise<Judged> {
  const form = await formOf(context, response, isService);
  const ours = (form?.derivedFrom ?? [])
    .map(
      (canonical) =>
        context.catalogue.questionnaire(canonical) ??
        context.catalogue.questionnaire(parseCanonical(canonical).url),
    )
    .find((each) => each !== undefined);
  return {
    alarms: alarmsOfStatements(
      callingAnswersOf(context),
      formStatements(response, form, ours),
      `QuestionnaireResponse/${responseId}`,
    ),
    ...(form && { form }),
    isOld: isOfBefore(context, answeredAt(response, lastInstantBy(context))),
  };
}

/** Of "Questionnaire/x", on whichever server. */
export function idInAddress(url: string): string | undefined {
  return /(?:^|\/)Questionnaire\/([A-Za-z0-9\-.]{1,64})$/.exec(url)?.[1];
}

/** Contained, or stored: by its canonical, or by its address, which is no canonical and is sent all the same. */
async function formOf(
  context: WorkflowContext,
  response: QuestionnaireResponse,
  isService: boolean,
): Promise<Questionnaire | undefined> {
  const { questionnaire = '', contained = [] } = response;
  const forms = contained.filter((each) => each.resourceType === 'Questionnaire');
  const within = forms.find(
    ({ id, url }) =>
      questionnaire === `#${id}` || (url !== undefined && parseCanonical(questionnaire).url === url),
  );
  if (within) return within;
  if (questionnaire === '' || questionnaire.startsWith('#')) return undefined;
  if (!isService && !may(context.actor, 'Questionnaire', 'search')) return undefined;
  const { url } = parseCanonical(questionnaire);
  // Of a version that is not here, the newest knows better what was asked than nobody.
  const named =
    (await findByCanonical(context, 'Questionnaire', questionnaire)) ??
    (await findByCanonical(context, 'Questionnaire', url));
  const id = idInAddress(url);
  if (named || id === undefined) return named;
  const read = await context.store.read<Questionnaire>('Questionnaire', id);
  const stored = read.kind === 'found' ? read.version.resource() : undefined;
  // Another server may have another form under the same id.
  return stored && asksAllOf(stored, response) ? stored : undefined;
}
