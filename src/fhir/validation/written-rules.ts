// Frequent invariants of R4, written out: a FHIRPath evaluation for each Quantity would cost more than all the rest of validation.
// Keyed by the expression that R4 publishes, so that a rule of a profile with the same key but other words is never taken for it.
import {
  areDistinct,
  both,
  either,
  exactlyOne,
  has,
  hasChoice,
  implies,
  is,
  isAfter,
  isCoded,
  isMore,
  listOf,
  noneOf,
  not,
  notBoth,
  same,
  someOf,
  type Test,
} from './element-tests.ts';

const ucum = 'http://unitsofmeasure.org';
const hl7 = 'http://terminology.hl7.org/CodeSystem';

/** https://hl7.org/fhir/R4/datatypes.html and the pages of the types */
const dataTypes: Readonly<Record<string, Test>> = {
  // qty-3
  'code.empty() or system.exists()': implies(has('code'), has('system')),
  // cpt-2
  'value.empty() or system.exists()': implies(has('value'), has('system')),
  // att-1
  'data.empty() or contentType.exists()': implies(has('data'), has('contentType')),
  // exp-1
  'expression.exists() or reference.exists()': either(has('expression'), has('reference')),
  // per-1
  'start.hasValue().not() or end.hasValue().not() or (start <= end)': ({ start, end }) =>
    !isAfter(start, end),
  // rng-2
  'low.empty() or high.empty() or (low <= high)': ({ low, high }) => !isMore(low, high),
  // rat-1
  '(numerator.empty() xor denominator.exists()) and (numerator.exists() or extension.exists())': (ratio) =>
    (ratio['numerator'] === undefined) === (ratio['denominator'] === undefined) &&
    (ratio['numerator'] !== undefined || ratio['extension'] !== undefined),
  // drt-1
  'code.exists() implies ((system = %ucum) and value.exists())': implies(
    has('code'),
    both(is('system', ucum), has('value')),
  ),
  // eld-13, eld-14
  'type.select(code).isDistinct()': (element) => areDistinct(element['type'], 'code'),
  'constraint.select(key).isDistinct()': (element) => areDistinct(element['constraint'], 'key'),
  // tim-1, tim-2, tim-6, tim-7, tim-8, tim-10
  'duration.empty() or durationUnit.exists()': implies(has('duration'), has('durationUnit')),
  'period.empty() or periodUnit.exists()': implies(has('period'), has('periodUnit')),
  'periodMax.empty() or period.exists()': implies(has('periodMax'), has('period')),
  'durationMax.empty() or duration.exists()': implies(has('durationMax'), has('duration')),
  'countMax.empty() or count.exists()': implies(has('countMax'), has('count')),
  'timeOfDay.empty() or when.empty()': notBoth(has('timeOfDay'), has('when')),
  // tim-4, tim-5
  'duration.exists() implies duration >= 0': implies(
    has('duration'),
    (repeat) => Number(repeat['duration']) >= 0,
  ),
  'period.exists() implies period >= 0': implies(has('period'), (repeat) => Number(repeat['period']) >= 0),
};

/** https://hl7.org/fhir/R4/resourcelist.html, each on its page */
const resources: Readonly<Record<string, Test>> = {
  // dom-2, dom-4, dom-5
  'contained.contained.empty()': (resource) => noneOf(resource, 'contained', has('contained')),
  'contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()': (resource) =>
    noneOf(resource, 'contained', (each) =>
      someOf(each, 'meta', either(has('versionId'), has('lastUpdated'))),
    ),
  'contained.meta.security.empty()': (resource) =>
    noneOf(resource, 'contained', (each) => someOf(each, 'meta', has('security'))),
  // app-1, app-2
  'type.exists() or actor.exists()': either(has('type'), has('actor')),
  'start.exists() = end.exists()': same(has('start'), has('end')),
  // con-1, con-2
  'summary.exists() or assessment.exists()': either(has('summary'), has('assessment')),
  'code.exists() or detail.exists()': either(has('code'), has('detail')),
  // con-4
  "abatement.empty() or clinicalStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-clinical' and (code='resolved' or code='remission' or code='inactive')).exists()":
    implies(
      hasChoice('abatement'),
      isCoded('clinicalStatus', `${hl7}/condition-clinical`, 'resolved', 'remission', 'inactive'),
    ),
  // con-5
  "verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and code='entered-in-error').empty() or clinicalStatus.empty()":
    notBoth(
      isCoded('verificationStatus', `${hl7}/condition-ver-status`, 'entered-in-error'),
      has('clinicalStatus'),
    ),
  // ait-1, ait-2
  "verificationStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification' and code = 'entered-in-error').exists() or clinicalStatus.exists()":
    either(
      isCoded('verificationStatus', `${hl7}/allergyintolerance-verification`, 'entered-in-error'),
      has('clinicalStatus'),
    ),
  "verificationStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification' and code = 'entered-in-error').empty() or clinicalStatus.empty()":
    notBoth(
      isCoded('verificationStatus', `${hl7}/allergyintolerance-verification`, 'entered-in-error'),
      has('clinicalStatus'),
    ),
  // cpl-3
  'detail.empty() or reference.empty()': notBoth(has('detail'), has('reference')),
  // cmp-1; cmp-2 and lst-1
  'text.exists() or entry.exists() or section.exists()': either(has('text'), has('entry'), has('section')),
  'emptyReason.empty() or entry.empty()': notBoth(has('emptyReason'), has('entry')),
  // gol-1
  '(detail.exists() and measure.exists()) or detail.exists().not()': implies(
    hasChoice('detail'),
    has('measure'),
  ),
  // imm-1
  'documentType.exists() or reference.exists()': either(has('documentType'), has('reference')),
  // obs-3, obs-6
  'low.exists() or high.exists() or text.exists()': either(has('low'), has('high'), has('text')),
  'dataAbsentReason.empty() or value.empty()': notBoth(has('dataAbsentReason'), hasChoice('value')),
  // org-2, org-3: on each address and telecom
  "where(use = 'home').empty()": not(is('use', 'home')),
  // Parameters' inv-1
  '(part.exists() and value.empty() and resource.empty()) or (part.empty() and (value.exists() xor resource.exists()))':
    exactlyOne(has('part'), hasChoice('value'), has('resource')),
  // pat-1
  'name.exists() or telecom.exists() or address.exists() or organization.exists()': either(
    has('name'),
    has('telecom'),
    has('address'),
    has('organization'),
  ),
  // prr-1
  'orderDetail.empty() or code.exists()': implies(has('orderDetail'), has('code')),
  // qrs-1
  '(answer.exists() and item.exists()).not()': notBoth(has('answer'), has('item')),
  // rqg-1
  'resource.exists() != action.exists()': not(same(has('resource'), has('action'))),
  // sev-1
  'name.empty() or query.empty()': notBoth(has('name'), has('query')),
  // Task's inv-1. R4 compares moments; where the two are not known to the same precision, nothing can be said against them.
  'lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn': (task) =>
    !isAfter(task['authoredOn'], task['lastModified']),
};

