// Builds resources of any type from answers whose items name the element that they are about.
// https://hl7.org/fhir/uv/sdc/extraction.html#definition-based-extraction
import type {
  BundleEntry,
  Observation,
  QuestionnaireItem,
  QuestionnaireResponseItem,
  Resource,
} from '@medplum/fhirtypes';
import { fhirPathTime } from '../fhir/fhirpath.ts';
import { toJson } from '../fhir/json.ts';
import { isResourceType } from '../fhir/write-element.ts';
import { type Write, writesOfItem, writesOfResponse } from './collect-writes.ts';
import { createEntry, type Extraction, given, scoresAreOurs } from './extraction.ts';
import { type ExtractionContext, extractionContexts } from './extraction-context.ts';
import { runExpression, type Variables } from './run-expression.ts';
import { valueOfAnswer } from './value-of-answer.ts';
import { type ReadyWrite, writeValues } from './write-values.ts';

/** Entries that make a resource (POST) or change the one that is there (PUT, only if it is still that version). */
export async function extractDefinitions(extraction: Extraction): Promise<readonly BundleEntry[]> {
  const { questionnaire, response } = extraction;
  const entries: BundleEntry[] = [];
  for (const context of extractionContexts(questionnaire)) {
    const writes = (type: string) => writesOfResponse(questionnaire, response, type);
    entries.push(...(await fromContext(extraction, context, writes, 'the Questionnaire', 'Questionnaire')));
  }
  entries.push(...(await fromItems(extraction, questionnaire.item, response.item, 'Questionnaire')));
  return entries;
}

async function fromItems(
  extraction: Extraction,
  items: readonly QuestionnaireItem[] | undefined,
  responses: readonly QuestionnaireResponseItem[] | undefined,
  above: string,
): Promise<BundleEntry[]> {
  const entries: BundleEntry[] = [];
  for (const [index, item] of (items ?? []).entries()) {
    const place = `${above}.item[${index}]`;
    const contexts = extractionContexts(item);
    for (const response of given(item, responses)) {
      for (const context of contexts) {
        const writes = (type: string) => writesOfItem(item, response, type, place);
        entries.push(...(await fromContext(extraction, context, writes, `item "${item.linkId}"`, place)));
      }
      const inner = [response.item, ...(response.answer ?? []).map((answer) => answer.item)];
      for (const each of inner) entries.push(...(await fromItems(extraction, item.item, each, place)));
    }
  }
  return entries;
}

async function fromContext(
  extraction: Extraction,
  context: ExtractionContext,
  writesFor: (type: string) => readonly Write[],
  what: string,
  place: string,
): Promise<readonly BundleEntry[]> {
  const { issues, lookUps } = extraction;
  const leaveOut = (code: 'not-supported' | 'not-found' | 'business-rule' | 'value', why: string) => {
    issues.warn(code, `${what}: no resource is extracted: ${why}`, place);
    return [];
  };
  if (context.kind === 'unsupported') return leaveOut('not-supported', context.why);
  if (!isResourceType(context.type)) {
    return leaveOut('not-supported', `${context.type} is no type of resource`);
  }
  const writes = writesFor(context.type);
  if (!writes.some(({ source }) => source.kind === 'answers')) return [];
  const start = await startOf(extraction, context, writes, what, place);
  if (start === 'not-run') return leaveOut('not-found', 'what is to be changed is not known');
  if (start.id !== undefined && !lookUps.isAboutSubject(start)) {
    return leaveOut('business-rule', 'what is to be changed is not of the record of the subject');
  }
  const ready = await readied(extraction, writes);
  const { resource, written } = writeValues(start, ready, issues);
  const isNew = start.id === undefined;
  // Nobody said what the form says by itself.
  if (isNew && ![...written].some(({ isAnswer }) => isAnswer)) {
    return leaveOut('value', 'none of its answers could be written');
  }
  if (lookUps.isAboutAnother(resource)) {
    return leaveOut('business-rule', 'it would be about another patient than the answers');
  }
  if (resource.resourceType === 'Observation' && isOwn(extraction, resource)) {
    return leaveOut('business-rule', scoresAreOurs);
  }
  if (isNew) return [createEntry(`urn:uuid:${extraction.newId()}`, resource)];
  if (toJson(resource) === toJson(start)) return [];
  const version = start.meta?.versionId;
  const request = {
    method: 'PUT',
    url: `${start.resourceType}/${start.id}`,
    ...(version && { ifMatch: `W/"${version}"` }),
  } as const;
  return [{ resource, request }];
}

