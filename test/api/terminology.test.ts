// $expand, $validate-code, $lookup, $subsumes and $translate on what is published, on R4's own tables and on what is stored.
import type { CodeSystem, ConceptMap, ValueSet } from '@medplum/fhirtypes';
import request from 'supertest';
import {
  codesListed,
  type TermsHeard,
  type TermsOverHttp,
  termsOverHttp,
  valueNamed,
} from '../support/terminology-over-http.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
const ours = 'https://w3id.org/alongside/fhir';
const gender = 'http://hl7.org/fhir/administrative-gender';
const genders = 'http://hl7.org/fhir/ValueSet/administrative-gender';
const achievement = 'http://terminology.hl7.org/CodeSystem/goal-achievement';

const colours: CodeSystem = {
  resourceType: 'CodeSystem',
  id: 'colours',
  url: 'https://example.org/colours',
  version: '2',
  status: 'active',
  content: 'complete',
  caseSensitive: false,
  concept: [
    {
      code: 'warm',
      display: 'Warm',
      property: [{ code: 'notSelectable', valueBoolean: true }],
      concept: [
        { code: 'red', display: 'Red', designation: [{ language: 'nl', value: 'Rood' }] },
        { code: 'violet', display: 'Violet', property: [{ code: 'status', valueCode: 'retired' }] },
      ],
    },
    { code: 'cold', display: 'Cold', property: [{ code: 'child', valueCode: 'violet' }] },
  ],
};
const warm: ValueSet = {
  resourceType: 'ValueSet',
  id: 'warm',
  url: 'https://example.org/warm',
  status: 'active',
  compose: {
    include: [
      {
        system: 'https://example.org/colours',
        filter: [{ property: 'concept', op: 'descendent-of', value: 'warm' }],
      },
    ],
  },
};
const map: ConceptMap = {
  resourceType: 'ConceptMap',
  id: 'colours',
  url: 'https://example.org/colours-to-mood',
  status: 'active',
  sourceUri: 'https://example.org/warm',
  group: [
    {
      source: 'https://example.org/colours',
      target: 'https://example.org/moods',
      element: [
        { code: 'red', target: [{ code: 'lively', display: 'Lively', equivalence: 'wider' }] },
        { code: 'violet', target: [{ equivalence: 'unmatched', comment: 'no mood' }] },
        {
          code: 'cold',
          target: [
            {
              code: 'calm',
              equivalence: 'equal',
              dependsOn: [{ property: 'https://example.org/season', value: 'winter' }],
            },
          ],
        },
      ],
      unmapped: { mode: 'other-map', url: 'https://example.org/rest' },
    },
  ],
};
const rest: ConceptMap = {
  resourceType: 'ConceptMap',
  id: 'rest',
  url: 'https://example.org/rest',
  status: 'active',
  group: [
    {
      source: 'https://example.org/colours-left',
      target: 'https://example.org/moods',
      element: [{ code: 'x', target: [{ code: 'y', equivalence: 'equal' }] }],
    },
    {
      source: 'https://example.org/colours',
      target: 'https://example.org/moods',
      element: [{ code: 'x', target: [{ code: 'y', equivalence: 'equal' }] }],
      unmapped: { mode: 'fixed', code: 'some-mood', display: 'Some mood' },
    },
  ],
};

let terms: TermsOverHttp;
const get: TermsOverHttp['get'] = (address, bearer) => terms.get(address, bearer);
const post: TermsOverHttp['post'] = (address, parameter) => terms.post(address, parameter);

beforeAll(async () => {
  service = await startTestService();
  terms = termsOverHttp(service);
  await terms.store([colours, warm, map, rest]);
});
afterAll(() => service.stop());
const told = ({ status, issue }: TermsHeard) => [status, issue[0]?.code, issue[0]?.diagnostics];

