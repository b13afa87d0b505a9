// Chains, composites, modifiers and includes as they are read, and what a request gets that asks for too much.
import type { ResourceType } from '@medplum/fhirtypes';
import { FhirError } from '../../../src/fhir/error.ts';
import { parseSearch } from '../../../src/fhir/search/parse-search.ts';
import { searchLimits } from '../../../src/fhir/search/search-limits.ts';
import type { SearchTerminology } from '../../../src/fhir/search/search-terminology.ts';
import { readSearchParameters } from '../../../src/store/read-search-parameters.ts';

const { registry } = readSearchParameters('fhir-profiles/base');
const terminology: SearchTerminology = {
  codesOf: (url) => (url === 'urn:vs' ? { 'urn:s': ['a', 'b'] } : undefined),
  related: (direction, system, code) =>
    system === 'urn:s' && code === 'a' ? (direction === 'below' ? ['a', 'a1'] : ['a']) : undefined,
};
const parse = (type: ResourceType, pairs: readonly (readonly [string, string])[]) =>
  parseSearch(type, pairs, { registry, handling: 'strict', terminology }).query;
const filtersOf = (type: ResourceType, name: string, value: string) => parse(type, [[name, value]]).filters;

function refusal(type: ResourceType, pairs: readonly (readonly [string, string])[]): unknown {
  try {
    parse(type, pairs);
  } catch (error) {
    if (error instanceof FhirError)
      return [error.status, ...error.issues.map(({ diagnostics }) => diagnostics)];
    throw error;
  }
  return 'understood';
}

describe('a chain', () => {
  const gender = { parameter: 'gender', test: { kind: 'token', values: [{ code: 'male' }] } };

  it('names a type, or goes to every type that has the parameter', () => {
    const chain = {
      parameter: 'subject',
      test: { kind: 'chain', links: [{ type: 'Patient', filter: gender }] },
    };
    expect(filtersOf('Observation', 'subject:Patient.gender', 'male')).toEqual([chain]);
    expect(filtersOf('Observation', 'subject.gender', 'male')).toEqual([chain]);
    const [identifier] = filtersOf('Observation', 'subject.identifier', 'x');
    const links = identifier?.test.kind === 'chain' ? identifier.test.links : [];
    expect(links.map(({ type }) => type).sort()).toEqual(['Device', 'Group', 'Location', 'Patient']);
  });

  it('may go backwards, and backwards again', () => {
    expect(
      filtersOf('Organization', '_has:Patient:organization:_has:Observation:patient:status', 'final'),
    ).toEqual([
      {
        parameter: '_has',
        test: {
          kind: 'has',
          type: 'Patient',
          reference: 'organization',
          filter: {
            parameter: '_has',
            test: {
              kind: 'has',
              type: 'Observation',
              reference: 'patient',
              filter: { parameter: 'status', test: { kind: 'token', values: [{ code: 'final' }] } },
            },
          },
        },
      },
    ]);
  });

  it('is left out with a warning when its first name is not known, like any unknown parameter', () => {
    const { query, ignored } = parseSearch('Patient', [['shoe.size', '43']], { registry });
    expect([query.filters, ignored.length]).toEqual([[], 1]);
  });
});

describe('a composite', () => {
  it('has a test for each component of each value', () => {
    const [filter] = filtersOf('Observation', 'code-value-quantity', 'urn:s|a\\$b$gt5,c$2');
    const values = filter?.test.kind === 'composite' ? filter.test.values : [];
    expect(values.map((tests) => tests.map(({ kind }) => kind))).toEqual([
      ['token', 'quantity'],
      ['token', 'quantity'],
    ]);
    expect(values[0]?.[0]).toEqual({ kind: 'token', values: [{ system: 'urn:s', code: 'a$b' }] });
  });

  it('is refused with more values than can be looked at together, each of which costs a look at every row', () => {
    const pairs = (count: number) => Array.from({ length: count }, (_none, at) => `c${at}$gt${at}`).join(',');
    const search = (...lists: readonly string[]) =>
      lists.map((list): [string, string] => ['code-value-quantity', list]);
    expect(parse('Observation', search(pairs(20), pairs(20))).filters).toHaveLength(2);
    expect(() => parse('Observation', search(pairs(21)))).toThrow(
      'code-value-quantity: give 1 to 20 values, none of them empty.',
    );
    expect(() => parse('Observation', search(pairs(20), pairs(20), pairs(20)))).toThrow(
      'code-value-quantity: the search has more than 500 values in all; a value of a composite counts as 10.',
    );
  });
});