const isOwn = ({ isOwnScore }: Extraction, { code }: Partial<Observation>): boolean =>
  (code?.coding ?? []).some(isOwnScore);

/** The resource as it is before the answers: an empty one, or the one that is there. */
async function startOf(
  extraction: Extraction,
  context: Extract<ExtractionContext, { kind: 'context' }>,
  writes: readonly Write[],
  what: string,
  place: string,
): Promise<Resource | 'not-run'> {
  const { lookUps, response } = extraction;
  if (context.existing) {
    const ground = { ...extraction, focus: response };
    const value = await runExpression(ground, context.existing, variablesOf(extraction), what, place);
    const [found, second] = value.kind === 'resources' ? value.resources : [];
    return found && !second && found.resourceType === context.type ? found : 'not-run';
  }
  const id = idOf(writes);
  if (id !== undefined) return (await lookUps.read(context.type, id)) ?? 'not-run';
  // Complete only once the answers are in it; the caller validates it then.
  return { resourceType: context.type } as Resource;
}

/** The id that a (hidden) item keeps of the resource that the form was filled from. */
function idOf(writes: readonly Write[]): string | undefined {
  const [write] = writes.filter(({ names }) => names.length === 1 && names[0] === 'id');
  return write?.source.kind === 'answers' ? write.source.answers[0]?.valueString : undefined;
}

async function readied(extraction: Extraction, writes: readonly Write[]): Promise<readonly ReadyWrite[]> {
  const ready: ReadyWrite[] = [];
  for (const { source, ...rest } of writes) {
    if (rest.names[0] === 'id') continue;
    const write = { ...rest, isAnswer: source.kind === 'answers' };
    if (source.kind === 'answers') {
      const { answers, item } = source;
      ready.push({
        ...write,
        valuesAs: (type) => allOrNone(answers.map((each) => valueOfAnswer(type, each, item))),
      });
      continue;
    }
    if (source.kind === 'fixed') {
      const { type: own, value } = source;
      const isOwn = (type: string) => own.toLowerCase() === type.toLowerCase();
      ready.push({
        ...write,
        valuesAs: (type, isChoice) => (isChoice && !isOwn(type) ? undefined : [value]),
      });
      continue;
    }
    const values = await valuesOf(extraction, source, write);
    const fits = (type: string) => values.every((value) => typeOf(value) === type);
    if (values.length > 0) {
      ready.push({ ...write, valuesAs: (type, isChoice) => (isChoice && !fits(type) ? undefined : values) });
    }
  }
  return ready;
}

async function valuesOf(
  extraction: Extraction,
  { expression, focus }: Extract<Write['source'], { kind: 'expression' }>,
  { what, place }: Pick<Write, 'what' | 'place'>,
): Promise<readonly unknown[]> {
  const value = await runExpression(
    { ...extraction, focus },
    expression,
    variablesOf(extraction),
    what,
    place,
  );
  return value.kind === 'values' ? value.values : [];
}

function variablesOf({ subject, response, questionnaire }: Extraction): Variables {
  return {
    resource: response,
    questionnaire,
    ...(subject && { subject, patient: subject }),
    ...(response.authored && { authored: fhirPathTime(response.authored) }),
  };
}

function allOrNone(values: readonly unknown[]): readonly unknown[] | undefined {
  return values.includes(undefined) ? undefined : values;
}

/** The type of a choice that a computed value is of; undefined when its form does not tell. */
function typeOf(value: unknown): string | undefined {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return /^\d{4}-\d{2}/.test(value) ? 'dateTime' : 'string';
  if (typeof value !== 'object' || value === null) return undefined;
  if ('coding' in value) return 'CodeableConcept';
  return 'reference' in value ? 'Reference' : 'value' in value ? 'Quantity' : undefined;
}