describe('ValueSet/$expand', () => {
  it('lists a published value set with its displays, by url or by id', async () => {
    const byUrl = await get(`ValueSet/$expand?url=${ours}/ValueSet/score-band`);
    const byId = await get('ValueSet/score-band/$expand');
    expect(byUrl.expansion.contains).toEqual(byId.expansion.contains);
    expect(byUrl.expansion).toMatchObject({ total: 22, offset: 0, timestamp: '2026-11-20T09:00:00.000Z' });
    expect(byUrl.expansion.contains?.[0]).toEqual({
      system: `${ours}/CodeSystem/score-band`,
      code: 'phq-15-minimal',
      display: 'minimal',
    });
    const version = await get(`ValueSet/$expand?url=${ours}/ValueSet/score-band|1.0.0`);
    expect(version.status).toBe(200);
  });

  it("lists R4's own value sets", async () => {
    const heard = await get(`ValueSet/$expand?url=${genders}`);
    expect(heard.expansion.contains).toEqual(
      ['Male', 'Female', 'Other', 'Unknown'].map((display) => ({
        system: gender,
        code: display.toLowerCase(),
        display,
      })),
    );
  });

  it('filters by every word, in pages', async () => {
    const bands = `ValueSet/$expand?url=${ours}/ValueSet/score-band`;
    expect(codesListed(await get(`${bands}&filter=FSQ%20ern`))).toEqual(['fsq-severe', 'fsq-very-severe']);
    const page = await get(`${bands}&filter=severe&offset=1&count=1`);
    expect([page.expansion.total, codesListed(page)]).toEqual([6, ['fsq-very-severe']]);
    const none = await get(`${bands}&count=0`);
    expect([none.expansion.total, none.expansion.contains]).toEqual([22, undefined]);
    expect(codesListed(await get(`${bands}&offset=99`))).toEqual([]);
  });

  it('lists what is stored, with designations, languages and without what is retired', async () => {
    expect(codesListed(await get('ValueSet/$expand?url=https://example.org/warm'))).toEqual([
      'red',
      'violet',
    ]);
    expect(codesListed(await get('ValueSet/warm/$expand?activeOnly=true'))).toEqual(['red']);
    const dutch = await get('ValueSet/warm/$expand?displayLanguage=nl-BE&includeDesignations=true');
    expect(dutch.expansion.contains?.[0]).toMatchObject({
      code: 'red',
      display: 'Rood',
      designation: [{ language: 'nl', value: 'Rood' }],
    });
    expect(dutch.expansion.contains?.[1]).toMatchObject({ display: 'Violet', inactive: true });
    const definition = await get('ValueSet/warm/$expand?includeDefinition=true');
    expect(definition.compose).toEqual(warm.compose);
  });

  it('lists a value set that comes with the request, whose parts may be held here', async () => {
    const given: ValueSet = {
      resourceType: 'ValueSet',
      status: 'draft',
      compose: {
        include: [{ valueSet: [genders] }, { system: 'https://example.org/colours' }],
        exclude: [{ system: gender, concept: [{ code: 'unknown' }] }],
      },
    };
    const heard = await post('ValueSet/$expand', [{ name: 'valueSet', resource: given }]);
    expect(codesListed(heard)).toEqual(['male', 'female', 'other', 'warm', 'red', 'violet', 'cold']);
    expect(heard.expansion.contains?.find(({ code }) => code === 'warm')?.abstract).toBe(true);
  });

  it.each([
    ['one that imports itself', [{ valueSet: ['https://example.org/self'] }]],
    ['a system that is not held', [{ system: 'http://snomed.info/sct' }]],
    [
      'a filter that is not known',
      [{ system: gender, filter: [{ property: 'code', op: 'regex', value: '.*' }] }],
    ],
    ['a system by a word of JavaScript', [{ system: 'constructor' }]],
  ])('refuses to list %s in part', async (_what, include) => {
    const resource = {
      resourceType: 'ValueSet',
      url: 'https://example.org/self',
      status: 'draft',
      compose: { include },
    };
    const heard = await post('ValueSet/$expand', [{ name: 'valueSet', resource: resource as ValueSet }]);
    expect(told(heard)).toEqual([
      422,
      'not-supported',
      'https://example.org/self cannot be listed: one of its parts is not held here, or not in the version that it names, is held in part only, or is chosen by a filter other than is-a and descendent-of',
    ]);
  });

  it('takes words of JavaScript for the words that they are', async () => {
    const include = [
      { system: 'constructor', concept: [{ code: 'x' }], valueSet: [genders] },
      { system: '__proto__', concept: [{ code: 'y' }] },
    ];
    const resource: ValueSet = { resourceType: 'ValueSet', status: 'draft', compose: { include } };
    const heard = await post('ValueSet/$expand', [{ name: 'valueSet', resource }]);
    expect([heard.status, codesListed(heard)]).toEqual([200, ['y']]);
  });

  it('refuses a value set whose parts are too many to look up', async () => {
    const include = Array.from({ length: 60 }, (_, at) => ({ system: `https://example.org/${at}` }));
    const resource: ValueSet = { resourceType: 'ValueSet', status: 'draft', compose: { include } };
    const heard = await post('ValueSet/$expand', [{ name: 'valueSet', resource }]);
    expect([heard.status, heard.issue[0]?.code]).toEqual([422, 'business-rule']);
  });

  it('says which are held when one is not', async () => {
    const [status, code, what] = told(await get('ValueSet/$expand?url=https://example.org/none'));
    expect([status, code]).toEqual([404, 'not-found']);
    expect(what).toContain('ValueSet https://example.org/none is not held here. Held are ');
    expect(what).toContain(`${ours}/ValueSet/score-band`);
    expect(what).toContain('of R4 under http://hl7.org/fhir/');
    expect((await get(`ValueSet/$expand?url=${genders}|3.0.0`)).status).toBe(404);
    expect((await get(`ValueSet/$expand?url=${genders}&valueSetVersion=3.0.0`)).status).toBe(404);
    expect((await get('ValueSet/no-such-id/$expand')).status).toBe(404);
  });

  it.each([
    [
      'ValueSet/$expand',
      '"url" is needed: the canonical of a ValueSet, or the ValueSet itself as "valueSet"',
    ],
    ['ValueSet/warm/$expand?url=x', 'name the ValueSet once: by the address, by "url" or by "valueSet"'],
    ['ValueSet/warm/$expand?count=-1', '"count" is a whole number from 0'],
    ['ValueSet/warm/$expand?offset=1.5', '"offset" is a whole number'],
    ['ValueSet/warm/$expand?activeOnly=yes', '"activeOnly" is true or false'],
    ['ValueSet/warm/$expand?filter=', '"filter" needs a text that is not empty'],
  ])('%s is refused', async (address, what) => {
    expect(told(await get(address))).toEqual([400, 'invalid', what]);
  });

  it('refuses another resource in the place of the value set', async () => {
    const heard = await post('ValueSet/$expand', [{ name: 'valueSet', resource: colours }]);
    expect(told(heard)).toEqual([400, 'invalid', '"valueSet" is a ValueSet']);
  });
});

