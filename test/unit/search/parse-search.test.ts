// What a search request means, and what it is told when it cannot be understood.
import type { ResourceType } from '@medplum/fhirtypes';
import { FhirError } from '../../../src/fhir/error.ts';
import { parseSearch } from '../../../src/fhir/search/parse-search.ts';
import { readSearchParameters } from '../../../src/store/read-search-parameters.ts';

const { registry } = readSearchParameters('fhir-profiles/base');
const parse = (type: ResourceType, text: string, handling: 'strict' | 'lenient' = 'strict') =>
  parseSearch(type, [...new URLSearchParams(text)], {
    registry,
    handling,
    baseUrl: 'https://here.example/fhir',
  });
const testsOf = (type: ResourceType, text: string) => parse(type, text).query.filters.map(({ test }) => test);

function refusal(type: ResourceType, text: string): unknown {
  try {
    parse(type, text);
  } catch (error) {
    if (error instanceof FhirError) {
      return { status: error.status, issues: error.issues };
    }
    throw error;
  }
  return 'understood';
}

describe('a search request', () => {
  it('has a page of twenty in the default order when it says nothing else', () => {
    expect(parse('Patient', '')).toEqual({
      query: {
        type: 'Patient',
        filters: [],
        sort: [],
        count: 20,
        include: [],
        revinclude: [],
        total: false,
        understood: '',
      },
      ignored: [],
    });
  });

  it('reads tokens in their four forms, several values and escapes', () => {
    expect(testsOf('Observation', 'code=a,s|b,|c,s|,d\\,e\\|f')).toEqual([
      {
        kind: 'token',
        values: [
          { code: 'a' },
          { system: 's', code: 'b' },
          { system: '', code: 'c' },
          { system: 's' },
          { code: 'd,e|f' },
        ],
      },
    ]);
  });

  it('reads references as ids, typed, versioned, absolute and canonical', () => {
    expect(
      testsOf(
        'Observation',
        'subject=a,Patient/b,Patient/c/_history/2,https://here.example/fhir/Patient/d,https://there.example/Patient/e',
      ),
    ).toEqual([
      {
        kind: 'reference',
        values: [
          { id: 'a' },
          { type: 'Patient', id: 'b' },
          { type: 'Patient', id: 'c' },
          { type: 'Patient', id: 'd' },
          { url: 'https://there.example/Patient/e' },
        ],
      },
    ]);
    expect(testsOf('Observation', 'subject:Patient=a')).toEqual([
      { kind: 'reference', values: [{ type: 'Patient', id: 'a' }] },
    ]);
  });

  it('folds strings as the index does, unless they are to be exact', () => {
    expect(testsOf('Patient', 'name=MÜLLER&name:contains=Él&name:exact=Ünal')).toEqual([
      { kind: 'string', values: ['muller'] },
      { kind: 'string', modifier: 'contains', values: ['el'] },
      { kind: 'string', modifier: 'exact', values: ['Ünal'] },
    ]);
  });

  it('reads dates with prefixes, as the interval that they cover', () => {
    expect(testsOf('Observation', 'date=ge2026-02&date=2026-01-01T10:00:00 01:00')).toEqual([
      {
        kind: 'date',
        values: [{ prefix: 'ge', interval: { fromMs: Date.UTC(2026, 1), untilMs: Date.UTC(2026, 2) } }],
      },
      {
        kind: 'date',
        values: [
          {
            prefix: 'eq',
            interval: { fromMs: Date.UTC(2026, 0, 1, 9), untilMs: Date.UTC(2026, 0, 1, 9, 0, 1) },
          },
        ],
      },
    ]);
  });

  it('reads quantities with the precision that was typed', () => {
    expect(testsOf('Observation', 'value-quantity=gt5.40|http://unitsofmeasure.org|mg')).toEqual([
      {
        kind: 'quantity',
        values: [
          {
            prefix: 'gt',
            value: 5.4,
            low: 5.395,
            high: 5.405,
            system: 'http://unitsofmeasure.org',
            code: 'mg',
          },
        ],
      },
    ]);
  });

  it('reads sorting, page size, includes and total', () => {
    const text =
      '_sort=-date,status&_count=500&_total=accurate&_include=Observation:subject:Patient&_revinclude=Provenance:target';
    expect(parse('Observation', text).query).toEqual({
      type: 'Observation',
      filters: [],
      sort: [
        { parameter: 'date', descending: true },
        { parameter: 'status', descending: false },
      ],
      count: 200,
      include: [{ sourceType: 'Observation', parameter: 'subject', targetType: 'Patient' }],
      revinclude: [{ sourceType: 'Provenance', parameter: 'target' }],
      total: true,
      // What is asked above the most that a page holds is cut, and the self link says so.
      understood: text.replace('500', '200'),
    });
  });

  it('repeats what it understood, encoded, without the page cursor', () => {
    const { query } = parse('Observation', 'code=http%3A%2F%2Floinc.org%7C1&_cursor=abc&name=x', 'lenient');
    expect([query.understood, query.cursor]).toEqual(['code=http://loinc.org%7C1', 'abc']);
  });

  it('leaves out an unknown parameter with a warning, or refuses it when asked to be strict', () => {
    const { query, ignored } = parse('Binary', 'shoe-size=43', 'lenient');
    expect(query.filters).toEqual([]);
    const diagnostics =
      'shoe-size is not a search parameter of Binary that this server supports. Supported: _id, _lastUpdated, _profile, _security, _source, _tag.';
    expect(ignored).toEqual([{ severity: 'warning', code: 'not-supported', diagnostics }]);
    expect(refusal('Binary', 'shoe-size=43')).toEqual({
      status: 400,
      issues: [{ severity: 'error', code: 'not-supported', diagnostics }],
    });
  });

  const refused: readonly (readonly [ResourceType, string, string])[] = [
    ['Patient', '_count=abc', '_count: "abc" is not a whole number from 0 to 200.'],
    ['Patient', '_count=-1', '_count: "-1" is not a whole number from 0 to 200.'],
    ['Patient', '_total=some', '_total: "some" is not one of none, accurate, estimate.'],
    ['Patient', '_sort=shoe-size', '_sort: Patient cannot be sorted by "shoe-size".'],
    [
      'Patient',
      '_sort=name;DROP TABLE resource',
      '_sort: Patient cannot be sorted by "name;DROP TABLE resource".',
    ],
    ['Patient', 'name=', 'name: a value is needed.'],
    ['Patient', 'name=a,,b', 'name: give 1 to 200 values, none of them empty.'],
    [
      'Patient',
      'birthdate=yesterday',
      'birthdate: "yesterday" is not a date; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone.',
    ],
    [
      'Patient',
      'birthdate=2026-02-30',
      'birthdate: "2026-02-30" is not a date; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone.',
    ],
    ['Patient', 'gender=a|b|c', 'gender: "a|b|c" is not a token; write code, system|code, |code or system|.'],
    [
      'Patient',
      'name:soundex=x',
      'name:soundex: the modifier :soundex is not supported. Supported for name: :exact, :contains, :missing.',
    ],
    ['Patient', 'gender:missing=maybe', 'gender:missing: "maybe" is neither true nor false.'],
    [
      'Observation',
      'subject:Shoe=1',
      'subject:Shoe: the modifier :Shoe is not supported. Supported for subject: :identifier, :missing and the name of a resource type.',
    ],
    [
      'Observation',
      'subject:Patient=Group/1',
      'subject:Patient: asks for a Patient, but the value names something else.',
    ],
    [
      'Observation',
      'subject=a/b/c',
      'subject: "a/b/c" is not a reference; write an id, Type/id or an absolute URL.',
    ],
    [
      'Observation',
      'value-quantity=five',
      'value-quantity: "five" is not a quantity; write number, number|system|code or number||code.',
    ],
    [
      'Observation',
      '_include=*',
      '_include: "*" would include everything. Name the references, such as Observation:subject.',
    ],
    [
      'Observation',
      '_include=Observation:code',
      '_include: "Observation:code" is not Type:reference-parameter or Type:reference-parameter:TargetType.',
    ],
    [
      'Observation',
      '_include=Patient:general-practitioner',
      '_include: "Patient:general-practitioner" starts at Patient, but this is a search for Observation. With _include:iterate it starts at what is included too.',
    ],
    [
      'Patient',
      '_revinclude=Observation:subject:Group',
      '_revinclude: "Observation:subject:Group" points to Group, but this is a search for Patient. With _revinclude:iterate it may point to what is included too.',
    ],
    ['Patient', '_id:not=1', '_id:not: the modifier :not is not supported. Supported for _id: :missing.'],
  ];

  it.each(refused)('is refused with its place: %s?%s', (type, text, diagnostics) => {
    expect(refusal(type, text)).toEqual({
      status: 400,
      issues: [{ severity: 'error', code: 'invalid', diagnostics }],
    });
  });
});