const questionnaires: Readonly<Record<string, Test>> = {
  // que-1
  "(type='group' implies item.empty().not()) and (type.trace('type')='display' implies item.trace('item').empty())":
    both(implies(is('type', 'group'), has('item')), notBoth(is('type', 'display'), has('item'))),
  // que-3, que-4
  "type!='display' or code.empty()": notBoth(is('type', 'display'), has('code')),
  'answerOption.empty() or answerValueSet.empty()': notBoth(has('answerOption'), has('answerValueSet')),
  // que-5
  "(type ='choice' or type = 'open-choice' or type = 'decimal' or type = 'integer' or type = 'date' or type = 'dateTime' or type = 'time' or type = 'string' or type = 'quantity') or (answerValueSet.empty() and answerOption.empty())":
    implies(
      either(has('answerValueSet'), has('answerOption')),
      is(
        'type',
        'choice',
        'open-choice',
        'decimal',
        'integer',
        'date',
        'dateTime',
        'time',
        'string',
        'quantity',
      ),
    ),
  // que-6
  "type!='display' or (required.empty() and repeats.empty())": notBoth(
    is('type', 'display'),
    either(has('required'), has('repeats')),
  ),
  // que-7
  "operator = 'exists' implies (answer is Boolean)": implies(
    is('operator', 'exists'),
    ({ answerBoolean }) => typeof answerBoolean === 'boolean',
  ),
  // que-8
  "(type!='group' and type!='display') or initial.empty()": notBoth(
    is('type', 'group', 'display'),
    has('initial'),
  ),
  // que-9
  "type!='display' or readOnly.empty()": notBoth(is('type', 'display'), has('readOnly')),
  // que-10
  "(type in ('boolean' | 'decimal' | 'integer' | 'string' | 'text' | 'url' | 'open-choice')) or maxLength.empty()":
    implies(
      has('maxLength'),
      is('type', 'boolean', 'decimal', 'integer', 'string', 'text', 'url', 'open-choice'),
    ),
  // que-11
  'answerOption.empty() or initial.empty()': notBoth(has('answerOption'), has('initial')),
  // que-12
  'enableWhen.count() > 2 implies enableBehavior.exists()': either(
    (item) => listOf(item, 'enableWhen').length <= 2,
    has('enableBehavior'),
  ),
  // que-13
  'repeats=true or initial.count() <= 1': (item) =>
    item['repeats'] === true || listOf(item, 'initial').length <= 1,
};

const bundles: Readonly<Record<string, Test>> = {
  // bdl-1, bdl-2
  "total.empty() or (type = 'searchset') or (type = 'history')": implies(
    has('total'),
    is('type', 'searchset', 'history'),
  ),
  "entry.search.empty() or (type = 'searchset')": (bundle) =>
    bundle['type'] === 'searchset' || noneOf(bundle, 'entry', has('search')),
  // bdl-3, bdl-4
  "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or %resource.type = 'history'))":
    inEachEntry('request', 'batch', 'transaction', 'history'),
  "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or %resource.type = 'history'))":
    inEachEntry('response', 'batch-response', 'transaction-response', 'history'),
  // bdl-5
  'resource.exists() or request.exists() or response.exists()': either(
    has('resource'),
    has('request'),
    has('response'),
  ),
  // bdl-8
  "fullUrl.exists() implies fullUrl.contains('/_history/').not()": implies(
    has('fullUrl'),
    ({ fullUrl }) => typeof fullUrl === 'string' && !fullUrl.includes('/_history/'),
  ),
};

export const writtenRules: ReadonlyMap<string, Test> = new Map(
  Object.entries({ ...dataTypes, ...resources, ...questionnaires, ...bundles }),
);

/** Whether each entry has that part exactly in a Bundle of those types. */
function inEachEntry(part: string, ...types: readonly string[]): Test {
  const isOfType = is('type', ...types);
  return (bundle) =>
    isOfType(bundle)
      ? listOf(bundle, 'entry').every((entry) => entry[part] !== undefined)
      : noneOf(bundle, 'entry', has(part));
}