describe('$validate-code', () => {
  it('says yes to a code of the value set, with its display', async () => {
    const heard = await get(`ValueSet/$validate-code?url=${genders}&code=male&system=${gender}&display=male`);
    expect([valueNamed(heard, 'result'), valueNamed(heard, 'display')]).toEqual([true, 'Male']);
    expect(valueNamed(await get(`ValueSet/$validate-code?url=${genders}&code=male`), 'result')).toBe(true);
    expect(valueNamed(await get('ValueSet/warm/$validate-code?code=red&display=rood'), 'result')).toBe(true);
  });

  it('says no to another code, another system and a wrong display, and why', async () => {
    const asked = `ValueSet/$validate-code?url=${genders}`;
    const unknown = await get(`${asked}&code=man`);
    expect([valueNamed(unknown, 'result'), valueNamed(unknown, 'message')]).toEqual([
      false,
      `"man" is not in ${genders}`,
    ]);
    expect(valueNamed(await get(`${asked}&code=male&system=https://example.org`), 'result')).toBe(false);
    const display = await get(`${asked}&code=male&display=Man`);
    expect([valueNamed(display, 'result'), valueNamed(display, 'message')]).toEqual([
      false,
      '"Man" is no display of "male"; its display is "Male"',
    ]);
  });

  it('takes a Coding or a CodeableConcept, of which one right coding is enough', async () => {
    const url = { name: 'url', valueUri: genders };
    const coding = { name: 'coding', valueCoding: { system: gender, code: 'other' } };
    expect(valueNamed(await post('ValueSet/$validate-code', [url, coding]), 'result')).toBe(true);
    const concept = (...list: string[]) => ({
      name: 'codeableConcept',
      valueCodeableConcept: { coding: list.map((code) => ({ system: gender, code })) },
    });
    expect(valueNamed(await post('ValueSet/$validate-code', [url, concept('x', 'other')]), 'result')).toBe(
      true,
    );
    expect(valueNamed(await post('ValueSet/$validate-code', [url, concept('x', 'y')]), 'result')).toBe(false);
  });

  it('asks a code system the same', async () => {
    const asked = 'CodeSystem/$validate-code?url=https://example.org/colours';
    expect(valueNamed(await get(`${asked}&code=RED&version=2`), 'result')).toBe(true);
    expect(valueNamed(await get(`${asked}&code=warm`), 'result')).toBe(true);
    expect(valueNamed(await get(`${asked}&code=warm&abstract=false`), 'result')).toBe(false);
    expect(valueNamed(await get(`${asked}&code=blue`), 'result')).toBe(false);
    expect(valueNamed(await get('CodeSystem/colours/$validate-code?code=cold'), 'result')).toBe(true);
    const given = { name: 'codeSystem', resource: { ...colours, content: 'fragment' } as CodeSystem };
    const part = await post('CodeSystem/$validate-code', [given, { name: 'code', valueCode: 'blue' }]);
    expect(valueNamed(part, 'message')).toBe(
      '"blue" is not known in https://example.org/colours, of which only a part is held here',
    );
    expect((await get(`${asked}&code=red&version=1`)).status).toBe(404);
    expect(valueNamed(await get(`CodeSystem/$validate-code?url=${gender}&code=constructor`), 'result')).toBe(
      false,
    );
  });

  it.each([
    [
      `ValueSet/$validate-code?url=${genders}`,
      400,
      'one of "code", "coding" and "codeableConcept" is needed',
    ],
    ['ValueSet/$validate-code?code=male', 400, undefined],
    ['ValueSet/$validate-code?url=https://example.org/none&code=x', 404, undefined],
    ['CodeSystem/$validate-code?url=https://example.org/none&code=x', 404, undefined],
    [`ValueSet/$validate-code?url=${genders}&codes=x`, 400, undefined],
  ])('%s is refused', async (address, status, what) => {
    const [seen, , diagnostics] = told(await get(address));
    expect(seen).toBe(status);
    if (what !== undefined) expect(diagnostics).toBe(what);
  });
});

