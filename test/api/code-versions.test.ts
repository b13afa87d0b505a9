// What is asked about one version of a code system, a value set or a concept map is never answered from another.
import type { CodeSystem, ConceptMap, ParametersParameter, ValueSet } from '@medplum/fhirtypes';
import {
  codesListed,
  type TermsOverHttp,
  termsOverHttp,
  valueNamed,
} from '../support/terminology-over-http.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
let terms: TermsOverHttp;

const system = 'https://example.org/grades';
const grades = (id: string, version: string, ...codes: readonly string[]): CodeSystem => ({
  resourceType: 'CodeSystem',
  id,
  url: system,
  version,
  status: 'active',
  content: 'complete',
  concept: codes.map((code) => ({ code, display: `Grade ${code}` })),
});
const all: ValueSet = {
  resourceType: 'ValueSet',
  id: 'all-grades',
  url: 'https://example.org/all-grades',
  version: '7',
  status: 'active',
  compose: { include: [{ system }] },
};
const map: ConceptMap = {
  resourceType: 'ConceptMap',
  id: 'grades-to-marks',
  url: 'https://example.org/grades-to-marks',
  status: 'active',
  sourceUri: 'https://example.org/all-grades',
  targetUri: 'https://example.org/all-marks',
  group: [
    {
      source: system,
      sourceVersion: '2',
      target: 'https://example.org/marks',
      targetVersion: '5',
      element: [{ code: 'a', target: [{ code: 'good', equivalence: 'wider' }] }],
    },
  ],
};
const composed = (...include: NonNullable<ValueSet['compose']>['include']): ParametersParameter => ({
  name: 'valueSet',
  resource: { resourceType: 'ValueSet', status: 'draft', compose: { include } },
});

beforeAll(async () => {
  service = await startTestService();
  terms = termsOverHttp(service);
  await terms.store([grades('grades-1', '1', 'a', 'old'), grades('grades-2', '2', 'a', 'new'), all, map]);
});
afterAll(() => service.stop());

describe('a part of a value set', () => {
  it('is taken in the version that is named, and in the newest without one', async () => {
    const listed = async (version?: string) =>
      codesListed(await terms.post('ValueSet/$expand', [composed({ system, ...(version && { version }) })]));
    expect(await listed('1')).toEqual(['a', 'old']);
    expect(await listed('2')).toEqual(['a', 'new']);
    expect(await listed()).toEqual(['a', 'new']);
    const imported = (canonical: string) =>
      terms.post('ValueSet/$expand', [composed({ valueSet: [canonical] })]);
    expect(codesListed(await imported('https://example.org/all-grades|7'))).toEqual(['a', 'new']);
  });

  it.each([
    ['a stored code system', composed({ system, version: '3' })],
    ['a stored value set', composed({ valueSet: ['https://example.org/all-grades|6'] })],
    [
      'a published code system',
      composed({ system: 'https://w3id.org/alongside/fhir/CodeSystem/pss-stage', version: '0.9' }),
    ],
    [
      'a published value set',
      composed({ valueSet: ['https://w3id.org/alongside/fhir/ValueSet/pss-stage|0.9'] }),
    ],
    [
      "a code system of R4's",
      composed({ system: 'http://hl7.org/fhir/administrative-gender', version: '3.0.2' }),
    ],
  ])('is not taken from another version: %s', async (_what, valueSet) => {
    for (const more of [[], [{ name: 'code', valueCode: 'a' }]]) {
      const heard = await terms.post(`ValueSet/$${more.length ? 'validate-code' : 'expand'}`, [
        valueSet,
        ...more,
      ]);
      expect([heard.status, heard.issue[0]?.diagnostics]).toEqual([
        422,
        'The value set given cannot be listed: one of its parts is not held here, or not in the version that it names, is held in part only, or is chosen by a filter other than is-a and descendent-of',
      ]);
    }
  });
});

