// Builds invented answers to the published questionnaires for the tests of this folder.
import type { QuestionnaireResponse, QuestionnaireResponseItem } from '@medplum/fhirtypes';
import { loadCatalogue } from '../../../src/content/load-catalogue.ts';
import { scoreObservations } from '../../../src/instruments/score-observations.ts';
import { type Score, scoreResponse } from '../../../src/instruments/score-response.ts';

const catalogue = loadCatalogue('fhir-profiles');

export function published(id: 'phq-15' | 'fsq') {
  const url = `https://w3id.org/alongside/fhir/Questionnaire/${id}`;
  const questionnaire = catalogue.questionnaire(url);
  if (!questionnaire) throw new Error(`${url} is not published`);
  return { questionnaire, definitions: catalogue.scoreDefinitions(url) };
}

const codes = ['LA18334-5', 'LA18335-2', 'LA18336-0'];

/** The linkIds of the 15 questions, in their order; the fourth is the one on periods. */
export const phq15Items = Array.from('abcdefghijklm')
  .map((letter) => `phq-phq1${letter}`)
  .concat('phq-phq2d', 'phq-phq2c');
export const periods = 'phq-phq1d';

export type Phq15Answer = 0 | 1 | 2 | 'does-not-apply' | undefined;

/** Fifteen answers in the order of the questions; undefined leaves a question out. */
export function phq15(answers: readonly Phq15Answer[]): QuestionnaireResponse {
  const item = answers.flatMap((answer, index): QuestionnaireResponseItem[] => {
    const linkId = phq15Items[index] ?? '';
    if (answer === undefined) return [];
    const valueCoding =
      answer === 'does-not-apply'
        ? { system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'not-applicable' }
        : { system: 'http://loinc.org', code: codes[answer] ?? '' };
    return [{ linkId, answer: [{ valueCoding }] }];
  });
  return { ...frame('phq-15'), item };
}

/** Answers whose weights add up to `total`, every question answered. */
export function phq15Adding(total: number): Phq15Answer[] {
  const asWeight = (points: number): Phq15Answer => (points >= 2 ? 2 : points === 1 ? 1 : 0);
  return phq15Items.map((_, index) => asWeight(total - 2 * index));
}

export interface FsqAnswers {
  /** Sites without the prefix, such as "jaw-left"; the other sites are answered with no. */
  readonly pain: readonly string[];
  /** Fatigue, waking unrefreshed, cognitive symptoms: 0 to 3. */
  readonly severity: readonly [number, number, number];
  /** Headaches, lower abdominal pain, depression. */
  readonly symptoms: readonly [boolean, boolean, boolean];
  readonly threeMonths: boolean | undefined;
  /** linkIds without the prefix that are left out. */
  readonly unanswered?: readonly string[];
}

const fsqRegions = {
  'left-upper': ['jaw-left', 'shoulder-girdle-left', 'upper-arm-left', 'lower-arm-left'],
  'right-upper': ['jaw-right', 'shoulder-girdle-right', 'upper-arm-right', 'lower-arm-right'],
  'left-lower': ['hip-left', 'upper-leg-left', 'lower-leg-left'],
  'right-lower': ['hip-right', 'upper-leg-right', 'lower-leg-right'],
  axial: ['neck', 'upper-back', 'lower-back', 'chest', 'abdomen'],
};
export const fsqSites = Object.values(fsqRegions).flat();

export function fsq(answers: FsqAnswers): QuestionnaireResponse {
  const leftOut = new Set(answers.unanswered);
  const yesNo = (name: string, valueBoolean: boolean) => ({
    linkId: `fsq-${name}`,
    answer: [{ valueBoolean }],
  });
  const present = (items: QuestionnaireResponseItem[]) =>
    items.filter((item) => !leftOut.has(item.linkId.replace('fsq-', '')));
  const severity = (name: string, points: number) => ({
    linkId: `fsq-${name}`,
    answer: [
      {
        valueCoding: { system: 'https://w3id.org/alongside/fhir/CodeSystem/fsq', code: `severity-${points}` },
      },
    ],
  });
  const regions = Object.entries(fsqRegions).map(([region, sites]) => ({
    linkId: `fsq-region-${region}`,
    item: present(sites.map((site) => yesNo(site, answers.pain.includes(site)))),
  }));
  const [fatigue, waking, cognitive] = answers.severity;
  const [headaches, abdomen, depression] = answers.symptoms;
  const partA = [
    severity('fatigue', fatigue),
    severity('waking-unrefreshed', waking),
    severity('cognitive-symptoms', cognitive),
  ];
  const partB = [
    yesNo('headaches', headaches),
    yesNo('lower-abdominal-pain', abdomen),
    yesNo('depression', depression),
  ];
  return {
    ...frame('fsq'),
    item: [
      ...regions,
      { linkId: 'fsq-sss-a', item: present(partA) },
      { linkId: 'fsq-sss-b', item: present(partB) },
      ...(answers.threeMonths === undefined ? [] : [yesNo('duration', answers.threeMonths)]),
    ],
  };
}

function frame(id: 'phq-15' | 'fsq'): QuestionnaireResponse {
  return {
    resourceType: 'QuestionnaireResponse',
    id: 'answers',
    questionnaire: `https://w3id.org/alongside/fhir/Questionnaire/${id}|1.0.0`,
    status: 'completed',
    subject: { reference: 'Patient/invented' },
    authored: '2026-09-01T09:10:00+02:00',
  };
}

/** The scores by their code. */
export function scoresOf(id: 'phq-15' | 'fsq', response: QuestionnaireResponse): ReadonlyMap<string, Score> {
  const { questionnaire, definitions } = published(id);
  return new Map(
    scoreResponse(questionnaire, definitions, response).map((score) => [score.rule.code, score]),
  );
}

export function observationsOf(id: 'phq-15' | 'fsq', response: QuestionnaireResponse) {
  const { questionnaire, definitions } = published(id);
  return scoreObservations(questionnaire, definitions, response, {
    responseId: 'answers',
    issued: '2026-09-01T10:00:00.000Z',
    idFor: (code) => `of-${code}`,
  });
}
