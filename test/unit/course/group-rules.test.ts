// The pure rules of a group: names in a note, dates of the days, who was there and what they heard.
import { namesIn } from '../../../src/course/group/group-note.ts';
import { attendanceFault, themesHeard } from '../../../src/course/group/group-presence.ts';
import { groupDates } from '../../../src/course/group/group-schedule.ts';
import { firstTwice, hasRoom, sizeDifference } from '../../../src/course/group/group-size.ts';

describe('names in a note', () => {
  const people = [{ given: ['Zoë', 'J.'], family: ['van den Bergh'] }];
  const found: readonly (readonly [string, string, readonly string[]])[] = [
    ['as it is written', 'Zoë was there', ['line 1, word 1']],
    ['without its marks and in capitals', 'So ZOE said', ['line 1, word 2']],
    ['with its marks written apart', 'Zoe\u0308 was there', ['line 1, word 1']],
    [
      'with the s of a possessive, with and without an apostrophe',
      "Zoë's bag, Zoës bag",
      ['line 1, word 1', 'line 1, word 4'],
    ],
    ['by a family name alone', 'One line\nthen Bergh', ['line 2, word 2']],
  ];
  it.each(found)('are found %s', (_, note, places) => {
    expect(namesIn(note, people)).toEqual(places);
  });

  it('are not found in other words, in initials, or in the small words of a name', () => {
    expect(namesIn('The zoeken van den dag; j was a letter; Bergheim is a town', people)).toEqual([]);
  });

  it('are found for letters that Unicode does not take apart', () => {
    expect(namesIn('Soren and Lukasz', [{ given: ['Søren'], family: ['Łukasz'] }])).toEqual([
      'line 1, word 1',
      'line 1, word 3',
    ]);
  });
});

describe('the days of a group', () => {
  const gap = {
    low: { value: 2, code: 'wk' },
    high: { value: 4, code: 'wk' },
  };
  const days = [
    { actionId: 'day-1', title: 'One' },
    { actionId: 'day-2', title: 'Two', gap },
    { actionId: 'day-3', title: 'Three', gap },
  ];

  it('come at the shortest distance of the plan when none is given', () => {
    expect(groupDates(days, '2027-01-04', [])).toEqual({
      kind: 'dated',
      dates: ['2027-01-04', '2027-01-18', '2027-02-01'],
      differences: [],
    });
  });

  it('may lie at both ends of the range, and a day beyond is said', () => {
    expect(groupDates(days, '2027-01-04', ['2027-01-04', '2027-01-18', '2027-02-15'])).toMatchObject({
      differences: [],
    });
    expect(groupDates(days, '2027-01-04', ['2027-01-04', '2027-01-17', '2027-02-15'])).toMatchObject({
      differences: [
        'day 2 is on 2027-01-17; by the plan it lies between 2027-01-18 and 2027-02-01',
        'day 3 is on 2027-02-15; by the plan it lies between 2027-01-31 and 2027-02-14',
      ],
    });
  });

  it('cannot go backwards, be too few, begin on another day, or be guessed where the plan says nothing', () => {
    expect(groupDates(days, '2027-01-04', ['2027-01-04', '2027-01-18', '2027-01-18'])).toMatchObject({
      why: 'day 3 (2027-01-18) must come after day 2 (2027-01-18)',
    });
    expect(groupDates(days, '2027-01-04', ['2027-01-04'])).toMatchObject({ kind: 'impossible' });
    expect(groupDates(days, '2027-01-04', ['2027-01-05', '2027-01-18', '2027-02-15'])).toMatchObject({
      why: 'the first "day" (2027-01-05) is the "start" (2027-01-04)',
    });
    expect(
      groupDates(
        [
          { actionId: 'a', title: 'A' },
          { actionId: 'b', title: 'B' },
        ],
        '2027-01-04',
        [],
      ),
    ).toMatchObject({
      why: 'the plan does not say how far apart its days are: give each "day"',
    });
  });
});

describe('who was there', () => {
  const theme = (code: string, minutes: number) => ({ coding: { code }, title: code, minutes });

  it('heard what came before they left, and a part of what was going on', () => {
    const heard = themesHeard([theme('a', 60), theme('b', 60), theme('c', 30)], 90);
    expect(heard.map(({ title, minutes }) => [title, minutes])).toEqual([
      ['a', 60],
      ['b', 30],
    ]);
  });

  it('is told of each who is expected, once, and of nobody else', () => {
    expect(attendanceFault(['a', 'b'], ['b', 'a'])).toBeUndefined();
    expect(attendanceFault(['a', 'b'], ['a'])).toBe('say of b too whether they were there');
    expect(attendanceFault(['a', 'b'], ['a', 'a', 'b'])).toBe('a stands twice');
    expect(attendanceFault(['a'], ['a', 'c'])).toBe('c is not expected on this day');
  });
});

it('the size of a group is within its bounds, ends included', () => {
  const bounds = { least: 8, most: 12 };
  expect([8, 12].map((count) => sizeDifference(count, bounds))).toEqual([undefined, undefined]);
  expect(sizeDifference(7, bounds)).toBe('7 people take part; the plan has 8 to 12');
  expect([hasRoom(11, bounds), hasRoom(12, bounds)]).toEqual([true, false]);
  expect([firstTwice(['a', 'b']), firstTwice(['a', 'b', 'a'])]).toEqual([undefined, 'a']);
});
