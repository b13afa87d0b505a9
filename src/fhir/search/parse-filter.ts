// Reads one search condition: a parameter, a chain of them, or a composite. https://hl7.org/fhir/R4/search.html#chaining
import type { ResourceType } from '@medplum/fhirtypes';
import { invalid } from '../error.ts';
import type { SearchFilter, ValueTest } from '../search-query.ts';
import type { CompositeFacts } from './composites.ts';
import { checkModifier, missingTest, type ReadingContext, testOf } from './parse-test.ts';
import { parseDate, splitEscaped, unescaped } from './parse-value.ts';
import { searchLimits } from './search-limits.ts';
import type { SearchParameterFacts } from './search-parameter.ts';

export interface FilterReading extends ReadingContext {
  /** What the conditions read so far ask for together; counted while reading. */
  readonly spent: { values: number; links: number; tries: number };
}

/** Parameters of R4 that are not served, and what serves instead. They change what is found, so that none is passed over. */
const instead: Readonly<Record<string, string>> = {
  _filter:
    'Use the search parameters themselves; several are joined by "and", values joined by commas by "or".',
  _query: 'There are no named queries; use the search parameters themselves.',
  _content: 'There is no search in whole resources; use the search parameters themselves.',
  _text:
    'There is no search in narratives; use :text on a token parameter, or :contains on a string parameter.',
};

/** A condition without its place in a chain. */
function valuesOf(
  name: string,
  value: string,
  { spent }: FilterReading,
  isComposite = false,
): readonly string[] {
  const most = isComposite ? searchLimits.compositeValues : searchLimits.values;
  if (value === '') {
    throw invalid(`${name}: a value is needed.`);
  }
  if (value.length > searchLimits.valueLength) {
    throw invalid(`${name}: the value is longer than ${searchLimits.valueLength} characters.`);
  }
  const values = splitEscaped(value, ',');
  if (values.length > most || values.includes('')) {
    throw invalid(`${name}: give 1 to ${most} values, none of them empty.`);
  }
  spent.values += values.length * (isComposite ? searchLimits.compositeWeight : 1);
  if (spent.values > searchLimits.allValues) {
    const weight = isComposite ? `; a value of a composite counts as ${searchLimits.compositeWeight}` : '';
    throw invalid(`${name}: the search has more than ${searchLimits.allValues} values in all${weight}.`);
  }
  return values;
}

/** `_id` and `_lastUpdated` are the resource's own columns. */
function columnFilter(
  code: string,
  name: string,
  modifier: string | undefined,
  value: string,
  reading: FilterReading,
): SearchFilter {
  const values = valuesOf(name, value, reading);
  if (modifier === 'missing') {
    return { parameter: code, test: missingTest(name, value) };
  }
  if (modifier !== undefined) {
    throw invalid(`${name}: the modifier :${modifier} is not supported. Supported for ${code}: :missing.`);
  }
  return code === '_id'
    ? { parameter: code, test: { kind: 'id', ids: values.map(unescaped) } }
    : { parameter: code, test: { kind: 'date', values: values.map((one) => parseDate(name, one)) } };
}

function compositeFilter(
  facts: CompositeFacts,
  name: string,
  modifier: string | undefined,
  value: string,
  reading: FilterReading,
): SearchFilter {
  if (modifier !== undefined) {
    throw invalid(`${name}: a composite parameter takes no modifier.`);
  }
  const form = facts.components.map(({ code }) => code).join('$');
  const values = valuesOf(name, value, reading, true).map((one): readonly ValueTest[] => {
    const parts = splitEscaped(one, '$');
    if (parts.length !== facts.components.length || parts.includes('')) {
      throw invalid(
        `${name}: "${one}" is not ${form}; write ${parts.length === 1 ? 'both' : 'all'} parts, joined by "$".`,
      );
    }
    return facts.components.map((component, at) =>
      testOf(name, undefined, [parts[at] ?? ''], component, reading),
    );
  });
  return { parameter: facts.code, test: { kind: 'composite', values } };
}

/** A message lists no more types than this. */
const mostNamed = 10;
const chainForm = /^([^.:]+)(?::([^.:]+))?\.(.+)$/;

function checkBreadth(name: string, { spent }: FilterReading): void {
  if (spent.links > searchLimits.links || spent.tries > searchLimits.tries) {
    throw invalid(
      `${name.slice(0, 100)}: the chain may lead to too many types. Name them, as in subject:Patient.name.`,
    );
  }
}

/** The types that a chain may go to by its reference; none when the reference does not lead to the type named. */
function typesBehind(facts: SearchParameterFacts, named: string | undefined, { registry }: FilterReading) {
  const possible = facts.targets.length === 0 ? registry.types() : facts.targets;
  return named === undefined ? possible : possible.filter((type) => type === named);
}