describe('CodeSystem/$lookup', () => {
  const properties = ({ parameter }: TermsHeard) =>
    parameter
      .filter(({ name }) => name === 'property')
      .map(({ part }) => [
        part?.[0]?.valueCode,
        part?.[1]?.valueCode ?? part?.[1]?.valueString ?? part?.[1]?.valueBoolean,
      ]);

  it('tells display, definition, and what stands above and below', async () => {
    const heard = await get(`CodeSystem/$lookup?system=${achievement}&code=in-progress`);
    expect([valueNamed(heard, 'name'), valueNamed(heard, 'display')]).toEqual([
      'Goal achievement status',
      'In Progress',
    ]);
    expect(properties(heard)).toEqual([
      [
        'definition',
        'The goal is being sought but has not yet been reached. (Also applies if the goal was reached in the past but there has been regression and the goal is again being sought).',
      ],
      ['inactive', false],
      ['notSelectable', false],
      ['child', 'improving'],
      ['child', 'worsening'],
      ['child', 'no-change'],
    ]);
  });

  it('knows several parents, designations and languages', async () => {
    const asked = 'CodeSystem/$lookup?system=https://example.org/colours';
    const violet = await get(`${asked}&code=violet&property=parent`);
    expect(properties(violet)).toEqual([
      ['parent', 'warm'],
      ['parent', 'cold'],
    ]);
    const red = await get(`${asked}&code=red&displayLanguage=nl`);
    expect(valueNamed(red, 'display')).toBe('Rood');
    expect(red.parameter.find(({ name }) => name === 'designation')?.part).toEqual([
      { name: 'language', valueCode: 'nl' },
      { name: 'value', valueString: 'Rood' },
    ]);
    const inDutch = await get(`${asked}&code=red&property=lang.nl`);
    expect(inDutch.parameter.map(({ name }) => name)).toEqual(['name', 'version', 'display', 'designation']);
    const inGerman = await get(`${asked}&code=red&property=lang.de`);
    expect(inGerman.parameter.map(({ name }) => name)).toEqual(['name', 'version', 'display']);
    const coding = { name: 'coding', valueCoding: { system: 'https://example.org/colours', code: 'red' } };
    expect(valueNamed(await post('CodeSystem/$lookup', [coding]), 'display')).toBe('Red');
  });

  it.each([
    ['system=https://example.org/none&code=x', 404],
    [`system=${gender}&code=none`, 404],
    [`system=${gender}|1&code=male`, 404],
    [`system=${gender}`, 400],
    ['code=male', 400],
    [`system=${gender}&code=male&date=2020`, 400],
  ])('%s is refused', async (query, status) => {
    expect((await get(`CodeSystem/$lookup?${query}`)).status).toBe(status);
  });
});

