// QuestionnaireResponse/$extract: the resources that complete answers come to, as a transaction that somebody else may send. Stores nothing.
// https://hl7.org/fhir/uv/sdc/OperationDefinition-QuestionnaireResponse-extract.html
import type {
  Bundle,
  BundleEntry,
  OperationOutcomeIssue,
  QuestionnaireResponse,
  Resource,
  ResourceType,
} from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import type { Catalogue } from '../../content/catalogue.ts';
import { businessRule, FhirError } from '../../fhir/error.ts';
import { localReference } from '../../fhir/reference.ts';
import type { Validator } from '../../fhir/validator.ts';
import { checkAnswers } from '../../instruments/check-answers.ts';
import { extractDefinitions } from '../../sdc/extract-definitions.ts';
import { extractObservations } from '../../sdc/extract-observations.ts';
import type { Extraction } from '../../sdc/extraction.ts';
import { type IssueList, issueList } from '../../sdc/issue-list.ts';
import type { WorkflowContext } from '../context.ts';
import { checkResource } from '../resources/check-resource.ts';
import { readKnown, readReferenced } from '../resources/read-known.ts';
import { questionnaireByCanonical } from './load-questionnaire.ts';
import { recordLookUps } from './record-look-ups.ts';

export type ExtractRequest =
  | { readonly kind: 'stored'; readonly id: string }
  | { readonly kind: 'sent'; readonly response: QuestionnaireResponse; readonly expression: string };

export interface Extracted {
  readonly bundle: Bundle;
  readonly issues: readonly OperationOutcomeIssue[];
}

const mostEntries = 1000;

/** Refused: 404 for a response or subject that the asker cannot see; 422 for answers that are not complete or fit no known Questionnaire. */
export async function extractQuestionnaireResponse(
  context: WorkflowContext,
  request: ExtractRequest,
): Promise<Extracted> {
  const response = await responseOf(context, request);
  if (response.status !== 'completed' && response.status !== 'amended') {
    throw businessRule(
      `answers that are ${response.status} are not extracted, only completed or amended ones`,
      'QuestionnaireResponse.status',
    );
  }
  const loaded = response.questionnaire && (await questionnaireByCanonical(context, response.questionnaire));
  if (!loaded) {
    throw businessRule(
      'the Questionnaire of these answers is not known here, so nothing says what they come to',
      'QuestionnaireResponse.questionnaire',
    );
  }
  const faults = checkAnswers(loaded.questionnaire, response);
  if (faults.length > 0) throw new FhirError(422, faults);

  const issues = issueList();
  const extraction = await extractionOf(context, request, { ...loaded, response, issues });
  const observations = extractObservations(extraction);
  if (observations.length > 0 && !extraction.source) {
    const text = 'these answers are not stored, so no Observation says that it derives from them';
    issues.inform('informational', text, 'QuestionnaireResponse.id');
  }
  const entries = [...observations, ...(await extractDefinitions(extraction))];
  if (entries.length > mostEntries) {
    throw businessRule(
      `these answers come to more than the ${mostEntries} resources of one transaction`,
      'QuestionnaireResponse.item',
    );
  }
  const valid = validEntries(context.validator, entries, issues);
  if (entries.length === 0 && issues.all().length === 0) {
    issues.inform('informational', 'the Questionnaire asks for nothing to be extracted', 'Questionnaire');
  }
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    ...(valid.length > 0 && { entry: [...valid] }),
  };
  return { bundle, issues: issues.all() };
}

async function responseOf(context: WorkflowContext, request: ExtractRequest): Promise<QuestionnaireResponse> {
  if (request.kind === 'stored') {
    return (await readKnown(context.store, 'QuestionnaireResponse', request.id)).resource();
  }
  checkResource(context, request.response);
  return request.response;
}

