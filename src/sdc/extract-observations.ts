// Makes Observations of the answers that a Questionnaire marks for it.
// https://hl7.org/fhir/uv/sdc/extraction.html#observation-based-extraction
import type {
  BundleEntry,
  Observation,
  ObservationComponent,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
  Reference,
} from '@medplum/fhirtypes';
import { createEntry, type Extraction, given, scoresAreOurs } from './extraction.ts';
import { type Inherited, inheritedBy, type ObservationMark, observationMark } from './observation-mark.ts';
import { observationValue } from './observation-value.ts';

/** What the items of one place come to, for the Observation that they stand in. */
interface Parts {
  readonly entries: readonly BundleEntry[];
  readonly components: readonly ObservationComponent[];
  readonly members: readonly string[];
}

const nothing: Parts = { entries: [], components: [], members: [] };

/** One entry for each Observation, each with an address of its own in the transaction. */
export function extractObservations(extraction: Extraction): readonly BundleEntry[] {
  const { questionnaire, response } = extraction;
  const above = inheritedBy(questionnaire, { isExtracted: false, category: [] });
  return fromItems(extraction, questionnaire.item, response.item, above, undefined, 'Questionnaire').entries;
}

/** `parent` is the address of the Observation that these items stand in. */
function fromItems(
  extraction: Extraction,
  items: readonly QuestionnaireItem[] | undefined,
  responses: readonly QuestionnaireResponseItem[] | undefined,
  above: Inherited,
  parent: Parent | undefined,
  place: string,
): Parts {
  return joined(
    (items ?? []).flatMap((item, index) =>
      given(item, responses).map((response) =>
        fromItem(extraction, item, response, above, parent, `${place}.item[${index}]`),
      ),
    ),
  );
}

interface Parent {
  readonly fullUrl: string;
  readonly hasValue: boolean;
}

function fromItem(
  extraction: Extraction,
  item: QuestionnaireItem,
  response: QuestionnaireResponseItem,
  above: Inherited,
  parent: Parent | undefined,
  place: string,
): Parts {
  const mark = observationMark(item, above);
  if (mark.kind === 'excluded') return nothing;
  const inherited = inheritedBy(item, above);
  const below = (responses: QuestionnaireResponseItem['item'], within: Parent | undefined) =>
    fromItems(extraction, item.item, responses, inherited, within, place);
  const passOver = (): Parts =>
    joined([
      below(response.item, parent),
      ...(response.answer ?? []).map((each) => below(each.item, parent)),
    ]);
  if (mark.kind === 'passed-over') return passOver();
  const hindrance = whyNot(extraction, item, mark, parent);
  if (hindrance) {
    extraction.issues.warn(hindrance.code, `item "${item.linkId}": ${hindrance.why}`, place);
    return passOver();
  }
  if (mark.kind !== 'extracted') return nothing;
  const make: Maker = { extraction, mark, category: inherited.category, parent };
  if (item.type === 'group') {
    const fullUrl = `urn:uuid:${extraction.newId()}`;
    const parts = below(response.item, { fullUrl, hasValue: false });
    const isEmpty = parts.components.length + parts.members.length === 0;
    return isEmpty ? parts : observed(make, fullUrl, {}, parts);
  }
  return joined((response.answer ?? []).map((answer) => fromAnswer(make, item, answer, below, place)));
}

interface Maker {
  readonly extraction: Extraction;
  readonly mark: Extract<ObservationMark, { kind: 'extracted' }>;
  readonly category: Inherited['category'];
  readonly parent: Parent | undefined;
}

