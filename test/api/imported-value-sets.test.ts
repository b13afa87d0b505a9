// What a value set takes over from another that it imports: codes, what they are called there, and what is no longer in use.
import type { CodeSystem, ParametersParameter, ValueSet } from '@medplum/fhirtypes';
import {
  codesListed,
  type TermsOverHttp,
  termsOverHttp,
  valueNamed,
} from '../support/terminology-over-http.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
let terms: TermsOverHttp;

/** A code system that is not held here, so that only the value set knows the names. */
const elsewhere = 'https://example.org/not-held';
const animals: ValueSet = {
  resourceType: 'ValueSet',
  id: 'animals',
  url: 'https://example.org/animals',
  status: 'active',
  compose: {
    include: [
      {
        system: elsewhere,
        concept: [
          { code: 'cat', display: 'Cat', designation: [{ language: 'nl', value: 'Kat' }] },
          { code: 'dog', display: 'Dog' },
        ],
      },
    ],
  },
};
const pets: ValueSet = {
  resourceType: 'ValueSet',
  id: 'pets',
  url: 'https://example.org/pets',
  status: 'active',
  compose: {
    include: [
      { valueSet: ['https://example.org/animals'] },
      { system: elsewhere, concept: [{ code: 'dog', display: 'Dog of the house' }] },
    ],
  },
};
const homes: ValueSet = {
  resourceType: 'ValueSet',
  id: 'homes',
  url: 'https://example.org/homes',
  status: 'active',
  compose: { include: [{ valueSet: ['https://example.org/pets'] }] },
};

const tools: CodeSystem = {
  resourceType: 'CodeSystem',
  id: 'tools',
  url: 'https://example.org/tools',
  status: 'active',
  content: 'complete',
  caseSensitive: false,
  concept: [
    { code: 'spade', display: 'Spade' },
    { code: 'scythe', display: 'Scythe', property: [{ code: 'inactive', valueBoolean: true }] },
  ],
};
const inUse = (id: string, inactive: boolean): ValueSet => ({
  resourceType: 'ValueSet',
  id,
  url: `https://example.org/${id}`,
  status: 'active',
  compose: { inactive, include: [{ system: 'https://example.org/tools' }] },
});
const importing = (url: string): ParametersParameter => ({
  name: 'valueSet',
  resource: {
    resourceType: 'ValueSet',
    status: 'draft',
    compose: { include: [{ valueSet: [url] }] },
  },
});

beforeAll(async () => {
  service = await startTestService();
  terms = termsOverHttp(service);
  await terms.store([animals, pets, homes, tools, inUse('tools-in-use', false), inUse('all-tools', true)]);
});
afterAll(() => service.stop());

describe('what codes are called in an imported value set', () => {
  it('is listed, and what the importing one says itself comes before it', async () => {
    const { expansion } = await terms.get(
      'ValueSet/$expand?url=https://example.org/homes&includeDesignations=true',
    );
    expect(expansion.contains).toEqual([
      {
        system: elsewhere,
        code: 'cat',
        display: 'Cat',
        designation: [{ language: 'nl', value: 'Kat' }],
      },
      { system: elsewhere, code: 'dog', display: 'Dog of the house' },
    ]);
    const filtered = await terms.get(
      'ValueSet/$expand?url=https://example.org/homes&filter=kat&displayLanguage=nl',
    );
    expect(filtered.expansion.contains).toEqual([{ system: elsewhere, code: 'cat', display: 'Kat' }]);
  });

  it('is right when it comes with a code', async () => {
    const asked = `ValueSet/$validate-code?url=https://example.org/homes&system=${elsewhere}&code=cat`;
    const right = await terms.get(`${asked}&display=Cat`);
    expect([valueNamed(right, 'result'), valueNamed(right, 'display')]).toEqual([true, 'Cat']);
    const wrong = await terms.get(`${asked}&display=Dog`);
    expect([valueNamed(wrong, 'result'), valueNamed(wrong, 'message')]).toEqual([
      false,
      `"Dog" is no display of "cat" of ${elsewhere}; its display is "Cat"`,
    ]);
  });

  it('is nothing that a display could be held to when nobody names the code', async () => {
    const nameless: ParametersParameter = {
      name: 'valueSet',
      resource: {
        resourceType: 'ValueSet',
        status: 'draft',
        compose: { include: [{ system: elsewhere, concept: [{ code: 'cat' }] }] },
      },
    };
    const coding = { name: 'coding', valueCoding: { system: elsewhere, code: 'cat', display: 'Cat' } };
    const heard = await terms.post('ValueSet/$validate-code', [nameless, coding]);
    expect([valueNamed(heard, 'result'), valueNamed(heard, 'message')]).toEqual([
      true,
      `"cat" of ${elsewhere} has no display here that "Cat" could be held to`,
    ]);
  });
});

describe('codes that are no longer in use', () => {
  it('are not in a value set that leaves them out, nor in one that imports it', async () => {
    expect(codesListed(await terms.get('ValueSet/tools-in-use/$expand'))).toEqual(['spade']);
    expect(codesListed(await terms.get('ValueSet/all-tools/$expand'))).toEqual(['spade', 'scythe']);
    expect(
      codesListed(await terms.post('ValueSet/$expand', [importing('https://example.org/tools-in-use')])),
    ).toEqual(['spade']);
    const asked =
      'ValueSet/$validate-code?system=https://example.org/tools&code=scythe&url=https://example.org';
    expect(valueNamed(await terms.get(`${asked}/tools-in-use`), 'result')).toBe(false);
    expect(valueNamed(await terms.get(`${asked}/all-tools`), 'result')).toBe(true);
  });
});

describe('the case of a code', () => {
  it('matters as little in a value set as in its code system', async () => {
    const asked = 'ValueSet/$validate-code?url=https://example.org/all-tools';
    const heard = await terms.get(`${asked}&system=https://example.org/tools&code=SPADE`);
    expect([valueNamed(heard, 'result'), valueNamed(heard, 'code')]).toEqual([true, 'spade']);
    expect(valueNamed(await terms.get(`${asked}&code=Spade`), 'result')).toBe(true);
    const strict = `ValueSet/$validate-code?url=https://example.org/animals&system=${elsewhere}&code=CAT`;
    expect(valueNamed(await terms.get(strict), 'result')).toBe(false);
  });
});

describe('value sets that import the next one several times over', () => {
  it('are each listed once, however many ways lead to them', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `https://example.org/link-${at}`);
    const links = names.map((url, at): ValueSet => {
      const next = names[at + 1];
      return {
        resourceType: 'ValueSet',
        id: `link-${at}`,
        url,
        status: 'active',
        compose: {
          include: next
            ? [{ valueSet: [next] }, { valueSet: [next] }]
            : [{ valueSet: ['https://example.org/animals'] }],
        },
      };
    });
    await terms.store(links);
    const heard = await terms.get(`ValueSet/$expand?url=${names[0]}`);
    expect([heard.status, codesListed(heard)]).toEqual([200, ['cat', 'dog']]);
  });
});