describe('a modifier', () => {
  it('for many codes becomes the codes', () => {
    expect(filtersOf('Observation', 'code:in', 'urn:vs')).toEqual([
      {
        parameter: 'code',
        test: { kind: 'codes', isNegated: false, groups: [{ system: 'urn:s', codes: ['a', 'b'] }] },
      },
    ]);
    expect(filtersOf('Observation', 'code:below', 'urn:s|a')).toEqual([
      {
        parameter: 'code',
        test: { kind: 'codes', isNegated: false, groups: [{ system: 'urn:s', codes: ['a', 'a1'] }] },
      },
    ]);
  });
});

describe('a list', () => {
  it('is what a List refers to', () => {
    expect(filtersOf('Patient', '_list', 'x')).toEqual(filtersOf('Patient', '_has:List:item:_id', 'x'));
  });
});

describe('the shape of the answer', () => {
  it('is the total alone with _summary=count', () => {
    expect(parse('Patient', [['_summary', 'count']])).toMatchObject({
      count: 0,
      total: true,
      understood: '_summary=count',
    });
  });

  it('has no more to a page than a page holds, and says so', () => {
    expect(parse('Patient', [['_count', '1000000000000']])).toMatchObject({
      count: 200,
      understood: '_count=200',
    });
  });

  it('says which includes are repeated', () => {
    const { include, revinclude } = parse('Condition', [
      ['_include', 'Condition:encounter'],
      ['_include:iterate', 'Encounter:service-provider'],
      ['_revinclude:iterate', 'Provenance:target'],
    ]);
    expect([...include, ...revinclude].map(({ isIterated = false }) => isIterated)).toEqual([
      false,
      true,
      true,
    ]);
  });
});

const many = (count: number, text: string) => Array.from({ length: count }, () => text);
const tokenModifiers = ':text, :not, :in, :not-in, :above, :below, :missing';

