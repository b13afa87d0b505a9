// The proposed letter at the end of a course: one language throughout, numbers as that language writes them.
import { closingLetter, type LetterContent } from '../../../src/course/closing-letter.ts';
import { asItIs } from '../../../src/course/said.ts';
import { sentence } from '../../support/sentence.ts';

const content: LetterContent = {
  carePlan: 'CarePlan/course',
  patient: 'Patient/anna',
  author: 'Practitioner/therapist',
  period: {},
  writtenAt: '2027-03-01T09:00:00Z',
  sessions: 2,
  minutes: 75,
  elements: [{ name: { text: 'Walking', translations: { nl: 'Wandelen' } }, minutes: 30 }],
  scores: [
    { title: asItIs('PHQ-15'), start: 14, now: 11, threshold: 3, sources: [] },
    { title: asItIs('FSQ'), start: 12.5, now: 11.5, threshold: 'none-published', sources: [] },
    { title: asItIs('NRS'), start: 7, now: 6, sources: [] },
    { title: asItIs('PHQ-4'), start: 5, sources: [] },
  ],
  goals: [
    { text: 'Sleep', level: -2, source: 'Goal/1' },
    { text: 'Swim', rated: { start: 2, now: 6, low: 0, high: 10, threshold: 3 }, source: 'Goal/2' },
    { text: 'Cook', rated: { start: 4, low: 0, high: 10, threshold: 3 }, source: 'Goal/3' },
    { text: 'Read', level: 7, source: 'Goal/4' },
  ],
};
const linesIn = (language: string, of: LetterContent = content) => {
  const { section = [], title } = closingLetter(of, {
    language,
    sentence,
    nameOf: ({ code }) => asItIs(code ?? ''),
  });
  return [
    title,
    ...section.slice(0, 2).flatMap(({ text }) => (text?.div ?? '').split(/<[^>]+>/).filter((part) => part)),
  ];
};

it.each([
  [
    'en',
    [
      'Letter at the end of the course',
      '2 sessions, 75 minutes together.',
      'Walking: 30 minutes.',
      '&quot;Sleep&quot;: much less than expected.',
      '&quot;Swim&quot;: 2 at the start, 6 now, from 0 (unable) to 10 (as before) (published threshold of change: 3).',
      '&quot;Cook&quot;: 4 at the start, from 0 (unable) to 10 (as before); not rated again.',
      '&quot;Read&quot;: not looked back on yet.',
      'PHQ-15: 14 at the start, 11 now (published threshold of change: 3).',
      'FSQ: 12.5 at the start, 11.5 now (no published threshold of change).',
      'NRS: 7 at the start, 6 now.',
      'PHQ-4: 5 at the start; not asked again.',
    ],
  ],
  [
    'nl',
    [
      'Brief aan het einde van het traject',
      '2 sessies, 75 minuten samen.',
      'Wandelen: 30 minuten.',
      '&quot;Sleep&quot;: veel minder dan verwacht.',
      '&quot;Swim&quot;: 2 aan het begin, 6 nu, van 0 (kan het niet) tot 10 (zoals voorheen) (gepubliceerde drempel voor verandering: 3).',
      '&quot;Cook&quot;: 4 aan het begin, van 0 (kan het niet) tot 10 (zoals voorheen); daarna geen cijfer meer gegeven.',
      '&quot;Read&quot;: nog niet op teruggekeken.',
      'PHQ-15: 14 aan het begin, 11 nu (gepubliceerde drempel voor verandering: 3).',
      'FSQ: 12,5 aan het begin, 11,5 nu (geen gepubliceerde drempel voor verandering).',
      'NRS: 7 aan het begin, 6 nu.',
      'PHQ-4: 5 aan het begin; daarna niet meer gevraagd.',
    ],
  ],
])('is written in %s', (language, lines) => {
  expect(linesIn(language)).toEqual(lines);
});

it('says so where no goal and no score is on record', () => {
  expect(linesIn('nl', { ...content, goals: [], scores: [] }).at(-1)).toBe(
    'Er is geen doel en geen score vastgelegd.',
  );
});