describe('CodeSystem/$subsumes', () => {
  it.each([
    ['in-progress', 'improving', 'subsumes'],
    ['improving', 'in-progress', 'subsumed-by'],
    ['improving', 'improving', 'equivalent'],
    ['improving', 'achieved', 'not-subsumed'],
  ])('%s and %s: %s', async (a, b, outcome) => {
    const heard = await get(`CodeSystem/$subsumes?system=${achievement}&codeA=${a}&codeB=${b}`);
    expect(valueNamed(heard, 'outcome')).toBe(outcome);
  });

  it('knows stored code systems, and refuses what it does not', async () => {
    const stored = await get('CodeSystem/colours/$subsumes?codeA=cold&codeB=violet');
    expect(valueNamed(stored, 'outcome')).toBe('subsumes');
    const asked = `CodeSystem/$subsumes?system=${achievement}`;
    expect(told(await get(`${asked}&codeA=improving&codeB=nope`))).toEqual([
      404,
      'not-found',
      `${achievement} has no code "nope"`,
    ]);
    expect((await get(`${asked}&codeA=improving`)).status).toBe(400);
    expect((await get('CodeSystem/$subsumes?codeA=a&codeB=b')).status).toBe(400);
    const sides = [
      { name: 'codingA', valueCoding: { system: gender, code: 'male' } },
      { name: 'codingB', valueCoding: { system: achievement, code: 'improving' } },
    ];
    expect((await post('CodeSystem/$subsumes', sides)).status).toBe(400);
  });
});