/** `reference.parameter` and `reference:Type.parameter`; the parameter may be a chain again. Undefined when it leads nowhere. */
function chainFilter(
  type: string,
  name: string,
  value: string,
  reading: FilterReading,
  whole: string,
): SearchFilter | undefined {
  const [, code = '', named, rest = ''] = chainForm.exec(name) ?? [];
  const facts = reading.registry.parameter(type, code);
  if (facts?.kind !== 'reference') {
    return undefined;
  }
  const links: { type: ResourceType; filter: SearchFilter }[] = [];
  for (const target of typesBehind(facts, named, reading)) {
    reading.spent.tries += 1;
    const filter = parseFilter(target, rest, value, reading, whole);
    if (filter !== undefined) {
      reading.spent.links += 1;
      links.push({ type: target as ResourceType, filter });
    }
    checkBreadth(whole, reading);
  }
  return links.length === 0 ? undefined : { parameter: code, test: { kind: 'chain', links } };
}

/** Why a chain leads nowhere; undefined when the type has no parameter of its first name, so that it is simply not known. */
function refusedChain(type: string, name: string, reading: FilterReading): Error | undefined {
  const [, code = '', named, rest = ''] = chainForm.exec(name) ?? [];
  const facts = reading.registry.parameter(type, code);
  if (facts === undefined) {
    return undefined;
  }
  if (facts.kind !== 'reference') {
    return invalid(`${name}: ${code} is no reference, so that no chain can go through it.`);
  }
  const types = typesBehind(facts, named, reading);
  return invalid(
    types.length === 0
      ? `${name}: ${code} does not lead to ${named}. It leads to ${facts.targets.join(', ')}.`
      : `${name}: "${rest}" is no search parameter of ${types.slice(0, mostNamed).join(', ')}.`,
  );
}

/** `_has:Type:reference:parameter`; the parameter may be a chain or a reverse chain again. */
function hasFilter(type: string, name: string, value: string, reading: FilterReading): SearchFilter {
  const { registry, spent } = reading;
  const [, source = '', reference = '', ...rest] = name.split(':');
  const facts = registry.types().includes(source) ? registry.parameter(source, reference) : undefined;
  const leadsHere =
    facts?.kind === 'reference' && (facts.targets.length === 0 || facts.targets.includes(type));
  if (!leadsHere || rest.length === 0) {
    throw invalid(
      `${name}: write _has:Type:reference:parameter, where the reference parameter of that type points to ${type}.`,
    );
  }
  spent.links += 1;
  checkBreadth(name, reading);
  const filter = parseFilter(source, rest.join(':'), value, reading, name);
  if (filter === undefined) {
    throw invalid(`${name}: "${rest.join(':')}" is no search parameter of ${source}.`);
  }
  return { parameter: '_has', test: { kind: 'has', type: source as ResourceType, reference, filter } };
}

const listIdForm = /^[A-Za-z0-9\-.]{1,64}$/;

/** `_list=x`: what the entries of List/x point to. */
function listFilter(name: string, value: string): SearchFilter {
  if (!listIdForm.test(value)) {
    throw invalid(
      `${name}: "${value}" is not the id of a List; lists that a server names, such as $current-problems, are not kept here.`,
    );
  }
  const filter: SearchFilter = { parameter: '_id', test: { kind: 'id', ids: [value] } };
  return { parameter: '_has', test: { kind: 'has', type: 'List', reference: 'item', filter } };
}

function checkSteps(name: string): void {
  const steps = name.split('.').length - 1 + name.split('_has:').length - 1;
  if (steps > searchLimits.steps) {
    throw invalid(
      `${name.slice(0, 100)}: a chain goes at most ${searchLimits.steps} steps, this one ${steps}. Search in two steps: for the ids first, then with reference=id,id.`,
    );
  }
}

/**
 * Reads `name=value` as a condition on `type`; undefined when the type has no such parameter.
 * Throws 400 for a value that cannot be read, and by name for a modifier or a chain that is not supported.
 * `whole` is the name as the client wrote it, when `name` is the rest of a chain.
 */
export function parseFilter(
  type: string,
  name: string,
  value: string,
  reading: FilterReading,
  whole: string = name,
): SearchFilter | undefined {
  const { registry } = reading;
  if (whole === name) {
    checkSteps(name);
  }
  if (name === '_has' || name.startsWith('_has:')) {
    return hasFilter(type, name, value, reading);
  }
  if (chainForm.test(name)) {
    const chain = chainFilter(type, name, value, reading, whole);
    const refusal = chain === undefined && name === whole ? refusedChain(type, name, reading) : undefined;
    if (refusal !== undefined) throw refusal;
    return chain;
  }
  const [code = '', ...more] = name.split(':');
  const modifier = more.length === 0 ? undefined : more.join(':');
  const reason = Object.hasOwn(instead, code) ? instead[code] : undefined;
  if (reason !== undefined) {
    throw invalid(`${whole}: ${code} is not supported. ${reason}`);
  }
  if (code === '_list' && modifier === undefined) {
    return listFilter(whole, value);
  }
  if (code === '_id' || code === '_lastUpdated') {
    return columnFilter(code, whole, modifier, value, reading);
  }
  const composite = registry.composite(type, code);
  if (composite !== undefined) {
    return compositeFilter(composite, whole, modifier, value, reading);
  }
  const facts = registry.parameter(type, code);
  if (facts === undefined) {
    return undefined;
  }
  const values = valuesOf(whole, value, reading);
  if (modifier !== undefined) {
    checkModifier(whole, modifier, facts, registry);
  }
  return {
    parameter: code,
    test:
      modifier === 'missing' ? missingTest(whole, value) : testOf(whole, modifier, values, facts, reading),
  };
}
