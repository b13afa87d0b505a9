// The catalogue finds content by canonical, and a service with broken content does not start.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../src/content/load-catalogue.ts';

const base = 'https://w3id.org/alongside/fhir';
const catalogue = loadCatalogue('fhir-profiles');

describe('the catalogue', () => {
  it('finds a questionnaire by its canonical, with the version or the newest', () => {
    expect(catalogue.questionnaire(`${base}/Questionnaire/phq-15`)?.id).toBe('phq-15');
    expect(catalogue.questionnaire(`${base}/Questionnaire/phq-15|1.0.0`)?.id).toBe('phq-15');
    expect(catalogue.questionnaire(`${base}/Questionnaire/phq-15|0.9.0`)).toBeUndefined();
    expect(catalogue.questionnaire(`${base}/ObservationDefinition/phq-15-total`)).toBeUndefined();
    expect(catalogue.definition(`${base}/Questionnaire/fsq`)?.id).toBe('fsq');
    expect(catalogue.definition(`${base}/CodeSystem/score`)).toBeUndefined();
  });

  it('lists how a questionnaire is scored, total first', () => {
    const ids = (canonical: string) => catalogue.scoreDefinitions(canonical).map(({ id }) => id);
    expect(ids(`${base}/Questionnaire/phq-15`)).toEqual(['phq-15-total']);
    expect(ids(`${base}/Questionnaire/fsq|1.0.0`)).toEqual([
      'fsq-total',
      'fsq-wpi',
      'fsq-sss',
      'fsq-2016-criteria',
    ]);
    expect(ids('http://elsewhere.example/Questionnaire/x')).toEqual([]);
  });

  it('publishes what is ours, not the base definitions, the examples or the demo', () => {
    const names = catalogue.published().map(({ resourceType, id }) => `${resourceType}/${id}`);
    expect(names).toEqual(
      expect.arrayContaining(['Questionnaire/phq-15', 'CodeSystem/score', 'ValueSet/verdict']),
    );
    expect(names).not.toContain('StructureDefinition/Observation');
    expect(names.filter((name) => /^(Patient|Observation|QuestionnaireResponse)\//.test(name))).toEqual([]);
  });
});

describe('broken content', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'content-'));
    for (const folder of ['questionnaires', 'observations']) {
      cpSync(join('fhir-profiles', folder), join(directory, folder), { recursive: true });
    }
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const questionnaire = (change: object) =>
    JSON.stringify({ ...catalogue.questionnaire(`${base}/Questionnaire/phq-15`), ...change });

  it.each([
    ['Questionnaire-new.json', '{', 'Content file questionnaires/Questionnaire-new.json is not JSON'],
    [
      'Questionnaire-new.json',
      '[]',
      'Content file questionnaires/Questionnaire-new.json is no FHIR resource with an id',
    ],
    [
      'Questionnaire-new.json',
      questionnaire({}),
      'Content file questionnaires/Questionnaire-new.json must be named Questionnaire-phq-15.json after what it holds',
    ],
    [
      'Questionnaire-new.json',
      questionnaire({ id: 'new' }),
      `Two content files hold ${base}/Questionnaire/phq-15|1.0.0`,
    ],
    [
      'Questionnaire-new.json',
      questionnaire({
        id: 'new',
        version: '2.0.0',
        extension: [
          {
            url: `${base}/StructureDefinition/scored-by`,
            valueCanonical: `${base}/ObservationDefinition/no`,
          },
        ],
      }),
      `Content file for Questionnaire/new is scored by ${base}/ObservationDefinition/no, which is no ObservationDefinition here`,
    ],
  ])('in %s holding %.20s is refused by its name', (file, text, fault) => {
    writeFileSync(join(directory, 'questionnaires', file), text);
    expect(() => loadCatalogue(directory)).toThrow(fault);
  });

  it('does not come from a second version of a questionnaire: the newest is used unless one is named', () => {
    writeFileSync(
      join(directory, 'questionnaires', 'Questionnaire-phq-15-next.json'),
      questionnaire({ id: 'phq-15-next', version: '1.10.0' }),
    );
    const both = loadCatalogue(directory);
    expect(both.questionnaire(`${base}/Questionnaire/phq-15`)?.id).toBe('phq-15-next');
    expect(both.questionnaire(`${base}/Questionnaire/phq-15|1.0.0`)?.id).toBe('phq-15');
    expect(both.scoreDefinitions(`${base}/Questionnaire/phq-15|1.10.0`)).toHaveLength(1);
  });
});