describe('a code', () => {
  const verdict = async (address: string, ...parameter: readonly ParametersParameter[]) => {
    const heard = await (parameter.length > 0 ? terms.post(address, parameter) : terms.get(address));
    return [valueNamed(heard, 'result'), valueNamed(heard, 'message')];
  };
  const no = [false, `"a" is asked about in version 3 of ${system}; held here is 2`];
  const coding = (version: string) => ({ name: 'coding', valueCoding: { system, code: 'a', version } });

  it('is in a value set in the version that it comes with, or the answer says which is held', async () => {
    const asked = 'ValueSet/$validate-code?url=https://example.org/all-grades';
    expect(await verdict(asked, coding('2'))).toEqual([true, undefined]);
    expect(await verdict(asked, coding('3'))).toEqual(no);
    expect(await verdict(`${asked}&system=${system}&code=a&systemVersion=2`)).toEqual([true, undefined]);
    expect(await verdict(`${asked}&system=${system}&code=a&systemVersion=3`)).toEqual(no);
  });

  it('is in a code system likewise', async () => {
    const asked = `CodeSystem/$validate-code?url=${system}`;
    expect(await verdict(asked, coding('2'))).toEqual([true, undefined]);
    expect(await verdict(asked, coding('3'))).toEqual(no);
    expect(await verdict(`${asked}&version=1`, coding('1'))).toEqual([true, undefined]);
  });

  it('is compared in the code system and version that it comes with, at an instance too', async () => {
    const side = (name: 'codingA' | 'codingB', more: object = {}) => ({
      name,
      valueCoding: { system, code: 'a', ...more },
    });
    const compared = async (address: string, ...parameter: readonly ParametersParameter[]) => {
      const heard = await terms.post(address, parameter);
      return heard.status === 200
        ? valueNamed(heard, 'outcome')
        : [heard.status, heard.issue[0]?.diagnostics];
    };
    const [type, instance] = ['CodeSystem/$subsumes', 'CodeSystem/grades-2/$subsumes'];
    for (const address of [type, instance]) {
      expect(await compared(address, side('codingA'), side('codingB', { version: '2' }))).toBe('equivalent');
      expect(
        await compared(address, side('codingA', { version: '1' }), side('codingB', { version: '2' })),
      ).toEqual([400, 'both codes must be of one version of the code system']);
    }
    expect(await compared(type, side('codingA', { version: '1' }), side('codingB'))).toBe('equivalent');
    expect(await compared(type, side('codingA', { version: '3' }), side('codingB'))).toEqual([
      404,
      expect.stringContaining(`CodeSystem ${system}|3 is not held here`),
    ]);
    expect(await compared(instance, side('codingA', { version: '1' }), side('codingB'))).toEqual([
      400,
      `the codes are asked about in version 1, and the address is that of ${system}|2`,
    ]);
    const other = { system: 'https://example.org/other' };
    expect(await compared(instance, side('codingA', other), side('codingB', other))).toEqual([
      400,
      `the codes are of https://example.org/other, and the address is that of ${system}|2`,
    ]);
  });

  it('is translated only by what is made for its version', async () => {
    const asked = `ConceptMap/$translate?code=a&system=${system}`;
    const found = async (address: string) => (await verdict(address))[0];
    expect(await found(asked)).toBe(true);
    expect(await found(`${asked}&version=2`)).toBe(true);
    expect(await found(`${asked}&version=1`)).toBe(false);
    expect((await verdict('ConceptMap/$translate', coding('1')))[0]).toBe(false);
    const back = 'ConceptMap/$translate?code=good&system=https://example.org/marks&reverse=true';
    expect(await found(`${back}&version=5`)).toBe(true);
    expect(await found(`${back}&version=2`)).toBe(false);
  });
});

describe('a translation turned around', () => {
  it('has the value set of its code as its source', async () => {
    const asked = 'ConceptMap/$translate?code=good&system=https://example.org/marks&reverse=true';
    const found = async (source: string, target: string) =>
      valueNamed(
        await terms.get(`${asked}&source=https://example.org/${source}&target=https://example.org/${target}`),
        'result',
      );
    expect(await found('all-marks', 'all-grades')).toBe(true);
    expect(await found('all-grades', 'all-marks')).toBe(false);
  });
});
