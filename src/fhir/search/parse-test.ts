// Reads what one parameter asks of its values: the modifier, and the values in the form of the parameter's kind.
// https://hl7.org/fhir/R4/search.html#modifiers
import { invalid } from '../error.ts';
import type { ValueTest } from '../search-query.ts';
import { fold } from './fold.ts';
import type { IndexKind } from './index-value.ts';
import { codesTest } from './parse-codes.ts';
import {
  parseDate,
  parseNumber,
  parseQuantity,
  parseReference,
  parseToken,
  parseTypedIdentifier,
  unescaped,
} from './parse-value.ts';
import type { SearchParameterFacts } from './search-parameter.ts';
import type { SearchRegistry } from './search-registry.ts';
import type { SearchTerminology } from './search-terminology.ts';

/** What the reading of values needs to know. */
export interface ReadingContext {
  readonly registry: SearchRegistry;
  readonly baseUrl: string | undefined;
  readonly terminology: SearchTerminology | undefined;
}

/** The modifiers that are implemented. A reference also takes the name of a resource type. */
export const modifiers = {
  string: ['exact', 'contains', 'missing'],
  token: ['text', 'not', 'in', 'not-in', 'above', 'below', 'missing'],
  reference: ['identifier', 'missing'],
  date: ['missing'],
  number: ['missing'],
  quantity: ['missing'],
  uri: ['below', 'above', 'missing'],
} as const satisfies Record<IndexKind, readonly string[]>;

/** Throws by name for a modifier that the parameter does not take, and says which it takes. */
export function checkModifier(
  name: string,
  modifier: string,
  facts: SearchParameterFacts,
  registry: SearchRegistry,
): void {
  const supported: readonly string[] = [...modifiers[facts.kind], ...(facts.isIdentifier ? ['of-type'] : [])];
  const isType = facts.kind === 'reference' && registry.types().includes(modifier);
  if (!supported.includes(modifier) && !isType) {
    const list = supported.map((one) => `:${one}`).join(', ');
    const types = facts.kind === 'reference' ? ' and the name of a resource type' : '';
    throw invalid(
      `${name}: the modifier :${modifier} is not supported. Supported for ${facts.code}: ${list}${types}.`,
    );
  }
}

export function missingTest(name: string, value: string): ValueTest {
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
): ValueTest {
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

function tokenTest(
  name: string,
  modifier: string | undefined,
  values: readonly string[],
  facts: SearchParameterFacts,
  terminology: SearchTerminology | undefined,
): ValueTest {
  switch (modifier) {
    case 'text':
      return { kind: 'text', values: values.map((value) => foldedValue(name, value)) };
    case 'of-type':
      return { kind: 'token', modifier, values: values.map((value) => parseTypedIdentifier(name, value)) };
    case 'in':
    case 'not-in':
    case 'above':
    case 'below':
      return codesTest(name, modifier, values.map(unescaped), terminology);
    default:
      return {
        kind: 'token',
        ...(modifier === 'not' && { modifier }),
        values: values.map((value) => parseToken(name, value, facts.isCaseIgnored)),
      };
  }
}

/** `values` keep their escapes. The modifier was checked. */
export function testOf(
  name: string,
  modifier: string | undefined,
  values: readonly string[],
  facts: SearchParameterFacts,
  { baseUrl, terminology }: ReadingContext,
): ValueTest {
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
      return tokenTest(name, modifier, values, facts, terminology);
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