describe('ConceptMap/$translate', () => {
  const matches = ({ parameter }: TermsHeard) =>
    parameter
      .filter(({ name }) => name === 'match')
      .map(({ part }) => [
        part?.[0]?.valueCode,
        part?.find(({ name }) => name === 'concept')?.valueCoding?.code,
      ]);
  const from = 'system=https://example.org/colours';

  it('translates by a named map, by a stored one and by all', async () => {
    for (const address of [
      `ConceptMap/$translate?url=https://example.org/colours-to-mood&${from}&code=red`,
      `ConceptMap/colours/$translate?${from}&code=red`,
    ]) {
      const heard = await get(address);
      expect([valueNamed(heard, 'result'), matches(heard)]).toEqual([true, [['wider', 'lively']]]);
    }
    const all = await get(`ConceptMap/$translate?${from}&code=red&source=https://example.org/warm`);
    expect(matches(all)).toEqual([['wider', 'lively']]);
    expect(all.parameter[1]?.part?.[2]).toEqual({
      name: 'source',
      valueUri: 'https://example.org/colours-to-mood',
    });
  });

  it('does not call it a translation when the map says that there is none', async () => {
    const heard = await get(`ConceptMap/colours/$translate?${from}&code=violet`);
    expect([valueNamed(heard, 'result'), matches(heard)]).toEqual([false, [['unmatched', undefined]]]);
  });

  it('leaves out what holds under a condition only, and says so', async () => {
    const heard = await get(`ConceptMap/colours/$translate?${from}&code=cold`);
    expect([valueNamed(heard, 'result'), matches(heard)]).toEqual([false, []]);
    expect(valueNamed(heard, 'message')).toBe(
      '1 more hold only under conditions (dependsOn) that are not looked at here, and were left out',
    );
  });

  it('goes on to the map that the rest is left to', async () => {
    const heard = await get(`ConceptMap/colours/$translate?${from}&code=blue`);
    expect([valueNamed(heard, 'result'), matches(heard)]).toEqual([true, [['relatedto', 'some-mood']]]);
  });

  it('translates what it knows when the map for the rest is not held', async () => {
    const group = (map.group ?? []).map((each) => ({
      ...each,
      unmapped: { mode: 'other-map' as const, url: 'https://example.org/none' },
    }));
    const given = { name: 'conceptMap', resource: { ...map, group } };
    const coding = (code: string) => ({
      name: 'coding',
      valueCoding: { system: 'https://example.org/colours', code },
    });
    expect(matches(await post('ConceptMap/$translate', [given, coding('red')]))).toEqual([
      ['wider', 'lively'],
    ]);
    expect(valueNamed(await post('ConceptMap/$translate', [given, coding('blue')]), 'result')).toBe(false);
  });

  it('turns around, and a wider concept is then a narrower one', async () => {
    const reversed = 'ConceptMap/$translate?system=https://example.org/moods&code=lively&reverse=true';
    expect(matches(await get(reversed))).toEqual([['narrower', 'red']]);
  });

  it('keeps to the target system asked for', async () => {
    const asked = `ConceptMap/colours/$translate?${from}&code=red&targetsystem=`;
    expect(matches(await get(`${asked}https://example.org/moods`))).toEqual([['wider', 'lively']]);
    expect(valueNamed(await get(`${asked}https://example.org/other`), 'result')).toBe(false);
  });

  it('takes a map that comes with the request', async () => {
    const given = { name: 'conceptMap', resource: { ...rest, id: 'given' } };
    const coding = { name: 'coding', valueCoding: { system: 'https://example.org/colours-left', code: 'x' } };
    expect(matches(await post('ConceptMap/$translate', [given, coding]))).toEqual([['equal', 'y']]);
  });

  it('refuses a map that is not held, and a code without its system', async () => {
    const unknown = await get(`ConceptMap/$translate?url=https://example.org/none&${from}&code=red`);
    expect(told(unknown)).toEqual([404, 'not-found', 'ConceptMap https://example.org/none is not held here']);
    expect((await get('ConceptMap/none/$translate?system=x&code=y')).status).toBe(404);
    expect(told(await get('ConceptMap/colours/$translate?code=red'))).toEqual([
      400,
      'invalid',
      '"system" is needed: a code means something only in its code system',
    ]);
  });
});

describe('who may ask', () => {
  it('is everybody with a token', async () => {
    const asked = [
      `ValueSet/$expand?url=${genders}`,
      'ValueSet/score-band/$expand',
      `CodeSystem/$lookup?system=${gender}&code=male`,
      `ConceptMap/$translate?system=https://example.org/colours&code=red`,
    ];
    for (const role of ['gp', 'therapist', 'patient', 'manager'] as const) {
      const bearer = await service.makeBearer(role, role === 'patient' ? 'Patient/x' : 'Practitioner/x');
      for (const address of asked) {
        expect([role, address, (await get(address, bearer)).status]).toEqual([role, address, 200]);
      }
    }
    const integrator = await service.makeBearer('integrator', undefined, ['system/Observation.rs']);
    expect((await get(asked[0] ?? '', integrator)).status).toBe(200);
    // What is not published is found by a search, for which this token has no scope.
    expect((await get('ValueSet/$expand?url=https://example.org/warm', integrator)).status).toBe(404);
    expect((await get(asked[3] ?? '', integrator)).status).toBe(403);
    const { status } = await request(service.url).get(`/fhir/${asked[0]}`);
    expect(status).toBe(401);
  });
});
