// Reads one search condition: a parameter, its modifier and its values. https://hl7.org/fhir/R4/search.html#modifiers
import { invalid } from '../error.ts';
import type { FilterTest, SearchFilter } from '../search-query.ts';
import { fold } from './fold.ts';
import type { IndexKind } from './index-value.ts';
import {
  parseDate,
  parseNumber,
  parseQuantity,
  parseReference,
  parseToken,
  splitEscaped,
  unescaped,
} from './parse-value.ts';
import type { SearchParameterFacts, SearchRegistry } from './search-registry.ts';

/** The modifiers that are implemented. A reference also takes the name of a resource type. */
const modifiers = {
  string: ['exact', 'contains', 'missing'],
  token: ['not', 'missing'],
  reference: ['identifier', 'missing'],
  date: ['missing'],
  number: ['missing'],
  quantity: ['missing'],
  uri: ['below', 'above', 'missing'],
} as const satisfies Record<IndexKind, readonly string[]>;

const mostValues = 200;

function checkModifier(
  name: string,
  modifier: string,
  facts: SearchParameterFacts,
  registry: SearchRegistry,
): void {
  const supported: readonly string[] = modifiers[facts.kind];
  const isType = facts.kind === 'reference' && registry.types().includes(modifier);
  if (!supported.includes(modifier) && !isType) {
    const list = supported.map((one) => `:${one}`).join(', ');
    const types = facts.kind === 'reference' ? ' and the name of a resource type' : '';
    throw invalid(
      `${name}: the modifier :${modifier} is not supported. Supported for ${facts.code}: ${list}${types}.`,
    );
  }
}

function missingTest(name: string, value: string): FilterTest {
  if (value !== 'true' && value !== 'false') {
    throw invalid(`${name}: "${value}" is neither true nor false.`);
  }
  return { kind: 'missing', missing: value === 'true' };
}

function foldedValue(name: string, text: string): string {
  const folded = fold(unescaped(text));
  if (folded === '') {
    throw invalid(`${name}: "${text}" contains nothing to search for.`);
  }
  return folded;
}

function referenceTest(
  name: string,
  modifier: string | undefined,
  values: readonly string[],
  facts: SearchParameterFacts,
  baseUrl: string | undefined,
): FilterTest {
  if (modifier === 'identifier') {
    return { kind: 'token', values: values.map((value) => parseToken(name, value, false)) };
  }
  const [only] = facts.targets;
  const type = modifier ?? (facts.targets.length === 1 ? only : undefined);
  const parsed = values.map((value) => parseReference(name, value, type, baseUrl));
  const wrong = parsed.find((value) => modifier !== undefined && value.type !== modifier);
  if (wrong !== undefined) {
    throw invalid(`${name}: asks for a ${modifier}, but the value names something else.`);
  }
  return { kind: 'reference', values: parsed };
}

function testOf(
  name: string,
  modifier: string | undefined,
  values: readonly string[],
  facts: SearchParameterFacts,
  baseUrl: string | undefined,
): FilterTest {
  switch (facts.kind) {
    case 'string':
      return modifier === 'exact'
        ? { kind: 'string', modifier, values: values.map(unescaped) }
        : {
            kind: 'string',
            ...(modifier === 'contains' && { modifier }),
            values: values.map((value) => foldedValue(name, value)),
          };
    case 'token':
      return {
        kind: 'token',
        ...(modifier === 'not' && { modifier }),
        values: values.map((value) => parseToken(name, value, facts.isCaseIgnored)),
      };
    case 'reference':
      return referenceTest(name, modifier, values, facts, baseUrl);
    case 'date':
      return { kind: 'date', values: values.map((value) => parseDate(name, value)) };
    case 'number':
      return { kind: 'number', values: values.map((value) => parseNumber(name, value)) };
    case 'quantity':
      return { kind: 'quantity', values: values.map((value) => parseQuantity(name, value)) };
    case 'uri':
      return {
        kind: 'uri',
        ...((modifier === 'below' || modifier === 'above') && { modifier }),
        values: values.map(unescaped),
      };
  }
}

/** `_id` and `_lastUpdated` are the resource's own columns and take no modifier. */
function columnFilter(code: string, name: string, values: readonly string[]): SearchFilter | undefined {
  if (code !== '_id' && code !== '_lastUpdated') {
    return undefined;
  }
  if (name !== code) {
    throw invalid(`${name}: ${code} takes no modifier.`);
  }
  return code === '_id'
    ? { parameter: code, test: { kind: 'id', ids: values.map(unescaped) } }
    : { parameter: code, test: { kind: 'date', values: values.map((value) => parseDate(name, value)) } };
}

/**
 * Reads `name=value` as a condition on `type`; undefined when the type has no such parameter.
 * Throws 400 for a value that cannot be read, and by name for a modifier or a chain that is not supported.
 */
export function parseFilter(
  type: string,
  name: string,
  value: string,
  registry: SearchRegistry,
  baseUrl: string | undefined,
): SearchFilter | undefined {
  if (name === '_has' || name.startsWith('_has:')) {
    throw invalid(`${name}: _has is not supported.`);
  }
  const [head = '', ...rest] = name.split(':');
  const modifier = rest.length === 0 ? undefined : rest.join(':');
  const [code = '', ...chain] = head.split('.');
  const isChain = chain.length > 0 || modifier?.includes('.') === true;
  if (isChain && registry.parameter(type, code) !== undefined) {
    throw invalid(
      `${name}: chained parameters are not supported. Search for the ids first, then for ${code}=id,id.`,
    );
  }
  const isColumn = code === '_id' || code === '_lastUpdated';
  const facts = isColumn || isChain ? undefined : registry.parameter(type, code);
  if (!isColumn && facts === undefined) {
    return undefined;
  }
  if (value === '') {
    throw invalid(`${name}: a value is needed.`);
  }
  const values = splitEscaped(value, ',');
  if (values.length > mostValues || values.includes('')) {
    throw invalid(`${name}: give 1 to ${mostValues} values, none of them empty.`);
  }
  const column = columnFilter(code, name, values);
  if (column !== undefined || facts === undefined) {
    return column;
  }
  if (modifier !== undefined) {
    checkModifier(name, modifier, facts, registry);
  }
  return {
    parameter: code,
    test: modifier === 'missing' ? missingTest(name, value) : testOf(name, modifier, values, facts, baseUrl),
  };
}
