// The clinical numbers that we publish, held against their sources word by word, and the examples against the scoring itself.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation, ObservationDefinition, QuestionnaireResponse } from '@medplum/fhirtypes';
import { loadCatalogue } from '../../src/content/load-catalogue.ts';
import { scoreObservations } from '../../src/instruments/score-observations.ts';
import { scoreRule } from '../../src/instruments/score-rule.ts';

const base = 'https://w3id.org/alongside/fhir/Questionnaire';
const catalogue = loadCatalogue('fhir-profiles');

function ruleOf(questionnaire: string, id: string) {
  const definition = catalogue.scoreDefinitions(`${base}/${questionnaire}`).find((each) => each.id === id);
  if (!definition) throw new Error(`no ${id}`);
  return scoreRule(definition);
}

function bandsOf(questionnaire: string, id: string) {
  const rule = ruleOf(questionnaire, id);
  return rule.kind === 'sum' ? rule.bands.map(({ coding, low, high }) => [coding.display, low, high]) : [];
}

describe('the published numbers', () => {
  it('give the PHQ-15 the bands of Kroenke 2002: 5, 10 and 15 begin low, medium and high', () => {
    expect(bandsOf('phq-15', 'phq-15-total')).toEqual([
      ['minimal', 0, 4],
      ['low', 5, 9],
      ['medium', 10, 14],
      ['high', 15, 30],
    ]);
  });

  it('give the FSQ the five bands of the PROP paper', () => {
    expect(bandsOf('fsq', 'fsq-total')).toEqual([
      ['none', 0, 3],
      ['mild', 4, 7],
      ['moderate', 8, 11],
      ['severe', 12, 19],
      ['very severe', 20, 31],
    ]);
  });

  it('keep the inclusion bar of the CORPUS trial apart from the band that begins at the same number', () => {
    expect(ruleOf('phq-15', 'phq-15-total')).toMatchObject({
      thresholds: [{ coding: { code: 'phq-15-corpus-inclusion-bar' }, atLeast: 5 }],
      change: { minimumDifference: 3 },
      missing: { method: 'mean-of-answered', maxMissing: 3 },
    });
  });

  it('impute nothing in the FSQ and name no threshold of change for it', () => {
    for (const id of ['fsq-total', 'fsq-wpi', 'fsq-sss']) {
      expect(ruleOf('fsq', id)).toMatchObject({
        missing: { method: 'none', maxMissing: 0 },
        change: { minimumDifference: undefined },
      });
    }
  });

  it('mark both missing-item rules as experimental, since no source settles them', () => {
    const rules = ['phq-15', 'fsq'].flatMap((each) => catalogue.scoreDefinitions(`${base}/${each}`));
    const experimental = (definition: ObservationDefinition) =>
      definition.extension
        ?.find(({ url }) => url.endsWith('/missing-item-rule'))
        ?.extension?.find(({ url }) => url === 'experimental')?.valueBoolean;
    expect(rules.map((each) => [each.id, experimental(each)])).toEqual([
      ['phq-15-total', true],
      ['fsq-total', true],
      ['fsq-wpi', true],
      ['fsq-sss', true],
      ['fsq-2016-criteria', undefined],
    ]);
  });
});

describe('the examples', () => {
  const folder = join('fhir-profiles', 'examples');
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const files = readdirSync(folder);
  const scores = files
    .filter((file) => file.startsWith('Observation-'))
    .map((file) => read(file) as Observation);
  const responses = files
    .filter((file) => file.startsWith('QuestionnaireResponse-'))
    .map((file) => read(file) as QuestionnaireResponse)
    .filter(({ questionnaire }) => questionnaire?.startsWith(base));

  it.each(responses.map((response) => [response.id ?? '', response] as const))(
    'show what the answers %s are scored as',
    (id, response) => {
      const canonical = response.questionnaire ?? '';
      const questionnaire = catalogue.questionnaire(canonical);
      if (!questionnaire) throw new Error(`${canonical} is not published`);
      const made = scoreObservations(questionnaire, catalogue.scoreDefinitions(canonical), response, {
        responseId: id,
        issued: '2026-09-01T10:00:00.000Z',
        idFor: (code) => `${id}-${code === '70273-8' ? 'total' : code}`,
      });
      const shown = made.map((each) => scores.find((score) => score.id === each.id));
      expect(shown.map((each) => ({ ...each, meta: undefined }))).toEqual(
        made.map((each) => ({ ...each, meta: undefined })),
      );
    },
  );
});
