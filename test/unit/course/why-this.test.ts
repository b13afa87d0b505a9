// Why something is done: the factor in the person's words and the goal that it serves, and nothing that nobody said.
import type { ClinicalImpression, Extension, Goal } from '@medplum/fhirtypes';
import { loadCatalogue } from '../../../src/content/load-catalogue.ts';
import {
  factorExtension,
  factorSystem,
  formulationProfile,
  viewSystem,
} from '../../../src/course/formulation/formulation.ts';
import {
  whyFrom as whyInWords,
  worksOnFactorUrl,
  worksOnUrl,
} from '../../../src/course/formulation/why-this.ts';
import { whyWords } from '../../../src/workflows/formulation/why-words.ts';

const words = whyWords(loadCatalogue('fhir-profiles'));
const whyFrom = (impressions: readonly ClinicalImpression[], goals: readonly Goal[]) =>
  whyInWords(impressions, goals, words);

const views = {
  patient: "The person's own view",
  therapist: 'View of the therapist',
} as const;
const factor = (id: string, text: string, view: keyof typeof views = 'patient') => ({
  id,
  extension: [
    {
      url: factorExtension.view,
      valueCoding: { system: viewSystem, code: view, display: views[view] },
    },
  ],
  itemCodeableConcept: { coding: [{ system: factorSystem, code: 'perpetuating' }], text },
});
const explanation = (
  id: string,
  finding: ReturnType<typeof factor>[],
  changes: Partial<ClinicalImpression> = {},
): ClinicalImpression => ({
  resourceType: 'ClinicalImpression',
  id,
  meta: { profile: [formulationProfile] },
  status: 'in-progress',
  subject: { reference: 'Patient/anna' },
  finding,
  ...changes,
});
const worksOn = (impression: string, id: string): { extension: Extension[] } => ({
  extension: [
    {
      url: worksOnUrl,
      valueReference: {
        reference: `ClinicalImpression/${impression}`,
        extension: [{ url: worksOnFactorUrl, valueString: id }],
      },
    },
  ],
});
const goal = (id: string, text: string, changes: Partial<Goal> = {}): Goal => ({
  resourceType: 'Goal',
  id,
  lifecycleStatus: 'active',
  description: { text },
  subject: { reference: 'Patient/anna' },
  ...changes,
});

const first = explanation('first', [
  factor('factor-1', 'Short nights'),
  factor('factor-2', 'Doing too much'),
]);
const second = explanation(
  'second',
  [factor('factor-1', 'I wake up three times'), factor('factor-3', 'Tension', 'therapist')],
  { previous: { reference: 'ClinicalImpression/first' } },
);

it('is told in the newest words, whichever version was named, with the goals that work on the same', () => {
  const lake = goal('lake', 'Walk to the lake', worksOn('first', 'factor-1'));
  const why = whyFrom([first, second], [lake, goal('read', 'Read a book')]);
  expect(why(worksOn('first', 'factor-1'))).toEqual({
    worksOn: [
      {
        id: 'factor-1',
        words: 'I wake up three times',
        role: { system: factorSystem, code: 'perpetuating' },
        views: [{ system: viewSystem, code: 'patient', display: "The person's own view" }],
        source: 'ClinicalImpression/second',
        isCurrent: true,
      },
    ],
    serves: [{ goal: 'Goal/lake', text: 'Walk to the lake' }],
    sentence: {
      text: 'This works on "I wake up three times". It is there for what you want: "Walk to the lake".',
      translations: {
        nl: 'Dit werkt aan "I wake up three times". Het is er voor wat u wilt: "Walk to the lake".',
      },
    },
  });
  expect(why(lake, 'goal').sentence).toEqual({
    text: 'This goal works on "I wake up three times".',
    translations: { nl: 'Dit doel werkt aan "I wake up three times".' },
  });
});

it("asks again where the explanation has moved on, and says whose words are not the person's own", () => {
  const why = whyFrom([first, second], []);
  expect(why(worksOn('first', 'factor-2')).sentence).toEqual({
    text: 'This was chosen for "Doing too much", which the explanation that you share now no longer names: does it still fit?',
    translations: {
      nl: 'Dit is gekozen voor "Doing too much". In de uitleg die u nu samen deelt staat dat niet meer: past het nog?',
    },
  });
  expect(why(worksOn('second', 'factor-3')).sentence).toEqual({
    text: 'This works on "Tension" (View of the therapist).',
    translations: { nl: 'Dit werkt aan "Tension" (Kijk van de therapeut).' },
  });
});

it('names several factors and goals in each language, and takes no words of a person for a place to fill', () => {
  const [one, two, three] = [
    worksOn('third', 'factor-1'),
    worksOn('third', 'factor-2'),
    worksOn('third', 'factor-3'),
  ];
  const third = explanation('third', [
    factor('factor-1', 'Short {second} nights'),
    factor('factor-2', 'Doing {factors} too much'),
    factor('factor-3', 'Tension', 'therapist'),
  ]);
  const all = { extension: [one, two, three].flatMap(({ extension }) => extension) };
  const why = whyFrom([third], [goal('lake', 'Walk', one), goal('read', 'Read', two)]);
  expect(why(all).sentence).toEqual({
    text: 'This works on "Short {second} nights" and "Doing {factors} too much" and "Tension" (View of the therapist). It is there for what you want: "Walk" and "Read".',
    translations: {
      nl: 'Dit werkt aan "Short {second} nights" en "Doing {factors} too much" en "Tension" (Kijk van de therapeut). Het is er voor wat u wilt: "Walk" en "Read".',
    },
  });
});

it('knows a goal that is named without a factor, and none that was set aside', () => {
  const named = {
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal',
        valueReference: { reference: 'Goal/lake' },
      },
    ],
  };
  expect(whyFrom([], [goal('lake', 'Walk to the lake')])(named).sentence?.text).toBe(
    'It is there for what you want: "Walk to the lake".',
  );
  const cancelled = goal('lake', 'Walk to the lake', { lifecycleStatus: 'cancelled' });
  expect(whyFrom([], [cancelled])(named)).toEqual({ worksOn: [], serves: [] });
});

it('says nothing of what may not be seen, was an error, or nobody said', () => {
  const wrong = explanation('first', [factor('factor-1', 'Short nights')], { status: 'entered-in-error' });
  for (const known of [[], [wrong], [second]]) {
    expect(whyFrom(known, [])(worksOn('first', 'factor-1'))).toEqual({ worksOn: [], serves: [] });
  }
  expect(whyFrom([first], [goal('lake', 'Walk')])({})).toEqual({ worksOn: [], serves: [] });
});
