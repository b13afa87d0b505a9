// The concept maps of the content: every question of the PHQ-15 has its place in them, what is not the same says so, and $translate finds it.
import { readFileSync } from 'node:fs';
import type {
  ConceptMap,
  ConceptMapGroupElement,
  Parameters,
  Questionnaire,
  QuestionnaireItem,
  ValueSet,
} from '@medplum/fhirtypes';
import { asking } from '../support/asking.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const read = (file: string): unknown => JSON.parse(readFileSync(`fhir-profiles/${file}.json`, 'utf8'));
const loinc = 'http://loinc.org';
const maps = [
  ['phq-15-items-to-snomed-gps', 'http://snomed.info/sct', 'snomed-ct-used'],
  ['phq-15-items-to-icpc-2', 'http://hl7.org/fhir/sid/icpc-2', 'icpc-2-used'],
] as const;

const elementsOf = (id: string): readonly ConceptMapGroupElement[] => {
  const { group = [] } = read(`terminology/ConceptMap-${id}`) as ConceptMap;
  return group.flatMap(({ element }) => element);
};

const itemsOf = (items: readonly QuestionnaireItem[] = []): readonly QuestionnaireItem[] =>
  items.flatMap((item) => [item, ...itemsOf(item.item)]);

describe.each(maps)('%s', (id, system, listed) => {
  it('has each question of the PHQ-15, under the name that the questionnaire gives it', () => {
    const { item } = read('questionnaires/Questionnaire-phq-15') as Questionnaire;
    const asked = itemsOf(item)
      .filter(({ type }) => type === 'choice')
      .map(({ code }) => ({ code: code?.[0]?.code, display: code?.[0]?.display }));
    expect(asked).toHaveLength(15);
    expect(elementsOf(id).map(({ code, display }) => ({ code, display }))).toEqual(
      expect.arrayContaining(asked),
    );
    expect(elementsOf(id)).toHaveLength(15);
  });

  it('claims of no question that it means the same as a symptom, and says what differs', () => {
    for (const { code, target = [] } of elementsOf(id)) {
      expect([code, target.length > 0]).toEqual([code, true]);
      for (const { equivalence, comment } of target) {
        expect(['relatedto', 'wider', 'narrower', 'inexact', 'unmatched']).toContain(equivalence);
        if (equivalence !== 'relatedto') expect([code, comment]).toEqual([code, expect.any(String)]);
      }
    }
  });

  it('names only codes that the list of used codes has', () => {
    const { compose } = read(`terminology/ValueSet-${listed}`) as ValueSet;
    const codes = (compose?.include ?? [])
      .filter((part) => part.system === system)
      .flatMap(({ concept = [] }) => concept.map(({ code }) => code));
    const named = elementsOf(id).flatMap(({ target = [] }) => target.flatMap(({ code }) => code ?? []));
    expect(named.filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('is experimental, and carries the notices of both licences', () => {
    const map = read(`terminology/ConceptMap-${id}`) as ConceptMap;
    expect(map.experimental).toBe(true);
    expect(map.copyright).toMatch(/LOINC is copyright Regenstrief/);
    expect(map.copyright).toMatch(/CC BY 4\.0|copyright of WONCA/);
  });
});

describe('$translate', () => {
  let service: TestService;
  const ask = asking(() => service);
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.stop());

  async function translated(query: string) {
    const answer = await ask('get', `/ConceptMap/$translate?${query}`).expect(200);
    const { parameter = [] } = answer.body as Parameters;
    return {
      result: parameter.find(({ name }) => name === 'result')?.valueBoolean,
      codes: parameter
        .filter(({ name }) => name === 'match')
        .map(({ part = [] }) => part.find(({ name }) => name === 'concept')?.valueCoding?.code),
    };
  }

  it('finds the symptoms of a question in both systems, or in the one that is asked for', async () => {
    const headaches = `system=${loinc}&code=69675-7`;
    const both = await translated(headaches);
    expect([both.result, new Set(both.codes)]).toEqual([true, new Set(['25064002', 'N01'])]);
    const one = await translated(`${headaches}&targetsystem=http://hl7.org/fhir/sid/icpc-2`);
    expect(one).toEqual({ result: true, codes: ['N01'] });
  });

  it('finds the question that asks about a symptom', async () => {
    expect(await translated('system=http://hl7.org/fhir/sid/icpc-2&code=D12&reverse=true')).toEqual({
      result: true,
      codes: ['69681-5'],
    });
  });

  it('does not make up a code where none was verified', async () => {
    const url = 'https://w3id.org/alongside/fhir/ConceptMap/phq-15-items-to-snomed-gps';
    expect((await translated(`url=${url}&system=${loinc}&code=69674-0`)).result).toBe(false);
  });
});