describe('a search that asks for what is not there, or for too much', () => {
  const refused: readonly (readonly [ResourceType, string, string, string])[] = [
    [
      'Observation',
      'status.name',
      'x',
      'status.name: status is no reference, so that no chain can go through it.',
    ],
    [
      'Observation',
      'patient:Group.name',
      'x',
      'patient:Group.name: patient does not lead to Group. It leads to Patient.',
    ],
    ['Observation', 'patient.shoe', 'x', 'patient.shoe: "shoe" is no search parameter of Patient.'],
    [
      'Observation',
      'patient.gender:soundex',
      'x',
      `patient.gender:soundex: the modifier :soundex is not supported. Supported for gender: ${tokenModifiers}.`,
    ],
    [
      'Observation',
      many(60, 'subject').join('.'),
      'x',
      `${many(60, 'subject').join('.').slice(0, 100)}: a chain goes at most 4 steps, this one 59. Search in two steps: for the ids first, then with reference=id,id.`,
    ],
    [
      'Composition',
      'subject.subject.subject.subject.title',
      'x',
      'subject.subject.subject.subject.title: the chain may lead to too many types. Name them, as in subject:Patient.name.',
    ],
    [
      'Patient',
      '_has:Observation:patient',
      'x',
      '_has:Observation:patient: write _has:Type:reference:parameter, where the reference parameter of that type points to Patient.',
    ],
    [
      'Group',
      '_has:Observation:patient:code',
      'x',
      '_has:Observation:patient:code: write _has:Type:reference:parameter, where the reference parameter of that type points to Group.',
    ],
    [
      'Patient',
      '_has:Observation:patient:shoe',
      'x',
      '_has:Observation:patient:shoe: "shoe" is no search parameter of Observation.',
    ],
    [
      'Patient',
      '_has',
      'x',
      '_has: write _has:Type:reference:parameter, where the reference parameter of that type points to Patient.',
    ],
    [
      'Observation',
      'code-value-quantity',
      '5',
      'code-value-quantity: "5" is not code$value-quantity; write both parts, joined by "$".',
    ],
    [
      'Observation',
      'code-value-quantity:missing',
      'true',
      'code-value-quantity:missing: a composite parameter takes no modifier.',
    ],
    [
      'Observation',
      'code-value-quantity',
      'a$b',
      'code-value-quantity: "b" is not a quantity; write number, number|system|code or number||code.',
    ],
    [
      'Observation',
      'code:in',
      'urn:none',
      'code:in: the value set "urn:none" is not known here or its codes cannot be listed. Name the codes themselves, joined by commas.',
    ],
    [
      'Observation',
      'code:above',
      'urn:none|x',
      'code:above: no hierarchy with the code "x" of "urn:none" is known here. Name the codes themselves, joined by commas.',
    ],
    ['Observation', 'code:below', 'x', 'code:below: "x" names no code of a system; write system|code.'],
    [
      'Observation',
      'code:of-type',
      'a|b|c',
      `code:of-type: the modifier :of-type is not supported. Supported for code: ${tokenModifiers}.`,
    ],
    [
      'Patient',
      'identifier:of-type',
      'a|b',
      'identifier:of-type: "a|b" is not an identifier with its type; write system|type|value.',
    ],
    [
      'Observation',
      'date:exact',
      '2026',
      'date:exact: the modifier :exact is not supported. Supported for date: :missing.',
    ],
    [
      'Patient',
      '_list',
      '$current-problems',
      '_list: "$current-problems" is not the id of a List; lists that a server names, such as $current-problems, are not kept here.',
    ],
    [
      'Patient',
      '_filter',
      'x',
      '_filter: _filter is not supported. Use the search parameters themselves; several are joined by "and", values joined by commas by "or".',
    ],
    [
      'Patient',
      '_query',
      'x',
      '_query: _query is not supported. There are no named queries; use the search parameters themselves.',
    ],
    [
      'Patient',
      '_content',
      'x',
      '_content: _content is not supported. There is no search in whole resources; use the search parameters themselves.',
    ],
    [
      'Patient',
      '_text',
      'x',
      '_text: _text is not supported. There is no search in narratives; use :text on a token parameter, or :contains on a string parameter.',
    ],
    [
      'Patient',
      '_include',
      '*',
      '_include: "*" would include everything. Name the references, such as Observation:subject.',
    ],
    [
      'Patient',
      '_revinclude',
      'Observation:*',
      '_revinclude: "Observation:*" would include everything. Name the references, such as Observation:subject.',
    ],
    [
      'Patient',
      '_include:recurse',
      'Patient:organization',
      '_include:recurse: the modifier :recurse is not supported. Supported for _include: :iterate.',
    ],
    ['Observation', 'code', many(2000, 'x').join(','), 'code: give 1 to 200 values, none of them empty.'],
    ['Patient', 'name', 'x'.repeat(10_001), 'name: the value is longer than 10000 characters.'],
    ['Patient', '_sort', many(6, 'name').join(','), '_sort: at most 5 keys.'],
  ];

  it.each(refused)('is refused: %s?%s=%.40s', (type, name, value, diagnostics) => {
    expect(refusal(type, [[name, value]])).toEqual([400, diagnostics]);
  });

  it('is refused for all its values, parameters and includes together', () => {
    const values: [string, string][] = [1, 2, 3].map(() => ['code', many(200, 'x').join(',')]);
    expect(refusal('Observation', values)).toEqual([
      400,
      'code: the search has more than 500 values in all.',
    ]);
    const parameters = many(searchLimits.parameters + 1, 'x').map((x): [string, string] => ['code', x]);
    expect(refusal('Observation', parameters)).toEqual([
      400,
      'A search has at most 50 parameters, this one has 51.',
    ]);
    const includes = many(6, 'Observation:subject').map((rule): [string, string] => ['_include', rule]);
    expect(refusal('Observation', includes)).toEqual([400, '_include: at most 5 includes in one search.']);
  });
});