async function extractionOf(
  context: WorkflowContext,
  request: ExtractRequest,
  known: Pick<Extraction, 'questionnaire' | 'trust' | 'response' | 'issues'>,
): Promise<Extraction> {
  const { response } = known;
  const reference = localReference(response.subject?.reference);
  const isPatient = reference?.startsWith('Patient/') === true;
  const subject = isPatient
    ? await readReferenced(context.store, reference, ['Patient'], 'QuestionnaireResponse.subject')
    : undefined;
  const ownScores = scoreCodes(context.catalogue);
  return {
    ...known,
    source: await sourceOf(context, request),
    subject: subject?.resource(),
    newId: context.newId,
    isOwnScore: ({ system, code }) => ownScores.has(`${system ?? ''}|${code ?? ''}`),
    lookUps: recordLookUps(context, subject?.id ?? '', true),
  };
}

/** What Observations derive from. Answers that were only sent are named when they are what is stored under their id. */
async function sourceOf(
  { store, actor }: WorkflowContext,
  request: ExtractRequest,
): Promise<string | undefined> {
  if (request.kind === 'stored') return `QuestionnaireResponse/${request.id}`;
  const { id, subject, questionnaire } = request.response;
  const found =
    id !== undefined && may(actor, 'QuestionnaireResponse', 'read')
      ? await store.read<QuestionnaireResponse>('QuestionnaireResponse', id)
      : undefined;
  const stored = found?.kind === 'found' ? found.version.resource() : undefined;
  const isSame = stored?.subject?.reference === subject?.reference && stored?.questionnaire === questionnaire;
  return stored && isSame ? `QuestionnaireResponse/${id}` : undefined;
}

/** The codes of every score that this service computes. */
function scoreCodes(catalogue: Catalogue): ReadonlySet<string> {
  const definitions = catalogue.published().filter((each) => each.resourceType === 'ObservationDefinition');
  return new Set(
    definitions.flatMap(({ code }) =>
      (code.coding ?? []).map((coding) => `${coding.system ?? ''}|${coding.code ?? ''}`),
    ),
  );
}

/** What is not valid R4 is left out, with everything that is wrong with it, and so is what refers to it. */
function validEntries(
  validator: Validator,
  entries: readonly BundleEntry[],
  issues: IssueList,
): readonly BundleEntry[] {
  const valid = entries.filter(({ resource }) => {
    const faults = resource ? errorsOf(validator, resource) : [];
    for (const { code, diagnostics, expression } of faults) {
      const text = `one ${resource?.resourceType} is left out because it would not be valid: ${diagnostics ?? code}`;
      issues.warn(code, text, expression?.[0] ?? resource?.resourceType ?? 'Bundle');
    }
    return faults.length === 0;
  });
  if (valid.length === entries.length) return valid;
  const gone = entries.flatMap((entry) => (entry.fullUrl && !valid.includes(entry) ? entry.fullUrl : []));
  return withoutReferencesTo(gone, valid, issues);
}

function withoutReferencesTo(
  gone: readonly string[],
  entries: readonly BundleEntry[],
  issues: IssueList,
): readonly BundleEntry[] {
  const dangling = entries.filter(({ resource }) => {
    const text = JSON.stringify(resource);
    return gone.some((fullUrl) => text.includes(fullUrl));
  });
  if (dangling.length === 0) return entries;
  for (const { resource } of dangling) {
    const type = resource?.resourceType ?? 'Bundle';
    issues.warn('business-rule', `one ${type} is left out because what it refers to is`, type);
  }
  const more = dangling.flatMap(({ fullUrl }) => fullUrl ?? []);
  return withoutReferencesTo(
    more,
    entries.filter((entry) => !dangling.includes(entry)),
    issues,
  );
}

function errorsOf(validator: Validator, resource: Resource): readonly OperationOutcomeIssue[] {
  if (!validator.supports(resource.resourceType satisfies ResourceType)) {
    const diagnostics = 'this resource type is not served';
    return [{ severity: 'error', code: 'not-supported', diagnostics }];
  }
  return validator.validate(resource).filter(({ severity }) => severity === 'error' || severity === 'fatal');
}