function whyNot(
  { response, isOwnScore }: Extraction,
  item: QuestionnaireItem,
  mark: Extract<ObservationMark, { kind: 'extracted' | 'faulty' }>,
  parent: Parent | undefined,
): { readonly code: 'invalid' | 'business-rule' | 'required'; readonly why: string } | undefined {
  if (mark.kind === 'faulty') return { code: 'invalid', why: mark.why };
  if (mark.codes.some(isOwnScore)) return { code: 'business-rule', why: scoresAreOurs };
  if (!response.subject)
    return { code: 'required', why: 'an Observation needs to be about somebody: no subject' };
  if (mark.relationship === 'component' && (!parent || item.type === 'group')) {
    return { code: 'invalid', why: 'a component is a question within an item that becomes an Observation' };
  }
  if (mark.relationship === 'derived' && !parent?.hasValue) {
    return { code: 'invalid', why: 'it stands in no Observation with a value that it could derive from' };
  }
  if (mark.relationship === 'member' && !parent) {
    return { code: 'invalid', why: 'it stands in no Observation that it could be a member of' };
  }
  return undefined;
}

/** Each answer is an Observation by itself. */
function fromAnswer(
  make: Maker,
  item: QuestionnaireItem,
  answer: QuestionnaireResponseItemAnswer,
  below: (responses: QuestionnaireResponseItem['item'], within: Parent | undefined) => Parts,
  place: string,
): Parts {
  const { extraction, mark, parent } = make;
  const value = observationValue(answer, item);
  if (!value) {
    const why = `item "${item.linkId}": an Observation cannot hold an answer of type ${item.type}`;
    extraction.issues.warn('not-supported', why, place);
    return below(answer.item, parent);
  }
  if (mark.relationship === 'component') {
    const component: ObservationComponent = { code: { coding: [...mark.codes] }, ...value };
    return joined([{ ...nothing, components: [component] }, below(answer.item, parent)]);
  }
  const fullUrl = `urn:uuid:${extraction.newId()}`;
  return observed(make, fullUrl, value, below(answer.item, { fullUrl, hasValue: true }));
}

/** The Observation, with what stands in it. */
function observed(make: Maker, fullUrl: string, value: Partial<Observation>, parts: Parts): Parts {
  const { extraction, mark, category, parent } = make;
  const isDerived = mark.relationship === 'derived' && parent;
  const derivedFrom = [extraction.source, isDerived ? parent.fullUrl : undefined].flatMap((reference) =>
    reference ? { reference } : [],
  );
  const observation: Observation = {
    resourceType: 'Observation',
    ...setting(extraction.response),
    ...(category.length > 0 && { category: [...category] }),
    code: { coding: [...mark.codes] },
    ...value,
    ...(parts.members.length > 0 && { hasMember: parts.members.map((reference) => ({ reference })) }),
    ...(derivedFrom.length > 0 && { derivedFrom }),
    ...(parts.components.length > 0 && { component: [...parts.components] }),
  };
  return {
    entries: [createEntry(fullUrl, observation), ...parts.entries],
    components: [],
    members: mark.relationship === 'member' ? [fullUrl] : [],
  };
}

/** What every Observation of one response shares. */
function setting(response: QuestionnaireResponse): Omit<Observation, 'resourceType' | 'code'> {
  const { basedOn, partOf, subject, encounter, authored, author } = response;
  const procedures = (partOf ?? []).filter(({ reference }) => reference?.startsWith('Procedure/'));
  return {
    ...(basedOn && { basedOn }),
    ...(procedures.length > 0 && { partOf: procedures as Observation['partOf'] }),
    status: 'final',
    ...(subject && { subject: subject as Observation['subject'] }),
    ...(encounter && { encounter }),
    ...(authored && { effectiveDateTime: authored }),
    ...(authored?.includes('T') && { issued: authored }),
    ...(author && mayPerform(author) && { performer: [author as Reference<never>] }),
  };
}

/** An Observation has no Device among its performers. */
const mayPerform = ({ reference, type }: Reference): boolean =>
  type !== 'Device' && reference?.startsWith('Device/') !== true;

function joined(all: readonly Parts[]): Parts {
  return {
    entries: all.flatMap(({ entries }) => entries),
    components: all.flatMap(({ components }) => components),
    members: all.flatMap(({ members }) => members),
  };
}
